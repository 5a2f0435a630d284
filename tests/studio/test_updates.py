"""When a run will end: what its command asks for, and the rate of the last generations."""

import pytest

from foolery.runs import GenerationStats
from foolery.studio.updates import estimate_eta


def stats(generation, queries, seconds):
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
    eta = estimate_eta(command, None, None)
    assert (eta.goal, eta.limited, eta.rate, eta.remaining) == (goal, limited, None, None)


def test_the_eta_is_that_of_the_last_generations():
    eta = estimate_eta("foolery evolve -n 100", stats(40, 4000, 10.0), stats(60, 6000, 15.0))
    assert eta.rate == 400.0
    assert eta.remaining == pytest.approx(40 * 0.25)
    beyond = estimate_eta("foolery evolve -n 50", stats(40, 4000, 10.0), stats(60, 6000, 15.0))
    assert beyond.remaining == 0.0
