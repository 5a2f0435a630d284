"""Audits of the shipped network: what is spent, what is kept, and that it can be stopped anywhere."""

from __future__ import annotations

import json
from dataclasses import replace
from time import monotonic

import numpy as np
import pytest

from audit.conftest import Cool, small_order
from foolery.audit import runner
from foolery.audit.attacks import select_attacks
from foolery.audit.gates import Gate
from foolery.audit.panel import default_panel
from foolery.audit.runner import AuditDocument, Auditor, run_audit
from foolery.audit.schema import FILE, AttackRecord, read_audit
from foolery.canvas import canvas_hash, from_png
from foolery.classifiers.wrappers.metered import Budget
from foolery.errors import UsageError
from foolery.runs import open_run_file
from foolery.search.objectives import margins
from support.audits import audit_in


def test_figures_can_be_had_again_from_the_pictures(lenet, order):
    found = run_audit(lenet, order)
    assert found == read_audit(order.out)
    assert found.state == "finished"
    pictures = np.stack([from_png((order.out / one.image).read_bytes()) for one in found.champions])
    scores = lenet.scores(pictures)
    leads = margins(scores)
    for row, one in enumerate(found.champions):
        assert canvas_hash(pictures[row]) == one.canvas_hash
        assert scores[row, one.index] == pytest.approx(one.score, abs=1e-5)
        assert leads[row, one.index] == pytest.approx(one.value, abs=1e-4)
        assert one.fooled == (one.value >= found.yardstick.threshold)
        assert one.fooled == any(at is not None for at in one.passed_at)
    assert found.verdict.fooled_at_keep95.value == np.mean([one.fooled for one in found.champions])
    assert found.verdict.beats_real.value == np.mean([one.beats_real for one in found.champions])


def test_a_class_falls_when_its_batch_was_answered(lenet, order):
    found = run_audit(lenet, order)
    tiles, cppn = found.attacks
    run = open_run_file(order.out / cppn.run)
    least = found.yardstick.threshold
    seen = 0
    for one in found.champions:
        reigns = [reign for reign in run.replacements if reign.cell == one.index and reign.objective >= least]
        if one.attack != "cppn" or not reigns or one.passed_at[0] == tiles.queries:
            continue
        assert one.passed_at[0] == run.history.queries[reigns[0].generation]
        seen += 1
    assert seen
    assert found.curves[0].fooled[-1] == found.verdict.fooled_at_keep95.value


def test_the_budget_holds(lenet, order):
    found = run_audit(lenet, order)
    assert sum(attack.queries for attack in found.attacks) == found.budget.spent <= 2000
    assert all(attack.queries <= attack.share for attack in found.attacks)


def test_logits_divided_by_ten_get_the_same_score_from_the_same_champions(lenet, mnist, tmp_path):
    plain = run_audit(lenet, small_order(mnist, tmp_path / "plain"))
    cool = run_audit(Cool(lenet), small_order(mnist, tmp_path / "cool"))
    assert [one.canvas_hash for one in cool.champions] == [one.canvas_hash for one in plain.champions]
    assert [one.passed_at for one in cool.champions] == [one.passed_at for one in plain.champions]
    assert cool.verdict.score == plain.verdict.score
    assert cool.verdict.beats_real == plain.verdict.beats_real
    assert cool.yardstick.threshold == pytest.approx(plain.yardstick.threshold / 10, rel=1e-6)
    # an absolute gate lets it pass, for nothing
    assert plain.verdict.above["0.99"] > 0.5
    assert cool.verdict.above["0.9"] == 0.0


def test_without_real_pictures_there_is_no_score_and_the_reason_is_said(lenet, mnist, tmp_path):
    found = run_audit(lenet, small_order(mnist, tmp_path / "a", pictures=None))
    assert found.verdict.score is None
    assert found.verdict.above["0.5"] > 0.5
    assert any("no score" in note and "--data" in note for note in found.notes)


class KilledError(Exception):
    """A process that is killed."""


def interrupted(classifier, order, after, error):
    """An audit that ends at its batch number ``after``."""
    auditor = Auditor(classifier, order)
    auditor.begin()
    pulses = iter(range(10_000))

    def pulse():
        if next(pulses) == after:
            raise error

    auditor._save_if_due = pulse
    with pytest.raises(type(error)):
        auditor.run()
    return read_audit(order.out)


@pytest.mark.parametrize("after", [0, 1, 4])
def test_an_interrupted_audit_ends_as_it_would_have(lenet, mnist, tmp_path, after):
    whole = run_audit(lenet, small_order(mnist, tmp_path / "whole"))
    order = small_order(mnist, tmp_path / "again")
    part = interrupted(lenet, order, after, KeyboardInterrupt())
    assert part.state == "interrupted"
    assert part.champions
    again = run_audit(lenet, order, resume=True)
    assert again.champions == whole.champions
    assert again.verdict == whole.verdict
    running = [attack for attack in part.attacks if attack.status == "running"]
    most = sum(min(attack.share, {"tiles": 100, "cppn": 200}[attack.name]) for attack in running)
    assert again.budget.repeated == most
    assert again.budget.spent == whole.budget.spent + most


def test_what_was_told_and_not_kept_counts_as_repeated_and_a_second_stop_repeats_nothing(
    lenet, mnist, tmp_path
):
    order = small_order(mnist, tmp_path / "audit")
    part = interrupted(lenet, order, 4, KilledError())
    running = next(attack for attack in part.attacks if attack.status == "running")
    spent = order.out / "runs" / f"{running.name}-seed-0" / "spent.txt"
    spent.write_text(str(int(spent.read_text()) + 400))  # told, and lost with the process
    auditor = Auditor(lenet, order)
    auditor.resume()
    assert auditor.audit.budget.repeated == 400 + 200
    again = Auditor(lenet, order)
    again.resume()
    assert again.audit.budget.repeated == 400 + 200


def test_a_killed_audit_goes_on_from_its_files(lenet, mnist, tmp_path):
    whole = run_audit(lenet, small_order(mnist, tmp_path / "whole"))
    order = small_order(mnist, tmp_path / "again")
    interrupted(lenet, order, 3, KilledError())
    written = json.loads((order.out / FILE).read_text())
    assert written["state"] == "partial"
    assert run_audit(lenet, order, resume=True).champions == whole.champions


def test_a_finished_audit_is_resumed_to_the_same_without_asking(lenet, order):
    first = run_audit(lenet, order)

    class Mute(Cool):
        """Asked about nothing."""

        @property
        def description(self):
            return self.inner.description

        def scores(self, canvases):
            raise AssertionError("was asked")

    again = run_audit(Mute(lenet), order, resume=True)
    assert (again.champions, again.verdict) == (first.champions, first.verdict)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"asked": "3000", "limit": Budget(3000)}, "--budget"),
        ({"seeds": 2}, "--seeds"),
        ({"attacks": select_attacks(["cppn"])}, "--attacks"),
        ({"pictures": None}, "--data"),
    ],
)
def test_resuming_something_else_is_refused(lenet, order, change, said):
    run_audit(lenet, order)
    with pytest.raises(UsageError, match=f"--resume: .* begun with {said} .*; give that, or another --out"):
        run_audit(lenet, replace(order, **change), resume=True)


def test_another_classifier_is_not_resumed(lenet, order):
    run_audit(lenet, order)
    with pytest.raises(UsageError, match="another classifier"):
        run_audit(Cool(lenet), order, resume=True)


def test_a_folder_with_other_things_is_left_alone(lenet, order):
    order.out.mkdir()
    (order.out / "thesis.txt").write_text("mine")
    with pytest.raises(UsageError, match="not empty"):
        run_audit(lenet, order)
    assert [path.name for path in order.out.iterdir()] == ["thesis.txt"]


def test_every_seed_has_the_whole_budget(lenet, mnist, tmp_path):
    found = run_audit(lenet, small_order(mnist, tmp_path / "a", seeds=2))
    assert len(found.curves) == len(found.verdict.seed_scores) == 2
    assert found.verdict.score.value == pytest.approx(np.mean(found.verdict.seed_scores))
    assert all(len(one.passed_at) == 2 for one in found.champions)
    alone = run_audit(lenet, small_order(mnist, tmp_path / "b", seed=1))
    assert alone.verdict.seed_scores[0] == pytest.approx(found.verdict.seed_scores[1])


def test_time_ends_it(lenet, mnist, tmp_path):
    order = small_order(mnist, tmp_path / "a", asked="2s", limit=Budget(seconds=2.0))
    found = run_audit(lenet, order)
    assert found.state == "finished"
    assert found.budget.elapsed < 6


def test_gates_and_panel_are_judged(lenet, mnist, tmp_path):
    from foolery.classifiers import load_classifier

    gates = tuple(Gate.parse(text) for text in ("fooled@keep95 > 0.3", "score < 0"))
    panel = default_panel(lenet.description, load_classifier)
    found = run_audit(lenet, small_order(mnist, tmp_path / "a", gates=gates, panel=panel))
    assert [gate.failed for gate in found.gates] == [True, False]
    assert "lenet" not in found.panel
    assert "lenet-b" in found.panel
    assert all(0 <= one.recognised_by <= 1 for one in found.champions)
    assert found.verdict.score_of_nonsense.value >= found.verdict.score.value


def test_all_attacks_run_or_say_why_not(lenet, mnist, tmp_path):
    order = small_order(mnist, tmp_path / "a", attacks=[attack.name for attack in select_attacks(None)])
    order = replace(order, asked="6000", limit=Budget(6000))
    found = run_audit(lenet, order)
    for attack in found.attacks:
        assert attack.status == "finished" or attack.reason
        assert (attack.queries > 0) == (attack.status == "finished")
    assert {"tiles", "cppn", "direct"} <= {one.name for one in found.attacks if one.status == "finished"}


def test_a_black_box_gets_no_gradient_ascent_and_the_report_says_so(lenet, mnist, tmp_path):
    found = run_audit(Cool(lenet), small_order(mnist, tmp_path / "a", attacks=["tiles", "cppn", "ascent"]))
    ascent = found.attacks[-1]
    assert ascent.status == "skipped"
    assert "no gradients" in ascent.reason


@pytest.mark.parametrize("seeds", [1, 2])
def test_what_cannot_be_tried_leaves_its_share_to_the_others(lenet, mnist, tmp_path, seeds):
    said = []
    names = ["tiles", "cppn", "direct", "ascent", "ascent-cppn"]
    order = small_order(mnist, tmp_path / "a", attacks=names, seeds=seeds)
    found = run_audit(Cool(lenet), order, said.append)
    for seed in range(seeds):
        mine = [attack for attack in found.attacks if attack.seed == seed]
        assert [attack.status for attack in mine] == ["finished"] * 3 + ["skipped"] * 2
        assert sum(attack.queries for attack in mine) > 2000 - 2 * 200  # but less than two generations
    places = [
        next(at for at, line in enumerate(said) if line.startswith(name)) for name in ("ascent:", "tiles:")
    ]
    assert places == sorted(places)  # whoever waits is told at once


def test_a_share_that_is_too_small_for_all_may_do_for_some(lenet, mnist, tmp_path):
    names = ["cppn", "ascent", "ascent-cppn"]
    order = small_order(mnist, tmp_path / "a", attacks=names, asked="1000", limit=Budget(1000))
    cppn, pixels, through = run_audit(lenet, order).attacks
    assert "needs" in through.reason
    assert pixels.status == cppn.status == "finished"


def test_more_attacks_do_not_make_a_network_look_safer(lenet, mnist, tmp_path):
    budget = {"asked": "5000", "limit": Budget(5000)}
    few = run_audit(lenet, small_order(mnist, tmp_path / "few", **budget)).verdict.score
    names = [attack.name for attack in select_attacks(None)]
    many = run_audit(lenet, small_order(mnist, tmp_path / "many", attacks=names, **budget)).verdict.score
    assert many.value <= few.value + 3  # a search that has less of the budget may miss a late class
    assert few.value > 10  # there was room above


@pytest.fixture
def made(tmp_path):
    audit = audit_in(tmp_path / "audit")
    attacks = tuple(
        AttackRecord(name=name, about="", status="waiting", seed=0, queries=0, seconds=0.0)
        for name in ("tiles", "cppn")
    )
    return AuditDocument(
        tmp_path / "audit", audit.model_copy(update={"attacks": attacks}), monotonic(), before=100.0
    )


def test_the_budget_follows_what_attacks_have_spent(made):
    made.change(1, queries=700, status="finished")
    assert [attack.queries for attack in made.found.attacks] == [0, 700]
    assert made.found.budget.spent == 700 + made.found.budget.repeated
    assert made.budget.elapsed >= made.found.budget.elapsed >= 100.0


def test_nothing_is_written_before_it_is_asked_for(made, tmp_path):
    before = read_audit(tmp_path / "audit")
    made.change(0, queries=5)
    assert read_audit(tmp_path / "audit") == before
    made.write()
    assert read_audit(tmp_path / "audit") == made.found


def test_a_summary_goes_with_what_is_put(made, tmp_path):
    made.put(notes=("somebody looked on",))
    assert "somebody looked on" in (tmp_path / "audit" / "summary.md").read_text()


def test_a_report_is_due_when_the_last_one_is_old_for_what_it_took(made, monkeypatch):
    assert not made.due
    monkeypatch.setattr(runner, "REPORT_INTERVAL", 0.0)
    assert made.due
    made.report(lambda: {"notes": ("a moment's work",)})
    monkeypatch.setattr(runner, "REPORT_COST_FACTOR", 1e6)
    assert not made.due
