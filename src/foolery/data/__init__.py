"""Labelled pictures, named by a data reference such as ``mnist``, and the way from a picture to a canvas."""

from __future__ import annotations

from foolery.data.class_matching import match_classes as match_classes
from foolery.data.fit import fit as fit
from foolery.data.labelled import Labelled as Labelled
from foolery.data.labelled import LabelledData as LabelledData
from foolery.data.labelled import sample as sample
from foolery.data.registry import known_data as known_data
from foolery.data.registry import open_data as open_data

__all__ = ["Labelled", "LabelledData", "fit", "known_data", "match_classes", "open_data", "sample"]
