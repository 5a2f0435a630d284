"""Splits: the two parts of a data set, and what they are called in the wild."""

from __future__ import annotations

from foolery.errors import UsageError, nearest

#: What a split is called, the preferred name first: many data sets keep their test labels to themselves.
NAMES = {"train": ("train", "training"), "test": ("test", "val", "valid", "validation")}
SPLITS = tuple(NAMES)


def check_split(split: str) -> str:
    """``split``; raises UsageError where it is neither ``train`` nor ``test``."""
    if split not in SPLITS:
        raise UsageError(f"split: unknown {split!r}; {nearest(split, list(SPLITS))}")
    return split
