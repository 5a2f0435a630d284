"""The direct encoding: noise at the start, one gene in ten mutated, the rate halving with time."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foolery.canvas import CanvasShape
from foolery.encodings.direct import Direct, DirectGenomes, mutation_rate
from foolery.encodings.variation import level_steps
from foolery.errors import UsageError
from foolery.rng import Stream

MNIST = CanvasShape(1, 28, 28)


def gray(count, level=128):
    return DirectGenomes(np.full((count, MNIST.size), level, np.uint8))


def test_it_starts_from_uniform_noise():
    levels = Direct(MNIST).initial(Stream.of(0, 0, 400)).levels
    counts = np.bincount(levels.ravel(), minlength=256)
    expected = levels.size / 256
    assert ((counts - expected) ** 2 / expected).sum() < 345  # 255 degrees of freedom, p = 1e-4
    assert abs(np.corrcoef(levels[0], levels[1])[0, 1]) < 0.2


def test_a_gene_in_ten_mutates_with_the_distribution_of_the_table():
    parents = gray(400)
    moves = Direct(MNIST).vary(parents, Stream.of(1, 1, 400)).levels.astype(int) - 128
    unmoved = np.diff(level_steps()[254:256].astype(float))[0] / 2**32
    expected = 0.1 * (1 - unmoved)
    assert abs((moves != 0).mean() - expected) < 5 * (expected * (1 - expected) / moves.size) ** 0.5
    sizes = np.abs(moves[moves != 0])
    assert abs(sizes.mean() * (1 - unmoved) - 255 / 17) < 0.3


@pytest.mark.parametrize(
    ("generation", "rate"), [(0, 0.1), (999, 0.1), (1000, 0.05), (1999, 0.05), (10_000, 0.1 / 1024)]
)
def test_the_rate_halves_every_thousand_generations(generation, rate):
    assert mutation_rate(generation) == rate


def test_late_generations_change_as_few_genes_as_their_rate_says():
    children = Direct(MNIST).vary(gray(400), Stream.of(1, 4000, 400))
    assert abs((children.levels != 128).mean() - 0.1 / 16 * 0.955) < 0.0005


def test_steps_are_added_and_clipped():
    children = Direct(MNIST).vary(gray(200, 250), Stream.of(1, 1, 200)).levels
    assert (children == 255).mean() > 0.02
    assert children.min() < 250


def test_parents_stay_as_they_are():
    parents = gray(10)
    Direct(MNIST).vary(parents, Stream.of(1, 1, 10))
    assert (parents.levels == 128).all()


@pytest.mark.parametrize("crossover", ["none", "sbx"])
def test_a_pair_depends_on_its_own_parents_and_key_alone(crossover):
    encoding = Direct(MNIST, crossover)
    parents = encoding.initial(Stream.of(3, 0, 20))
    together = encoding.vary(parents, Stream.of(3, 1, 20)).levels
    stream = Stream(np.full(2, 3, np.uint64), np.array([6, 7], np.uint64), 1)
    alone = encoding.vary(encoding.take(parents, np.array([6, 7])), stream).levels
    assert np.array_equal(alone, together[6:8])


@settings(deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(0, 5), st.sampled_from([(1, 28, 28), (3, 5, 7)]))
def test_unpack_inverts_pack(seed, count, axes):
    encoding = Direct(CanvasShape(*axes))
    genomes = encoding.initial(Stream.of(seed, 0, count))
    assert np.array_equal(encoding.unpack(encoding.pack(genomes)).levels, genomes.levels)


def test_the_image_is_the_genome():
    encoding = Direct(CanvasShape(1, 3, 4))
    canvases = encoding.render(DirectGenomes(np.arange(12, dtype=np.uint8)[None]))
    assert np.array_equal(canvases[0], np.arange(12).reshape(1, 3, 4))


@pytest.mark.parametrize("blob", [b"", b"\x01\x00\x01\x00\x1c\x00\x1c\x00", b"\x02" + bytes(791), bytes(792)])
def test_bytes_that_are_no_genome_are_refused(blob):
    with pytest.raises(UsageError, match="genome 0: not a valid direct genome"):
        Direct(MNIST).unpack([blob])


def test_an_unknown_crossover_is_refused():
    with pytest.raises(UsageError, match="crossover: 'sbc' is unknown; did you mean sbx"):
        Direct(MNIST, "sbc")
