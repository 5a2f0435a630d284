"""ONNX with gradients: the graph of an ONNX file as a network of torch, checked against onnxruntime.

The converter is onnx2pytorch (Apache-2.0, released 2026). It wants weights as they are, so whatever the
graph computes from constants alone (dequantised or cast weights, shapes) is computed first, by onnxruntime.
onnx2torch, the other one, has had no release since 2024.
"""

from __future__ import annotations

import io
import warnings
from contextlib import redirect_stdout
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from foolery.canvas import Canvases
from foolery.classifiers.base import Classifier, Description
from foolery.classifiers.builtin import names, open_builtin
from foolery.classifiers.card import Card
from foolery.classifiers.gradients import DifferentiableClassifier, has_gradient
from foolery.classifiers.onnx import OnnxClassifier, open_reference
from foolery.classifiers.preprocess import input_shape
from foolery.classifiers.request import Request
from foolery.errors import MissingExtraError, UsageError

if TYPE_CHECKING:
    from foolery.classifiers.torch_model import TorchClassifier

#: How far a score of the converted network may lie from onnxruntime's, and how far as a share of it.
TOLERANCE, RELATIVE_TOLERANCE = 1e-3, 1e-4

CONVERTED = (
    "The ONNX file was converted to torch; on the processor its scores differ from onnxruntime's by {:.1g} "
    "at most, on four canvases."
)


class ConversionError(UsageError):
    """An ONNX file that torch cannot stand in for.

    Attributes:
        reason: without the classifier's name and without a remedy.
    """

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(
            f"classifier {name}: has no gradients: {reason}; foolery evolve needs none: "
            f"foolery evolve --classifier {name}"
        )
        self.reason = reason


@dataclass(frozen=True)
class OnnxGradient:
    """An ONNX classifier that can be differentiated: it scores as before, its gradients are torch's.

    Attributes:
        classifier: run by onnxruntime; description and scores are its.
        twin: the same network in torch.
        difference: the largest that was found between their scores.
    """

    classifier: OnnxClassifier
    twin: TorchClassifier
    difference: float

    @property
    def description(self) -> Description:
        """That of the ONNX classifier."""
        return self.classifier.description

    @property
    def card(self) -> Card:
        """That of the ONNX classifier."""
        return self.classifier.card

    def scores(self, canvases: Canvases) -> NDArray[np.float64]:
        """``(N, K) float64``, by onnxruntime."""
        return self.classifier.scores(canvases)

    def logits(self, canvases: Any) -> Any:
        """``(N, K) float32`` for ``(N, C, H, W) float32`` from 0 to 255, with gradients, by torch."""
        return self.twin.logits(canvases)


def with_gradient(classifier: Classifier) -> DifferentiableClassifier:
    """``classifier`` itself where it has gradients; an ONNX one beside its twin in torch.

    Raises:
        UsageError: where it has none; names the search that needs none.
        MissingExtraError: where an ONNX file has to be converted and the extra ``gradient`` is missing.
    """
    if has_gradient(classifier):
        return classifier  # type: ignore[return-value]
    if isinstance(classifier, OnnxClassifier):
        twin = _torch_twin(classifier)
        return OnnxGradient(classifier, twin, _score_difference(classifier, twin))
    name = classifier.description.name
    raise UsageError(
        f"classifier {name}: has no gradients, so nothing can ascend; foolery evolve needs none: "
        f"foolery evolve --classifier {name}"
    )


def open_on_torch(request: Request) -> TorchClassifier:
    """The classifier that ``onnx:FILE`` names, converted, on a device or in a precision that torch has.

    On the processor and in float32 it is compared with onnxruntime first. Its fingerprint is the file's, so
    what it scored can be verified by onnxruntime.

    Raises:
        UsageError: where the file cannot be read or converted, or gives other scores once it is.
        MissingExtraError: without onnxruntime, torch or the converter.
    """
    plain = open_reference(replace(request, device="cpu", precision="float32"))
    name = request.reference
    try:
        twin = _torch_twin(plain)
        difference = _score_difference(plain, twin)
        from foolery.classifiers.torch_model import torch_classifier
    except ConversionError as error:
        raise UsageError(
            f"classifier {name}: cannot run on torch: {error.reason}; leave --backend, --device and "
            f"--precision out, and onnxruntime runs it on the processor"
        ) from None

    return torch_classifier(
        name,
        twin.network,
        plain.card,
        plain.description.fingerprint,
        device=request.device,
        precision=request.precision,
        notes=(CONVERTED.format(difference),),
        batch=plain.batch,
    )


def _torch_twin(classifier: OnnxClassifier) -> TorchClassifier:
    description = classifier.description
    if description.name in names():
        return open_builtin(description.name, "torch", description.device)  # type: ignore[return-value]
    try:
        from foolery.classifiers.torch_model import torch_classifier
    except MissingExtraError:
        raise MissingExtraError("torch", "gradient", f"run {description.name} on torch") from None
    if classifier.graph is None:
        raise UsageError(
            f"classifier {description.name}: its ONNX file is not known, so it cannot be converted"
        )
    network = _taking_images(convert_onnx(classifier.graph, description.name), classifier)
    return torch_classifier(
        description.name,
        network,
        classifier.card,
        description.fingerprint,
        device=description.device,
        batch=classifier.batch,
    )


def _taking_images(network: Any, classifier: OnnxClassifier) -> Any:
    """``network``, with images brought into the shape that the file wants, flat for instance."""
    from torch import Tensor, nn

    axes = input_shape(classifier.card.preprocessing)
    if classifier.image_input.shape_of(1, *axes) == (1, *axes):
        return network

    class Reshaped(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = network

        def forward(self, images: Tensor) -> Tensor:
            shape = classifier.image_input.shape_of(len(images), *images.shape[1:])
            outputs: Tensor = self.inner(images.contiguous().reshape(shape))
            return outputs

    return Reshaped()


def convert_onnx(graph: Path, name: str) -> Any:
    """The network in an ONNX file as a module of torch.

    Raises:
        UsageError: where the converter does not know one of its operations.
        MissingExtraError: without the converter.
    """
    from foolery.classifiers.torchvision import import_torchvision

    purpose = f"run {name} on torch"
    try:
        import onnx
    except ImportError:
        raise MissingExtraError("onnx", "gradient", purpose) from None
    import_torchvision(purpose)  # the converter imports it, and must find it in a state in which it can be
    try:
        from onnx2pytorch import ConvertModel
    except ImportError:
        raise MissingExtraError("onnx2pytorch", "gradient", purpose) from None
    try:
        with warnings.catch_warnings(), redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            return ConvertModel(fold_constants(onnx.load(graph)))
    except Exception as error:  # whatever a converter raises for what it does not know
        raise _conversion_error(name, error) from None


def fold_constants(model: Any) -> Any:
    """``model``, an ``onnx.ModelProto``, with everything that follows from constants alone computed."""
    from onnx import helper, numpy_helper

    constants = {tensor.name for tensor in model.graph.initializer}
    fixed: list[Any] = []
    left: list[Any] = []
    for node in model.graph.node:
        constant = node.op_type == "Constant" or (
            len(node.input) > 0 and all(not name or name in constants for name in node.input)
        )
        (fixed if constant else left).append(node)
        if constant:
            constants.update(node.output)
    computed = {name for node in fixed for name in node.output}
    needed = dict.fromkeys(name for node in left for name in node.input)
    results = [name for name in needed if name in computed]
    tensors = [tensor for tensor in model.graph.initializer if tensor.name in needed]
    if results:
        values = _compute(model, fixed, [helper.make_empty_tensor_value_info(name) for name in results])
        tensors += [numpy_helper.from_array(value, name) for name, value in zip(results, values, strict=True)]
    result = type(model)()
    result.CopyFrom(model)
    del result.graph.node[:], result.graph.initializer[:]
    result.graph.node.extend(left)
    result.graph.initializer.extend(tensors)
    return result


def _compute(model: Any, nodes: list[Any], outputs: list[Any]) -> list[NDArray[Any]]:
    import onnxruntime

    part = type(model)()
    part.CopyFrom(model)
    needed = {name for node in nodes for name in node.input}
    tensors = [tensor for tensor in model.graph.initializer if tensor.name in needed]
    for field in (part.graph.node, part.graph.initializer, part.graph.input, part.graph.output):
        del field[:]
    del part.graph.value_info[:]
    part.graph.node.extend(nodes)
    part.graph.initializer.extend(tensors)
    part.graph.output.extend(outputs)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        part.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    values: list[NDArray[Any]] = session.run([output.name for output in outputs], {})
    return values


def _score_difference(classifier: OnnxClassifier, twin: TorchClassifier) -> float:
    """The largest difference of a score between both networks, on noise, a slope and a flat canvas.

    Raises:
        UsageError: where it is too large.
    """
    axes = classifier.description.canvas.axes
    noise = np.random.default_rng(0).integers(0, 256, (2, *axes), np.uint8)
    slope = np.broadcast_to(np.linspace(0, 255, axes[2]).astype(np.uint8), axes)
    canvases = np.stack([*noise, slope, np.full(axes, 128, np.uint8)])
    theirs = classifier.scores(canvases)
    try:
        ours = twin.scores(canvases)
    except Exception as error:  # the converter lets some graphs pass that then do not run
        raise _conversion_error(classifier.description.name, error) from None
    if classifier.card.output == "probabilities":
        theirs, ours = np.exp(theirs), np.exp(ours)
    difference = np.abs(theirs - ours)
    if not (difference <= TOLERANCE + RELATIVE_TOLERANCE * np.abs(theirs)).all():
        raise ConversionError(
            classifier.description.name,
            f"converted to torch, it gives other scores than onnxruntime, by up to {difference.max():.2g}",
        )
    return float(difference.max())


def _conversion_error(name: str, error: Exception) -> ConversionError:
    message = next(iter(str(error).splitlines()), "") or type(error).__name__
    return ConversionError(name, f"the ONNX file cannot be converted to torch ({message})")
