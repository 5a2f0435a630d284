"""Display: runs and folders of runs, prepared for the pages that show them."""

from __future__ import annotations

from foolery.experiments.display.display import BUDGET as BUDGET
from foolery.experiments.display.display import Display as Display
from foolery.experiments.display.display import Sight as Sight
from foolery.experiments.display.display import display_of as display_of

__all__ = ["BUDGET", "Display", "Sight", "display_of"]
