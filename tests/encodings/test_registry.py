"""Every encoding keeps the one contract; a new one is tested by being registered."""

import subprocess
import sys

import numpy as np
import pytest

from foolery.canvas import CanvasShape
from foolery.encodings import ENCODINGS, Encoding, make_encoding
from foolery.errors import UsageError
from foolery.rng import Stream

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


class Plain(Encoding):
    """An encoding with nothing beyond what has no default."""

    def __init__(self, encoding):
        self.canvas, self.name = encoding.canvas, "plain"
        for name in Encoding.__abstractmethods__:
            setattr(self, name, getattr(encoding, name))


Plain.__abstractmethods__ = frozenset()


def test_offspring_of_a_pool_are_varied_from_the_genomes_taken_from_it(encoding):
    pool, stream = encoding.initial(Stream.of(0, 0, 6)), Stream.of(0, 1, 8)
    before, rows = encoding.pack(pool), np.array([5, 5, 0, 3, 3, 3, 1, 2])
    expected = encoding.pack(encoding.vary(encoding.take(pool, rows), stream))
    for one in (encoding, Plain(encoding)):
        assert encoding.pack(one.offspring(pool, rows, stream)) == expected
    assert encoding.pack(pool) == before


def test_drawing_into_memory_draws_the_same_image(encoding):
    genomes = encoding.initial(Stream.of(0, 0, 5))
    before, expected = encoding.pack(genomes), encoding.render(genomes).copy()
    for one in (encoding, Plain(encoding)):
        canvases = np.zeros((7, *encoding.canvas.axes), np.uint8)
        one.render_into(genomes, canvases[1:6])
        assert np.array_equal(canvases[1:6], expected)
        assert not canvases[[0, 6]].any()
    assert encoding.pack(genomes) == before


def test_an_encoding_that_defines_the_least_has_defaults_for_the_rest():
    plain = Plain(make_encoding("cppn", SHAPES[0]))
    assert (plain.renderer_version, plain.keeps_ancestors, plain.group_size, plain.options) == (
        1,
        False,
        1,
        {},
    )
    assert plain.mates(Stream.of(0, 1, 3)).tolist() == [-1, -1, -1]
    assert plain.on_device("cuda") is plain


def test_options_are_those_of_the_entry_in_every_choice(encoding):
    entry = ENCODINGS.entry(encoding.name)
    names = [option.name for option in entry.options]
    assert set(encoding.options) <= set(names)
    for option in entry.options:
        if encoding.canvas.channels == 3 or option.name != "colors":
            for value in option.choices or (option.default,):
                made = make_encoding(encoding.name, encoding.canvas, {option.name: value})
                assert made.options[option.name] == value
            assert encoding.options[option.name] == option.default


def test_options_of_all_encodings_are_listed_without_a_compiler():
    code = (
        "import sys\n"
        "from foolery.encodings import encoding_options\n"
        "print(sorted(encoding_options()), sorted(encoding_options()['colors']))\n"
        "print(sorted({'numba', 'numpy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [
        "['colors', 'coordinates', 'crossover', 'sigma', 'squares'] ['cppn', 'direct', 'gaussian']",
        "[]",
    ]


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
        ("gaussian", {"sigma": "wide"}, "sigma: expected a number, got 'wide'"),
        ("sparse", {"squares": 2.5}, "squares: expected a whole number, got 2.5"),
        ("sparse", {"squares": 0}, "squares: expected a whole number from 1 to 1000, got 0"),
    ],
)
def test_what_is_unknown_is_refused_with_what_is_known(name, options, message):
    with pytest.raises(UsageError, match=message):
        make_encoding(name, SHAPES[0], options)
