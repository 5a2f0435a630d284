"""The schedule: what the rest of planned work will take, by a clock that the test moves."""

from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foolery.schedule import Schedule
from foolery.stages import (
    Stage,
    counted,
    drop_stage,
    is_watched,
    plan_stages,
    stage,
    watched_by,
)


class Clock:
    """Seconds that pass when the test says so."""

    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def schedule(clock):
    return Schedule(clock)


def test_what_was_measured_ahead_is_what_is_left(schedule):
    schedule.plan([Stage("photos", 100, step_seconds=0.1), Stage("search", 1000, step_seconds=0.02)])
    left = schedule.left()
    assert (left.seconds, left.whole, left.share) == (pytest.approx(30), True, 0)


def test_what_nobody_measured_makes_it_more_than_that(schedule):
    schedule.plan([Stage("photos", 100, step_seconds=0.1), Stage("search", 1000)])
    left = schedule.left()
    assert (left.seconds, left.whole) == (pytest.approx(10), False)


def test_a_machine_twice_as_slow_as_measured_takes_twice_as_long(schedule, clock):
    schedule.plan([Stage("photos", 100, step_seconds=0.1), Stage("search", 1000, step_seconds=0.02)])
    schedule.begin(Stage("photos", 100))
    clock.now = 20
    schedule.advance(100)
    schedule.end()
    assert schedule.left().seconds == pytest.approx(40)
    assert schedule.left().share == pytest.approx(1 / 3)


def test_stages_of_one_kind_take_what_the_first_took(schedule, clock):
    schedule.plan([Stage("one", 0, kind="run"), Stage("other", 0, kind="run")])
    schedule.begin(Stage("one", 0))
    clock.now = 7
    schedule.end()
    left = schedule.left()
    assert (left.seconds, left.whole) == (pytest.approx(7), True)


def test_its_own_pace_counts_more_the_further_a_stage_is(schedule, clock):
    schedule.plan([Stage("search", 100, step_seconds=1)])
    schedule.begin(Stage("search", 100))
    clock.now = 180
    schedule.advance(90)
    assert schedule.current_left() == pytest.approx(20, rel=0.01)


def test_a_limit_of_time_ends_a_stage(schedule, clock):
    schedule.begin(Stage("search", 1000, limit=10))
    clock.now = 4
    schedule.advance(1)
    assert schedule.current_left() == pytest.approx(6)


def test_planned_stages_that_are_passed_over_are_not_waited_for(schedule):
    schedule.plan([Stage("photos", 10, step_seconds=1), Stage("search", 10, step_seconds=1)])
    schedule.begin(Stage("search", 10))
    assert [work.stage.name for work in schedule.work] == ["search"]


def test_a_stage_that_nobody_planned_comes_before_those_that_wait(schedule):
    schedule.plan([Stage("search", 10, step_seconds=1)])
    schedule.begin(Stage("loading", 0))
    assert [work.stage.name for work in schedule.work] == ["loading", "search"]


def test_a_dropped_stage_takes_no_time(schedule):
    schedule.plan([Stage("a", 10, step_seconds=1), Stage("a", 10, step_seconds=1)])
    schedule.drop("a")
    schedule.drop("b")
    assert schedule.left().seconds == pytest.approx(10)


def test_a_part_that_is_under_way_takes_at_least_its_own_rest(schedule, clock):
    schedule.plan([Stage("fig4", 1, step_seconds=3)])
    schedule.begin(Stage("fig4", 1))
    schedule.enter("digits, seed 0", 0, 10)
    clock.now = 2
    schedule.enter("digits, seed 0", 2, 10)
    assert schedule.current_left() == pytest.approx(8)


@given(
    st.lists(
        st.tuples(st.integers(0, 50), st.one_of(st.none(), st.floats(0, 10)), st.floats(0, 100)), max_size=6
    )
)
def test_what_is_left_is_never_negative_and_nothing_at_the_end(rows):
    clock = Clock()
    schedule = Schedule(clock)
    schedule.plan([Stage(str(at), steps, step_seconds=step) for at, (steps, step, _) in enumerate(rows)])
    for at, (steps, _, seconds) in enumerate(rows):
        schedule.begin(Stage(str(at), steps))
        clock.now += seconds
        schedule.advance(steps)
        assert 0 <= schedule.left().seconds < inf
        assert 0 <= schedule.left().share <= 1
        schedule.end()
    assert schedule.left().seconds == 0


def test_nobody_need_watch():
    plan_stages([Stage("search", 1)])
    drop_stage("search")
    with stage("search", 1) as advance:
        advance(1)
    assert list(counted([1, 2], "search", 2)) == [1, 2]
    assert not is_watched()


def test_only_the_outer_one_of_two_stages_is_told(schedule):
    with watched_by(schedule), stage("outer", 1), stage("inner", 1):
        assert is_watched()
    assert [work.stage.name for work in schedule.work] == ["outer"]


def test_a_stage_that_fails_is_over(schedule):
    with pytest.raises(ValueError, match="broken"), watched_by(schedule), stage("search", 1):
        raise ValueError("broken")
    assert schedule.current is None


def test_batches_are_counted_by_their_lengths(schedule):
    with watched_by(schedule):
        assert [len(part) for part in counted([[1, 2], [3]], "photos", 3)] == [2, 1]
    assert [(work.stage.name, work.done) for work in schedule.work] == [("photos", 3)]
