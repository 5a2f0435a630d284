"""The property of this door: a card and its accuracy are right, or nothing is written."""

import pytest

from support.random_networks import check, situation

#: By hand: python tests/support/random_networks.py 500
SEEDS = tuple(seed for seed in range(46) if seed not in (11, 30))  # but for two that take long


@pytest.mark.parametrize("seed", SEEDS)
def test_the_accuracy_of_a_random_network_is_the_true_one_or_it_is_refused(seed, tmp_path):
    one = situation(seed)
    said = check(one, tmp_path)
    assert said.split(":")[0] in ("right", "refused"), f"{one}\n{said}"
    assert said.startswith("refused") or not one.refused


def test_refusals_are_rare():
    """What a network of this list may be refused for is names in a wrong order, and little else."""
    assert sum(situation(seed).refused for seed in SEEDS) < len(SEEDS) / 4
