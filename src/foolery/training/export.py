"""Export: one weights file for both back ends, safetensors with a small ONNX graph that points into it."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from foolery.arrays import read_safetensors_header
from foolery.errors import MissingExtraError
from foolery.files import write_atomic

if TYPE_CHECKING:
    from torch import Tensor, nn

OPSET = 18


def export_network(network: nn.Module, input_shape: tuple[int, int, int], weights: Path, graph: Path) -> None:
    """Write a network as two files: its weights, and an ONNX graph that points to them.

    The graph takes ``pictures`` ``(batch, C, H, W) float32``, already preprocessed, and gives ``logits``.
    The two files have to stay in one folder.

    Args:
        network: what to write; it is put into evaluation mode.
        input_shape: ``(C, H, W)`` of the network's input.
        weights: a path that ends in ``.safetensors``.
        graph: a path that ends in ``.onnx``, in the same folder.
    """
    import torch
    from safetensors.torch import save

    network.eval().to(memory_format=torch.contiguous_format)  # type: ignore[call-overload]
    stored = {name: value.contiguous() for name, value in network.state_dict().items()}
    write_atomic(weights, save(stored))
    # The exporter multiplies batch normalisation into the weights of the layer before, under their old names.
    simpler = not any(isinstance(layer, torch.nn.modules.batchnorm._BatchNorm) for layer in network.modules())
    model = _traced(network, input_shape, simpler=simpler)
    if simpler and not _same_weights(model, stored):
        model = _traced(network, input_shape, simpler=False)
    _reference_weights(model, weights)
    write_atomic(graph, model.SerializeToString(deterministic=True))


def check_exporter() -> None:
    """Raise MissingExtraError without onnx and onnxscript, which the extra ``torch`` brings."""
    try:
        import onnx  # noqa: F401
        import onnxscript  # noqa: F401
    except ImportError as error:
        raise MissingExtraError(error.name or "onnx", "torch", "write an ONNX file") from None


def _same_weights(model: Any, stored: Mapping[str, Tensor]) -> bool:
    """Whether the graph's tensors are, bit for bit, the stored ones of the same names."""
    import onnx

    return all(
        onnx.numpy_helper.to_array(tensor).tobytes() == stored[tensor.name].numpy().tobytes()
        for tensor in model.graph.initializer
        if tensor.name in stored
    )


def _traced(network: nn.Module, input_shape: tuple[int, int, int], *, simpler: bool) -> Any:
    """The network as ``onnx.ModelProto``, with nothing in it about the machine that traced it."""
    import torch

    chatter = logging.getLogger("torch.onnx")
    level = chatter.level
    chatter.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            program = torch.onnx.export(
                network,
                (torch.zeros(2, *input_shape),),
                dynamo=True,
                verbose=False,
                external_data=False,
                input_names=["pictures"],
                output_names=["logits"],
                dynamic_shapes=({0: "batch"},),
                opset_version=OPSET,
                optimize=simpler,
            )
    finally:
        chatter.setLevel(level)
    model = cast("Any", program).model_proto
    model.producer_name = "foolery"
    model.ClearField("producer_version")
    graph = model.graph
    graph.ClearField("value_info")
    for part in (model, graph, *graph.input, *graph.output, *graph.node, *graph.initializer):
        part.ClearField("metadata_props")
        part.ClearField("doc_string")
    return model


def _reference_weights(model: Any, weights: Path) -> None:
    """Replace every tensor that the safetensors file holds too by its place in that file."""
    import onnx

    header = read_safetensors_header(weights)
    with weights.open("rb") as file:
        begin = 8 + int.from_bytes(file.read(8), "little")
    for tensor in model.graph.initializer:
        if tensor.name not in header:
            continue
        start, stop = header[tensor.name]["data_offsets"]
        tensor.ClearField("raw_data")
        tensor.data_location = onnx.TensorProto.EXTERNAL
        place = {"location": weights.name, "offset": begin + start, "length": stop - start}
        for key, value in place.items():
            tensor.external_data.add(key=key, value=str(value))
