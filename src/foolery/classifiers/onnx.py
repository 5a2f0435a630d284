"""ONNX: classifiers run by onnxruntime, one thread per lane."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from foolery.canvas import Canvases
from foolery.classifiers.card import Card
from foolery.classifiers.contract import Description
from foolery.classifiers.forward import scores
from foolery.classifiers.preprocess import input_shape
from foolery.errors import MissingExtraError, UsageError

#: Canvases per slice. Measured on 4 cores with LeNet, batch 200 and 400, a renderer on the lanes between the
#: calls: 34 000 images/s; as many with a pool of onnxruntime's own, which then slows the renderer by 20 %
#: without spinning and 2 to 3 times with.
GRAIN = 25


@dataclass(frozen=True)
class OnnxClassifier:
    """A session of onnxruntime behind the contract of a classifier.

    Attributes:
        description: what is known of it.
        card: its preprocessing, among others.
        session: an ``onnxruntime.InferenceSession`` with one thread of its own.
        input_name: of the session's only input.
    """

    description: Description
    card: Card
    session: Any
    input_name: str

    def scores(self, canvases: Canvases) -> NDArray[np.float64]:
        """``(N, K) float64`` for canvases ``(N, C, H, W) uint8``; see ``Description.kind``."""
        return scores(self._forward, canvases, self.description, self.card.preprocessing)

    def _forward(self, pictures: NDArray[np.float32]) -> NDArray[np.floating]:
        given: NDArray[np.floating] = self.session.run(None, {self.input_name: pictures})[0]
        return given


def open_onnx(name: str, graph: Path, card: Card, fingerprint: str) -> OnnxClassifier:
    """The classifier in an ONNX file.

    Args:
        name: the reference it was asked for by.
        graph: the file; weights that it points to lie in its folder.
        card: says what the file cannot.
        fingerprint: of the weights and the card.

    Raises:
        UsageError: where onnxruntime cannot run the file, or the card does not fit it.
        MissingExtraError: without onnxruntime.
    """
    session = _session(graph)
    _check_input(session, card, graph)
    description = Description(
        name=name,
        fingerprint=fingerprint,
        canvas=card.preprocessing.shape,
        classes=card.classes,
        kind=card.kind,
        backend="onnx",
        forward={"grain": GRAIN},
    )
    return OnnxClassifier(description, card, session, session.get_inputs()[0].name)


def _session(graph: Path) -> Any:
    try:
        import onnxruntime
    except ImportError:
        raise MissingExtraError("onnxruntime", "onnx", "run a classifier with the back end onnx") from None
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    options.log_severity_level = 4  # what goes wrong is raised, and shown once
    if not graph.is_file():
        raise UsageError(f"classifier onnx: no file {graph}")
    try:
        return onnxruntime.InferenceSession(str(graph), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's own exceptions share no base class
        said = str(error).strip().splitlines()[0]
        raise UsageError(f"classifier onnx: onnxruntime cannot run {graph}: {said}") from None


def _check_input(session: Any, card: Card, graph: Path) -> None:
    inputs = session.get_inputs()
    if len(inputs) != 1 or inputs[0].type != "tensor(float)":
        came = ", ".join(f"{given.name} {given.type}" for given in inputs)
        raise UsageError(f"classifier onnx: {graph} must have one input, tensor(float), and has {came}")
    wanted = input_shape(card.preprocessing)
    shape = inputs[0].shape
    sides = zip(shape[1:], wanted, strict=False)
    if len(shape) != 4 or any(isinstance(side, int) and side != ours for side, ours in sides):
        raise UsageError(f"classifier onnx: {graph} takes {shape}, but its card makes (N, *{wanted})")
