"""Labelled images, named by a data reference such as ``mnist``, and the way from an image to a canvas."""

from __future__ import annotations

from foolery.data.class_matching import match_classes as match_classes
from foolery.data.fit import fit as fit
from foolery.data.labelled import LabelledData as LabelledData
from foolery.data.labelled import LabelledImages as LabelledImages
from foolery.data.labelled import sample as sample
from foolery.data.registry import list_data as list_data
from foolery.data.registry import load_data as load_data

__all__ = ["LabelledData", "LabelledImages", "fit", "list_data", "load_data", "match_classes", "sample"]
