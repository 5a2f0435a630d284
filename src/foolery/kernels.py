"""The one way in which foolery compiles a kernel: cached, without the GIL, exactly IEEE.

No fast-math: every float32 product and sum rounds as numpy's does, which is what makes a stored
genome draw the same picture on any machine.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast

import numba

Function = TypeVar("Function", bound=Callable[..., object])


def kernel(function: Function) -> Function:
    """Compile ``function`` with Numba when it is first called; it releases the GIL while it runs."""
    compile_exactly = numba.njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
    return cast("Function", compile_exactly(function))


def inlined(function: Function) -> Function:
    """As ``kernel``, for small functions that other kernels call in their innermost loops."""
    compile_exactly = numba.njit(cache=True, nogil=True, fastmath=False, error_model="numpy", inline="always")
    return cast("Function", compile_exactly(function))
