"""Driver: a kernel loaded and launched through CUDA's driver, by ctypes, in the context that torch uses."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Mapping, Sequence
from ctypes import byref, c_char_p, c_int, c_uint, c_void_p
from functools import lru_cache
from typing import Any

from foolery.errors import FooleryError

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
        said = c_char_p()
        _driver().cuGetErrorString(status, byref(said))
        raise FooleryError(f"CUDA failed: {(said.value or str(status).encode()).decode()}")


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
