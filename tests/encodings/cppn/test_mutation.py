"""Mutation keeps every invariant, and its six steps happen as often as published."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foolery.encodings.cppn import genome as pack
from foolery.encodings.cppn import variation as breed
from foolery.encodings.cppn.genome import INPUTS, CppnGenomes, take
from foolery.encodings.cppn.mutation import possible_targets
from foolery.rng import Stream
from support.networks import random_networks, same_networks

MANY = 40_000


def check(networks, outputs):
    """``unpack`` knows every invariant: order, ranges, sorting, weights. It is tested by itself."""
    assert same_networks(pack.unpack(pack.pack(networks, outputs), outputs), networks)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 10**6), st.sampled_from([1, 3]))
def test_no_cycle_and_no_dangling_edge_ever_arises(seed, generation, outputs):
    networks = random_networks(seed, 20, outputs, most_hidden=12)
    for step in range(5):
        networks = breed.vary(networks, outputs, Stream.of(seed, generation + step, 20))
        check(networks, outputs)


def test_a_child_depends_on_its_own_parent_and_key_alone():
    networks = random_networks(1, 30, 3)
    together = breed.vary(networks, 3, Stream.of(9, 4, 30))
    stream = Stream(np.array([9], np.uint64), np.array([17], np.uint64), 4)
    alone = breed.vary(take(networks, np.array([17])), 3, stream)
    assert same_networks(alone, take(together, np.array([17])))


def test_it_leaves_the_parents_alone():
    networks = random_networks(2, 30, 1)
    before = take(networks, np.arange(30))
    breed.vary(networks, 1, Stream.of(0, 1, 30))
    assert same_networks(networks, before)


def test_initial_networks_link_every_input_to_every_output():
    networks = breed.initial(3, Stream.of(0, 0, 500))
    check(networks, 3)
    assert (np.diff(networks.nodes) == 3).all()
    assert (np.diff(networks.edges) == 12).all()
    pairs = set(zip(networks.sources[:12].tolist(), networks.targets[:12].tolist(), strict=True))
    assert pairs == {(source, target) for source in range(4) for target in (4, 5, 6)}
    assert abs(float(networks.weights.mean())) < 0.3
    assert abs(float(networks.weights.std()) - 20 / 12**0.5) < 0.1
    assert np.bincount(networks.activations).min() > 300


def chains(count):
    """x -> a -> b -> output, and y -> output: two hidden nodes, four edges, all weights 1."""
    one = CppnGenomes(
        np.array([0, 3], np.int64),
        np.array([0, 1, 3], np.uint8),
        np.array([0, 4], np.int64),
        np.array([0, 4, 1, 5], np.int32),
        np.array([4, 5, 6, 6], np.int32),
        np.ones(4, np.float32),
    )
    return take(one, np.zeros(count, np.int64))


def close(measured, rate, trials):
    """Within five standard errors."""
    return abs(measured - rate) < 5 * (rate * (1 - rate) / trials) ** 0.5


def test_neurons_come_and_go_at_the_published_rates():
    """Added with 0.5, then one deleted with 0.2."""
    hidden = np.diff(breed.vary(chains(MANY), 1, Stream.of(3, 1, MANY)).nodes) - 1
    assert close((hidden == 3).mean(), 0.5 * 0.8, MANY)
    assert close((hidden == 1).mean(), 0.5 * 0.2, MANY)
    assert set(hidden.tolist()) == {1, 2, 3}


def test_edges_come_and_go_at_the_published_rates():
    """Four edges, no hidden node: +1 with 0.5, -1 with 0.3; a neuron that comes and goes takes one along."""
    children = breed.vary(breed.initial(1, Stream.of(0, 0, MANY)), 1, Stream.of(4, 1, MANY))
    flat = np.diff(children.nodes) == 1
    gains = np.diff(children.edges)[flat] - 4
    stayed, went = 0.5, 0.5 * 0.2
    plain = {1: 0.5 * 0.7, 0: 0.5 * 0.3 + 0.5 * 0.7, -1: 0.5 * 0.3}
    for gain in (1, 0, -1, -2):
        expected = stayed * plain.get(gain, 0) + went * plain.get(gain + 1, 0)
        assert close((gains == gain).sum() / MANY, expected, MANY)


def test_one_weight_in_ten_mutates_by_polynomial_steps():
    """Networks without hidden nodes keep their old edges in place; only new ones come behind."""
    parents = breed.initial(1, Stream.of(0, 0, MANY))
    children = breed.vary(parents, 1, Stream.of(5, 1, MANY))
    same_size = (np.diff(children.edges) == 4) & (np.diff(children.nodes) == 1)
    rows = np.flatnonzero(same_size)
    old = parents.weights.reshape(-1, 4)[rows]
    new = children.weights[(children.edges[rows][:, None] + np.arange(4)).reshape(-1)].reshape(-1, 4)
    intact = (children.sources[(children.edges[rows][:, None] + np.arange(4))] == np.arange(4)).all(axis=1)
    moved = (old != new)[intact]
    assert len(moved) > 5000
    # an edge that was deleted and added again looks moved: 0.5 * 0.3 / 4 * a small chance
    assert abs(moved.mean() - 0.1) < 0.012


def test_activations_are_redrawn_at_the_published_rate():
    parents = breed.initial(3, Stream.of(0, 0, MANY))
    children = breed.vary(parents, 3, Stream.of(6, 1, MANY))
    last = children.nodes[1:, None] - np.arange(3, 0, -1)
    changed = children.activations[last] != parents.activations.reshape(-1, 3)
    assert close(changed.mean(), 0.1 * 0.75, 3 * MANY)


def test_a_new_neuron_splits_an_edge_and_both_halves_keep_its_weight():
    parents = chains(MANY)
    children = breed.vary(parents, 1, Stream.of(8, 1, MANY))
    grown = np.flatnonzero((np.diff(children.nodes) == 4) & (np.diff(children.edges) == 5))
    weights = children.weights[children.edges[grown][:, None] + np.arange(5)]
    unmutated = (np.abs(weights - 1) < 1e-6).all(axis=1)
    assert unmutated.mean() > 0.5 * 0.9**4


@pytest.mark.parametrize("outputs", [1, 3])
def test_networks_without_edges_can_be_mutated(outputs):
    bare = CppnGenomes(
        np.array([0, outputs], np.int64),
        np.zeros(outputs, np.uint8),
        np.array([0, 0], np.int64),
        np.empty(0, np.int32),
        np.empty(0, np.int32),
        np.empty(0, np.float32),
    )
    children = breed.vary(take(bare, np.zeros(1000, np.int64)), outputs, Stream.of(0, 1, 1000))
    check(children, outputs)
    assert np.diff(children.edges).max() == 2  # one added, then split by a neuron


def test_a_new_edge_reaches_every_node_it_may_and_no_other():
    """From each source of the chain, targets are what no-cycle allows; outputs have no edges leaving."""
    sources, targets = np.array([0, 6, 1, 7]), np.array([6, 7, 5, 5])
    for source in (0, 1, 2, 3, 6, 7):
        possible = np.empty(8, np.int64)
        count = possible_targets(sources, targets, 4, 8, source, possible)
        ancestors = {7: {6, 0}, 6: {0}}.get(source, set())
        expected = set(range(INPUTS, 8)) - ancestors - {source} - {4}
        assert set(np.flatnonzero(possible).tolist()) - {4} == expected
        assert count == possible.sum()
