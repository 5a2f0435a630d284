"""Small ONNX files and cards for tests, written with the ``onnx`` package."""

from pathlib import Path

import numpy as np
import pytest

from foolery.classifiers.card import Card, card_beside

onnx = pytest.importorskip("onnx", reason="the extra torch, which brings onnx, is not installed")
pytest.importorskip("onnxruntime", reason="the extra onnx is not installed")

GRAY = {"mean": (0.0,), "std": (1.0,), "channel_order": "gray"}


def card(height: int, width: int, classes: int, **preprocessing: object) -> Card:
    """A card of a gray canvas, scale 1, no mean."""
    given = {
        "canvas": {"channels": 1, "height": height, "width": width},
        "scale": 1.0,
        **GRAY,
        **preprocessing,
    }
    names = tuple(f"class {number}" for number in range(classes))
    return Card.model_validate({"name": "toy", "kind": "softmax", "classes": names, "preprocessing": given})


def linear(path: Path, weights: np.ndarray, sides: tuple[object, object, object], op: str = "") -> Path:
    """A network ``op(flatten(x) @ weights)`` for inputs ``(batch, *sides)``, as an ONNX file."""
    helper, tensor = onnx.helper, onnx.TensorProto.FLOAT
    nodes = [
        helper.make_node("Flatten", ["x"], ["flat"]),
        helper.make_node("MatMul", ["flat", "weights"], ["product" if op else "y"]),
    ]
    if op:
        nodes.append(helper.make_node(op, ["product"], ["y"]))
    graph = helper.make_graph(
        nodes,
        "toy",
        [helper.make_tensor_value_info("x", tensor, ["batch", *sides])],
        [helper.make_tensor_value_info("y", tensor, ["batch", weights.shape[1]])],
        [onnx.numpy_helper.from_array(weights.astype(np.float32), "weights")],
    )
    model = helper.make_model(graph, ir_version=10, opset_imports=[helper.make_opsetid("", 18)])
    path.write_bytes(model.SerializeToString())
    return path


def toy(folder: Path) -> Path:
    """A valid 4 x 4 gray network of three classes, with its card beside it."""
    path = linear(folder / "toy.onnx", np.random.default_rng(0).normal(size=(16, 3)) / 100, (1, 4, 4))
    card(4, 4, 3).write(card_beside(path))
    return path


def network(
    path: Path,
    nodes: list[tuple[str, list[str], list[str]]],
    shape: list[object],
    outputs: list[str],
    *,
    constants: dict[str, np.ndarray] | None = None,
    dtype: int = 1,
    inputs: tuple[str, ...] = ("x",),
) -> Path:
    """Any network of nodes ``(operator, inputs, outputs)``, as an ONNX file; it is not checked."""
    helper = onnx.helper
    graph = helper.make_graph(
        [
            helper.make_node(op, given, made, **({"to": 1} if op == "Cast" else {}))
            for op, given, made in nodes
        ],
        "toy",
        [helper.make_tensor_value_info(name, dtype, shape) for name in inputs],
        [onnx.ValueInfoProto(name=name) for name in outputs],
        [onnx.numpy_helper.from_array(value, name) for name, value in (constants or {}).items()],
    )
    for output in graph.output:
        output.type.tensor_type.elem_type = dtype if dtype == onnx.TensorProto.FLOAT16 else 1
    model = helper.make_model(graph, ir_version=10, opset_imports=[helper.make_opsetid("", 18)])
    path.write_bytes(model.SerializeToString())
    return path
