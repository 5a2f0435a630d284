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
