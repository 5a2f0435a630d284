"""Detection: a table of detectors against sets of images, by whoever knows them or not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from foolery.lazy import attach

if TYPE_CHECKING:
    from foolery.detection.runner import DetectionPlan as DetectionPlan
    from foolery.detection.runner import detect as detect
    from foolery.detection.scores import read_scores as read_scores
    from foolery.detection.table import DetectionTable as DetectionTable
    from foolery.detection.table import make_table as make_table

__all__ = ["DetectionPlan", "DetectionTable", "detect", "make_table", "read_scores"]

__getattr__, __dir__ = attach(
    __name__,
    {
        "DetectionPlan": "foolery.detection.runner",
        "DetectionTable": "foolery.detection.table",
        "detect": "foolery.detection.runner",
        "make_table": "foolery.detection.table",
        "read_scores": "foolery.detection.scores",
    },
    call="detect",
)
