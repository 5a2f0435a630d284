"""NVRTC: NVIDIA's compiler as a library, by ctypes. It comes with torch, or as ``nvidia-cuda-nvrtc``."""

from __future__ import annotations

import ctypes
import os
import re
import sys
from collections.abc import Iterator, Sequence
from ctypes import byref, c_char_p, c_int, c_size_t, c_void_p
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from foolery.encodings.cppn.cuda.source import EXACT
from foolery.errors import FooleryError, UsageError

_FILES = ("libnvrtc.so*", "nvrtc64_*.dll")
_STANDARD = "--std=c++17"


def compiled(text: str, capability: int, *, options: Sequence[str] = EXACT) -> bytes:
    """``text`` for a device, to be loaded by its driver: machine code, or PTX where NVRTC does not know it.

    Args:
        text: CUDA C++.
        capability: 80 for 8.0, 90 for 9.0 and so on.
        options: of the compiler.

    Raises:
        UsageError: without NVRTC.
        FooleryError: where ``text`` does not compile.
    """
    known = _architectures()
    if capability in known:
        return _program(text, [f"--gpu-architecture=sm_{capability}", *options], "CUBIN")
    oldest = [each for each in known if each < capability]
    if not oldest:
        raise UsageError(
            f"device: this NVRTC compiles for {known[0] / 10:.1f} and later, the GPU is a "
            f"{capability / 10:.1f}; give --device cpu"
        )
    return ptx(text, max(oldest), options=options)


def ptx(text: str, capability: int, *, options: Sequence[str] = EXACT) -> bytes:
    """``text`` as PTX, which drivers translate for any device from ``capability`` on; raises as above."""
    return _program(text, [f"--gpu-architecture=compute_{capability}", *options], "PTX")


def _architectures() -> list[int]:
    count = c_int()
    library = _library()
    _check(library.nvrtcGetNumSupportedArchs(byref(count)))
    known = (c_int * count.value)()
    _check(library.nvrtcGetSupportedArchs(known))
    return sorted(known)


def _program(text: str, options: Sequence[str], form: str) -> bytes:
    library = _library()
    given = [_STANDARD.encode(), *(option.encode() for option in options)]
    program = c_void_p()
    _check(library.nvrtcCreateProgram(byref(program), text.encode(), b"renderer.cu", 0, None, None))
    try:
        status = library.nvrtcCompileProgram(program, len(given), (c_char_p * len(given))(*given))
        if status != 0:
            log = _taken(program, library.nvrtcGetProgramLogSize, library.nvrtcGetProgramLog)
            said = log.decode(errors="replace").strip("\0\n")
            raise FooleryError(f"the CUDA renderer does not compile: {said}")
        size, take = getattr(library, f"nvrtcGet{form}Size"), getattr(library, f"nvrtcGet{form}")
        return _taken(program, size, take)
    finally:
        library.nvrtcDestroyProgram(byref(program))


def _taken(program: c_void_p, measure: Any, take: Any) -> bytes:
    size = c_size_t()
    _check(measure(program, byref(size)))
    content = ctypes.create_string_buffer(size.value)
    _check(take(program, content))
    return content.raw


def _check(status: int) -> None:
    if status != 0:
        said = _library().nvrtcGetErrorString(status).decode()
        raise FooleryError(f"NVRTC failed: {said}")


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
    found = re.search(r"\.so\.(\d+)|nvrtc64_(\d+)\d_", name)
    return int(found[1] or found[2]) if found else None
