"""The pace of a run: what its command asks for, and when it will be there."""

import pytest

from foolery.runs.records import GenerationStats
from foolery.studio.updates import estimate_eta


def moment(generation, queries, seconds):
    return GenerationStats(generation, queries, 0, 0.5, 0.5, 0.5, 0.5, seconds)


@pytest.mark.parametrize(
    ("command", "goal", "limited"),
    [
        ("foolery evolve -c lenet", 200, False),
        ("foolery evolve -c lenet -n 5000", 5000, False),
        ("foolery evolve --generations=5_000 --budget 5m", 5000, True),
        ("foolery ascend -c lenet", None, False),
        ("foolery ascend -c lenet --steps 30", 30, False),
        ("foolery demo", None, False),
        ("python", None, False),
        ("foolery evolve -n", 200, False),
        ("foolery evolve -n 99999999999999999999", 200, False),
        ("foolery evolve 'cut", None, False),
        ("", None, False),
    ],
)
def test_the_goal_is_what_the_command_says(command, goal, limited):
    pace = estimate_eta(command, None, None)
    assert (pace.goal, pace.limited, pace.rate, pace.remaining) == (goal, limited, None, None)


def test_the_pace_is_that_of_the_last_generations():
    pace = estimate_eta("foolery evolve -n 100", moment(40, 4000, 10.0), moment(60, 6000, 15.0))
    assert pace.rate == 400.0
    assert pace.remaining == pytest.approx(40 * 0.25)
    beyond = estimate_eta("foolery evolve -n 50", moment(40, 4000, 10.0), moment(60, 6000, 15.0))
    assert beyond.remaining == 0.0
