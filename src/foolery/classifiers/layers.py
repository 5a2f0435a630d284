"""The last layer of a classifier: its weights, and what it sees, read in the same pass as the outputs."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from foolery.canvas import Canvases
from foolery.classifiers.base import Classifier
from foolery.classifiers.builtin import SHIPPED, names
from foolery.classifiers.inference import class_columns
from foolery.classifiers.onnx_output import dequantized
from foolery.classifiers.preprocess import preprocess
from foolery.errors import MissingExtraError, UsageError
from foolery.workers import parallel_for

if TYPE_CHECKING:
    from foolery.classifiers.onnx import OnnxClassifier
    from foolery.classifiers.torch_model import TorchClassifier

#: Outputs and features, ``(N, K)`` and ``(N, F)``, of one forward pass.
OutputsAndFeatures = tuple[NDArray[np.float64], NDArray[np.float64]]

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
        both: canvases to the outputs and the features, in one forward pass.
        tensors: the same with gradients, for a floating-point tensor of canvases; None without torch.
    """

    weights: NDArray[np.float64]
    features: Callable[[Canvases], NDArray[np.float64]]
    both: Callable[[Canvases], OutputsAndFeatures] | None = None
    tensors: Callable[[Any], tuple[Any, Any]] | None = None


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

    seen = threading.local()  # by the worker that runs the network

    def keep(_: nn.Module, inputs: tuple[torch.Tensor, ...]) -> None:
        seen.inputs = inputs[0]

    layer.register_forward_pre_hook(keep)

    def forward(images: NDArray[np.float32]) -> tuple[NDArray[Any], NDArray[Any]]:
        outputs = classifier._forward_cpu(images)
        return outputs, seen.inputs[: len(images)].detach().float().cpu().numpy()

    def on_device(canvases: Canvases) -> OutputsAndFeatures:
        parts = []
        for start in range(0, len(canvases), CHUNK):
            batch = torch.from_numpy(np.ascontiguousarray(canvases[start : start + CHUNK])).float()
            with torch.inference_mode():
                logits = classifier.logits(batch.to(classifier.description.device))
            parts.append((logits.double().cpu().numpy(), _channel_means(seen.inputs.float().cpu().numpy())))
        return np.concatenate([each[0] for each in parts]), np.concatenate([each[1] for each in parts])

    def both(canvases: Canvases) -> OutputsAndFeatures:
        if classifier.description.device != "cpu":
            return on_device(canvases)
        return _in_chunks(classifier, canvases, forward)

    def tensors(pixels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        logits = classifier.logits(pixels)
        inputs = seen.inputs
        return logits, inputs if inputs.ndim == 2 else inputs.flatten(2).mean(2)

    weights = layer.weight.detach().double().cpu().numpy().reshape(outputs, -1)
    return LastLayer(weights[classifier.card.background :], lambda canvases: both(canvases)[1], both, tensors)


def _in_chunks(
    classifier: TorchClassifier | OnnxClassifier,
    canvases: Canvases,
    forward: Callable[[NDArray[np.float32]], tuple[NDArray[Any], NDArray[Any]]],
) -> OutputsAndFeatures:
    """Outputs and features of ``forward``, chunk by chunk on the workers, as scores are made."""
    chunk = int(classifier.description.forward["chunk"])
    parts: dict[int, OutputsAndFeatures] = {}

    def work(start: int, stop: int) -> None:
        outputs, inputs = forward(preprocess(canvases[start:stop], classifier.card.preprocessing))
        parts[start] = (
            np.asarray(class_columns(outputs, classifier.card), np.float64),
            _channel_means(inputs),
        )

    classifier.description.canvas.check(canvases)
    parallel_for(work, len(canvases), chunk=chunk)
    rows = [parts[start] for start in sorted(parts)]
    return np.concatenate([each[0] for each in rows]), np.concatenate([each[1] for each in rows])


def _onnx_last_layer(classifier: OnnxClassifier) -> LastLayer:
    try:
        import onnx
    except ImportError:
        raise MissingExtraError("onnx", "onnx", "read the last layer of an ONNX file") from None
    import onnxruntime

    name = classifier.description.name
    path = classifier.graph or (
        SHIPPED / f"{name}.onnx" if name in names() else Path(name.removeprefix("onnx:"))
    )
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

    def forward(images: NDArray[np.float32]) -> tuple[NDArray[Any], NDArray[Any]]:
        values = classifier.run(images, [classifier.output_name, layer_input], session)
        outputs, inputs = (each[: len(images)] for each in values)
        return dequantized(outputs.reshape(len(images), -1), probabilities=False), inputs

    def both(canvases: Canvases) -> OutputsAndFeatures:
        return _in_chunks(classifier, canvases, forward)

    weights = _weight_rows(matrix, node, name)
    outputs = len(classifier.description.classes) + classifier.card.background
    if len(weights) != outputs:
        raise UsageError(f"classifier {name}: its last layer gives {len(weights)} numbers, not {outputs}")
    return LastLayer(weights[classifier.card.background :], lambda canvases: both(canvases)[1], both)


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
