"""Labelled images, named by a data reference such as ``mnist``, and the way from an image to a canvas."""

from __future__ import annotations

from typing import TYPE_CHECKING

from foolery.lazy import attach

if TYPE_CHECKING:
    from foolery.data.class_matching import match_by_name as match_by_name
    from foolery.data.class_matching import match_classes as match_classes
    from foolery.data.decode import read_image as read_image
    from foolery.data.fitting import fit as fit
    from foolery.data.fitting import fit_all as fit_all
    from foolery.data.labelled import LabelledData as LabelledData
    from foolery.data.labelled import LabelledImages as LabelledImages
    from foolery.data.labelled import sample as sample
    from foolery.data.registry import list_data as list_data
    from foolery.data.registry import load_data as load_data
    from foolery.data.synthetic import synthetic_kind as synthetic_kind
    from foolery.data.synthetic import synthetic_kinds as synthetic_kinds

__all__ = [
    "LabelledData",
    "LabelledImages",
    "fit",
    "fit_all",
    "list_data",
    "load_data",
    "match_by_name",
    "match_classes",
    "read_image",
    "sample",
    "synthetic_kind",
    "synthetic_kinds",
]

__getattr__, __dir__ = attach(
    __name__,
    {
        "LabelledData": "foolery.data.labelled",
        "LabelledImages": "foolery.data.labelled",
        "fit": "foolery.data.fitting",
        "fit_all": "foolery.data.fitting",
        "list_data": "foolery.data.registry",
        "load_data": "foolery.data.registry",
        "match_by_name": "foolery.data.class_matching",
        "match_classes": "foolery.data.class_matching",
        "read_image": "foolery.data.decode",
        "sample": "foolery.data.labelled",
        "synthetic_kind": "foolery.data.synthetic",
        "synthetic_kinds": "foolery.data.synthetic",
    },
)
