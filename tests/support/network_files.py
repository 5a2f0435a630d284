"""ONNX files of nearest-prototype networks, in every form that exporters write."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from support.onnx_files import onnx

if TYPE_CHECKING:
    from support.random_networks import Situation

helper, T = onnx.helper, onnx.TensorProto
TYPES = {"float": T.FLOAT, "half": T.FLOAT16, "double": T.DOUBLE, "uint8": T.UINT8, "int8": T.INT8}
ML = "ai.onnx.ml"


def write_network(one: Situation, path: Path, wanted: np.ndarray, names: list[str]) -> None:
    """The network that answers with the nearest of ``wanted`` ``(K, C, h, w)``, as a file."""
    count = len(wanted)
    planes = wanted if _first(one) else wanted.transpose(0, 2, 3, 1)
    flat = planes.reshape(count, -1) - (128 if one.dtype == "int8" else 0)
    away = ((flat[:, None] - flat[None]) ** 2).sum(axis=2)
    width = np.median(away[away > 0]) / 16  # sure, but not so sure that probabilities are all 0 and 1
    weights = (flat.T / width).astype(np.float32)
    bias = (-(flat**2).sum(axis=1) / (2 * width)).astype(np.float32)
    nodes = [
        helper.make_node("Cast", ["x"], ["float"], to=T.FLOAT),
        helper.make_node("Reshape", ["float", "flat shape"], ["flat"]),
    ]
    rows = 1 if one.batch in ("promised", "one") else 4 if one.batch == "four" else -1
    constants: dict[str, Any] = {"flat shape": np.array([rows, flat.shape[1]], np.int64)}
    outputs = _ending(one, nodes, constants, weights, bias, names)
    graph = helper.make_graph(
        nodes,
        "nearest",
        [_input(one, wanted.shape[1:])],
        outputs,
        [onnx.numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    opsets = [helper.make_opsetid("", 13), helper.make_opsetid(ML, 3)]
    model = helper.make_model(graph, ir_version=8, opset_imports=opsets)
    path.write_bytes(model.SerializeToString())


def _first(one: Situation) -> bool:
    """Whether the channels come first; flat and bare inputs are of either kind."""
    return one.layout in ("nchw", "five axes", "no channel") or (
        one.layout in ("flat", "flat 1", "bare") and one.seed % 2 == 0
    )


def _input(one: Situation, axes: tuple[int, ...]) -> Any:
    channels, height, width = axes
    image = [channels, height, width] if _first(one) else [height, width, channels]
    rest: list[Any] = {
        "no channel": [height, width],
        "flat": [channels * height * width],
        "flat 1": [channels * height * width, 1],
        "five axes": [1, *image],
    }.get(one.layout, image)
    batch = {"N": ["N"], "minus one": [-1], "zero": [0], "none": [None], "one": [1], "four": [4]}.get(
        one.batch, ["N"]
    )
    if one.layout == "bare":
        batch = []
    return helper.make_tensor_value_info("x", TYPES[one.dtype], [*batch, *rest])


def _value(name: str, kind: int, shape: list[Any] | None) -> Any:
    return helper.make_tensor_value_info(name, kind, shape)


def _ending(
    one: Situation,
    nodes: list[Any],
    constants: dict[str, Any],
    weights: np.ndarray,
    bias: np.ndarray,
    names: list[str],
) -> list[Any]:
    """Add what follows the flat input, and give the graph's outputs."""
    count, form = len(names), one.output
    if form.startswith("one "):
        weights, bias = weights[:, 1:] - weights[:, :1], bias[1:] - bias[:1]
    if form.startswith("background"):
        side = (1, 0) if form.endswith("first") else (0, 1)
        weights = np.pad(weights, ((0, 0), side))
        bias = np.pad(bias, side, constant_values=bias.min() - 1000)
    constants |= {"weights": weights, "bias": bias}
    logits = "y" if form in ("logits", "one logit", "background first", "background last") else "logits"
    nodes.append(helper.make_node("Gemm", ["flat", "weights", "bias"], [logits]))
    if logits == "y":
        return [_value("y", T.FLOAT, None)]

    def then(op: str, given: list[str], made: str, **attributes: Any) -> None:
        nodes.append(helper.make_node(op, given, [made], **attributes))

    if form == "log-softmax":
        then("LogSoftmax", ["logits"], "y", axis=1)
    elif form in ("sigmoids", "one sigmoid"):
        constants["small"] = np.array(0.2 if form == "one sigmoid" else 1 / np.abs(bias).max(), np.float32)
        then("Mul", ["logits", "small"], "scaled")
        then("Sigmoid", ["scaled"], "y")
    elif form in ("four axes", "middle axis", "squeezed"):
        constants["axes"] = np.array(
            {"four axes": [2, 3], "middle axis": [1], "squeezed": [0]}[form], np.int64
        )
        then("Squeeze" if form == "squeezed" else "Unsqueeze", ["logits", "axes"], "y")
    else:
        then("Softmax", ["logits"], "p", axis=1)
        return _probabilities(form, nodes, constants, then, names, count)
    return [_value("y", T.FLOAT, None)]


def _probabilities(  # noqa: PLR0911
    form: str, nodes: list[Any], constants: dict[str, Any], then: Any, names: list[str], count: int
) -> list[Any]:
    if form == "softmax":
        return [_value("p", T.FLOAT, None)]
    if form == "half":
        then("Cast", ["p"], "y", to=T.FLOAT16)
        return [_value("y", T.FLOAT16, None)]
    if form in ("rounded", "bytes"):
        constants |= {"step": np.array(1 / 255, np.float32), "zero": np.array(0, np.uint8)}
        then("QuantizeLinear", ["p", "step", "zero"], "q")
        if form == "bytes":
            return [_value("q", T.UINT8, None)]
        then("DequantizeLinear", ["q", "step", "zero"], "y")
        return [_value("y", T.FLOAT, None)]
    if form.startswith("map"):
        words = form.endswith("words")
        keys = {"classlabels_strings": names} if words else {"classlabels_int64s": list(range(count))}
        then("ZipMap", ["p"], "map", domain=ML, **keys)
        inner = helper.make_map_type_proto(
            T.STRING if words else T.INT64, helper.make_tensor_type_proto(T.FLOAT, [])
        )
        return [helper.make_value_info("map", helper.make_sequence_type_proto(inner))]
    if form == "probabilities first":
        return [_value("p", T.FLOAT, None), _value("logits", T.FLOAT, None)]
    if form == "embedding first":
        rng = np.random.default_rng(0)
        constants["other"] = rng.normal(size=(len(constants["weights"]), count + 9)).astype(np.float32)
        then("MatMul", ["flat", "other"], "embedding")
        return [_value("embedding", T.FLOAT, None), _value("p", T.FLOAT, None)]
    then("ArgMax", ["p"], "best", axis=1, keepdims=0)
    if form == "arg max first":
        return [_value("best", T.INT64, None), _value("p", T.FLOAT, None)]
    keys = {"keys_int64s": list(range(count)), "values_strings": names}
    then("LabelEncoder", ["best"], "label", domain=ML, **keys)
    return [_value("label", T.STRING, None), _value("p", T.FLOAT, None)]
