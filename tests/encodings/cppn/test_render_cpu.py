"""One genome, one picture: the fused renderer equals the plain numpy reference byte for byte."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foolery.canvas import CanvasShape, canvas_hash
from foolery.encodings.colors import to_rgb
from foolery.encodings.cppn import render_cpu as render
from foolery.encodings.cppn import render_numpy as reference
from foolery.encodings.cppn.encoding import Cppn, planes
from foolery.encodings.cppn.genome import GAUSSIAN, LINEAR, SINE, CppnGenomes
from foolery.rng import Stream
from support.networks import random_networks

GOLDEN = json.loads((Path(__file__).parents[2] / "golden" / "cppn.json").read_text())


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    outputs=st.sampled_from([1, 3]),
    size=st.tuples(st.integers(1, 60), st.integers(1, 60)),
    coordinates=st.sampled_from(["raw", "centered"]),
)
def test_it_equals_the_reference_on_any_network_and_canvas(seed, outputs, size, coordinates):
    networks = random_networks(seed, 7, outputs)
    inputs = planes(CanvasShape(outputs, *size), coordinates)
    with np.errstate(over="ignore"):
        expected = reference.draw(networks, inputs, outputs)
    assert np.array_equal(render.draw(networks, inputs, outputs), expected)


def test_it_equals_the_reference_where_potentials_lose_their_meaning():
    """Thousands of parallel edges of weight 10 from x: far beyond 2^14, still the same bytes."""
    links = 20_000
    for kind in range(4):
        network = CppnGenomes(
            np.array([0, 1], np.int64),
            np.array([kind], np.uint8),
            np.array([0, links], np.int64),
            np.zeros(links, np.int32),
            np.full(links, 4, np.int32),
            np.full(links, 10.0, np.float32),
        )
        inputs = planes(CanvasShape(1, 3, 256), "raw")
        assert np.array_equal(render.draw(network, inputs, 1), reference.draw(network, inputs, 1))


def test_it_equals_the_reference_on_evolved_networks_of_paper_size():
    encoding = Cppn(CanvasShape(3, 227, 227))
    networks = evolved(encoding, seed=5, count=6, generations=60)
    levels = render.draw(networks, encoding.planes, 3)
    assert np.array_equal(levels, reference.draw(networks, encoding.planes, 3))


def chain(kinds, links):
    """One network whose node k has the (source, weight) pairs ``links[k]``; the last node is the output."""
    sources = [source for node in links for source, _ in node]
    return CppnGenomes(
        np.array([0, len(kinds)], np.int64),
        np.array(kinds, np.uint8),
        np.array([0, len(sources)], np.int64),
        np.array(sources, np.int32),
        np.repeat(np.arange(4, 4 + len(kinds)), [len(node) for node in links]).astype(np.int32),
        np.array([weight for node in links for _, weight in node], np.float32),
    )


@pytest.mark.parametrize("last", range(4))
@pytest.mark.parametrize("between", [SINE, GAUSSIAN, LINEAR])
def test_it_equals_the_reference_where_products_are_too_small_for_normal_numbers(between, last):
    """A gaussian goes down to 1e-28, and its square below what float32 holds; then it is blown up again."""
    grow = [[(5 + k, 10.0)] for k in range(29)]
    kinds = [GAUSSIAN, between, *[LINEAR] * 29, last]
    network = chain(kinds, [[(0, 0.04)], [(4, 0.01)], *grow, [(34, 10.0), (34, -3.0)]])
    inputs = planes(CanvasShape(1, 2, 300), "raw")
    assert np.array_equal(render.draw(network, inputs, 1), reference.draw(network, inputs, 1))


def test_networks_larger_than_the_memory_that_a_thread_keeps():
    rng = np.random.default_rng(3)
    links = [[(int(rng.integers(0, 4 + k)), float(rng.uniform(-9, 9))) for _ in range(2)] for k in range(300)]
    network = chain(rng.integers(0, 4, 300), links)
    inputs = planes(CanvasShape(1, 40, 40), "centered")
    assert np.array_equal(render.draw(network, inputs, 1), reference.draw(network, inputs, 1))


@pytest.mark.parametrize("colors", ["hsv", "hls"])
@pytest.mark.parametrize("size", [(28, 28), (29, 31), (1, 1)])
def test_colors_are_those_of_the_conversion_afterwards(colors, size):
    networks = random_networks(8, 40, 3)
    inputs = planes(CanvasShape(3, *size), "raw")
    levels = render.draw(networks, inputs, 3).reshape(-1, 3, *size)
    drawn = render.draw(networks, inputs, 3, colors).reshape(-1, 3, *size)
    assert np.array_equal(drawn, to_rgb(levels, colors))


def test_several_threads_may_draw_at_once():
    networks = random_networks(9, 30, 3)
    inputs = planes(CanvasShape(3, 40, 40), "raw")
    expected = render.draw(networks, inputs, 3)
    with ThreadPoolExecutor(4) as pool:
        drawn = list(pool.map(lambda _: render.draw(networks, inputs, 3), range(24)))
    assert all(np.array_equal(levels, expected) for levels in drawn)


def evolved(encoding, *, seed, count, generations):
    """A neutral walk: children replace their parents whatever they look like."""
    networks = encoding.initial(Stream.of(seed, 0, count))
    for generation in range(1, generations + 1):
        networks = encoding.vary(networks, Stream.of(seed, generation, count))
    return networks


@pytest.mark.parametrize("case", GOLDEN, ids=lambda case: case["name"])
def test_stored_genomes_draw_the_images_they_always_drew(case):
    encoding = Cppn(CanvasShape(*case["canvas"]), case["coordinates"], case["colors"])
    networks = encoding.unpack([bytes.fromhex(genome) for genome in case["genomes"]])
    assert [canvas_hash(canvas) for canvas in encoding.render(networks)] == case["hashes"]
    assert encoding.renderer_version == case["renderer"]


def test_a_batch_may_be_empty():
    encoding = Cppn(CanvasShape(1, 28, 28))
    assert encoding.render(encoding.unpack([])).shape == (0, 1, 28, 28)


@pytest.mark.parametrize("coordinates", ["raw", "centered"])
def test_the_inputs_are_x_y_distance_and_one(coordinates):
    x, y, distance, one = planes(CanvasShape(1, 3, 5), coordinates).reshape(4, 3, 5)
    assert np.array_equal(x[0], [0, 1, 2, 3, 4] if coordinates == "raw" else [-1, -0.5, 0, 0.5, 1])
    assert np.array_equal(y[:, 0], [0, 1, 2] if coordinates == "raw" else [-1, 0, 1])
    assert np.allclose(distance[0], np.sqrt(1 + np.array([-1, -0.5, 0, 0.5, 1]) ** 2))
    assert distance[1, 2] == 0
    assert (one == 1).all()
