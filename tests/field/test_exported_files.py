"""ONNX files as exporters and caches leave them: links, operators and opsets that are not there, metadata."""

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from foolery.classifiers.card import card_beside, read_card
from support.command import invoke, is_refused
from support.onnx_files import onnx

SIDE = 8
NAMES = ("bolt", "nut", "screw")
helper, FLOAT = onnx.helper, onnx.TensorProto.FLOAT


def patterns() -> np.ndarray:
    """``(3, 8, 8) uint8``: a gray pattern for each class, as bright as the others."""
    rows = np.random.default_rng(5).permuted(np.tile(np.linspace(40, 210, SIDE * SIDE), (3, 1)), axis=1)
    return rows.reshape(3, SIDE, SIDE).astype(np.uint8)


def photos(root: Path, height: int = SIDE, width: int = SIDE) -> str:
    """Forty gray photos of each class, whatever their size; the reference of their folder."""
    rng = np.random.default_rng(6)
    for name, pattern in zip(NAMES, patterns(), strict=True):
        (root / name).mkdir(parents=True)
        for number in range(40):
            pixels = np.clip(pattern + rng.normal(0, 15, pattern.shape), 0, 255).astype(np.uint8)
            image = Image.fromarray(pixels).convert("RGB").resize((width, height), Image.Resampling.NEAREST)
            image.save(root / name / f"{number}.png")
    return f"folder:{root}"


def model(metadata: dict[str, str] | None = None, **changes: int):
    """A network for which neither range nor order of channels matters: weights of sum 0, alike in each."""
    wanted = patterns().reshape(3, -1).astype(np.float64)
    weights = np.tile((wanted - wanted.mean(axis=1, keepdims=True)).T, (3, 1)) / 1e6
    nodes = [
        helper.make_node("Flatten", ["x"], ["flat"]),
        helper.make_node("MatMul", ["flat", "w"], ["y"]),
    ]
    graph = helper.make_graph(
        nodes,
        "alike",
        [helper.make_tensor_value_info("x", FLOAT, ["N", 3, SIDE, SIDE])],
        [helper.make_tensor_value_info("y", FLOAT, ["N", 3])],
        [onnx.numpy_helper.from_array(weights.astype(np.float32), "w")],
    )
    versions = {"ir_version": 8, "opset": 13} | changes
    made = helper.make_model(
        graph, ir_version=versions["ir_version"], opset_imports=[helper.make_opsetid("", versions["opset"])]
    )
    for key, value in (metadata or {}).items():
        made.metadata_props.add(key=key, value=value)
    return made


def saved(made, path: Path) -> Path:
    path.write_bytes(made.SerializeToString())
    return path


@pytest.mark.parametrize("cache", ["hub/models--a--net/blobs", ".dvc/cache/files", "deep/.cache/x/objects"])
def test_links_into_a_cache_are_followed_with_their_weights(tmp_path, cache):
    """The graph and its weights are links beside each other, and lead to files of other names."""
    plain, blobs, snapshot = tmp_path / "plain", tmp_path / cache, tmp_path / "hub" / "snapshots" / "rev"
    for folder in (plain, blobs, snapshot):
        folder.mkdir(parents=True, exist_ok=True)
    onnx.save_model(
        model(),
        plain / "model.onnx",
        save_as_external_data=True,
        location="model.onnx_data",
        size_threshold=0,
    )
    for number, name in enumerate(("model.onnx", "model.onnx_data")):
        (plain / name).rename(blobs / f"{number:064x}")
        (snapshot / name).symlink_to(os.path.relpath(blobs / f"{number:064x}", snapshot))
    data = photos(tmp_path / "photos")
    done = invoke("card", snapshot / "model.onnx", "--data", data, "--out", tmp_path / "net.card.json")
    assert done.returncode == 0, done.stderr
    words = ("--card", tmp_path / "net.card.json", "--data", data, "--json")
    done = invoke("evaluate", f"onnx:{snapshot / 'model.onnx'}", *words)
    assert '"top1": 1.0' in done.stdout


def test_links_to_other_places_are_refused(tmp_path):
    folder, elsewhere = tmp_path / "net", tmp_path / "elsewhere"
    folder.mkdir()
    elsewhere.mkdir()
    words = {"save_as_external_data": True, "size_threshold": 0}
    onnx.save_model(model(), folder / "model.onnx", location="weights", **words)
    (folder / "weights").rename(elsewhere / "weights")
    (folder / "weights").symlink_to(elsewhere / "weights")
    data = photos(tmp_path / "photos")
    is_refused(
        invoke("card", folder / "model.onnx", "--data", data), "points outside its folder", after_reading=True
    )


REFUSALS = {
    "a decoder of images": (("Decode", "ai.onnx.contrib"), ("onnxruntime-extensions", "python:MODULE:NAME")),
    "a TensorRT plugin": (("EfficientNMS_TRT", "trt"), ("EfficientNMS_TRT", "no TensorRT plugins")),
    "an operator of ATen": (("ATen", "org.pytorch.aten"), ("ATen", "standard operators only")),
    "an operator of somebody's own": (("Wavelet", "com.acme"), ("Wavelet", "python:MODULE:NAME")),
    "an operator that nobody knows": (("Wavelet", ""), ("Wavelet", "standard operators only")),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_operators_that_onnxruntime_does_not_know_are_named_with_the_way_out(tmp_path, case):
    (operator, domain), said = REFUSALS[case]
    made = model()
    made.graph.node[0].op_type, made.graph.node[0].domain = operator, domain
    if domain:
        made.opset_import.append(helper.make_opsetid(domain, 1))
    graph, data = saved(made, tmp_path / "net.onnx"), photos(tmp_path / "photos")
    done = invoke("card", graph, "--data", data)
    is_refused(done, f"onnxruntime cannot run {graph}", *said, after_reading=True)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"opset": 99}, ("its opset is newer than this onnxruntime", "opset_version=17")),
        ({"ir_version": 99}, ("IR version 99 is newer than this onnxruntime", "model.ir_version = 10")),
    ],
)
def test_versions_that_onnxruntime_does_not_know_are_named_with_the_way_out(tmp_path, changes, said):
    graph, data = saved(model(**changes), tmp_path / "net.onnx"), photos(tmp_path / "photos")
    is_refused(invoke("card", graph, "--data", data), str(graph), *said, after_reading=True)


def test_an_operator_without_an_implementation_for_its_types_is_named(tmp_path):
    made = model()
    made.graph.input[0].type.tensor_type.elem_type = onnx.TensorProto.UINT8
    made.graph.node[0].op_type = "Relu"
    graph, data = saved(made, tmp_path / "net.onnx"), photos(tmp_path / "photos")
    done = invoke("card", graph, "--data", data)
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
    assert "Relu" in done.stderr


RANGES = {
    "NominalRange_0_255": (0.0, 255.0),
    "Normalized_0_1": (0.0, 1.0),
    "Normalized_1_1": (-1.0, 1.0),
    "NominalRange_16_235": (16.0, 235.0),
}


@pytest.mark.parametrize("name", RANGES)
@pytest.mark.parametrize("order", ["Rgb8", "Bgr8"])
def test_range_and_order_of_channels_in_the_metadata_decide_among_equals(tmp_path, name, order):
    """The network answers the same whatever the range and the order are: only the file can tell."""
    said = {"Image.NominalPixelRange": name, "Image.BitmapPixelFormat": order}
    graph, data = saved(model(said), tmp_path / "net.onnx"), photos(tmp_path / "photos")
    done = invoke("card", graph, "--data", data)
    assert done.returncode == 0, done.stderr
    how = read_card(card_beside(graph)).preprocessing
    assert how.channel_order == order[:3].lower()
    black, white = (
        (value * how.scale - how.mean[0]) / how.std[0] for value in (0, 255)
    )  # what they become for the network
    assert (black, white) == pytest.approx(RANGES[name])


def open_sides():
    """A network for images of any height and width: the mean of each channel, times weights."""
    weights = np.eye(3, dtype=np.float32) * 40 - 10
    nodes = [
        helper.make_node("GlobalAveragePool", ["x"], ["means"]),
        helper.make_node("Flatten", ["means"], ["flat"]),
        helper.make_node("MatMul", ["flat", "w"], ["y"]),
    ]
    graph = helper.make_graph(
        nodes,
        "open",
        [helper.make_tensor_value_info("x", FLOAT, ["N", 3, "height", "width"])],
        [helper.make_tensor_value_info("y", FLOAT, ["N", 3])],
        [onnx.numpy_helper.from_array(weights, "w")],
    )
    return helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", 13)])


@pytest.mark.parametrize(
    ("words", "metadata", "sides"),
    [
        (("--size", "24x40"), "", (24, 40)),
        (("--size", "48"), "", (48, 48)),
        ((), "[32, 64]", (32, 64)),
        (("--size", "24x40"), "[32, 64]", (24, 40)),
    ],
)
def test_sides_that_are_open_are_the_user_s_or_the_file_s(tmp_path, words, metadata, sides):
    made, colors = open_sides(), np.eye(3) * 120 + 60
    if metadata:
        made.metadata_props.add(key="imgsz", value=metadata)
    graph, rng = saved(made, tmp_path / "net.onnx"), np.random.default_rng(7)
    for name, color in zip(NAMES, colors, strict=True):
        (tmp_path / "photos" / name).mkdir(parents=True)
        for number in range(40):
            pixels = np.clip(color + rng.normal(0, 30, (30, 50, 3)), 0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(tmp_path / "photos" / name / f"{number}.png")
    data = f"folder:{tmp_path / 'photos'}"
    done = invoke("card", graph, "--data", data, *words)
    assert done.returncode == 0, done.stderr
    how = read_card(card_beside(graph)).preprocessing
    frame = how.crop or how.canvas
    assert (frame.height, frame.width) == sides
    assert '"top1": 1.0' in invoke("evaluate", f"onnx:{graph}", "--data", data, "--json").stdout
