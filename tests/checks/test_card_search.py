"""``find_card`` on networks that are right with one preprocessing only, and on the real ones."""

import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from foolery.checks.card_search import find_card
from foolery.checks.card_trials import mcnemar
from foolery.checks.presets import COLOUR, GRAY, Preset, canvas_of, presets, usual_canvas
from foolery.classifiers.accuracy import measure_accuracy
from foolery.classifiers.builtin import SHIPPED
from foolery.classifiers.onnx import open_onnx
from foolery.classifiers.onnx_signature import read_signature
from foolery.data import LabelledImages, load_data
from foolery.errors import UsageError
from support.onnx_files import onnx

SIDE, CLASSES = 6, 12
NAMES = tuple(f"kind {number}" for number in range(CLASSES))


def prototypes(seed: int = 0) -> np.ndarray:
    """``(CLASSES, 3, SIDE, SIDE)``: what the classes look like, dark, bluish, with little contrast."""
    rng = np.random.default_rng(seed)
    return rng.normal(60, 14, (CLASSES, 3, SIDE, SIDE)) + np.array([-20.0, 0.0, 20.0])[:, None, None]


def photos(count: int = 300) -> LabelledImages:
    """Noisy pictures of the prototypes."""
    rng = np.random.default_rng(1)
    labels = rng.integers(0, CLASSES, count)
    noisy = prototypes()[labels] + rng.normal(0, 22, (count, 3, SIDE, SIDE))
    return LabelledImages(np.clip(noisy, 0, 255).astype(np.uint8), labels.astype(np.int64), NAMES)


def network(
    path: Path,
    preset: Preset,
    order: str = "rgb",
    *,
    layout: str = "nchw",
    ending: str = "",
    first: int = 0,
    last: int = 0,
    whole: bool = False,
    sizes: tuple[object, object] = (SIDE, SIDE),
) -> Path:
    """The nearest prototype, as logits of a network that expects its pictures prepared like ``preset``."""
    mean, std = (np.array(values)[:, None, None] for values in (preset.mean, preset.std))
    wanted = (prototypes() * preset.scale - mean) / std
    width = 22 * preset.scale / std[0, 0, 0]
    if order == "bgr":
        wanted = wanted[:, ::-1]
    if layout == "nhwc":
        wanted = wanted.transpose(0, 2, 3, 1)
    flat = wanted.reshape(CLASSES, -1)
    weights, bias = flat.T / width**2, -(flat**2).sum(axis=1) / (2 * width**2)
    if ending == "Sigmoid":  # which is 1 for all of them, were the numbers as large
        weights, bias = weights / 50, (bias - bias.mean() * 2) / 50
        bias -= (weights * wanted.reshape(CLASSES, -1).mean(axis=0)[:, None]).sum(axis=0).mean() + bias.mean()
    weights = np.pad(weights, ((0, 0), (first, last)))
    bias = np.pad(bias, (first, last), constant_values=bias.min() - 50)
    helper, kinds = onnx.helper, onnx.TensorProto
    nodes = [
        helper.make_node("Cast", ["x"], ["float"], to=kinds.FLOAT),
        helper.make_node("Flatten", ["float"], ["flat"]),
        helper.make_node("Gemm", ["flat", "weights", "bias"], ["logits" if ending else "y"]),
    ]
    if ending:
        nodes.append(helper.make_node(ending, ["logits"], ["y"]))
    axes = (3, *sizes) if layout == "nchw" else (*sizes, 3)
    graph = helper.make_graph(
        nodes,
        "nearest",
        [helper.make_tensor_value_info("x", kinds.UINT8 if whole else kinds.FLOAT, ["batch", *axes])],
        [helper.make_tensor_value_info("y", kinds.FLOAT, ["batch", CLASSES + first + last])],
        [
            onnx.numpy_helper.from_array(weights.astype(np.float32), "weights"),
            onnx.numpy_helper.from_array(bias.astype(np.float32), "bias"),
        ],
    )
    model = helper.make_model(graph, ir_version=10, opset_imports=[helper.make_opsetid("", 18)])
    path.write_bytes(model.SerializeToString())
    return path


def named(name: str) -> Preset:
    return next(preset for preset in COLOUR if preset.name.startswith(name))


@pytest.mark.parametrize(
    "name", ["0 to 1", "0 to 255", "-1 to 1", "ImageNet (torch", "CLIP", "Caffe means, times"]
)
@pytest.mark.parametrize("order", ["rgb", "bgr"])
def test_the_right_preset_is_found_or_said_to_be_too_close(tmp_path, name, order):
    found = find_card(network(tmp_path / "net.onnx", named(name), order), photos())
    family = f"{named(name).name}, {order.upper()}"
    assert found.family == family or family in found.close
    assert found.card.preprocessing.channel_order == order
    assert found.accuracy > 0.9
    assert found.images in (200, 300)  # all of them, where finalists were too close on 200


def test_everything_else_that_a_file_leaves_open_is_found(tmp_path):
    path = network(tmp_path / "net.onnx", named("ImageNet (torch"), layout="nhwc", ending="Softmax", first=1)
    found = find_card(path, photos())
    card = found.card
    assert (card.preprocessing.layout, card.output, card.background) == ("nhwc", "probabilities", 1)
    assert card.classes == NAMES
    assert (card.preprocessing.canvas.height, card.preprocessing.crop) == (SIDE, None)
    answers = measure_accuracy(open_onnx("net", path, card, "0" * 64), photos())
    assert answers.top(1) > 0.9


def test_a_background_that_comes_last_is_a_class_of_its_own(tmp_path):
    found = find_card(network(tmp_path / "net.onnx", named("0 to 1"), last=1), photos())
    assert (found.card.background, found.card.classes[-1], len(found.card.classes)) == (0, "background", 13)


def test_independent_probabilities_are_a_sigmoid_network(tmp_path):
    path = network(tmp_path / "net.onnx", named("0 to 1"), ending="Sigmoid")
    card = find_card(path, photos()).card
    assert (card.kind, card.output) == ("sigmoid", "probabilities")


def test_a_network_that_takes_whole_numbers_normalises_by_itself(tmp_path):
    found = find_card(network(tmp_path / "net.onnx", named("0 to 255"), "bgr", whole=True), photos())
    how = found.card.preprocessing
    assert (how.scale, set(how.mean), set(how.std), how.channel_order) == (1.0, {0.0}, {1.0}, "bgr")


def test_a_size_that_the_file_leaves_open_is_found_or_given(tmp_path):
    path = network(tmp_path / "net.onnx", named("0 to 1"), sizes=("h", "w"))
    assert find_card(path, photos(), size=SIDE).card.preprocessing.canvas.height == SIDE
    with pytest.raises(UsageError, match=r"cannot be run .* give --size"):
        find_card(path, photos())


def test_names_of_other_outputs_are_matched_by_name(tmp_path):
    path = network(tmp_path / "net.onnx", named("0 to 1"))
    data = photos()
    some = LabelledImages(data.canvases[data.labels < 3], data.labels[data.labels < 3], NAMES[:3])
    with pytest.raises(UsageError, match="12 outputs, but there are 3 class names; give --class-names FILE"):
        find_card(path, some)
    assert find_card(path, some, classes=NAMES).card.classes == NAMES
    with pytest.raises(UsageError, match=r"3 of its 3 class names match none.*: kind 0, kind 1, kind 2"):
        find_card(path, some, classes=[f"other {name}" for name in NAMES])
    with pytest.raises(UsageError, match=r"it has 12 outputs, of which 11 have a name: is a line missing"):
        find_card(path, data, classes=NAMES[:-1])


def test_what_does_no_better_than_chance_is_no_finding(tmp_path):
    data = photos()
    shuffled = np.random.default_rng(5).integers(0, CLASSES, len(data)).astype(np.int64)
    with pytest.raises(UsageError, match="nothing that was tried is better than chance"):
        find_card(
            network(tmp_path / "net.onnx", named("0 to 1")), LabelledImages(data.canvases, shuffled, NAMES)
        )


def test_too_few_photos_are_refused(tmp_path):
    with pytest.raises(UsageError, match="max_images: expected at least 25, got 10"):
        find_card(network(tmp_path / "net.onnx", named("0 to 1")), photos(), max_images=10)


def test_a_signature_is_read_from_the_file(tmp_path):
    path = network(tmp_path / "net.onnx", named("0 to 1"), layout="nhwc", ending="Softmax")
    said = read_signature(path)
    (reading,), (output,) = said.readings, said.outputs
    assert (reading.layout, reading.channels, reading.sizes) == ("nhwc", 3, ((6, 6),))
    assert (output.columns, output.kind, said.integer, said.one_at_a_time) == (
        12,
        "probabilities",
        False,
        False,
    )


def test_mcnemar_counts_only_photos_on_which_the_two_differ():
    same = [True] * 50 + [False] * 50
    assert mcnemar(same, same) == 1.0
    five = [*([False] * 5), *same[5:]]
    assert mcnemar(same, five) == pytest.approx(2 / 2**5)  # five to none
    six_of_eight = [True, True, True, True, True, True, False, False]
    assert mcnemar(six_of_eight, [not right for right in six_of_eight]) == pytest.approx(2 * 37 / 256)


def test_usual_canvases():
    assert usual_canvas((224, 224)) == (256, 256)
    assert usual_canvas((227, 227)) == (256, 256)
    assert usual_canvas((299, 299)) == (342, 342)
    assert usual_canvas((128, 128)) == (146, 146)
    assert usual_canvas((32, 32)) == (32, 32)
    assert canvas_of((224, 224), 1.0) == (224, 224)


def test_every_preset_has_a_name_of_its_own():
    for table in (COLOUR, GRAY):
        assert len({preset.name for preset in table}) == len(table)
    assert len(presets(3, np.uint8)) == len(presets(1, np.uint8)) == 1


@pytest.mark.parametrize("name", ["lenet", "lenet-b"])
def test_the_shipped_networks_take_1_256(mnist, name, tmp_path):
    for ending in ("onnx", "safetensors"):
        shutil.copy(SHIPPED / f"{name}.{ending}", tmp_path)
    found = find_card(tmp_path / f"{name}.onnx", mnist)
    assert "1/256" in {found.family, *found.close}
    assert found.family in ("1/256", "0 to 1")  # the two differ by a 256th
    assert (found.card.preprocessing.crop, found.card.preprocessing.channel_order) == (None, "gray")
    assert found.accuracy > 0.98


MODELS = Path(os.environ.get("FOOLERY_DATA", "absent")) / "models"


@pytest.mark.parametrize(
    ("name", "families", "canvas", "crop", "least"),
    [
        ("mobilenet_v1_025_128_quant", {"-1 to 1 (Inception, TensorFlow), RGB"}, 146, 128, 0.35),
        ("mobilenet_v1_050_160_quant", {"-1 to 1 (Inception, TensorFlow), RGB"}, 183, 160, 0.55),
        (
            "squeezenet1_0",
            {"Caffe means, rounded, RGB", "Caffe means, RGB"},
            256,
            227,
            0.6,
        ),
    ],
)
def test_real_networks_are_understood_without_a_card(name, families, canvas, crop, least):
    graph = MODELS / name / "model.onnx"
    if not graph.is_file():
        pytest.skip("FOOLERY_DATA names no folder with models")
    data = load_data(f"parquet:{MODELS.parent / 'imagenet-samples' / 'samples.parquet'}")
    found = find_card(graph, data, max_images=60, size=crop)  # squeezenet1_0 leaves the size open
    how = found.card.preprocessing
    assert found.family in families
    assert (how.canvas.height, how.crop.height) == (canvas, crop)
    assert found.accuracy >= least
