"""MNIST: 60 000 and 10 000 handwritten digits, gray, 28 x 28 (LeCun, Cortes, Burges)."""

from __future__ import annotations

import math
import struct

import numpy as np
from numpy.typing import NDArray

from foolery.data.download import StoredFile, stored_content
from foolery.data.labelled import LabelledImages
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


CLASSES = tuple("0123456789")

_MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
)
_SHA256 = {
    "train-images-idx3": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "train-labels-idx1": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "t10k-images-idx3": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "t10k-labels-idx1": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}


def open_mnist(_location: str, split: str) -> LabelledImages:
    """The ``train`` (60 000) or ``test`` (10 000) images, ``(N, 1, 28, 28) uint8``, digits white on black.

    Raises:
        UsageError: where the files are damaged, or are nowhere and cannot be downloaded.
    """
    prefix = "train" if split == "train" else "t10k"
    images = _read(f"{prefix}-images-idx3")
    return LabelledImages(images[:, None], _read(f"{prefix}-labels-idx1").astype(np.int64), CLASSES)


def _read(part: str) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    name = f"{part}-ubyte.gz"
    file = StoredFile(f"mnist/{name}", _SHA256[part], [mirror + name for mirror in _MIRRORS])
    return read_idx(stored_content(file), name)
