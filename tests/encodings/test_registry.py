"""Every encoding keeps the one contract; a new one is tested by being registered."""

import numpy as np
import pytest

from foolery.canvas import CanvasShape
from foolery.draws import Stream
from foolery.encodings import ENCODINGS, make_encoding
from foolery.errors import UsageError

SHAPES = [CanvasShape(1, 28, 28), CanvasShape(3, 20, 24)]


@pytest.fixture(params=[(name, shape) for name in sorted(ENCODINGS) for shape in SHAPES], ids=str)
def encoding(request):
    name, shape = request.param
    return make_encoding(name, shape)


def test_it_is_made_again_from_its_name_and_options(encoding):
    assert make_encoding(encoding.name, encoding.canvas, encoding.options) == encoding


def test_it_draws_canvases_of_its_shape(encoding):
    canvases = encoding.render(encoding.initial(Stream.of(0, 0, 5)))
    encoding.canvas.check(canvases)
    assert len(canvases) == 5


def test_take_and_put_move_whole_genomes(encoding):
    genomes = encoding.initial(Stream.of(0, 0, 6))
    others = encoding.initial(Stream.of(1, 0, 2))
    before, new = encoding.render(genomes).copy(), encoding.render(others).copy()
    index = np.array([4, 1])
    mixed = encoding.render(encoding.put(encoding.take(genomes, np.arange(6)), index, others))
    expected = before.copy()
    expected[index] = new
    assert np.array_equal(mixed, expected)
    assert np.array_equal(encoding.render(encoding.take(genomes, np.array([3, 3, 0]))), before[[3, 3, 0]])


def test_join_puts_genomes_one_behind_the_other(encoding):
    genomes = encoding.initial(Stream.of(0, 0, 6))
    parts = [encoding.take(genomes, np.array(rows)) for rows in ([0, 1], [2], [3, 4, 5])]
    assert encoding.pack(encoding.join(parts)) == encoding.pack(genomes)
    assert encoding.pack(encoding.join(parts[:1])) == encoding.pack(genomes)[:2]


def test_variation_is_a_function_of_parents_and_stream(encoding):
    parents = encoding.initial(Stream.of(0, 0, 8))
    first = encoding.pack(encoding.vary(parents, Stream.of(0, 1, 8)))
    assert encoding.pack(encoding.vary(parents, Stream.of(0, 1, 8))) == first
    assert encoding.pack(encoding.vary(parents, Stream.of(0, 2, 8))) != first


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("cpnn", {}, "encoding: 'cpnn' is unknown; did you mean cppn"),
        ("zebra", {}, "encoding: 'zebra' is unknown; known: cppn, direct"),
        (
            "cppn",
            {"crossover": "sbx"},
            "encoding option: cppn has no 'crossover'; known: coordinates, colors",
        ),
        ("cppn", {"coordinates": "centred"}, "coordinates: 'centred' is unknown; did you mean centered"),
    ],
)
def test_what_is_unknown_is_refused_with_what_is_known(name, options, message):
    with pytest.raises(UsageError, match=message):
        make_encoding(name, SHAPES[0], options)
