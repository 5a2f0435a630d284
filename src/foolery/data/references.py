"""Data references: the names by which labelled pictures are opened, on the command line and in code."""

from __future__ import annotations

from foolery.data.labelled import LabelledData
from foolery.errors import UsageError, nearest

SPLITS = ("train", "test")


def known_data() -> dict[str, str]:
    """Every data reference with one line about it."""
    return {"mnist": "handwritten digits, gray 28 x 28, 60 000 to train and 10 000 to test"}


def open_data(reference: str, split: str = "test") -> LabelledData:
    """The labelled pictures that ``reference`` names.

    Args:
        reference: ``mnist``.
        split: ``train`` or ``test``.

    Raises:
        UsageError: for unknown names, and where the data cannot be had.
    """
    if split not in SPLITS:
        raise UsageError(f"split: unknown {split!r}; {nearest(split, list(SPLITS))}")
    if reference == "mnist":
        from foolery.data.mnist import open_mnist

        return open_mnist(split)
    raise UsageError(f"data: unknown {reference!r}; {nearest(reference, list(known_data()))}")
