"""Compilation by Numba: cached, without the GIL, exactly IEEE.

No fast-math: every float32 product and sum rounds as numpy's does, so a stored genome gives the same image
on any machine.
"""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from types import CellType, FunctionType
from typing import Any, TypeVar, cast

import numba

from foolery.errors import UncachedWarning

Function = TypeVar("Function", bound=Callable[..., object])


def jit(function: Function) -> Function:
    """Compile ``function`` with Numba when it is first called; it releases the GIL while it runs."""
    return compile_lazily(function, nogil=True)


def jit_internal(function: Function) -> Function:
    """As ``jit``, for what only other compiled functions call: faster to compile; Python cannot call it."""
    return compile_lazily(function, nogil=True, no_cpython_wrapper=True)


def jit_with_gil(function: Function) -> Function:
    """As ``jit``, for what takes a few microseconds: it keeps the GIL, for which it might wait longer."""
    return compile_lazily(function, nogil=False)


def jit_inline(function: Function) -> Function:
    """As ``jit``, for small functions that others call in their innermost loops."""
    return compile_lazily(function, nogil=True, inline="always")


def compile_lazily(function: Function, **options: Any) -> Function:
    """``function``, compiled when it is first called; ``options`` are those of ``numba.njit``.

    The wrapper for callers in C, of which there are none, is left out: it costs a twentieth of the time.
    """
    njit: Callable[..., Any] = numba.njit  # its types know fewer options than it takes
    stamped = with_cache_stamp(function, cache_stamp())
    exactly = {"fastmath": False, "error_model": "numpy", "no_cfunc_wrapper": True, **options}
    try:
        return cast("Function", njit(cache=True, **exactly)(stamped))
    except RuntimeError:  # Numba finds no folder that it can write to
        _say_uncached()
        return cast("Function", njit(**exactly)(stamped))


@lru_cache(maxsize=1)
def _say_uncached() -> None:
    message = (
        "no folder for compiled functions can be written to, so they are compiled anew every time; "
        "set NUMBA_CACHE_DIR to one that can"
    )
    warnings.warn(message, UncachedWarning, stacklevel=3)


def python_function(function: Callable[..., object]) -> Callable[..., Any]:
    """The Python function behind a compiled one, for arrays in place of numbers."""
    return cast("Callable[..., Any]", function.py_func)  # type: ignore[attr-defined]


def with_cache_stamp(function: Function, stamp: str) -> Function:
    """``function``, with ``stamp`` in the key of Numba's cache.

    The cache notices a change in a function's own file, but not in compiled functions that it calls from
    other files: old machine code would go on drawing old images. The key holds the values that a function
    closes over, so the stamp is one of those.
    """
    code = function.__code__
    cells = (*(function.__closure__ or ()), CellType(stamp))
    copy = FunctionType(
        code.replace(co_freevars=(*code.co_freevars, "sources_stamp")),
        function.__globals__,
        function.__name__,
        function.__defaults__,
        cells,
    )
    copy.__kwdefaults__, copy.__annotations__ = function.__kwdefaults__, function.__annotations__
    copy.__doc__, copy.__module__, copy.__qualname__ = (
        function.__doc__,
        function.__module__,
        function.__qualname__,
    )
    return cast("Function", copy)


@lru_cache(maxsize=1)
def cache_stamp() -> str:
    """SHA-256 (hex) of every file whose compiled functions call each other."""
    package = Path(__file__).parent
    content = hashlib.sha256()
    for file in [package / "jit.py", package / "rng.py", *sorted((package / "encodings").rglob("*.py"))]:
        content.update(file.relative_to(package).as_posix().encode() + b"\0" + file.read_bytes())
    return content.hexdigest()
