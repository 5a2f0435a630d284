"""Drawing on a GPU: how a launch is formed, where encodings move, and, with a GPU, the bytes."""

import numpy as np
import pytest

from foolery.canvas import CanvasShape, canvas_hash, fetch_rows
from foolery.encodings import make_encoding
from foolery.encodings.cppn.cuda.encoding import MAX_SCRATCH, ROW, TILE, launch_config
from foolery.encodings.cppn.encoding import Cppn
from foolery.rng import Stream
from support.networks import random_networks

torch = pytest.importorskip("torch", reason="torch is not installed")
HAS_GPU = torch.cuda.is_available() and torch.version.cuda is not None
needs_gpu = pytest.mark.skipif(not HAS_GPU, reason="needs a GPU of NVIDIA")
H100 = {"processors": 132, "shared": 232_448}


def test_every_tile_has_a_block_and_the_largest_genome_decides_the_shared_memory():
    launch = launch_config(np.array([6, 11, 5], np.int32), 227 * 227, **H100)
    assert launch.blocks == 3 * -(-227 * 227 // TILE)
    assert launch.shared == 11 * ROW
    assert launch.spare == 0


def test_a_genome_that_does_not_fit_gets_scratch_and_the_others_keep_the_shared_memory():
    launch = launch_config(np.array([6, 500, 5], np.int32), 227 * 227, **H100)
    assert launch.rows == 6
    assert launch.spare == 500 * TILE
    assert 1 <= launch.blocks <= 132 * 8
    assert 4 * launch.blocks * launch.spare <= MAX_SCRATCH


def test_there_is_no_cap_on_the_size_of_a_genome():
    launch = launch_config(np.array([1_000_000], np.int32), 28 * 28, **H100)
    assert launch.blocks == 1
    assert launch.spare == 1_000_000 * TILE


def test_a_device_with_little_shared_memory_gets_less():
    rows = np.array([30], np.int32)
    assert launch_config(rows, 784, **H100).rows == 30
    assert launch_config(rows, 784, processors=4, shared=48 * 1024).rows == 0


def test_other_devices_get_the_processor_s_canvases():
    encoding = Cppn(CanvasShape(1, 28, 28))
    assert encoding.on_device("cpu") is encoding
    assert encoding.on_device("mps") is encoding


def test_an_encoding_that_does_not_move_stays():
    encoding = make_encoding("direct", CanvasShape(1, 28, 28))
    assert encoding.on_device("cuda") is encoding


@pytest.mark.skipif(torch.version.cuda is not None, reason="this torch is built for GPUs of NVIDIA")
def test_a_cuda_that_is_not_nvidia_s_gets_the_processor_s_canvases():
    encoding = Cppn(CanvasShape(1, 28, 28))
    assert encoding.on_device("cuda") is encoding


@needs_gpu
@pytest.mark.parametrize("colors", ["gray", "hsv", "hls"])
@pytest.mark.parametrize("most_hidden", [30, 300])
def test_a_gpu_draws_the_same_bytes(colors, most_hidden):
    shape = CanvasShape(1 if colors == "gray" else 3, 61, 67)
    encoding = Cppn(shape, "raw", "hsv" if colors == "gray" else colors)
    moved = encoding.on_device("cuda")
    for seed in range(20):
        networks = random_networks(seed, 50, shape.channels, most_hidden)
        canvases = moved.render(networks)
        assert canvases.device.type == "cuda"
        assert np.array_equal(fetch_rows(canvases, np.arange(50)), encoding.render(networks))


@needs_gpu
def test_a_batch_on_a_gpu_may_be_empty():
    encoding = Cppn(CanvasShape(1, 28, 28)).on_device("cuda")
    assert encoding.render(encoding.unpack([])).shape == (0, 1, 28, 28)


@needs_gpu
def test_a_gpu_s_torch_renderer_draws_the_same_bytes():
    from foolery.encodings.cppn.render_torch import TorchCppn

    for colors in ("hsv", "hls"):
        encoding = Cppn(CanvasShape(3, 61, 67), "raw", colors)
        networks = random_networks(1, 50, 3)
        drawn = TorchCppn(encoding, "cuda").render(networks)
        assert np.array_equal(drawn.cpu().numpy(), encoding.render(networks))


def test_canvases_are_fetched_from_wherever_they_are():
    encoding = Cppn(CanvasShape(3, 9, 8))
    canvases = encoding.render(encoding.initial(Stream.of(0, 0, 6)))
    rows = np.array([4, 0], np.int64)
    for batch in (canvases, torch.from_numpy(canvases)):
        CanvasShape(3, 9, 8).check(batch)
        assert [canvas_hash(one) for one in fetch_rows(batch, rows)] == [
            canvas_hash(canvases[row]) for row in rows
        ]
