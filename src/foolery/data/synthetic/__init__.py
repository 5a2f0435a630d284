"""Synthetic images: noise, tiles and other images that need no search, by which every search is measured."""

from __future__ import annotations

from foolery.data.synthetic.base import SyntheticKind
from foolery.data.synthetic.noise import low_pass, scaled, uniform
from foolery.data.synthetic.patterns import colors, dots, gradients, shuffled, tiles
from foolery.registry import Entry, Registry

_KINDS = (
    SyntheticKind("uniform-noise", "every value of every pixel at random", 0, uniform),
    SyntheticKind("scaled-noise", "noise of 1/32 to 1/2 of the contrast, about any color", 1, scaled),
    SyntheticKind("low-pass-noise", "smooth noise, from 2 to 32 spots a side", 2, low_pass),
    SyntheticKind("single-colors", "one color", 3, colors),
    SyntheticKind("gradients", "from one color to another along a line", 4, gradients),
    SyntheticKind("tiles", "stripes, waves, checkers, dots, rings and repeated noise", 5, tiles),
    SyntheticKind("dots", "1 to 64 colored squares on black", 6, dots),
    SyntheticKind("shuffled-photos", "real photos, cut into squares in any order", 7, shuffled, True),
)


SYNTHETIC = Registry("synthetic images", None, tuple(Entry(kind.name, kind.about, kind) for kind in _KINDS))
"""A target is a ``SyntheticKind``."""


def synthetic_kinds() -> tuple[SyntheticKind, ...]:
    """All of them, in the order of their numbers."""
    return _KINDS


def synthetic_kind(name: str) -> SyntheticKind:
    """The one called ``name``.

    Raises:
        UsageError: for an unknown name.
    """
    kind: SyntheticKind = SYNTHETIC.load(name)
    return kind


__all__ = ["SYNTHETIC", "SyntheticKind", "synthetic_kind", "synthetic_kinds"]
