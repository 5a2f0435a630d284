"""The CUDA renderer's text, compiled for the host without contraction, draws what the reference draws."""

import ctypes

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foolery.canvas import CanvasShape
from foolery.encodings.colors import to_rgb
from foolery.encodings.cppn import render_numpy
from foolery.encodings.cppn.cuda import tape
from foolery.encodings.cppn.cuda.program import COLOR_MODES, TILE_PIXELS
from foolery.encodings.cppn.encoding import Cppn, planes
from foolery.encodings.cppn.genome import INPUTS, CppnGenomes
from support.cuda import on_host
from support.networks import random_networks

LAUNCH = """
extern "C" void launch(int blocks, int threads, const int4 *heads, const int2 *tape, const float *planes,
                       int pixels, int genomes, int room, float *scratch, long long spare,
                       unsigned char *canvases) {
    gridDim.x = blocks, blockDim.x = threads;
    for (blockIdx.x = 0; blockIdx.x < blocks; ++blockIdx.x)
        for (threadIdx.x = 0; threadIdx.x < threads; ++threadIdx.x)
            render(heads, tape, planes, pixels, genomes, room, scratch, spare, canvases);
}
"""


@pytest.fixture(scope="module")
def launch(tmp_path_factory):
    """For every meaning of the planes, the kernel as a function of the host."""
    folder = tmp_path_factory.mktemp("cuda")
    return {meaning: on_host(folder, meaning, LAUNCH).launch for meaning in COLOR_MODES}


def drawn(launch, networks, inputs, colors, *, room=2**10, blocks=3, threads=32):
    """The pictures of ``networks``, by the text of the CUDA renderer."""
    channels = 1 if colors == "gray" else 3
    words = np.empty(tape.words_needed(networks), np.int32)
    most = tape.write(networks, channels, words).max(initial=0)
    spare = int(most) * TILE_PIXELS * threads
    scratch = np.full(blocks * spare, np.nan, np.float32)
    canvases = np.full((len(networks), channels, inputs.shape[1]), 77, np.uint8)

    def address(array):
        return ctypes.c_void_p(array.ctypes.data)

    launch[colors](
        blocks,
        threads,
        address(words),
        ctypes.c_void_p(words.ctypes.data + 16 * len(networks)),
        address(inputs),
        inputs.shape[1],
        len(networks),
        room,
        address(scratch),
        ctypes.c_longlong(spare),
        address(canvases),
    )
    return canvases


def expected(networks, inputs, colors):
    channels = 1 if colors == "gray" else 3
    with np.errstate(over="ignore"):
        levels = render_numpy.draw(networks, inputs, channels)
    return to_rgb(levels.reshape(*levels.shape, 1), colors)[..., 0]


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    colors=st.sampled_from(COLOR_MODES),
    size=st.tuples(st.integers(1, 40), st.integers(1, 40)),
    coordinates=st.sampled_from(["raw", "centered"]),
    room=st.sampled_from([0, 8, 2**10]),
)
def test_it_equals_the_reference_on_any_network_and_canvas(launch, seed, colors, size, coordinates, room):
    channels = 1 if colors == "gray" else 3
    networks = random_networks(seed, 7, channels)
    inputs = planes(CanvasShape(channels, *size), coordinates)
    given_pictures = drawn(launch, networks, inputs, colors, room=room)
    assert np.array_equal(given_pictures, expected(networks, inputs, colors))


def test_it_equals_the_reference_where_potentials_lose_their_meaning(launch):
    links = 20_000
    inputs = planes(CanvasShape(1, 3, 256), "raw")
    for kind in range(4):
        network = CppnGenomes(
            np.array([0, 1], np.int64),
            np.array([kind], np.uint8),
            np.array([0, links], np.int64),
            np.zeros(links, np.int32),
            np.full(links, 4, np.int32),
            np.full(links, 10.0, np.float32),
        )
        assert np.array_equal(drawn(launch, network, inputs, "gray"), expected(network, inputs, "gray"))


@pytest.mark.parametrize("colors", ["hsv", "hls"])
def test_it_makes_every_color_of_the_whole_number_conversion(launch, colors):
    """Three outputs that read x, y and a constant draw every pair of two planes' levels."""
    ramps = np.stack([axis.reshape(-1) for axis in np.meshgrid(np.arange(256), np.arange(256))])
    third = np.random.default_rng(0).integers(0, 256, ramps.shape[1])
    levels = (np.stack([*ramps, third, third]) / np.float32(255) * 3 + 1e-4).astype(np.float32)
    for order in ([0, 1, 2], [1, 2, 0], [2, 0, 1]):
        network = CppnGenomes(
            np.array([0, 3], np.int64),
            np.full(3, 3, np.uint8),
            np.array([0, 3], np.int64),
            np.array(order, np.int32),
            np.array([4, 5, 6], np.int32),
            np.ones(3, np.float32),
        )
        picture = expected(network, levels, colors)
        assert len(np.unique(picture.reshape(3, -1), axis=1).T) > 10_000
        assert np.array_equal(drawn(launch, network, levels, colors), picture)


def test_a_batch_may_be_empty(launch):
    encoding = Cppn(CanvasShape(1, 4, 4))
    assert drawn(launch, encoding.unpack([]), encoding.planes, "gray").shape == (0, 1, 16)


def test_a_row_is_used_again_when_its_last_reader_is_done():
    """A chain of a thousand nodes needs one row beside the inputs, whatever its length."""
    count = 1000
    chain = CppnGenomes(
        np.array([0, count], np.int64),
        np.zeros(count, np.uint8),
        np.array([0, count], np.int64),
        np.concatenate([[0], INPUTS + np.arange(count - 1)]).astype(np.int32),
        (INPUTS + np.arange(count)).astype(np.int32),
        np.ones(count, np.float32),
    )
    words = np.empty(tape.words_needed(chain), np.int32)
    assert tape.write(chain, 1, words).tolist() == [INPUTS + 1]


def test_a_node_that_no_output_needs_is_left_out():
    network = CppnGenomes(
        np.array([0, 3], np.int64),
        np.zeros(3, np.uint8),
        np.array([0, 3], np.int64),
        np.array([0, 4, 1], np.int32),
        np.array([4, 5, 6], np.int32),
        np.ones(3, np.float32),
    )
    words = np.empty(tape.words_needed(network), np.int32)
    assert tape.write(network, 1, words).tolist() == [INPUTS]
    assert words[:3].tolist() == [0, 0, INPUTS]
