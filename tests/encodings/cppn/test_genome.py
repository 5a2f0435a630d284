"""Genomes survive bytes, and bytes from strangers are checked before a kernel sees them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foolery.canvas import CanvasShape
from foolery.encodings.cppn.encoding import Cppn
from foolery.encodings.cppn.genome import pack, unpack
from foolery.errors import UsageError
from foolery.rng import Stream
from support.networks import random_networks, same_networks


@settings(deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(0, 9), st.sampled_from([1, 3]))
def test_unpack_inverts_pack(seed, count, outputs):
    networks = random_networks(seed, count + 1, outputs)
    assert same_networks(unpack(pack(networks, outputs), outputs), networks)


def altered(offset, value):
    """A genome of two hidden nodes and one output, with one byte changed."""
    blob = bytearray(pack(random_networks(11, 1, 1), 1)[0])
    blob[offset] = value
    return bytes(blob)


@pytest.mark.parametrize(
    ("blob", "message"),
    [
        (b"", "0 bytes are shorter than its header"),
        (altered(0, 9), "format 9, expected 1"),
        (altered(1, 3), "3 outputs, expected 1"),
        (altered(5, 255), "nodes and"),
        (altered(10, 200), "an unknown activation"),
        (altered(0, 1)[:-1], "bytes, expected"),
    ],
)
def test_bytes_that_are_no_genome_are_refused(blob, message):
    with pytest.raises(UsageError, match=f"genome 0: not a valid CPPN: .*{message}"):
        unpack([blob], 1)


def edited(**arrays):
    """A network x -> hidden -> output, y -> output with some arrays replaced."""
    networks = random_networks(0, 1, 1)
    fields = {
        "nodes": np.array([0, 2], np.int64),
        "activations": np.zeros(2, np.uint8),
        "edges": np.array([0, 3], np.int64),
        "sources": np.array([0, 4, 1], np.int32),
        "targets": np.array([4, 5, 5], np.int32),
        "weights": np.ones(3, np.float32),
    } | arrays
    return pack(type(networks)(**fields), 1)


def test_the_network_that_is_edited_below_is_valid():
    assert len(unpack(edited(), 1)) == 1


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"sources": np.array([0, 5, 1], np.int32)}, "from an output"),
        ({"sources": np.array([0, -1, 1], np.int32)}, "from no node"),
        ({"targets": np.array([3, 5, 5], np.int32)}, "to an input"),
        ({"targets": np.array([4, 5, 6], np.int32)}, "to no node"),
        ({"sources": np.array([4, 4, 1], np.int32)}, "against the topological order"),
        ({"targets": np.array([5, 5, 4], np.int32), "sources": np.array([0, 4, 1], np.int32)}, "not sorted"),
        ({"weights": np.array([1, np.nan, 1], np.float32)}, "a weight outside"),
        ({"weights": np.array([1, np.inf, 1], np.float32)}, "a weight outside"),
        ({"weights": np.array([1, 10.01, 1], np.float32)}, "a weight outside"),
    ],
)
def test_networks_that_break_an_invariant_are_refused(arrays, message):
    with pytest.raises(UsageError, match=message):
        unpack(edited(**arrays), 1)


def test_a_thousand_mutated_genomes_are_refused_or_drawn():
    """What passes is a valid network: it is drawn and mutated without harm."""
    encoding = Cppn(CanvasShape(1, 8, 8))
    blobs = pack(random_networks(4, 50, 1), 1)
    rng = np.random.default_rng(0)
    refused = 0
    for trial in range(1000):
        blob = bytearray(blobs[trial % 50])
        for _ in range(rng.integers(1, 4)):
            blob[rng.integers(len(blob))] = rng.integers(256)
        if rng.random() < 0.2:
            blob = blob[: rng.integers(len(blob))]
        try:
            network = encoding.unpack([bytes(blob)])
        except UsageError:
            refused += 1
            continue
        encoding.render(network)
        encoding.render(encoding.vary(network, Stream.of(0, trial, 1)))
    assert 200 < refused < 1000
