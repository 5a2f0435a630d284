"""Classifiers: what is being fooled, with preprocessing and class names inside."""

from __future__ import annotations

from foolery.classifiers.base import Classifier as Classifier
from foolery.classifiers.base import Description as Description
from foolery.classifiers.registry import list_classifiers as list_classifiers
from foolery.classifiers.registry import load_classifier as load_classifier
from foolery.classifiers.registry import load_recorded as load_recorded

__all__ = ["Classifier", "Description", "list_classifiers", "load_classifier", "load_recorded"]
