"""Gradients: a check of those that torch gives; the weights and inputs of the last layer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from foolery.canvas import Canvases
from foolery.classifiers.base import Classifier, Description
from foolery.classifiers.builtin import SHIPPED, names
from foolery.classifiers.preprocess import preprocess
from foolery.classifiers.scores import from_outputs
from foolery.errors import MissingExtraError, UsageError

if TYPE_CHECKING:
    from foolery.classifiers.onnx import OnnxClassifier
    from foolery.classifiers.torch_model import TorchClassifier


class DifferentiableClassifier(Protocol):
    """A classifier with logits that torch can differentiate."""

    @property
    def description(self) -> Description:
        """As of any classifier."""
        ...

    def scores(self, canvases: Canvases) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
        """As of any classifier."""
        ...

    def logits(self, canvases: object) -> object:
        """``(N, K)`` tensor for a ``(N, C, H, W) float32`` tensor from 0 to 255."""
        ...


@dataclass(frozen=True)
class GradientCheck:
    """Result of ``check_gradient``.

    Attributes:
        difference: the largest between scores and what the logits give on whole numbers.
        finite: whether every partial derivative is a number.
        nonzero: share of images for which some pixel changes the best class's logit.
    """

    difference: float
    finite: bool
    nonzero: float


def has_gradient(classifier: Classifier) -> bool:
    """Whether the classifier has ``logits`` with gradients."""
    return callable(getattr(classifier, "logits", None))


def check_gradient(classifier: DifferentiableClassifier, canvases: Canvases) -> GradientCheck:
    """Compare ``logits`` with ``scores``, and differentiate the best class's logit of every canvas."""
    import torch

    scores = classifier.scores(canvases)
    device = "cpu" if classifier.description.device == "cpu" else classifier.description.device
    pixels = torch.from_numpy(canvases.astype(np.float32)).to(device).requires_grad_()
    logits = classifier.logits(pixels)
    assert isinstance(logits, torch.Tensor)
    logits.max(dim=1).values.sum().backward()  # type: ignore[no-untyped-call]
    outputs = logits.detach().cpu().numpy()
    slope = np.zeros(canvases.shape) if pixels.grad is None else pixels.grad.cpu().numpy()
    again = from_outputs(outputs, classifier.description.kind)
    return GradientCheck(
        difference=float(np.abs(again - scores).max()),
        finite=bool(np.isfinite(slope).all()),
        nonzero=float(np.any(slope != 0, axis=(1, 2, 3)).mean()),
    )


CHUNK = 50
_REMEDY = "expected a torch network or an ONNX file that ends in Gemm, MatMul or a 1 x 1 Conv"
#: Between the last layer and the output: they mix no classes, and have no weights.
_PASS_THROUGH = {
    "AveragePool", "Cast", "Clip", "Dropout", "Flatten", "GlobalAveragePool", "Identity", "LogSoftmax",
    "ReduceMean", "Relu", "Reshape", "Sigmoid", "Softmax", "Squeeze", "Transpose",
}  # fmt: skip


@dataclass(frozen=True)
class LastLayer:
    """The layer that gives one number for each class.

    Attributes:
        weights: ``(K, F) float64``, a row for each class.
        features: ``(N, C, H, W) uint8`` canvases to ``(N, F) float64``, what the layer sees; for a
            convolution the mean over its places.
    """

    weights: NDArray[np.float64]
    features: Callable[[Canvases], NDArray[np.float64]]


def last_layer(classifier: Classifier) -> LastLayer:
    """The last layer of a classifier.

    Raises:
        UsageError: for a classifier of another form, for instance an ensemble.
        MissingExtraError: for an ONNX file without the package onnx.
    """
    while hasattr(classifier, "classifier"):  # a wrapper that counts or batches
        classifier = classifier.classifier
    if hasattr(classifier, "network"):
        return _torch_last_layer(classifier)  # type: ignore[arg-type]
    if hasattr(classifier, "session"):
        return _onnx_last_layer(classifier)  # type: ignore[arg-type]
    raise UsageError(f"classifier {classifier.description.name}: has no last layer to read; {_REMEDY}")


def _torch_last_layer(classifier: TorchClassifier) -> LastLayer:
    import torch
    from torch import nn

    outputs = len(classifier.description.classes) + classifier.card.background
    layers = [
        module
        for module in classifier.network.modules()
        if (isinstance(module, nn.Linear) and module.out_features == outputs)
        or (isinstance(module, nn.Conv2d) and module.out_channels == outputs and module.kernel_size == (1, 1))
    ]
    if not layers:
        raise UsageError(f"classifier {classifier.description.name}: no last layer was found; {_REMEDY}")
    layer = layers[-1]

    def features(canvases: Canvases) -> NDArray[np.float64]:
        inputs_of_layer: list[NDArray[np.float64]] = []

        def keep(_: nn.Module, inputs: tuple[torch.Tensor, ...]) -> None:
            inputs_of_layer.append(_channel_means(inputs[0].detach().float().cpu().numpy()))

        hook = layer.register_forward_pre_hook(keep)
        try:
            for start in range(0, len(canvases), CHUNK):
                batch = torch.from_numpy(np.ascontiguousarray(canvases[start : start + CHUNK])).float()
                with torch.inference_mode():
                    classifier.logits(batch.to(classifier.description.device))
        finally:
            hook.remove()
        return np.concatenate(inputs_of_layer)

    weights = layer.weight.detach().double().cpu().numpy().reshape(outputs, -1)
    return LastLayer(weights[classifier.card.background :], features)


def _onnx_last_layer(classifier: OnnxClassifier) -> LastLayer:
    try:
        import onnx
    except ImportError:
        raise MissingExtraError("onnx", "onnx", "read the last layer of an ONNX file") from None
    import onnxruntime

    name = classifier.description.name
    path = SHIPPED / f"{name}.onnx" if name in names() else Path(name.removeprefix("onnx:"))
    try:
        model = onnx.load(path)
    except Exception as error:  # onnx raises what its protocol buffers raise
        raise UsageError(f"classifier {name}: cannot read its last layer from {path}: {error}") from None
    node = _last_node(model.graph, classifier.output_name, name)
    layer_input, weight = node.input[0], node.input[1]
    existing = {output.name for output in model.graph.output}
    model.graph.output.extend(onnx.ValueInfoProto(name=each) for each in {layer_input, weight} - existing)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 4
    try:
        session = onnxruntime.InferenceSession(
            model.SerializeToString(), options, providers=["CPUExecutionProvider"]
        )
        zeros = np.zeros((1, *classifier.description.canvas.axes), np.uint8)
        matrix = _run(classifier, session, [weight], zeros)[0].astype(np.float64)
    except Exception as error:  # onnxruntime's own exceptions share no base class
        message = next(iter(str(error).splitlines()), "")
        raise UsageError(f"classifier {name}: cannot read its last layer: {message}") from None

    def features(canvases: Canvases) -> NDArray[np.float64]:
        step = classifier.batch or CHUNK
        parts = [
            _channel_means(_run(classifier, session, [layer_input], canvases[start : start + step])[0])
            for start in range(0, len(canvases), step)
        ]
        return np.concatenate(parts)

    weights = _weight_rows(matrix, node, name)
    outputs = len(classifier.description.classes) + classifier.card.background
    if len(weights) != outputs:
        raise UsageError(f"classifier {name}: its last layer gives {len(weights)} numbers, not {outputs}")
    return LastLayer(weights[classifier.card.background :], features)


def _run(classifier: OnnxClassifier, session: Any, outputs: list[str], canvases: Canvases) -> list[Any]:
    images = preprocess(canvases, classifier.card.preprocessing)
    count = len(images)
    results = classifier.run(images, outputs, session)
    filled = max(count, classifier.batch or 0)
    return [each[:count] if len(each) == filled != count else each for each in results]


def _last_node(graph: Any, output: str, name: str) -> Any:
    """The node with weights behind ``output``."""
    producers = {result: node for node in graph.node for result in node.output}
    constants = {tensor.name for tensor in graph.initializer}
    constants |= {node.output[0] for node in graph.node if node.op_type == "Constant"}
    at = output
    while at in producers:
        node = producers[at]
        if node.op_type in ("Gemm", "MatMul", "Conv"):
            return node
        if node.op_type == "Add":  # of a bias
            at = next((each for each in node.input if each not in constants), "")
        elif node.op_type in _PASS_THROUGH:
            at = node.input[0]
        else:
            break
    raise UsageError(f"classifier {name}: no last layer was found behind its output; {_REMEDY}")


def _weight_rows(matrix: NDArray[np.float64], node: Any, name: str) -> NDArray[np.float64]:
    """``(K, F)`` from the weights as the node stores them."""
    if node.op_type == "Conv":
        if matrix.ndim != 4 or matrix.shape[2:] != (1, 1):
            raise UsageError(f"classifier {name}: its last convolution is {matrix.shape}; {_REMEDY}")
        return matrix[:, :, 0, 0]
    turned = node.op_type == "Gemm" and any(each.name == "transB" and each.i for each in node.attribute)
    return matrix if turned else matrix.T


def _channel_means(values: NDArray[Any]) -> NDArray[np.float64]:
    exact = values.astype(np.float64)
    return exact if exact.ndim == 2 else exact.reshape(*exact.shape[:2], -1).mean(axis=2)
