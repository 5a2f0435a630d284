"""The rules of every verdict: what carries one, what is refused, and that a refusal says what was seen."""

import pytest

from foolery.paper.verdicts import (
    MIN_UNITS,
    Amount,
    Band,
    Claim,
    Evidence,
    decide,
    grade_share,
    grade_within,
    plural,
)

CLAIM = Claim("it", "it is so", "3.1", "1")
UNCERTAIN = Claim("it", "it is so", "3.1", "1", uncertain=True)
SHORT, WHOLE = Amount("runs", 5, 1), Amount("runs", 5, 5)


def found(claim=CLAIM, seen="holds", **evidence):
    settings = {"unit": "run", "units": 5, "amounts": (WHOLE,), **evidence}
    return decide(claim, "2", seen, "it is more", Evidence(**settings))


def test_enough_units_at_the_paper_s_scale_carry_a_verdict():
    finding = found()
    assert (finding.verdict, finding.reason, finding.unit, finding.units) == ("holds", "it is more", "run", 5)


@pytest.mark.parametrize("units", range(MIN_UNITS))
def test_fewer_than_five_units_carry_none_and_the_reason_says_so(units):
    finding = found(unit="race", units=units)
    assert finding.verdict == "no verdict"
    assert f"{units} {plural('race', units)}, and a verdict needs at least 5" in finding.reason
    assert "what was seen: holds. It is more" in finding.reason


def test_less_than_the_paper_had_is_not_tested_whatever_the_page_calls_full():
    finding = found(seen="does not hold", amounts=(SHORT,))
    assert finding.verdict == "not tested at full scale"
    assert finding.reason.startswith("1 of the paper's 5 runs; what was seen: does not hold")


@pytest.mark.parametrize("evidence", [{"post_hoc": True}, {"missing": "nobody recorded it"}])
def test_what_was_chosen_afterwards_or_not_recorded_carries_none(evidence):
    assert found(**evidence).verdict == "no verdict"


@pytest.mark.parametrize("amounts", [(WHOLE,), (SHORT,)])
def test_an_uncertain_figure_is_no_threshold_at_any_scale(amounts):
    finding = found(UNCERTAIN, amounts=amounts)
    assert finding.verdict == "no verdict"
    assert "uncertain" in finding.reason


def test_a_claim_has_two_bounds():
    slightly, in_part = Band(0.0, 0.1), Band(0.0, 0.5)
    assert [grade_within(loss, slightly, in_part) for loss in (0.05, 0.3, 0.9, -0.2)] == [
        "holds",
        "holds in part",
        "does not hold",
        "does not hold",
    ]


def test_of_every_unit_half_is_in_part():
    assert [grade_share(reached, 10) for reached in (10, 9, 5, 4)] == [
        "holds",
        "holds in part",
        "holds in part",
        "does not hold",
    ]
    assert grade_share(0, 0) == "does not hold"
