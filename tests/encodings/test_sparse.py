"""Sparse: a ground of one color, and squares on it, the later ones above."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foolery.canvas import CanvasShape
from foolery.encodings.direct import DirectGenomes
from foolery.encodings.sparse import SIDE_DIVISOR, Sparse
from foolery.errors import UsageError
from foolery.rng import Stream


def painted(genes: list[int], canvas: CanvasShape) -> np.ndarray:
    """The plain way: numpy slices, square after square."""
    channels, height, width = canvas.axes
    picture = np.empty(canvas.axes, np.uint8)
    picture[:] = np.array(genes[:channels], np.uint8)[:, None, None]
    largest = max(1, min(height, width) // SIDE_DIVISOR)
    for start in range(channels, len(genes), 3 + channels):
        top, left = genes[start] * height // 256, genes[start + 1] * width // 256
        side = 1 + genes[start + 2] * largest // 256
        color = np.array(genes[start + 3 : start + 3 + channels], np.uint8)
        picture[:, top : top + side, left : left + side] = color[:, None, None]
    return picture


@settings(max_examples=30, deadline=None)
@given(
    st.sampled_from([CanvasShape(1, 28, 28), CanvasShape(3, 17, 40), CanvasShape(3, 4, 5)]),
    st.integers(1, 20),
    st.integers(0, 2**32),
)
def test_it_draws_what_the_plain_way_draws(canvas, squares, seed):
    encoding = Sparse(canvas, squares)
    genomes = encoding.initial(Stream.of(seed, 0, 4))
    expected = [painted(row.tolist(), canvas) for row in genomes.levels]
    assert np.array_equal(encoding.render(genomes), expected)


def test_without_squares_of_another_color_it_is_one_color():
    encoding = Sparse(CanvasShape(3, 30, 30), squares=2)
    genes = [10, 20, 30, *([0, 0, 255, 10, 20, 30] * 2)]
    (picture,) = encoding.render(DirectGenomes(np.array([genes], np.uint8)))
    assert [np.unique(plane).tolist() for plane in picture] == [[10], [20], [30]]


def test_a_square_is_at_least_a_pixel_and_at_most_an_eighth_of_the_shorter_side():
    encoding = Sparse(CanvasShape(1, 64, 80), squares=1)
    for gene, side in ((0, 1), (255, 8)):
        (picture,) = encoding.render(DirectGenomes(np.array([[0, 0, 0, gene, 9]], np.uint8)))
        assert (picture == 9).sum() == side * side


def test_most_of_a_image_is_ground():
    encoding = Sparse(CanvasShape(1, 224, 224))
    canvases = encoding.render(encoding.initial(Stream.of(0, 0, 50)))
    ground = encoding.initial(Stream.of(0, 0, 50)).levels[:, 0]
    assert (canvases == ground[:, None, None, None]).mean() > 0.9


def test_children_keep_most_genes_of_their_parents():
    encoding = Sparse(CanvasShape(3, 32, 32))
    parents = encoding.initial(Stream.of(0, 0, 200))
    kept = encoding.vary(parents, Stream.of(0, 1, 200)).levels == parents.levels
    assert kept.mean() == pytest.approx(0.9, abs=0.01)


@pytest.mark.parametrize("squares", [0, -1, 1001, 2.5])
def test_another_number_of_squares_is_refused(squares):
    with pytest.raises(UsageError, match="squares: expected a whole number from 1 to 1000"):
        Sparse(CanvasShape(1, 28, 28), squares)
