"""MNIST: 60 000 and 10 000 handwritten digits, gray, 28 x 28 (LeCun, Cortes, Burges)."""

from __future__ import annotations

import numpy as np

from foolery.data.download import StoredFile, content
from foolery.data.idx import read_idx
from foolery.data.labelled import Labelled

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


def open_mnist(split: str) -> Labelled:
    """The ``train`` (60 000) or ``test`` (10 000) pictures, ``(N, 1, 28, 28) uint8``, digits white on black.

    Raises:
        UsageError: where the files are damaged, or are nowhere and cannot be downloaded.
    """
    prefix = "train" if split == "train" else "t10k"
    images = _read(f"{prefix}-images-idx3")
    return Labelled(images[:, None], _read(f"{prefix}-labels-idx1").astype(np.int64), CLASSES)


def _read(part: str) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    name = f"{part}-ubyte.gz"
    file = StoredFile(f"mnist/{name}", _SHA256[part], [mirror + name for mirror in _MIRRORS])
    return read_idx(content(file), name)
