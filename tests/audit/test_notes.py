"""What the attacks of an audit say beside each other, and what its time says."""

import pytest

from foolery.audit.notes import budget_line, final_notes, progress_line, reference_line, reference_notes
from foolery.audit.schema import AttackRecord, BudgetRecord, Threshold
from support.audits import audit_in


@pytest.fixture(scope="module")
def audit(tmp_path_factory):
    return audit_in(tmp_path_factory.mktemp("audits") / "audit")


def attack(name: str, fooled: float) -> AttackRecord:
    return AttackRecord(
        name=name, about="", status="finished", seed=0, queries=125, seconds=1.0, fooled_at_tpr95=fooled
    )


def with_attacks(audit, *attacks):
    return audit.model_copy(update={"attacks": attacks})


def test_noise_that_fools_as_much_as_a_search_is_said(audit):
    (note,) = final_notes(with_attacks(audit, attack("tiles", 0.5), attack("cppn", 0.5)))
    assert "No search is needed: 125 synthetic images (tiles) fool 50 % of the classes" in note


@pytest.mark.parametrize("names", [("tiles", "transfer"), ("cppn", "direct"), ("tiles",)])
def test_nothing_is_said_without_both(audit, names):
    assert final_notes(with_attacks(audit, *(attack(name, 0.5) for name in names))) == ()
    assert final_notes(with_attacks(audit, attack("tiles", 0.4), attack("cppn", 0.5))) == ()


def with_reference(audit, **changes):
    return audit.reference.model_copy(update=changes)


def test_images_that_a_network_was_trained_on_are_suspected(audit):
    """The ImageNet photos at hand: 74.4 % of 1000 where 68.7 % was published."""
    photos = with_reference(audit, images=1000, correct=744, accuracy=0.744)
    (note,) = reference_notes(photos, test_error=1 - 0.687)
    assert "look like training images" in note
    assert "card says 68.7 %" in note
    assert reference_notes(photos, test_error=1 - 0.73) == ()  # within chance
    assert reference_notes(photos) == ()
    assert "they are the train split" in reference_notes(with_reference(audit, split="train"))[0]


def test_thresholds_that_need_more_images_are_named(audit):
    few = with_reference(
        audit, correct=100,
        thresholds=[Threshold(tpr=0.8, value=1.0, confidence=0.5, tpr_low=0.7, tpr_high=0.9)],
    )  # fmt: skip
    (note,) = reference_notes(few)
    assert note.startswith(
        "100 real images that are classified rightly are too few for a threshold at TPR 90 %"
    )
    assert note.endswith("200 are needed.")


def test_a_line_of_progress_says_where_the_attack_and_the_audit_stand(audit):
    line = progress_line(audit.model_copy(update={"budget": budget()}), "cppn", 2000, 4000)
    assert line == "cppn: 2,000 of 4,000 queries; 50 % of the audit, about 50 s left"
    short = audit.model_copy(update={"budget": budget(60.0, 40.0)})
    assert progress_line(short, "cppn", 2000, 4000).endswith("about 20 s left")


def test_the_split_and_the_images_of_a_class_are_said(audit):
    line = reference_line(with_reference(audit, class_images=(90, 0, 110)))
    assert "1000 real images (test split, 90 to 110 a class): accuracy 99.0 %" in line


def budget(seconds: float | None = None, elapsed: float = 0.0) -> BudgetRecord:
    return BudgetRecord(
        requested="5000,1m", queries=5000, seconds=seconds, seeds=2, spent=3000, repeated=0, elapsed=elapsed,
        rate=100.0,
    )  # fmt: skip


@pytest.mark.parametrize("ended", ["budget", "exhausted", "time", None])
def test_attacks_that_the_time_cut_short_are_said(audit, ended):
    cppn = attack("cppn", 0.5).model_copy(update={"ended": ended})
    notes = final_notes(with_attacks(audit, cppn).model_copy(update={"budget": budget(60.0)}))
    assert bool(notes) == (ended == "time")
    assert all("after 3,000 of 10,000 queries, before cppn" in note and "too high" in note for note in notes)


def test_the_first_line_says_what_gates_can_know():
    start = "measured 100 images/s; budget 5,000 queries for each of 2 seeds: about 70 s or more"
    assert budget_line(budget()) == start
    assert budget_line(budget(), gated=True) == f"{start}; gates can be decided"
    assert budget_line(budget(80.0, 5.0), gated=True) == f"{start}; gates can be decided"
    short = f"{start}; its limit of 20 s ends it after about 20 % of them"
    assert budget_line(budget(30.0, 10.0)) == short
    assert budget_line(budget(30.0, 10.0), gated=True).startswith(f"{short}: gates can fail and cannot pass")
