"""Nonsense: pictures that no search made, by which every search has to be measured."""

from __future__ import annotations

from foolery.data.synthetic.base import SyntheticKind
from foolery.data.synthetic.dots import dots
from foolery.data.synthetic.noise import low_pass, scaled, uniform
from foolery.data.synthetic.plain import colors, gradients
from foolery.data.synthetic.shuffled import shuffled
from foolery.data.synthetic.tiles import tiles
from foolery.errors import UsageError, did_you_mean

_ALL = (
    SyntheticKind("uniform-noise", "every value of every pixel at random", 0, uniform),
    SyntheticKind("scaled-noise", "noise of 1/32 to 1/2 of the contrast, about any color", 1, scaled),
    SyntheticKind("low-pass-noise", "smooth noise, from 2 to 32 spots a side", 2, low_pass),
    SyntheticKind("single-colors", "one color", 3, colors),
    SyntheticKind("gradients", "from one color to another along a line", 4, gradients),
    SyntheticKind("tiles", "stripes, waves, checkers, dots, rings and repeated noise", 5, tiles),
    SyntheticKind("dots", "1 to 64 colored squares on black", 6, dots),
    SyntheticKind("shuffled-photos", "real photos, cut into squares in any order", 7, shuffled, True),
)


def synthetic_kinds() -> tuple[SyntheticKind, ...]:
    """All of them."""
    return _ALL


def synthetic_kind(name: str) -> SyntheticKind:
    """The one called ``name``.

    Raises:
        UsageError: for an unknown name.
    """
    for each in _ALL:
        if each.name == name:
            return each
    raise UsageError(f"baseline: {name!r} is unknown; {did_you_mean(name, [each.name for each in _ALL])}")


__all__ = ["SyntheticKind", "synthetic_kind", "synthetic_kinds"]
