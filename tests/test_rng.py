"""The generator is Philox 4x32-10, and a draw depends on its key and counter alone."""

import numpy as np
import pytest

from foolery.errors import UsageError
from foolery.jit import jit
from foolery.rng import MAX_SEED, Purpose, Stream, check_seed, philox


@jit
def block(index, child, generation, purpose, seed):
    return philox(index, child, generation, purpose, seed)


@pytest.mark.parametrize(
    ("counter", "seed", "expected"),
    [
        ((0, 0, 0, 0), 0, (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
        ((2**32 - 1,) * 4, 2**64 - 1, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
        (
            (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
            0x299F31D0A4093822,
            (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
        ),
    ],
)
def test_it_gives_the_published_known_numbers(counter, seed, expected):
    words = block(*(np.uint64(c) for c in counter), np.uint64(seed))
    assert tuple(int(word) for word in words) == expected


def test_a_child_draws_the_same_whoever_else_is_drawn_for():
    alone = Stream(np.array([7], np.uint64), np.array([3], np.uint64), 11).words(Purpose.PARENT)
    among = Stream.of(7, 11, 100).words(Purpose.PARENT)
    assert np.array_equal(alone[0], among[3])


@pytest.mark.parametrize("change", [{"seed": 8}, {"generation": 12}, {"purpose": Purpose.CROSSOVER}])
def test_another_seed_generation_or_purpose_draws_other_numbers(change):
    given = {"seed": 7, "generation": 11, "purpose": Purpose.PARENT} | change
    words = Stream.of(given["seed"], given["generation"], 50).words(given["purpose"])
    assert not np.isin(words, Stream.of(7, 11, 50).words(Purpose.PARENT)).any()


def test_choices_are_uniform():
    picked = Stream.of(1, 2, 100_000).integers(Purpose.PARENT, 10)
    counts = np.bincount(picked, minlength=10)
    chi_squared = ((counts - 10_000) ** 2 / 10_000).sum()
    assert counts.size == 10
    assert chi_squared < 33.7  # 9 degrees of freedom, p = 1e-4


def test_choices_from_one_are_that_one():
    assert (Stream.of(0, 0, 20).integers(Purpose.PARENT, 1) == 0).all()


@pytest.mark.parametrize("seed", [-1, MAX_SEED + 1, 1.5, "1", True, None])
def test_a_seed_that_makes_no_sense_is_refused(seed):
    with pytest.raises(UsageError, match=r"seed: expected a whole number from 0 to 2\^64 - 1"):
        check_seed(seed)
