"""Fooling sets: champions of many runs and audits as one labelled data set; those of a run as PNG files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from foolery.lazy import attach

if TYPE_CHECKING:
    from foolery.fooling_sets.champion_export import export as export
    from foolery.fooling_sets.write import FoolingSet as FoolingSet
    from foolery.fooling_sets.write import make_fooling_set as make_fooling_set

__all__ = ["FoolingSet", "export", "make_fooling_set"]

__getattr__, __dir__ = attach(
    __name__,
    {
        "FoolingSet": "foolery.fooling_sets.write",
        "export": "foolery.fooling_sets.champion_export",
        "make_fooling_set": "foolery.fooling_sets.write",
    },
)
