"""Nonsense: pictures that no search made, by which every search has to be measured."""

from __future__ import annotations

from foolery.data.synthetic.base import Baseline
from foolery.data.synthetic.dots import dots
from foolery.data.synthetic.noise import low_pass, scaled, uniform
from foolery.data.synthetic.plain import colors, gradients
from foolery.data.synthetic.shuffled import shuffled
from foolery.data.synthetic.tiles import tiles
from foolery.errors import UsageError, nearest

_ALL = (
    Baseline("uniform-noise", "every value of every pixel at random", 0, uniform),
    Baseline("scaled-noise", "noise of 1/32 to 1/2 of the contrast, about any color", 1, scaled),
    Baseline("low-pass-noise", "smooth noise, from 2 to 32 spots a side", 2, low_pass),
    Baseline("single-colors", "one color", 3, colors),
    Baseline("gradients", "from one color to another along a line", 4, gradients),
    Baseline("tiles", "stripes, waves, checkers, dots, rings and repeated noise", 5, tiles),
    Baseline("dots", "1 to 64 colored squares on black", 6, dots),
    Baseline("shuffled-photos", "real photos, cut into squares in any order", 7, shuffled, True),
)


def baselines() -> tuple[Baseline, ...]:
    """All of them."""
    return _ALL


def baseline(name: str) -> Baseline:
    """The one called ``name``.

    Raises:
        UsageError: for an unknown name.
    """
    for each in _ALL:
        if each.name == name:
            return each
    raise UsageError(f"baseline: {name!r} is unknown; {nearest(name, [each.name for each in _ALL])}")


__all__ = ["Baseline", "baseline", "baselines"]
