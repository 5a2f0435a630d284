"""What an ONNX file says about itself beyond its shapes: class names, order of channels, range, task."""

from __future__ import annotations

import ast
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

#: Keys of the metadata under which exporters keep class names.
_NAME_KEYS = (
    "names",
    "classes",
    "labels",
    "class_names",
    "class_labels",
    "id2label",
    "label_names",
    "categories",
)
_LONGEST, _MOST_BRACKETS = 1_000_000, 50  # characters of a literal, and brackets in it
_RANGES = {
    "NominalRange_0_255": (0.0, 255.0),
    "Normalized_0_1": (0.0, 1.0),
    "Normalized_1_1": (-1.0, 1.0),
    "NominalRange_16_235": (16.0, 235.0),
}


@dataclass(frozen=True)
class OnnxFacts:
    """What a file's metadata and operators say.

    Attributes:
        names: of the classes, in the order of the outputs; empty where it says none.
        numbered: whether ``names`` are whole numbers, as scikit-learn numbers classes that have no names.
        channel_order: ``rgb``, ``bgr`` or ``gray``, where the metadata say it.
        value_range: smallest and largest value of the input, likewise.
        size: ``(height, width)``, likewise.
        task: for instance ``detect``, where it is not to classify.
    """

    names: tuple[str, ...] = ()
    numbered: bool = False
    channel_order: Literal["rgb", "bgr", "gray"] | None = None
    value_range: tuple[float, float] | None = None
    size: tuple[int, int] | None = None
    task: str = ""


def read_facts(model: Any) -> OnnxFacts:
    """What a ``ModelProto`` says about itself."""
    metadata = {entry.key: entry.value for entry in model.metadata_props}
    lower = {key.lower(): value for key, value in metadata.items()}
    names = next((listed for key in _NAME_KEYS if (listed := _names(lower.get(key, "")))), ())
    operators, numbered = _names_of_operators(model)
    pixels = metadata.get("Image.BitmapPixelFormat", "").lower()
    task = lower.get("task", "").strip().lower()
    return OnnxFacts(
        names=names or operators,
        numbered=not names and numbered,
        channel_order=next((order for order in ("rgb", "bgr", "gray") if order in pixels), None),
        value_range=_RANGES.get(metadata.get("Image.NominalPixelRange", "")),
        size=_size(lower.get("imgsz", "")),
        task="" if task in ("", "classify", "classification", "image-classification") else task,
    )


def literal(text: str) -> Any:
    """A value written as JSON or as Python writes it; None for anything else."""
    if not text.strip() or len(text) > _LONGEST or sum(map(text.count, "([{")) > _MOST_BRACKETS:
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        pass
    try:
        return ast.literal_eval(text.strip())
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return None


def _names(text: str) -> tuple[str, ...]:
    """Names in a dictionary or a list, as JSON or as Python writes them, or between commas or line ends."""
    value = literal(text)
    if isinstance(value, Mapping):
        keys = {str(key): each for key, each in value.items()}
        if set(keys) == {str(row) for row in range(len(keys))}:
            value = [keys[str(row)] for row in range(len(keys))]
        elif sorted(map(str, keys.values())) == sorted(
            str(row) for row in range(len(keys))
        ):  # name to number
            value = sorted(keys, key=lambda key: int(keys[key]))
        else:
            return ()
    if isinstance(value, (list, tuple)) and value and all(isinstance(each, (str, int)) for each in value):
        return tuple(str(each).strip() for each in value)
    if value is None:
        for mark in ("\n", ",", ";", "|"):
            if mark in text:
                return tuple(part.strip() for part in text.strip().split(mark) if part.strip())
    return ()


def _size(text: str) -> tuple[int, int] | None:
    value = literal(text)
    sides = value if isinstance(value, (list, tuple)) else [value, value]
    if len(sides) == 2 and all(isinstance(side, int) and side > 0 for side in sides):
        return int(sides[0]), int(sides[1])
    return None


def _names_of_operators(model: Any) -> tuple[tuple[str, ...], bool]:
    """Class labels of classifiers and label encoders of ``ai.onnx.ml``; and whether they are numbers."""
    for node in model.graph.node:
        values = {attribute.name: attribute for attribute in node.attribute}
        for key in ("classlabels_strings", "values_strings"):
            if key in values and node.op_type != "ZipMap" and _counts(values.get("keys_int64s")):
                words = tuple(each.decode("utf-8", "replace") for each in values[key].strings)
                if words:
                    return words, False
        for key in ("classlabels_ints", "classlabels_int64s"):
            if key in values and node.op_type != "ZipMap" and values[key].ints:
                return tuple(map(str, values[key].ints)), True
    return (), False


def _counts(keys: Any) -> bool:
    """Whether a label encoder's keys are 0, 1, 2 …, or it has none."""
    return keys is None or list(keys.ints) == list(range(len(keys.ints)))
