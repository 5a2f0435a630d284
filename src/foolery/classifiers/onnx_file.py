"""Signature: what an ONNX file tells about its input and output before anything is known of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from foolery.classifiers.external import external_files
from foolery.classifiers.onnx import _INPUTS, _input, _session
from foolery.errors import UsageError

Layout = Literal["nchw", "nhwc"]
_TRIED = (224, 96, 32, 28, 64, 128, 160, 192, 227, 256, 299)  # sides, where the file takes many


@dataclass(frozen=True)
class Signature:
    """What goes in and what comes out.

    Attributes:
        layout: of the input.
        channels: 1 or 3.
        sizes: ``(height, width)`` that the network runs with: one, or several where the file leaves it open.
        whole: whether the input is uint8, so that the network normalises by itself.
        outputs: number of them.
        gives: ``logits``; ``probabilities`` that sum to 1; or ``independent`` ones.
    """

    layout: Layout
    channels: Literal[1, 3]
    sizes: tuple[tuple[int, int], ...]
    whole: bool
    outputs: int
    gives: Literal["logits", "probabilities", "independent"]


def read_signature(graph: Path, size: int | None = None) -> Signature:
    """What the ONNX file ``graph`` takes and gives; it is run on noise to find out.

    Args:
        graph: the file.
        size: side of the input, where the file leaves it open.

    Raises:
        UsageError: where onnxruntime cannot run it, or it takes no pictures.
        MissingExtraError: without onnxruntime.
    """
    external_files(graph)
    session, _ = _session(graph, "cpu")
    given = _input(session, graph)
    layout, channels = _layout(given.shape, graph)
    answers: dict[tuple[int, int], NDArray[np.floating]] = {}
    failed = ""
    for side in _sizes(given.shape, layout, size):
        try:
            answers[side] = _answers(session, given, layout, channels, side)
        except Exception as error:  # onnxruntime's own exceptions share no base class
            failed = next(iter(str(error).strip().splitlines()), type(error).__name__)
    if not answers:
        raise UsageError(f"card: {graph} cannot be run on {channels} x N x N noise: {failed}; give --size")
    outputs = next(iter(answers.values()))
    return Signature(
        layout=layout,
        channels=channels,
        sizes=tuple(answers),
        whole=given.type == "tensor(uint8)",
        outputs=outputs.shape[1],
        gives=_gives(outputs),
    )


def _layout(shape: list[Any], graph: Path) -> tuple[Layout, Literal[1, 3]]:
    if shape[1] in (1, 3):
        return "nchw", shape[1]
    if shape[3] in (1, 3):
        return "nhwc", shape[3]
    if isinstance(shape[1], int) and isinstance(shape[3], int):
        raise UsageError(f"card: {graph} takes {shape}; pictures have 1 or 3 channels")
    return ("nhwc", 3) if isinstance(shape[1], int) else ("nchw", 3)


def _sizes(shape: list[Any], layout: Layout, size: int | None) -> list[tuple[int, int]]:
    sides = shape[2:4] if layout == "nchw" else shape[1:3]
    height, width = (side if isinstance(side, int) else None for side in sides)
    if height is not None and width is not None:
        return [(height, width)]
    return [(height or side, width or side) for side in ((size,) if size is not None else _TRIED)]


def _answers(
    session: Any, given: Any, layout: Layout, channels: int, size: tuple[int, int]
) -> NDArray[np.floating]:
    """``(n, outputs)`` about noise in the ranges 0 to 1 and 0 to 255."""
    count = given.shape[0] if isinstance(given.shape[0], int) else 4
    axes = (channels, *size) if layout == "nchw" else (*size, channels)
    noise = np.random.default_rng(0).random((count, *axes))
    dtype = _INPUTS[given.type]
    found = [
        session.run(None, {given.name: (noise * scale).astype(dtype)})[0]
        for scale in ((255,) if dtype is np.uint8 else (1, 255))
    ]
    answers: NDArray[np.floating] = np.concatenate(found).reshape(len(found) * count, -1)
    return answers


def _gives(outputs: NDArray[np.floating]) -> Literal["logits", "probabilities", "independent"]:
    if not np.isfinite(outputs).all() or outputs.min() < 0 or outputs.max() > 1 + 1e-3:
        return "logits"
    summed = np.abs(outputs.sum(axis=1, dtype=np.float64) - 1).max() < 1e-2
    return "probabilities" if summed else "independent"
