"""The calls to CUDA's driver, against a stand-in with its functions that runs the kernel on the host."""

import numpy as np
import pytest

from foolery.canvas import CanvasShape
from foolery.encodings.colors import to_rgb
from foolery.encodings.cppn import render_numpy
from foolery.encodings.cppn.cuda import program as driver
from foolery.encodings.cppn.cuda import tape
from foolery.encodings.cppn.cuda.encoding import THREADS, launch_config
from foolery.encodings.cppn.cuda.program import ENTRY
from foolery.encodings.cppn.encoding import Cppn
from foolery.errors import FooleryError
from support.cuda import on_host
from support.networks import random_networks

DRIVER = """
struct Module { const char *image; };
static Module module;
static int context, most_shared;
static void *current;

extern "C" {
int cuInit(unsigned flags) { return flags; }
int cuDeviceGet(int *device, int number) { *device = number + 7; return number > 1 ? 101 : 0; }
int cuDeviceGetAttribute(int *value, int attribute, int device) {
    *value = attribute == 75 ? 9 : attribute == 76 ? 0 : attribute == 16 ? 3 : attribute == 97 ? 232448 : -1;
    return device == 7 && *value >= 0 ? 0 : 1;
}
int cuDevicePrimaryCtxRetain(void **taken, int device) { *taken = &context; return device == 7 ? 0 : 1; }
int cuCtxSetCurrent(void *chosen) { current = chosen; return chosen == &context ? 0 : 1; }
int cuModuleLoadData(void **loaded, const char *image) {
    module.image = image;
    *loaded = &module;
    return current == &context && std::strcmp(image, "image") == 0 ? 0 : 200;
}
int cuModuleGetFunction(void **function, void *from, const char *name) {
    *function = (void *)render;
    return from == &module && std::strcmp(name, "render") == 0 ? 0 : 500;
}
int cuFuncSetAttribute(void *function, int attribute, int value) {
    most_shared = value;
    return function == (void *)render && attribute == 8 ? 0 : 1;
}
int cuGetErrorString(int status, const char **text) {
    *text = status == 101 ? "no such device" : "bad";
    return 0;
}
int cuLaunchKernel(void *function, unsigned x, unsigned y, unsigned z, unsigned threads, unsigned b,
                   unsigned c, unsigned shared, void *stream, void **given, void **extra) {
    if (function != (void *)render || y * z * b * c != 1 || extra || current != &context) return 1;
    if ((int)shared > most_shared || stream != (void *)0x123456789abc) return 1;
    gridDim.x = x, blockDim.x = threads;
    for (blockIdx.x = 0; blockIdx.x < (int)x; ++blockIdx.x)
        for (threadIdx.x = 0; threadIdx.x < (int)threads; ++threadIdx.x)
            render(*(int4 **)given[0], *(int2 **)given[1], *(float **)given[2], *(int *)given[3],
                   *(int *)given[4], *(int *)given[5], *(float **)given[6], *(long long *)given[7],
                   *(unsigned char **)given[8]);
    return 0;
}
}
"""


@pytest.fixture(scope="module")
def stand_in(tmp_path_factory):
    folder = tmp_path_factory.mktemp("driver")
    on_host(folder, "hsv", DRIVER)
    return folder / "hsv.so"


@pytest.fixture
def loaded(stand_in, monkeypatch):
    monkeypatch.setattr(driver, "LIBRARY", str(stand_in))
    driver._driver.cache_clear()
    yield driver
    driver._driver.cache_clear()


@pytest.mark.parametrize("most_hidden", [20, 200])
def test_a_launch_reaches_the_kernel_with_all_that_it_needs(loaded, most_hidden):
    encoding = Cppn(CanvasShape(3, 31, 29))
    networks, pixels = random_networks(4, 20, 3, most_hidden), 31 * 29
    has = loaded.properties(0)
    assert has == {"capability": 90, "processors": 3, "shared": 232_448}
    words = np.empty(tape.words_needed(networks), np.int32)
    rows = tape.write(networks, 3, words)
    form = launch_config(rows, pixels, processors=has["processors"], shared=has["shared"])
    assert (form.spare > 0) == (most_hidden == 200)
    scratch = np.empty(form.blocks * form.spare, np.float32)
    canvases = np.empty((20, *encoding.canvas.axes), np.uint8)
    kernel = loaded.Kernel(0, b"image", ENTRY, form.shared)
    addresses = [array.ctypes.data for array in (words, encoding.planes, scratch, canvases)]
    kernel.launch(
        blocks=form.blocks,
        threads=THREADS,
        shared=form.shared,
        stream=0x123456789ABC,
        arguments=form.arguments(*addresses, pixels=pixels, genomes=20),
    )
    with np.errstate(over="ignore"):
        levels = render_numpy.draw(networks, encoding.planes, 3)
    assert np.array_equal(canvases, to_rgb(levels.reshape(canvases.shape), "hsv"))


def test_what_the_driver_says_is_passed_on(loaded):
    with pytest.raises(FooleryError, match="CUDA failed: no such device"):
        loaded.properties(2)


def test_a_machine_without_the_driver_says_so(monkeypatch):
    monkeypatch.setattr(driver, "LIBRARY", "no-such-driver.so")
    driver._driver.cache_clear()
    with pytest.raises(FooleryError, match=r"library no-such-driver\.so cannot be loaded"):
        driver.properties(0)
