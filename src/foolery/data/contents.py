"""Contents: what a data reference was found to hold, and what was left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from foolery.data.labelled import LabelledData
from foolery.text import format_count

_SHOWN = 5


@dataclass(frozen=True)
class Contents:
    """What was found, before any image was decoded.

    Attributes:
        counts: number of images of each class.
        left_out: files and folders that are not read, by reason.
        notes: what was decided while reading, one sentence each.
    """

    counts: tuple[int, ...]
    left_out: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def contents_of(data: LabelledData) -> Contents | None:
    """What was found when ``data`` was opened; counted where it is in memory; None where nobody knows."""
    contents_read = getattr(data, "contents_read", None)
    if isinstance(contents_read, Contents):
        return contents_read
    labels = getattr(data, "labels", None)
    if not isinstance(labels, np.ndarray):
        return None
    return Contents(tuple(np.bincount(labels, minlength=len(data.classes)).tolist()))


def contents_lines(data: LabelledData, reference: str) -> list[str]:
    """How many images of how many classes ``data`` has, what was left out, and what was decided.

    Example:
        ``["folder:photos: 120 images of 3 classes (40 of each)", "left out: 4 files hidden, or …"]``
    """
    contents_read = contents_of(data)
    if contents_read is None:
        return [f"{reference}: {_counted(len(data), 'image')} of {_counted(len(data.classes), 'class')}"]
    filled = sum(count > 0 for count in contents_read.counts)
    images = _counted(sum(contents_read.counts), "image")
    lines = [f"{reference}: {images} of {_counted(filled, 'class')}{_spread(contents_read.counts)}"]
    empty = [name for name, count in zip(data.classes, contents_read.counts, strict=True) if not count]
    if empty:
        more = f" and {len(empty) - _SHOWN} more" if len(empty) > _SHOWN else ""
        lines.append(f"no image of {_counted(len(empty), 'class')}: {', '.join(empty[:_SHOWN])}{more}")
    if contents_read.left_out:
        lines.append(f"left out: {by_reason(contents_read.left_out)}")
    return [*lines, *contents_read.notes]


def reading_lines(data: LabelledData) -> list[str]:
    """What decoding the images so far has shown: those that were left out, by reason, and turned ones."""
    reasons: Mapping[str, int] = getattr(data, "reasons", {})
    turned: set[int] = getattr(data, "turned", set())
    lines = [f"left out while reading: {by_reason(reasons)}"] if reasons else []
    if turned:
        lines.append(
            f"{_counted(len(turned), 'image')} with an orientation tag, which was not followed, as by "
            "torchvision and Keras; where the network was trained otherwise, --set orientation=upright"
        )
    return lines


def contents_dict(data: LabelledData) -> dict[str, Any]:
    """The same as JSON values."""
    contents_read = contents_of(data)
    reasons: Mapping[str, int] = getattr(data, "reasons", {})
    return {
        "images": len(data),
        "classes": len(data.classes),
        "empty_classes": []
        if contents_read is None
        else [name for name, count in zip(data.classes, contents_read.counts, strict=True) if not count],
        "left_out": ({} if contents_read is None else dict(contents_read.left_out)) | dict(reasons),
        "notes": [] if contents_read is None else list(contents_read.notes),
    }


def by_reason(left_out: Mapping[str, int]) -> str:
    """``hidden, or left by other programs (3); an empty file (2)``, the most frequent reason first."""
    parts = sorted(left_out.items(), key=lambda each: (-each[1], each[0]))
    return "; ".join(
        reason if count == 1 and reason.startswith("the folder ") else f"{reason} ({format_count(count)})"
        for reason, count in parts
    )


def _counted(count: int, noun: str) -> str:
    """``1 class``, ``2 classes``."""
    many = f"{noun}es" if noun.endswith("s") else f"{noun}s"
    return f"{format_count(count)} {noun if count == 1 else many}"


def _spread(counts: Sequence[int]) -> str:
    filled = [count for count in counts if count]
    if len(filled) < 2:
        return ""
    least, most = min(filled), max(filled)
    of_each = format_count(least) if least == most else f"{format_count(least)} to {format_count(most)}"
    return f" ({of_each} of each)"
