"""Signature: what an ONNX file takes and gives, found out by running it on noise."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from foolery.classifiers.onnx_deadline import deadline
from foolery.classifiers.onnx_facts import OnnxFacts, read_facts
from foolery.classifiers.onnx_file import external_files, first_line, open_session, read_model
from foolery.classifiers.onnx_input import ImageInput, Reading, Size, image_input, readings
from foolery.classifiers.onnx_output import OnnxOutput, dequantized, keys_of, output_kind, rows_of
from foolery.errors import UsageError

_SEVERAL = 4  # images at once, where the file promises to take any number
_ALIKE = 1e-2  # how far an image's scores may depend on the others, as a share of their spread
#: What the outputs of one run are: by name, rows of numbers, or None where they can be no scores.
_Rows = dict[str, NDArray[Any] | None]


@dataclass(frozen=True)
class OnnxSignature:
    """Input and outputs of a graph.

    Attributes:
        input: that takes the image.
        readings: of its axes, those that the network runs with.
        outputs: that can hold class scores, in the file's order.
        left_out: the other outputs, each with the reason.
        one_at_a_time: whether it promises to take several images at once, and does not.
        facts: what the file says about itself.
    """

    input: ImageInput
    readings: tuple[Reading, ...]
    outputs: tuple[OnnxOutput, ...]
    left_out: dict[str, str]
    one_at_a_time: bool
    facts: OnnxFacts

    @property
    def integer(self) -> bool:
        """Whether the input takes whole numbers."""
        return bool(np.issubdtype(self.input.dtype, np.integer))


def read_signature(graph: Path, size: Size | None = None) -> OnnxSignature:
    """Input and outputs of the ONNX file ``graph``, which is run on noise to find them out.

    Args:
        graph: the file.
        size: ``(height, width)`` of the input, where the file leaves it open.

    Raises:
        UsageError: where onnxruntime cannot run it, it takes no images, or gives no scores.
        MissingExtraError: without onnxruntime.
    """
    external_files(graph)
    session, _ = open_session(graph, "cpu")
    model = read_model(graph)
    facts = read_facts(model)
    if facts.task:
        raise UsageError(
            f"card: {graph} says that its task is {facts.task!r}, not to classify; export a classifier"
        )
    image = image_input(session, graph)
    open_sizes = size or facts.size
    probe = _Probe(session, image)
    ran: list[Reading] = []
    for reading in readings(image, graph, open_sizes):
        sizes = tuple(each for each in reading.sizes if probe.run(reading.axes(each)))
        if sizes:
            ran.append(replace(reading, sizes=sizes))
    if probe.rows is None:
        raise UsageError(
            f"card: {graph} cannot be run on noise of {_tried(image)}: {probe.message}; give --size"
        )
    outputs, left_out = _outputs(model, probe)
    if not outputs:
        reasons = "; ".join(f"{name}: {reason}" for name, reason in left_out.items())
        raise UsageError(
            f"card: {graph} has no output with one score for each class ({reasons}); export it with its "
            f"logits or probabilities as an output"
        )
    return OnnxSignature(image, tuple(ran), outputs, left_out, probe.one_at_a_time, facts)


def _tried(image: ImageInput) -> str:
    return f"{['?' if each is None else each for each in image.axes]}"


@dataclass
class _Probe:
    """Runs a session on noise.

    Attributes:
        session: of onnxruntime.
        image: its input.
        rows: of every output, from the first run that succeeded.
        values: what the outputs were, for one image.
        one_at_a_time: whether several images at once failed, or were mixed up.
        message: why the last run failed.
    """

    session: Any
    image: ImageInput
    rows: _Rows | None = None
    values: dict[str, Any] | None = None
    one_at_a_time: bool = False
    message: str = ""

    def run(self, axes: tuple[int, int, int]) -> bool:
        """Whether the network runs with images of those axes."""
        batch = self.image.batch_of(axes)
        noise = np.random.default_rng(0).random((batch or _SEVERAL, *axes)).astype(np.float32)
        scales = (255,) if np.issubdtype(self.image.dtype, np.integer) else (1, 255)
        try:
            parts = [self._rows(noise * scale, batch) for scale in scales]
        except Exception as error:  # onnxruntime's own exceptions share no base class
            self.message = first_line(error)
            return False
        rows: _Rows = {name: _joined([part[name] for part in parts]) for name in parts[0]}
        if self.rows is None or not any(each is not None for each in self.rows.values()):
            self.rows = rows
        return any(each is not None for each in rows.values())

    def _rows(self, images: NDArray[np.float32], batch: int | None) -> _Rows:
        if batch is not None and batch > 1:
            return self._run(images)
        singly = [self._run(images[row : row + 1]) for row in range(len(images))]
        joined: _Rows = {name: _joined([each[name] for each in singly]) for name in singly[0]}
        if batch is None and not self.one_at_a_time:
            try:
                together = self._run(images)
            except Exception:  # whatever onnxruntime raises: it does not keep its promise
                together = dict.fromkeys(joined)
            self.one_at_a_time = any(
                rows is not None and not _alike(rows, together[name]) for name, rows in joined.items()
            )
        return joined

    def _run(self, images: NDArray[np.float32]) -> _Rows:
        names = [each.name for each in self.session.get_outputs()]
        with deadline() as options:
            values = self.session.run(names, {self.image.name: self.image.arranged(images)}, options)
        if self.values is None:
            self.values = dict(zip(names, values, strict=True))
        return {name: rows_of(value, len(images)) for name, value in zip(names, values, strict=True)}


def _joined(parts: list[NDArray[Any] | None]) -> NDArray[Any] | None:
    arrays = [each for each in parts if each is not None]
    if len(arrays) < len(parts) or len({each.shape for each in arrays}) != 1:
        return None
    return np.concatenate(arrays)


def _alike(singly: NDArray[Any], together: NDArray[Any] | None) -> bool:
    if together is None or together.shape != singly.shape:
        return False
    first, other = singly.astype(np.float64), together.astype(np.float64)
    spread = max(float(np.ptp(first)), 1e-6)
    return bool(np.allclose(first, other, rtol=1e-3, atol=_ALIKE * spread, equal_nan=True))


def _outputs(model: Any, probe: _Probe) -> tuple[tuple[OnnxOutput, ...], dict[str, str]]:
    """Outputs that can hold scores, and why the others cannot."""
    outputs, left_out = [], {}
    for name, rows in (probe.rows or {}).items():
        value = (probe.values or {}).get(name)
        if rows is None or not rows.shape[1]:
            left_out[name] = _reason(value)
            continue
        kind = output_kind(model, name, rows)
        outputs.append(OnnxOutput(name, rows.shape[1], kind, keys_of(value)))
    for each in outputs:
        if _is_softmax_of_another(each, outputs, probe):
            left_out[each.name] = "the same as probabilities"
    return tuple(each for each in outputs if each.name not in left_out), left_out


def _reason(value: Any) -> str:
    if isinstance(value, np.ndarray) and value.dtype.kind in "OSU":
        return "words, a label"
    if isinstance(value, np.ndarray) and value.dtype.kind in "iub":
        return "whole numbers, a label"
    return f"of shape {list(value.shape)}" if isinstance(value, np.ndarray) else "no rows of numbers"


def _is_softmax_of_another(output: OnnxOutput, outputs: list[OnnxOutput], probe: _Probe) -> bool:
    """Whether the same scores are there as logits, from which a search can climb further."""
    if output.kind == "logits" or output.keys:
        return False
    rows = (probe.rows or {})[output.name]
    for other in outputs:
        logits = (probe.rows or {})[other.name]
        if other.kind != "logits" or rows is None or logits is None or logits.shape != rows.shape:
            continue
        exact = logits.astype(np.float64)
        values = dequantized(rows, probabilities=True).astype(np.float64)
        odds = np.exp(exact - exact.max(axis=1, keepdims=True))
        with np.errstate(over="ignore"):
            sigmoid = 1 / (1 + np.exp(-exact))
        softmax = odds / odds.sum(axis=1, keepdims=True)
        if np.allclose(values, softmax if output.kind == "probabilities" else sigmoid, atol=5e-3):
            return True
    return False
