"""The CUDA kernel: compiled by NVRTC, launched by the driver, both by ctypes.

NVRTC comes with torch, or as ``nvidia-cuda-nvrtc``; that of torch fits the driver that torch runs on. The
package cuda-core (1.2) was tried in the place of this file: it makes PTX only where there is a driver, takes
0.4 s to import, needs the cuda-bindings of NVRTC's own major version, and cannot be tested without a GPU,
as this can against a stand-in for the driver.
"""

from __future__ import annotations

import ctypes
import os
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from ctypes import byref, c_char_p, c_int, c_size_t, c_uint, c_void_p
from functools import lru_cache
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from foolery.encodings.cppn import render_numpy
from foolery.errors import FooleryError, UsageError

LIBRARY = "nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1"

_MOST_SHARED_PER_BLOCK, _PROCESSORS = 97, 16
_MAJOR, _MINOR = 75, 76
_DYNAMIC_SHARED = 8


class Kernel:
    """One kernel of a program, on one device.

    Args:
        device: its number.
        image: machine code or PTX.
        name: of the kernel.
        shared: bytes of shared memory that a block may ask for.
    """

    def __init__(self, device: int, image: bytes, name: bytes, shared: int) -> None:
        driver, self._module, self._context = _driver(), c_void_p(), c_void_p()
        _check(driver.cuDevicePrimaryCtxRetain(byref(self._context), _handle(device)))
        _check(driver.cuCtxSetCurrent(self._context))
        _check(driver.cuModuleLoadData(byref(self._module), image))
        self._function = c_void_p()
        _check(driver.cuModuleGetFunction(byref(self._function), self._module, name))
        _check(driver.cuFuncSetAttribute(self._function, _DYNAMIC_SHARED, shared))

    def launch(
        self, *, blocks: int, threads: int, shared: int, stream: int, arguments: Sequence[Any]
    ) -> None:
        """Queue it on ``stream``, a stream of the device; ``arguments`` are ctypes values."""
        _check(_driver().cuCtxSetCurrent(self._context))  # a thread may have none yet
        places = (c_void_p * len(arguments))(*(ctypes.addressof(each) for each in arguments))
        grid, block = (blocks, 1, 1), (threads, 1, 1)
        _check(
            _driver().cuLaunchKernel(self._function, *grid, *block, shared, c_void_p(stream), places, None)
        )


def properties(device: int) -> Mapping[str, int]:
    """``capability`` (90 for 9.0), ``processors``, and ``shared``, the most bytes that a block can have."""
    driver, handle = _driver(), _handle(device)

    def attribute(number: int) -> int:
        value = c_int()
        _check(driver.cuDeviceGetAttribute(byref(value), number, handle))
        return value.value

    return {
        "capability": 10 * attribute(_MAJOR) + attribute(_MINOR),
        "processors": attribute(_PROCESSORS),
        "shared": attribute(_MOST_SHARED_PER_BLOCK),
    }


def _handle(device: int) -> c_int:
    handle = c_int()
    _check(_driver().cuInit(0))
    _check(_driver().cuDeviceGet(byref(handle), device))
    return handle


def _check(status: int) -> None:
    if status != 0:
        message = c_char_p()
        _driver().cuGetErrorString(status, byref(message))
        raise FooleryError(f"CUDA failed: {(message.value or str(status).encode()).decode()}")


@lru_cache(maxsize=1)
def _driver() -> ctypes.CDLL:
    try:
        driver = ctypes.CDLL(LIBRARY)
    except OSError:
        raise FooleryError(f"the CUDA driver's library {LIBRARY} cannot be loaded") from None
    driver.cuCtxSetCurrent.argtypes = [c_void_p]
    driver.cuModuleLoadData.argtypes = [c_void_p, c_char_p]
    driver.cuModuleGetFunction.argtypes = [c_void_p, c_void_p, c_char_p]
    driver.cuFuncSetAttribute.argtypes = [c_void_p, c_int, c_int]
    driver.cuLaunchKernel.argtypes = [c_void_p, *[c_uint] * 7, c_void_p, c_void_p, c_void_p]
    return driver


TILE_PIXELS = 4
"""Pixels that one thread draws: reading a link once serves them all."""

EXACT = ("--fmad=false", "--prec-div=true", "--prec-sqrt=true", "--ftz=false")
"""Options of nvcc and NVRTC under which every float32 operation rounds by itself."""

ENTRY = b"render"
"""The name of the kernel."""

COLOR_MODES = ("gray", "hsv", "hls")
"""What the planes of a canvas can mean."""


def source(color_mode: str) -> str:
    """The whole text, in CUDA C++17, for planes of one of ``MEANINGS``."""
    names = (
        *("MAGIC", "PER_PI", "PI_1", "PI_2", "PI_3", "QUARTER_TURN"),
        *("PER_LN2", "LN2_1", "LN2_2", "MAX_EXPONENT"),
    )
    numbers = {name: getattr(render_numpy, name) for name in names}
    numbers |= dict(zip(("S3", "S5", "S7", "S9"), render_numpy.SINE, strict=True))
    numbers |= dict(zip(("E2", "E3", "E4", "E5"), render_numpy.EXP, strict=True))
    lines = [f"#define {name} ({float(number).hex()}f)" for name, number in numbers.items()]
    text = files(__package__).joinpath("renderer.cu").read_text(encoding="utf-8")
    return "\n".join([*lines, f"#define TILE_PIXELS {TILE_PIXELS}", f"#define COLORS {color_mode}", text])


_FILES = ("libnvrtc.so*", "nvrtc64_*.dll")
_STANDARD = "--std=c++17"


def compile_program(text: str, capability: int, *, options: Sequence[str] = EXACT) -> bytes:
    """``text`` for a device, to be loaded by its driver: machine code, or PTX where NVRTC does not know it.

    Args:
        text: CUDA C++.
        capability: 80 for 8.0, 90 for 9.0 and so on.
        options: of the compiler.

    Raises:
        UsageError: without NVRTC.
        FooleryError: where ``text`` does not compile.
    """
    supported = _supported_capabilities()
    if capability in supported:
        return _program(text, [f"--gpu-architecture=sm_{capability}", *options], "CUBIN")
    oldest = [each for each in supported if each < capability]
    if not oldest:
        raise UsageError(
            f"device: this NVRTC compiles for {supported[0] / 10:.1f} and later, the GPU is a "
            f"{capability / 10:.1f}; give --device cpu"
        )
    return ptx(text, max(oldest), options=options)


def ptx(text: str, capability: int, *, options: Sequence[str] = EXACT) -> bytes:
    """``text`` as PTX, which drivers translate for any device from ``capability`` on; raises as above."""
    return _program(text, [f"--gpu-architecture=compute_{capability}", *options], "PTX")


def _supported_capabilities() -> list[int]:
    count = c_int()
    library = _library()
    _check_compiled(library.nvrtcGetNumSupportedArchs(byref(count)))
    supported = (c_int * count.value)()
    _check_compiled(library.nvrtcGetSupportedArchs(supported))
    return sorted(supported)


def _program(text: str, options: Sequence[str], form: str) -> bytes:
    library = _library()
    arguments = [_STANDARD.encode(), *(option.encode() for option in options)]
    program = c_void_p()
    _check_compiled(library.nvrtcCreateProgram(byref(program), text.encode(), b"renderer.cu", 0, None, None))
    try:
        status = library.nvrtcCompileProgram(program, len(arguments), (c_char_p * len(arguments))(*arguments))
        if status != 0:
            log = _read_buffer(program, library.nvrtcGetProgramLogSize, library.nvrtcGetProgramLog)
            message = log.decode(errors="replace").strip("\0\n")
            raise FooleryError(f"the CUDA renderer does not compile: {message}")
        size, take = getattr(library, f"nvrtcGet{form}Size"), getattr(library, f"nvrtcGet{form}")
        return _read_buffer(program, size, take)
    finally:
        library.nvrtcDestroyProgram(byref(program))


def _read_buffer(program: c_void_p, measure: Any, take: Any) -> bytes:
    size = c_size_t()
    _check_compiled(measure(program, byref(size)))
    content = ctypes.create_string_buffer(size.value)
    _check_compiled(take(program, content))
    return content.raw


def _check_compiled(status: int) -> None:
    if status != 0:
        message = _library().nvrtcGetErrorString(status).decode()
        raise FooleryError(f"NVRTC failed: {message}")


@lru_cache(maxsize=1)
def _library() -> ctypes.CDLL:
    for file in _candidates():
        try:
            for companion in _companions(Path(file)):
                ctypes.CDLL(str(companion))
            library = ctypes.CDLL(file)
        except OSError:
            continue
        library.nvrtcGetErrorString.restype = c_char_p
        library.nvrtcCreateProgram.argtypes = [c_void_p, c_char_p, c_char_p, c_int, c_void_p, c_void_p]
        library.nvrtcCompileProgram.argtypes = [c_void_p, c_int, c_void_p]
        return library
    raise UsageError(
        "device: NVRTC, which compiles the CUDA renderer, is not installed; pip install nvidia-cuda-nvrtc, "
        "or give --device cpu"
    )


def _candidates() -> Iterator[str]:
    """Files and names to try, those of torch's own version of CUDA first."""
    major = _cuda_of_torch()
    files = sorted(
        (file for folder in _folders() for pattern in _FILES for file in folder.glob(pattern)),
        key=lambda file: (_major(file.name) != major, file.name),
    )
    yield from map(str, files)
    if sys.platform != "win32":
        yield from (f"libnvrtc.so.{major}", "libnvrtc.so") if major else ("libnvrtc.so",)


def _companions(file: Path) -> list[Path]:
    """What NVRTC looks for by name, and finds once it is loaded, wherever it lies."""
    return [*file.parent.glob("libnvrtc-builtins.so*"), *file.parent.glob("nvrtc-builtins64_*.dll")]


def _folders() -> Iterator[Path]:
    for package in ("nvidia", "torch"):
        spec = find_spec(package)
        for place in (spec.submodule_search_locations or ()) if spec else ():
            yield Path(place, "lib")
            for form in ("lib", "bin", "bin/x86_64"):
                yield from Path(place).glob(f"*/{form}")
    home = os.environ.get("CUDA_HOME") or os.environ.get("CUDA_PATH") or "/usr/local/cuda"
    yield from (Path(home, "lib64"), Path(home, "bin"))


def _cuda_of_torch() -> int | None:
    torch = sys.modules.get("torch")
    version = getattr(getattr(torch, "version", None), "cuda", None)
    return int(version.partition(".")[0]) if version else None


def _major(name: str) -> int | None:
    """13 for ``libnvrtc.so.13`` and for ``nvrtc64_130_0.dll``."""
    match = re.search(r"\.so\.(\d+)|nvrtc64_(\d+)\d_", name)
    return int(match[1] or match[2]) if match else None
