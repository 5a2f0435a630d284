"""IDX: the file format of MNIST, an array of bytes behind a small big-endian header."""

from __future__ import annotations

import math
import struct

import numpy as np
from numpy.typing import NDArray

from foolery.errors import UsageError

_UINT8 = 0x08


def read_idx(content: bytes, name: str) -> NDArray[np.uint8]:
    """The ``uint8`` array that an IDX file holds, in the shape that its header states (read-only).

    Args:
        content: the whole file, not compressed.
        name: of the file, for the error message.

    Raises:
        UsageError: where the header is not one of an array of bytes, or the length does not match it.
    """
    if len(content) < 4 or content[:2] != b"\0\0" or content[2] != _UINT8 or not content[3]:
        raise UsageError(f"{name}: not an IDX file of bytes (its first four bytes are {content[:4].hex()!r})")
    start = 4 + 4 * content[3]
    if len(content) < start:
        raise UsageError(f"{name}: the IDX header is cut off after {len(content)} bytes")
    shape = struct.unpack(f">{content[3]}I", content[4:start])
    if len(content) - start != math.prod(shape):
        raise UsageError(f"{name}: the IDX header states {shape}, but {len(content) - start} bytes follow")
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape)
