"""Three attackers: who pays for which queries."""

import numpy as np
import pytest

from foolery.audit.attackers import AttackRun, all_in_order, best_single, quickest_per_class, single_attackers
from foolery.audit.attacks.base import AttackResult
from foolery.audit.trace import Trace

REAL = np.linspace(0.0, 9.9, 100)
BUDGET = 10_000


def run(attack, found, queries, seed=0, start=0) -> AttackRun:
    """An attack that had an image of value 99 of each class in ``found`` after so many of its queries."""
    classes = np.array(list(found), np.int64)
    trace = Trace(classes, np.array(list(found.values()), np.int64), np.full(len(classes), 99.0))
    values = np.full(2, -np.inf)
    values[classes] = 99.0
    result = AttackResult(
        values, values, np.full(2, np.inf), queries, 1.0, lambda indices: None, improvements=trace
    )
    return AttackRun(attack, seed, result.starting_after(start) if start else result)


RUNS = (
    run("tiles", {0: 10}, 100),
    run("cppn", {0: 1000, 1: 1000}, 4000),
    run("ascent-cppn", {0: 10, 1: 10}, 500, start=4000),
)


def falls_at(attacker):
    """Queries until the first seed had an image of each class."""
    trace = attacker.traces[0]
    return [int(min(trace.queries[trace.classes == index], default=-1)) for index in (0, 1)]


def test_the_best_single_attack_is_the_one_that_does_best_over_all_classes():
    attackers = single_attackers(RUNS, 1)
    assert [one.attack for one in attackers] == ["tiles", "cppn", "ascent-cppn"]
    best = best_single(attackers, REAL, np.arange(2), 2, BUDGET)
    assert (best.attack, falls_at(best)) == ("tiles", [10, -1])  # 0.75 of one class, 0.25 of each
    assert best_single(attackers, REAL, np.array([1]), 2, BUDGET).attack == "cppn"


def test_an_oracle_has_the_quickest_of_each_class():
    assert falls_at(quickest_per_class(RUNS, 1)) == [10, 1000]


def test_who_makes_all_attacks_pays_for_all_and_for_what_they_start_from_once():
    attacker = all_in_order(RUNS, 1)
    assert falls_at(attacker) == [10, 1100]
    assert sorted(attacker.traces[0].queries) == [10, 1100, 1100, 4110, 4110]
    assert falls_at(all_in_order(RUNS[::-1], 1)) == [10, 10]


def test_the_oracle_is_never_worse_than_the_others():
    tables = [
        one.table(REAL, 2, BUDGET).mean()
        for one in (quickest_per_class(RUNS, 1), all_in_order(RUNS, 1), *single_attackers(RUNS, 1))
    ]
    assert tables[0] == max(tables)


def test_a_seed_that_has_not_begun_has_nothing():
    for attacker in (quickest_per_class(RUNS, 2), all_in_order(RUNS, 2), *single_attackers(RUNS, 2)):
        assert attacker.table(REAL, 2, BUDGET)[1].tolist() == [0.0, 0.0]
        assert np.isneginf(attacker.values(2, BUDGET)[1]).all()


def test_values_are_those_within_the_queries():
    cppn = single_attackers(RUNS, 1)[1]
    assert cppn.values(2, 999).tolist() == [[-np.inf, -np.inf]]
    assert cppn.values(2, 1000).tolist() == [[99.0, 99.0]]


def test_where_no_more_is_known_the_last_images_count_with_the_last_query():
    values = np.array([3.0, -np.inf])
    result = AttackResult(values, values, np.full(2, np.inf), 700, 1.0, lambda indices: None)
    assert (result.trace.classes.tolist(), result.trace.queries.tolist()) == ([0], [700])
    assert result.starting_after(100).trace.queries.tolist() == [800]
    assert result.trace.values == pytest.approx([3.0])
