"""The one way in which foolery compiles a kernel: cached, without the GIL, exactly IEEE.

No fast-math: every float32 product and sum rounds as numpy's does, which is what makes a stored
genome draw the same picture on any machine.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from types import CellType, FunctionType
from typing import TypeVar, cast

import numba

Function = TypeVar("Function", bound=Callable[..., object])


def kernel(function: Function) -> Function:
    """Compile ``function`` with Numba when it is first called; it releases the GIL while it runs."""
    compile_exactly = numba.njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
    return cast("Function", compile_exactly(stamped(function, sources_stamp())))


def brief(function: Function) -> Function:
    """As ``kernel``, for what takes a few microseconds: it keeps the GIL, for which it might wait longer."""
    compile_exactly = numba.njit(cache=True, nogil=False, fastmath=False, error_model="numpy")
    return cast("Function", compile_exactly(stamped(function, sources_stamp())))


def inlined(function: Function) -> Function:
    """As ``kernel``, for small functions that other kernels call in their innermost loops."""
    compile_exactly = numba.njit(cache=True, nogil=True, fastmath=False, error_model="numpy", inline="always")
    return cast("Function", compile_exactly(stamped(function, sources_stamp())))


def stamped(function: Function, stamp: str) -> Function:
    """``function``, with ``stamp`` among what Numba's cache knows it by.

    The cache notices a change in a kernel's own file, but not in the kernels that it calls from other
    files: old machine code would go on drawing old pictures. Numba does look at the values a function
    closes over, so the stamp is one of those.
    """
    code = function.__code__
    cells = (*(function.__closure__ or ()), CellType(stamp))
    made = FunctionType(
        code.replace(co_freevars=(*code.co_freevars, "sources_stamp")),
        function.__globals__,
        function.__name__,
        function.__defaults__,
        cells,
    )
    made.__kwdefaults__, made.__annotations__ = function.__kwdefaults__, function.__annotations__
    made.__doc__, made.__module__, made.__qualname__ = (
        function.__doc__,
        function.__module__,
        function.__qualname__,
    )
    return cast("Function", made)


@lru_cache(maxsize=1)
def sources_stamp() -> str:
    """SHA-256 (hex) of every file whose kernels call each other."""
    here = Path(__file__).parent
    content = hashlib.sha256()
    for file in [here / "kernels.py", here / "draws.py", *sorted((here / "encodings").rglob("*.py"))]:
        content.update(file.relative_to(here).as_posix().encode() + b"\0" + file.read_bytes())
    return content.hexdigest()
