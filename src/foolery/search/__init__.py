"""The algorithms, without files and classifiers: MAP-Elites (paper 2.2), gradient ascent (3.9), baselines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from foolery.lazy import attach

if TYPE_CHECKING:
    from foolery.search.archive import Archive as Archive
    from foolery.search.archive import EliteUpdate as EliteUpdate
    from foolery.search.ascent_presets import PRESETS as PRESETS
    from foolery.search.ascent_presets import AscentRule as AscentRule
    from foolery.search.ascent_presets import make_rule as make_rule
    from foolery.search.baselines import ArgmaxCell as ArgmaxCell
    from foolery.search.map_elites import MapElites as MapElites
    from foolery.search.memetic import GradientSteps as GradientSteps
    from foolery.search.memetic import gradient_steps as gradient_steps
    from foolery.search.novelty import NoveltySearch as NoveltySearch
    from foolery.search.objectives import OBJECTIVES as OBJECTIVES
    from foolery.search.objectives import ClassScore as ClassScore
    from foolery.search.objectives import Margin as Margin
    from foolery.search.objectives import Objective as Objective
    from foolery.search.objectives import class_indices as class_indices
    from foolery.search.offspring import LazyOffspring as LazyOffspring
    from foolery.search.offspring import LocalSearch as LocalSearch
    from foolery.search.offspring import Offspring as Offspring
    from foolery.search.per_class import PerClassSearch as PerClassSearch

__all__ = [
    "OBJECTIVES",
    "PRESETS",
    "Archive",
    "ArgmaxCell",
    "AscentRule",
    "ClassScore",
    "EliteUpdate",
    "GradientSteps",
    "LazyOffspring",
    "LocalSearch",
    "MapElites",
    "Margin",
    "NoveltySearch",
    "Objective",
    "Offspring",
    "PerClassSearch",
    "class_indices",
    "gradient_steps",
    "make_rule",
]

__getattr__, __dir__ = attach(
    __name__,
    {
        "OBJECTIVES": "foolery.search.objectives",
        "PRESETS": "foolery.search.ascent_presets",
        "Archive": "foolery.search.archive",
        "ArgmaxCell": "foolery.search.baselines",
        "AscentRule": "foolery.search.ascent_presets",
        "ClassScore": "foolery.search.objectives",
        "EliteUpdate": "foolery.search.archive",
        "GradientSteps": "foolery.search.memetic",
        "LazyOffspring": "foolery.search.offspring",
        "LocalSearch": "foolery.search.offspring",
        "MapElites": "foolery.search.map_elites",
        "Margin": "foolery.search.objectives",
        "NoveltySearch": "foolery.search.novelty",
        "Objective": "foolery.search.objectives",
        "Offspring": "foolery.search.offspring",
        "PerClassSearch": "foolery.search.per_class",
        "class_indices": "foolery.search.objectives",
        "gradient_steps": "foolery.search.memetic",
        "make_rule": "foolery.search.ascent_presets",
    },
)
