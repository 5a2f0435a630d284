"""What the attacks of an audit say beside each other, and what its time says."""

import pytest

from foolery.audit.notes import final_notes
from foolery.audit.schema import AttackRecord, BudgetRecord
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


@pytest.mark.parametrize(
    ("seconds", "elapsed", "spent", "expected"),
    [
        (60.0, 59.0, 3000, True),
        (60.0, 59.0, 9000, False),
        (60.0, 20.0, 3000, False),
        (None, 59.0, 3000, False),
    ],
)
def test_time_that_ended_the_searches_is_said(audit, seconds, elapsed, spent, expected):
    budget = BudgetRecord(
        requested="5000,1m",
        queries=5000,
        seconds=seconds,
        seeds=2,
        spent=spent,
        repeated=0,
        elapsed=elapsed,
        rate=90.0,
    )
    notes = final_notes(audit.model_copy(update={"budget": budget, "attacks": ()}))
    assert bool(notes) == expected
    assert all("after 3,000 of 10,000 queries" in each and "too high" in each for each in notes)
