"""The outputs of an ONNX file: which of them are class scores, in what form, and as rows of numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from foolery.classifiers.scores import rounding_step

#: What a column holds: a logit; a probability of one class of all; or one that is independent of the others.
OutputKind: TypeAlias = Literal["logits", "probabilities", "independent"]

_PASS = {
    "Cast", "Clip", "DequantizeLinear", "Flatten", "Identity", "QuantizeLinear", "Reshape", "Squeeze",
    "Transpose", "Unsqueeze", "ZipMap",
}  # fmt: skip
_ENDINGS: dict[str, OutputKind] = {
    "Softmax": "probabilities",
    "QLinearSoftmax": "probabilities",
    "Sigmoid": "independent",
    "HardSigmoid": "independent",
    "QLinearSigmoid": "independent",
    "LogSoftmax": "logits",
    "Gemm": "logits",
    "MatMul": "logits",
    "Conv": "logits",
    "Tanh": "logits",
}
_QUANTIZED = {"uint8": 0.0, "int8": 128.0}  # what to add, before 255 is divided by
_SURE = 1e-2  # how far from 1 probabilities may sum


@dataclass(frozen=True)
class OnnxOutput:
    """An output that may hold the scores of classes.

    Attributes:
        name: of the output.
        columns: numbers of each image.
        kind: what they are.
        keys: names of the columns that the file itself gives (a map's keys), in their order; empty without.
    """

    name: str
    columns: int
    kind: OutputKind
    keys: tuple[str, ...] = ()


def rows_of(value: Any, count: int) -> NDArray[Any] | None:
    """``(count, K)`` numbers from what a session gave for ``count`` images; None where it can be no scores.

    Taken are arrays with at most one axis longer than one behind the batch, one image without a batch axis,
    and maps from class to score, one for each image (ZipMap) or one alone.
    """
    if isinstance(value, Mapping):
        value = [value]
    if isinstance(value, Sequence) and not isinstance(value, (str, bytes)):
        return _rows_of_sequence(value, count)
    if not isinstance(value, np.ndarray) or (value.dtype.kind != "f" and value.dtype.name not in _QUANTIZED):
        return None
    if value.shape[:1] == (count,) and sum(side > 1 for side in value.shape[1:]) <= 1:
        return value.reshape(count, -1)
    if count == 1 and sum(side > 1 for side in value.shape) <= 1:
        return value.reshape(1, -1)
    return None


def _rows_of_sequence(value: Sequence[Any], count: int) -> NDArray[Any] | None:
    if value and all(isinstance(each, Mapping) for each in value):
        if len(value) != count or len({tuple(each) for each in value}) != 1:
            return None
        return np.array([[float(np.ravel(score)[0]) for score in each.values()] for each in value])
    arrays = [np.asarray(each) for each in value]
    if len(arrays) == 1:
        return rows_of(arrays[0], count)
    if len(arrays) == count and len({each.shape for each in arrays}) == 1:
        return rows_of(np.stack(arrays), count)
    return None


def keys_of(value: Any) -> tuple[str, ...]:
    """The keys of a map, or of the first of a sequence of maps, as words; empty where it is none."""
    if isinstance(value, Sequence) and value:
        value = value[0]
    return tuple(map(str, value)) if isinstance(value, Mapping) else ()


def dequantized(rows: NDArray[Any], *, probabilities: bool) -> NDArray[np.floating]:
    """Floating-point numbers from ``rows``; quantised probabilities are shares of 255."""
    if rows.dtype.name not in _QUANTIZED:
        return rows
    exact = rows.astype(np.float64)
    return (exact + _QUANTIZED[rows.dtype.name]) / 255 if probabilities else exact


def output_kind(model: Any, name: str, rows: NDArray[Any]) -> OutputKind:
    """What the columns of an output are: as the operator behind it says, else as numbers about noise show.

    A softmax in float16 or in 8 bits does not sum to 1 exactly; it may miss by half a step for each class.
    """
    values = dequantized(rows, probabilities=True).astype(np.float64)
    inside = bool(np.isfinite(values).all() and values.min() >= -1e-6 and values.max() <= 1 + 1e-3)
    ending = ending_of(model, name)
    if ending == "logits" or not inside:
        return "logits"
    if ending is not None:
        return ending
    slack = max(_SURE, values.shape[1] * rounding_step(values) / 2)
    return "probabilities" if np.abs(values.sum(axis=1) - 1).max() < slack else "independent"


def ending_of(model: Any, name: str) -> OutputKind | None:
    """What the last operator of an output makes, behind those that only change its form; None if unknown."""
    producers = {each: node for node in model.graph.node for each in node.output}
    for _ in range(len(producers) + 1):
        node = producers.get(name)
        if node is None or not node.input:
            return None
        if node.op_type in _ENDINGS:
            return _ENDINGS[node.op_type]
        if node.op_type not in _PASS:
            return None
        name = node.input[0]
    return None


def fitting(outputs: Sequence[OnnxOutput], classes: int) -> list[OnnxOutput]:
    """Those of ``outputs`` that can be scores of so many classes.

    One column for each; one more, for a background; or a single one for two classes.
    """
    return [
        each
        for each in outputs
        if each.columns in (classes, classes + 1) or (each.columns == 1 and classes <= 2)
    ]
