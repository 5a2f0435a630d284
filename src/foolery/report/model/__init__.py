"""Display: runs and folders of runs, prepared for the pages that show them."""

from __future__ import annotations

from foolery.report.model.run import BUDGET as BUDGET
from foolery.report.model.run import Display as Display
from foolery.report.model.run import Sight as Sight
from foolery.report.model.run import display_of as display_of

__all__ = ["BUDGET", "Display", "Sight", "display_of"]
