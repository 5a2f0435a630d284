"""ONNX: classifiers run by onnxruntime, one thread for each worker."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from foolery.canvas import Canvases
from foolery.classifiers.base import Classifier, Description
from foolery.classifiers.card import Card
from foolery.classifiers.fingerprint import fingerprint as fingerprint_of_files
from foolery.classifiers.inference import chunk_size, outputs, scores, to_scores
from foolery.classifiers.onnx_deadline import SECONDS, deadline
from foolery.classifiers.onnx_file import (
    INPUT_TYPES,
    external_files,
    first_line,
    only_input,
    open_session,
)
from foolery.classifiers.preprocess import input_shape
from foolery.classifiers.request import Request
from foolery.classifiers.scores import SATURATES
from foolery.errors import UsageError

#: Canvases per chunk. Measured on 4 cores with LeNet, batch 200 and 400, a renderer on the workers between
#: the calls: 34 000 images/s; as many with a pool of onnxruntime's own, which then slows the renderer by 20 %
#: without spinning and 2 to 3 times with.
CHUNK = 25


@dataclass(frozen=True)
class OnnxClassifier:
    """A session of onnxruntime behind the contract of a classifier.

    Attributes:
        description: name, canvas, classes, settings.
        card: its preprocessing, among others.
        session: an ``onnxruntime.InferenceSession`` with one thread of its own.
        input_name: of the session's only input.
        output_name: of the output that is read.
        dtype: of the input: float32, float16 or uint8.
        batch: the only number of images that the file takes; None for any.
        graph: the file.
    """

    description: Description
    card: Card
    session: Any
    input_name: str
    output_name: str
    dtype: Any = np.float32
    batch: int | None = None
    graph: Path | None = None

    @property
    def chunk(self) -> int:
        """See ``ChunkedClassifier``."""
        return int(self.description.forward["chunk"])

    def scores(self, canvases: Canvases) -> NDArray[np.float64]:
        """``(N, K) float64`` for canvases ``(N, C, H, W) uint8``; see ``Description.kind``."""
        return scores(self._forward, canvases, self.description, self.card)

    def outputs(self, canvases: Canvases) -> NDArray[np.float64]:
        """``(N, K) float64``; see ``ChunkedClassifier``."""
        return outputs(self._forward, canvases, self.description, self.card)

    def to_scores(self, outputs: NDArray[np.float64]) -> NDArray[np.float64]:
        """``(N, K) float64`` scores of outputs; see ``ChunkedClassifier``."""
        return to_scores(outputs, self.description, self.card)

    def _forward(self, images: NDArray[np.float32]) -> NDArray[np.floating]:
        count = len(images)
        if self.batch is not None and count < self.batch:
            images = np.concatenate([images, np.repeat(images[:1], self.batch - count, axis=0)])
        feed = {self.input_name: images.astype(self.dtype, copy=False)}
        try:
            with deadline() as options:
                outputs: NDArray[np.floating] = self.session.run([self.output_name], feed, options)[0]
        except Exception as error:  # onnxruntime's own exceptions share no base class
            name = self.description.name
            if "terminate flag" in str(error):
                raise UsageError(
                    f"classifier {name}: {len(images)} images took more than {SECONDS:.0f} s; does a loop in "
                    f"its graph have no end?"
                ) from None
            raise UsageError(f"classifier {name}: onnxruntime cannot run it: {first_line(error)}") from None
        return outputs[:count] if isinstance(outputs, np.ndarray) and self.batch is not None else outputs


def open_reference(request: Request) -> Classifier:
    """The classifier that ``onnx:FILE`` names, with the card beside the file or the one that was given.

    Raises:
        UsageError: as ``open_onnx``, and where its weights lie outside its folder.
        MissingExtraError: without onnxruntime.
    """
    file = request.file
    weights = [file, *external_files(file)]
    return open_onnx(request.reference, file, request.card_of_file(), weights=weights, device=request.device)


def open_onnx(
    name: str,
    graph: Path,
    card: Card,
    fingerprint: str | None = None,
    *,
    weights: list[Path] | None = None,
    device: str = "cpu",
) -> OnnxClassifier:
    """The classifier in an ONNX file.

    Args:
        name: the reference.
        graph: the file; weights that it points to lie in its folder.
        card: preprocessing and class names; a layout that it leaves out is found from the shape of the input.
        fingerprint: of the weights and the card; taken from ``weights`` if None.
        weights: the file and those it points to.
        device: ``auto``, ``cpu``, ``cuda`` or ``cuda:N``.

    Raises:
        UsageError: where onnxruntime cannot run the file, or the card does not fit it.
        MissingExtraError: without onnxruntime.
    """
    session, used = open_session(graph, device)
    graph_input = only_input(session, graph)
    card = _with_layout(card, graph_input.shape)
    _check_input(graph_input, card, graph)
    output = _output(session, card, graph)
    batch = graph_input.shape[0] if isinstance(graph_input.shape[0], int) else None
    description = Description(
        name=name,
        fingerprint=fingerprint or fingerprint_of_files(weights or [graph], card),
        canvas=card.preprocessing.shape,
        classes=card.classes,
        kind=card.kind,
        backend="onnx",
        device=used,
        forward={"chunk": batch or chunk_size(card.preprocessing, CHUNK, used)},
        notes=(SATURATES,) if card.output == "probabilities" else (),
    )
    return OnnxClassifier(
        description, card, session, graph_input.name, output, INPUT_TYPES[graph_input.type], batch, graph
    )


def _with_layout(card: Card, shape: list[object]) -> Card:
    """``card``; where it leaves the layout out, with NHWC if only that fits the input."""
    preprocessing = card.preprocessing
    if (
        "layout" in preprocessing.model_fields_set
        or shape[1] == preprocessing.canvas.channels
        or shape[3] != preprocessing.canvas.channels
    ):
        return card
    return card.model_copy(update={"preprocessing": preprocessing.model_copy(update={"layout": "nhwc"})})


def _check_input(graph_input: Any, card: Card, graph: Path) -> None:
    preprocessing = card.preprocessing
    expected, shape = input_shape(preprocessing), graph_input.shape
    sides = zip(shape[1:], expected, strict=True)
    if any(isinstance(side, int) and side != ours for side, ours in sides):
        raise UsageError(
            f"classifier onnx: {graph} takes {shape}, but its card makes (N, "
            f"{', '.join(map(str, expected))}); "
            f"mend the card's canvas, crop or layout"
        )
    unnormalized = (
        preprocessing.scale == 1 and not any(preprocessing.mean) and set(preprocessing.std) == {1.0}
    )
    if graph_input.type == "tensor(uint8)" and not unnormalized:
        raise UsageError(
            f"classifier onnx: {graph} takes whole numbers (uint8) and normalises by itself; its card must "
            f"say scale 1, mean 0 and std 1"
        )


def _output(session: Any, card: Card, graph: Path) -> str:
    """Name of the output to read: the first, or the one that the card names."""
    outputs = {output.name: output for output in session.get_outputs()}
    name = card.output_name or next(iter(outputs))
    if name not in outputs:
        raise UsageError(f"classifier onnx: {graph} has no output {name!r}; it has: {', '.join(outputs)}")
    return str(name)
