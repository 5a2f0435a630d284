"""ONNX: classifiers run by onnxruntime, one thread for each worker."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from foolery.canvas import Canvases
from foolery.classifiers.base import Description
from foolery.classifiers.card import Card
from foolery.classifiers.fingerprint import fingerprint as fingerprint_of_files
from foolery.classifiers.inference import chunk_size, outputs, scores, to_scores
from foolery.classifiers.onnx_deadline import SECONDS, deadline
from foolery.classifiers.onnx_file import external_files, first_line, open_session
from foolery.classifiers.onnx_input import ImageInput, image_input
from foolery.classifiers.onnx_output import dequantized, rows_of
from foolery.classifiers.preprocess import input_shape
from foolery.classifiers.request import Request
from foolery.classifiers.scores import SATURATES
from foolery.errors import UsageError

#: Canvases per chunk. Measured on 4 cores with LeNet, batch 200 and 400, a renderer on the workers between
#: the calls: 34 000 images/s; as many with a pool of onnxruntime's own, which then slows the renderer by 20 %
#: without spinning and 2 to 3 times with.
CHUNK = 25
#: Note of a classifier that is asked about one image at a time though its file promises more.
ONE_AT_A_TIME = (
    "It is asked about one image at a time, which is slower: its file promises any number, but does not take "
    "several (a reshape to one inside, usually); export it with a dynamic batch to mend that."
)


@dataclass(frozen=True)
class OnnxClassifier:
    """A session of onnxruntime behind the contract of a classifier.

    Attributes:
        description: name, canvas, classes, settings.
        card: its preprocessing, among others.
        session: an ``onnxruntime.InferenceSession`` with one thread of its own.
        image_input: the session's only input.
        output_name: of the output that is read.
        batch: the only number of images that the file takes; None for any.
        graph: the file.
    """

    description: Description
    card: Card
    session: Any
    image_input: ImageInput
    output_name: str
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

    def run(self, images: NDArray[np.float32], outputs: list[str], session: Any = None) -> list[Any]:
        """What the file, or another ``session`` of it, gives for ``n`` images, one value for each output.

        Args:
            images: as ``preprocess`` makes them; at most ``batch`` of them, which the first one fills up to.
            outputs: names.
            session: of a graph with the same input.
        """
        if self.batch is not None and len(images) < self.batch:
            images = np.concatenate([images, np.repeat(images[:1], self.batch - len(images), axis=0)])
        feed = {self.image_input.name: self.image_input.arranged(images)}
        with deadline() as options:
            values: list[Any] = (session or self.session).run(outputs, feed, options)
        return values

    def columns(self, images: NDArray[np.float32]) -> NDArray[np.floating]:
        """``(n, columns)``, the background's included, for a chunk of images as ``preprocess`` makes them."""
        count, name = len(images), self.description.name
        step = 1 if self.batch == 1 else count
        parts = []
        for start in range(0, count, step):
            part = images[start : start + step]
            try:
                (value,) = self.run(part, [self.output_name])
            except Exception as error:  # onnxruntime's own exceptions share no base class
                if "terminate flag" in str(error):
                    raise UsageError(
                        f"classifier {name}: {len(part)} images took over {SECONDS:.0f} s; does a loop in "
                        f"its graph have no end?"
                    ) from None
                raise UsageError(
                    f"classifier {name}: onnxruntime cannot run it: {first_line(error)}"
                ) from None
            sent = max(len(part), self.batch or 0)
            rows = rows_of(value, sent)
            if rows is None:
                raise UsageError(f"classifier {name}: its output {self.output_name} is {_form(value)}")
            parts.append(dequantized(rows[: len(part)], probabilities=self.card.output == "probabilities"))
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    _forward = columns


def _form(value: Any) -> str:
    form = f"{list(value.shape)} {value.dtype}" if isinstance(value, np.ndarray) else type(value).__name__
    return (
        f"{form}, not one row of floating-point numbers for each image; name another output_name in the card"
    )


def open_reference(request: Request) -> OnnxClassifier:
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
    digest = fingerprint or fingerprint_of_files(weights or [graph], card)
    return onnx_classifier(name, session, graph, card, digest, used)


def onnx_classifier(
    name: str,
    session: Any,
    graph: Path,
    card: Card,
    fingerprint: str,
    device: str = "cpu",
    *,
    probe: bool = True,
) -> OnnxClassifier:
    """As ``open_onnx``, for a file that is open already; without ``probe`` the card's batch is believed."""
    image = image_input(session, graph)
    card = _with_layout(card, image)
    _check_input(image, card, graph)
    output = _output(session, card, graph)
    batch = image.batch_of(input_shape(card.preprocessing))
    one_at_a_time = batch is None and (
        card.batch == 1 or (probe and not _takes_several(session, image, card, output))
    )
    batch = 1 if one_at_a_time else batch
    notes = (SATURATES,) if card.output == "probabilities" else ()
    description = Description(
        name=name,
        fingerprint=fingerprint,
        canvas=card.preprocessing.shape,
        classes=card.classes,
        kind=card.kind,
        backend="onnx",
        device=device,
        forward={"chunk": batch or chunk_size(card.preprocessing, CHUNK, device)},
        notes=(*notes, ONE_AT_A_TIME) if one_at_a_time else notes,
    )
    return OnnxClassifier(description, card, session, image, output, batch, graph)


def _takes_several(session: Any, image: ImageInput, card: Card, output: str) -> bool:
    """Whether the file takes two images where it promises to; True where it does not take one either."""
    images = np.zeros((2, *input_shape(card.preprocessing)), np.float32)
    for count in (2, 1):
        try:
            with deadline() as options:
                (value,) = session.run([output], {image.name: image.arranged(images[:count])}, options)
        except Exception:  # onnxruntime's own exceptions share no base class
            continue
        if rows_of(value, count) is not None:
            return count == 2
    return True


def _with_layout(card: Card, image: ImageInput) -> Card:
    """``card``; where it leaves the layout out, with NHWC if only that fits the input."""
    preprocessing = card.preprocessing
    if "layout" in preprocessing.model_fields_set:
        return card
    channels, height, width = input_shape(preprocessing)
    if image.fits((channels, height, width)) or not image.fits((height, width, channels)):
        return card
    return card.model_copy(update={"preprocessing": preprocessing.model_copy(update={"layout": "nhwc"})})


def _check_input(image: ImageInput, card: Card, graph: Path) -> None:
    preprocessing = card.preprocessing
    expected = input_shape(preprocessing)
    if not image.fits(expected):
        shown = ["?" if side is None else side for side in image.axes]
        raise UsageError(
            f"classifier onnx: {graph} takes {shown}, but its card makes (N, "
            f"{', '.join(map(str, expected))}); mend the card's canvas, crop or layout"
        )
    if not np.issubdtype(image.dtype, np.integer):
        return
    ends = [
        (pixel * preprocessing.scale - mean) / std
        for pixel in (0, 255)
        for mean, std in zip(preprocessing.mean, preprocessing.std, strict=True)
    ]
    limits = np.iinfo(image.dtype)
    outside = min(ends) < limits.min or max(ends) > limits.max
    if preprocessing.per_image or outside or max(ends) - min(ends) < _LEAST_RANGE:
        raise UsageError(
            f"classifier onnx: {graph} takes whole numbers ({limits.dtype}) and normalises by itself; its "
            f"card must say scale 1, mean {'128' if limits.min == -128 else '0'} and std 1"
        )


_LEAST_RANGE = 8  # whole numbers between black and white, at least: fewer are a float network's range


def _output(session: Any, card: Card, graph: Path) -> str:
    """Name of the output to read: the one that the card names, else the first that is no label."""
    outputs = {output.name: output for output in session.get_outputs()}
    scores = [
        name for name, each in outputs.items() if "int64" not in each.type and "(string)" not in each.type
    ]
    name = card.output_name or next(iter(scores or outputs))
    if name not in outputs:
        raise UsageError(f"classifier onnx: {graph} has no output {name!r}; it has: {', '.join(outputs)}")
    return str(name)
