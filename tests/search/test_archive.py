"""The archive equals brute force: every child against every class, strictly better, first best wins."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foolery.search.archive import Archive


def brute_force(best, holder, batches):
    """The released code's loop, one child and one class at a time (``map_elite.hpp``)."""
    jumps, number = 0, 0
    for batch in batches:
        for child in batch:
            for cell, value in enumerate(child):
                if holder[cell] is None or value > best[cell]:
                    best[cell], holder[cell] = value, number
                    jumps += 1
            number += 1
    return jumps


@settings(deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    replicates=st.integers(1, 3),
    cells=st.integers(1, 6),
    sizes=st.lists(st.integers(1, 9), min_size=1, max_size=4),
    levels=st.sampled_from([2, 5, 10**6]),
)
def test_it_equals_one_comparison_at_a_time(seed, replicates, cells, sizes, levels):
    """Few levels make ties, which the incumbent and the first child must win."""
    rng = np.random.default_rng(seed)
    batches = [-rng.integers(0, levels, (replicates, size, cells)).astype(float) for size in sizes]
    archive, first = Archive(replicates, cells), 0
    for generation, batch in enumerate(batches):
        before = archive.individual.copy()
        takeover = archive.add(batch, batch * 2, first=first, generation=generation)
        changed = np.argwhere(archive.individual != before)
        assert np.array_equal(changed, np.stack([takeover.replicates, takeover.cells], axis=1))
        assert np.array_equal(takeover.previous, before[takeover.replicates, takeover.cells])
        assert np.array_equal(
            archive.individual[takeover.replicates, takeover.cells], first + takeover.children
        )
        first += batch.shape[1]
    for replicate in range(replicates):
        best, holder = [None] * cells, [None] * cells
        jumps = brute_force(best, holder, [batch[replicate] for batch in batches])
        assert archive.objective[replicate].tolist() == best
        assert archive.individual[replicate].tolist() == holder
        assert archive.score[replicate].tolist() == [2 * value for value in best]
        assert archive.improvements[replicate] == jumps


def test_one_child_may_take_every_cell():
    archive = Archive(1, 5)
    takeover = archive.add(np.zeros((1, 3, 5)), np.zeros((1, 3, 5)), first=0, generation=0)
    assert takeover.cells.tolist() == [0, 1, 2, 3, 4]
    assert takeover.children.tolist() == [0] * 5
    assert archive.improvements.tolist() == [5]


def test_born_tells_the_generation():
    archive = Archive(1, 2)
    archive.add(np.array([[[1.0, 1.0]]]), np.zeros((1, 1, 2)), first=0, generation=0)
    archive.add(np.array([[[0.5, 2.0]]]), np.zeros((1, 1, 2)), first=1, generation=1)
    assert archive.generation.tolist() == [[0, 1]]


@pytest.mark.parametrize("lanes", ["1", "3"])
def test_lanes_that_share_many_cells_find_what_one_child_at_a_time_finds(monkeypatch, lanes):
    monkeypatch.setenv("FOOLERY_THREADS", lanes)
    batches = -np.random.default_rng(7).integers(0, 50, (2, 1, 300, 1009)).astype(float)
    archive = Archive(1, 1009)
    for generation, batch in enumerate(batches):
        archive.add(batch, batch, first=300 * generation, generation=generation)
    best, holder = [None] * 1009, [None] * 1009
    jumps = brute_force(best, holder, batches[:, 0])
    assert archive.objective[0].tolist() == best
    assert archive.individual[0].tolist() == holder
    assert archive.improvements.tolist() == [jumps]


def test_values_that_are_not_finite_are_counted_on_any_number_of_lanes(monkeypatch):
    batch = np.zeros((1, 300, 1009))
    batch[0, [0, 5, 299], [0, 1008, 600]] = np.nan, np.inf, -np.inf
    for lanes in "14":
        monkeypatch.setenv("FOOLERY_THREADS", lanes)
        assert Archive(1, 1009).compare(batch).not_finite == 3
