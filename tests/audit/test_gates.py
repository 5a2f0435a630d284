"""The grammar of gates: what is taken, what is refused, and when one fails."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foolery.audit.gates import FIGURES, Gate
from foolery.audit.verdict import AuditVerdict, Interval
from foolery.errors import UsageError

VERDICT = AuditVerdict(
    median_confidence=0.9,
    above={"0.5": 1.0, "0.9": 0.5, "0.99": 0.4, "0.9999": 0.0},
    score=Interval(value=60.0, low=50.0, high=70.0),
    fooled_at_tpr95=Interval(value=0.3, low=0.1, high=0.5),
    above_real_median=Interval(value=0.2, low=0.0, high=0.3),
)
HOLDS = {
    "<": lambda a, b: a < b, "<=": lambda a, b: a <= b, ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b, "==": lambda a, b: a == b, "!=": lambda a, b: a != b,
}  # fmt: skip


@given(
    st.sampled_from(sorted(FIGURES)),
    st.sampled_from(sorted(HOLDS)),
    st.floats(-1000, 1000, allow_nan=False).map(lambda number: round(number, 3)),
    st.sampled_from(["", " ", "  "]),
)
def test_every_expression_is_read_as_it_is_written(figure, sign, number, space):
    number = round(abs(number) / 1000, 3) if FIGURES[figure].share else number
    gate = Gate.parse(f"{space}{figure}{space}{sign}{space}{number:.3f}{space}")
    assert (gate.figure, gate.operator, gate.limit) == (figure, sign, pytest.approx(number))


@pytest.mark.parametrize("sign", sorted(HOLDS))
@pytest.mark.parametrize("number", [0.2, 0.3, 0.4])
def test_a_gate_fails_where_its_expression_holds(sign, number):
    judged = Gate.parse(f"fooled@tpr95 {sign} {number}").judge(VERDICT)
    assert judged.value == 0.3
    assert judged.failed == HOLDS[sign](0.3, number)


def test_percent():
    assert Gate.parse("fooled@tpr95 > 30%").limit == pytest.approx(0.3)


def test_what_is_not_known_is_undecided():
    judged = Gate.parse("recognized < 0").judge(VERDICT)
    assert (judged.outcome, judged.value) == ("undecided", None)
    assert judged.reason == "its value is not known"


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ("fooled@tpr95 > 0.5", "undecided"),  # 0.3 so far, and it can only rise
        ("fooled@tpr95 > 0.2", "failed"),
        ("fooled@tpr95 < 0.2", "passed"),
        ("fooled@tpr95 < 0.5", "undecided"),
        ("fooled@tpr95 == 0.1", "passed"),
        ("fooled@tpr95 == 0.6", "undecided"),
        ("fooled@tpr95 != 0.1", "failed"),
        ("score < 50", "undecided"),  # 60 so far, and it can only fall
        ("score < 70", "failed"),
        ("score > 70", "passed"),
        ("queries-to-half < 1000", "undecided"),
        ("median-confidence > 0.5", "undecided"),
        ("median-confidence >= 0", "failed"),
    ],
)
def test_a_gate_on_an_unfinished_search_is_decided_only_where_more_search_cannot_change_it(text, outcome):
    judged = Gate.parse(text).judge(VERDICT, unfinished=("cppn", "direct"))
    assert judged.outcome == outcome
    assert (judged.reason is not None) == (outcome == "undecided")
    if outcome == "undecided":
        assert judged.reason.endswith("before these attacks were finished: cppn, direct")
    finished = Gate.parse(text).judge(VERDICT)
    assert finished.outcome == ("failed" if HOLDS[Gate.parse(text).operator](
        float("inf") if finished.value is None else finished.value, Gate.parse(text).limit
    ) else "passed")  # fmt: skip


@given(st.floats(0, 1), st.floats(0, 1), st.sampled_from(sorted(HOLDS)), st.floats(0, 1))
def test_what_is_decided_early_is_what_the_finished_search_says(now, later, sign, limit):
    """For a share of fooled classes, which only rises."""
    now, later = min(now, later), max(now, later)
    gate = Gate("", "fooled@tpr95", sign, limit)
    early, late = (
        gate.judge(
            VERDICT.model_copy(update={"fooled_at_tpr95": Interval(value=value, low=0.0, high=1.0)}),
            unfinished,
        )
        for value, unfinished in ((now, ("cppn",)), (later, ()))
    )
    assert late.outcome == ("failed" if HOLDS[sign](later, limit) else "passed")
    assert early.outcome in ("undecided", late.outcome)


def test_half_of_the_classes_that_never_fell_are_infinitely_late():
    assert not Gate.parse("queries-to-half < 1000").judge(VERDICT).failed
    assert Gate.parse("queries-to-half > 1000").judge(VERDICT).failed


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("fooled@tpr96 > 0.3", "did you mean fooled@tpr9"),
        ("scor < 3", "did you mean score"),
        ("score", "NAME OP NUMBER"),
        ("score << 3", "NAME OP NUMBER"),
        ("score < three", "NAME OP NUMBER"),
        ("score < 3 or 4", "NAME OP NUMBER"),
        ("__import__('os') > 1", "NAME OP NUMBER"),
        ("", "NAME OP NUMBER"),
        ("fooled@tpr95 > 30", "write 30% for hundredths"),
        ("above-real-median > 130%", "a share from 0 to 1"),
        ("recognized < -0.1", "a share from 0 to 1"),
    ],
)
def test_what_is_no_gate_is_refused(text, expected):
    with pytest.raises(UsageError, match="--fail-on") as refused:
        Gate.parse(text)
    assert expected in str(refused.value)


def test_figures_that_cannot_be_had_are_refused_before():
    with pytest.raises(UsageError, match="--data"):
        Gate.parse("score < 50").check(data=False, panel=True)
    with pytest.raises(UsageError, match="--panel"):
        Gate.parse("fooled-unrecognizable > 0.5").check(data=True, panel=False)
    Gate.parse("fooled@0.99 > 0.5").check(data=False, panel=False)
