"""Encodings and objectives of the user's own: as objects or by reference, and how a run file calls them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from foolery.canvas import CanvasShape
from foolery.code import is_code, reference_of, use_code
from foolery.encodings import ENCODINGS, Encoding, make_encoding
from foolery.errors import UsageError, did_you_mean
from foolery.search.objectives import OBJECTIVES, Objective


def named_encoding(
    encoding: str | Encoding[Any], canvas: CanvasShape, options: Mapping[str, Any] | None, *, stored: bool
) -> tuple[Encoding[Any], str]:
    """The encoding for ``canvas``, and its name in a run file.

    Args:
        encoding: a name of the registry, ``python:MODULE:NAME`` (a class or function that takes the canvas
            and the options, or an encoding), or an encoding.
        canvas: what it draws.
        options: of the encoding, where it is named.
        stored: whether a file will name it.

    Raises:
        UsageError: it is none of these, draws another canvas, or cannot be made again from its options.
    """
    if isinstance(encoding, str):
        if is_code(encoding):
            use_code(encoding)
        return make_encoding(encoding, canvas, options), encoding
    if not isinstance(encoding, Encoding):
        raise UsageError(
            f"encoding: expected a name, python:MODULE:NAME or an Encoding, got {type(encoding).__name__}"
        )
    if options:
        raise UsageError("options: an encoding that is given as an object has its own; leave options out")
    if encoding.canvas != canvas:
        raise UsageError(
            f"encoding: it draws {encoding.canvas.axes}, the classifier takes {canvas.axes}; make it with "
            f"classifier.description.canvas"
        )
    name = getattr(encoding, "name", "")
    if name in ENCODINGS and ENCODINGS.load(name) is type(encoding):
        return encoding, str(name)
    reference = reference_of(encoding, "encoding", stored=stored)
    return make_encoding(reference, canvas, encoding.options), reference


def named_objective(
    objective: object, cells: Sequence[int], *, all_classes: bool, stored: bool
) -> tuple[Objective, str]:
    """The objective for ``cells``, and its name in a run file.

    Args:
        objective: ``class-score`` or ``margin``, ``python:MODULE:NAME`` (a class that takes the cells, or an
            objective), such a class, or an objective.
        cells: class indices to search for.
        all_classes: whether they are all classes: an objective that is an object has its own cells then.
        stored: whether a file will name it.

    Raises:
        UsageError: it is none of these.
    """
    name = objective if isinstance(objective, str) else ""
    if name and not is_code(name):
        if name not in OBJECTIVES:
            raise UsageError(f"objective: unknown {name!r}; {did_you_mean(name, list(OBJECTIVES))}")
        return OBJECTIVES[name](cells), name
    value: Any = use_code(name) if name else objective
    if isinstance(value, type):
        value = value(cells)
    if not (callable(value) and isinstance(getattr(value, "cells", None), tuple)):
        raise UsageError(
            f"objective: expected {', '.join(OBJECTIVES)}, python:MODULE:NAME or an object with cells that "
            f"is called with scores and canvases, got {type(value).__name__}"
        )
    if not all_classes and tuple(value.cells) != tuple(cells):
        raise UsageError(f"objective: it has cells of its own, {value.cells}; leave classes out")
    for own, cls in OBJECTIVES.items():
        if type(value) is cls:
            return value, own
    return value, name or reference_of(value, "objective", stored=stored)
