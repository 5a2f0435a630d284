"""Training: from an architecture, labelled images and a seed to a classifier in three files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from foolery.lazy import attach

if TYPE_CHECKING:
    from foolery.training.acet import AcetRecipe as AcetRecipe
    from foolery.training.fooling_class import FineTuningRecipe as FineTuningRecipe
    from foolery.training.from_scratch import train as train
    from foolery.training.recipes import RECIPES as RECIPES
    from foolery.training.recipes import TrainingRecipe as TrainingRecipe

__all__ = ["RECIPES", "AcetRecipe", "FineTuningRecipe", "TrainingRecipe", "train"]

__getattr__, __dir__ = attach(
    __name__,
    {
        "RECIPES": "foolery.training.recipes",
        "AcetRecipe": "foolery.training.acet",
        "FineTuningRecipe": "foolery.training.fooling_class",
        "TrainingRecipe": "foolery.training.recipes",
        "train": "foolery.training.from_scratch",
    },
)
