"""Two operations on the bits of a float32, for kernels: Numba has no bit cast of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

_WORD = ir.IntType(32)
_FLOATS = types.float32(types.float32, types.float32)


def _shifted(builder: Any, value: Any, places: int) -> Any:
    return builder.shl(builder.bitcast(value, _WORD), ir.Constant(_WORD, places))


def _flip(_typing: Any, _value: Any, _turned: Any) -> Any:
    def code(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        value = builder.bitcast(arguments[0], _WORD)
        return builder.bitcast(builder.xor(value, _shifted(builder, arguments[1], 31)), ir.FloatType())

    return _FLOATS, code


def _scale(_typing: Any, _value: Any, _scaled: Any) -> Any:
    def code(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        value = builder.bitcast(arguments[0], _WORD)
        return builder.bitcast(builder.add(value, _shifted(builder, arguments[1], 23)), ir.FloatType())

    return _FLOATS, code


BitOperation = Callable[[np.float32, np.float32], np.float32]

flipped_when_odd = cast("BitOperation", intrinsic(_flip))
"""``(value, turned)``: ``value`` with its sign flipped where the lowest bit of ``turned`` is set."""

scaled_by_power = cast("BitOperation", intrinsic(_scale))
"""``(value, scaled)``: ``value`` times 2^k, k the whole number in the low bits of ``scaled``."""
