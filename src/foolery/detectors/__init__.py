"""Detectors: how unusual an image is to a classifier, as a number; named by reference, like classifiers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from foolery.lazy import attach

if TYPE_CHECKING:
    from foolery.detectors.base import Detector as Detector
    from foolery.detectors.base import Observation as Observation
    from foolery.detectors.fitting import FittedDetector as FittedDetector
    from foolery.detectors.fitting import fit_detector as fit_detector
    from foolery.detectors.registry import DETECTORS as DETECTORS
    from foolery.detectors.registry import list_detectors as list_detectors
    from foolery.detectors.registry import make_detector as make_detector

__all__ = [
    "DETECTORS",
    "Detector",
    "FittedDetector",
    "Observation",
    "fit_detector",
    "list_detectors",
    "make_detector",
]

__getattr__, __dir__ = attach(
    __name__,
    {
        "DETECTORS": "foolery.detectors.registry",
        "Detector": "foolery.detectors.base",
        "FittedDetector": "foolery.detectors.fitting",
        "Observation": "foolery.detectors.base",
        "fit_detector": "foolery.detectors.fitting",
        "list_detectors": "foolery.detectors.registry",
        "make_detector": "foolery.detectors.registry",
    },
)
