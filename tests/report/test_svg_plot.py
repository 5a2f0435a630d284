import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foolery.report.svg_plot import confidence_axis, generation_ticks, linear_axis


def labels(axis):
    return [tick.label for tick in axis.ticks]


def test_each_nine_is_a_step():
    axis = confidence_axis(np.array([0.1, 0.9999]))
    places = axis.place(np.array([0.0, 0.9, 0.99, 0.999, 0.9999]))
    assert places == pytest.approx([0, 0.25, 0.5, 0.75, 1])
    assert labels(axis) == ["0 %", "50 %", "90 %", "99 %", "99.9 %", "99.99 %"]


def test_a_poor_search_has_an_axis_up_to_99_percent():
    assert labels(confidence_axis(np.array([0.0, 0.3])))[-1] == "99 %"


def test_what_is_more_certain_than_ten_nines_stands_at_the_top():
    axis = confidence_axis(np.array([0.5, 1.0]))
    assert axis.place(np.array([1 - 1e-12, 1.0])).tolist() == [1, 1]
    assert labels(axis)[-2:] == ["1 − 10⁻⁸", "≥ 1 − 10⁻¹⁰"]


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_ticks_stand_where_their_values_stand(values):
    axis = confidence_axis(np.array(values))
    for tick in axis.ticks:
        if tick.label.endswith("%"):
            value = float(tick.label.removesuffix(" %")) / 100
            assert axis.place(np.array([value]))[0] == pytest.approx(tick.place, abs=1e-9)


@given(st.lists(st.floats(-1, 1), min_size=1, max_size=20))
def test_a_linear_axis_holds_its_values_between_round_ticks(values):
    axis = linear_axis(np.array(values))
    assert axis.low <= min(values) + 1e-12
    assert max(values) - 1e-12 <= axis.high
    assert 2 <= len(axis.ticks) <= 7
    assert len(set(labels(axis))) == len(axis.ticks)
    for tick in axis.ticks:
        value = float(tick.label.replace("−", "-"))
        assert axis.place(np.array([value]))[0] == pytest.approx(tick.place, abs=1e-6)


@given(st.integers(0, 10_000_000))
def test_generations_have_few_ticks_and_the_last_one_is_there(last):
    ticks = generation_ticks(last)
    assert 1 <= len(ticks) <= 6
    assert (ticks[0].label, ticks[-1].label) == ("0", f"{last:,}")
    assert [tick.place for tick in ticks] == sorted({tick.place for tick in ticks})
    assert all(tick.place == pytest.approx(int(tick.label.replace(",", "")) / max(last, 1)) for tick in ticks)
