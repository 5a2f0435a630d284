"""The forms in which people hold ONNX files."""

import json
from pathlib import Path

import numpy as np
import pytest

from foolery.classifiers import load_classifier
from foolery.classifiers.card import card_beside
from foolery.classifiers.scores import SATURATES, log_softmax
from foolery.errors import UsageError
from support.onnx_files import card, network, onnx, toy

WEIGHTS = (np.random.default_rng(0).normal(size=(16, 3)) / 100).astype(np.float32)
CANVASES = np.random.default_rng(1).integers(0, 256, (11, 1, 4, 4)).astype(np.uint8)
EXPECTED = log_softmax(CANVASES.reshape(11, 16).astype(np.float32) @ WEIGHTS)
LINEAR = [("Flatten", ["x"], ["flat"]), ("MatMul", ["flat", "weights"], ["y"])]


def opened(path: Path, **changes: object):
    card(4, 4, 3).model_copy(update=changes).write(card_beside(path))
    return load_classifier(f"onnx:{path}")


@pytest.mark.parametrize("batch", [1, 4, 11, 16])
def test_a_fixed_batch_is_filled_up_and_cut(tmp_path: Path, batch):
    path = network(tmp_path / "net.onnx", LINEAR, [batch, 1, 4, 4], ["y"], constants={"weights": WEIGHTS})
    classifier = opened(path)
    assert classifier.description.forward == {"chunk": batch}
    for count in (1, 4, 5, 11):
        np.testing.assert_allclose(classifier.scores(CANVASES[:count]), EXPECTED[:count], atol=1e-5)
    assert classifier.scores(CANVASES[:0]).shape == (0, 3)


def channels_last(path: Path, **layout: str) -> Path:
    """A network that takes (N, 4, 4, 3), and its card, with the layout that is given or none."""
    network(path, LINEAR, ["n", 4, 4, 3], ["y"], constants={"weights": np.tile(WEIGHTS, (3, 1))})
    said = json.loads(card(4, 4, 3).model_dump_json(exclude_none=True))
    del said["preprocessing"]["layout"]
    said["preprocessing"] |= {
        "canvas": {"channels": 3, "height": 4, "width": 4},
        "mean": [0, 0, 0],
        "std": [1, 1, 1],
        "channel_order": "rgb",
        **layout,
    }
    card_beside(path).write_text(json.dumps(said))
    return path


def test_channels_last_is_found_from_the_shape_of_the_input(tmp_path: Path):
    canvases = np.random.default_rng(1).integers(0, 256, (5, 3, 4, 4)).astype(np.uint8)
    flat = canvases.transpose(0, 2, 3, 1).reshape(5, 48).astype(np.float32)
    classifier = load_classifier(f"onnx:{channels_last(tmp_path / 'net.onnx')}")
    expected = log_softmax(flat @ np.tile(WEIGHTS, (3, 1)))
    np.testing.assert_allclose(classifier.scores(canvases), expected, atol=1e-5)


def test_a_layout_that_the_card_says_and_the_file_has_not_is_refused(tmp_path: Path):
    path = channels_last(tmp_path / "net.onnx", layout="nchw")
    with pytest.raises(UsageError, match="mend the card's canvas, crop or layout"):
        load_classifier(f"onnx:{path}")


def test_half_precision_goes_in_and_comes_out(tmp_path: Path):
    path = network(
        tmp_path / "net.onnx",
        LINEAR,
        ["n", 1, 4, 4],
        ["y"],
        constants={"weights": WEIGHTS.astype(np.float16)},
        dtype=onnx.TensorProto.FLOAT16,
    )
    np.testing.assert_allclose(opened(path).scores(CANVASES), EXPECTED, atol=0.05)


WHOLE_NUMBERS = [
    ("Cast", ["x"], ["float"]),
    ("Flatten", ["float"], ["flat"]),
    ("MatMul", ["flat", "weights"], ["y"]),
]


def test_whole_numbers_go_in_as_they_are(tmp_path: Path):
    path = network(
        tmp_path / "net.onnx",
        WHOLE_NUMBERS,
        ["n", 1, 4, 4],
        ["y"],
        constants={"weights": WEIGHTS},
        dtype=onnx.TensorProto.UINT8,
    )
    np.testing.assert_allclose(opened(path).scores(CANVASES), EXPECTED, atol=1e-5)
    how = card(4, 4, 3).preprocessing.model_copy(update={"scale": 1 / 255})
    with pytest.raises(UsageError, match="must say scale 1, mean 0 and std 1"):
        opened(path, preprocessing=how)


def test_a_file_that_ends_in_a_softmax_saturates_and_says_so(tmp_path: Path):
    nodes = [*LINEAR[:1], ("MatMul", ["flat", "weights"], ["logits"]), ("Softmax", ["logits"], ["y"])]
    path = network(tmp_path / "net.onnx", nodes, ["n", 1, 4, 4], ["y"], constants={"weights": WEIGHTS * 500})
    classifier = opened(path, output="probabilities")
    scores = classifier.scores(CANVASES)
    assert np.isfinite(scores).all()
    assert classifier.description.notes == (SATURATES,)
    logits = CANVASES.reshape(11, 16).astype(np.float32) @ (WEIGHTS * 500)
    np.testing.assert_allclose(np.exp(scores), np.exp(log_softmax(logits)), atol=1e-4)


def test_logits_that_are_called_probabilities_are_found_out(tmp_path: Path):
    path = toy(tmp_path)
    with pytest.raises(UsageError, match='say "output": "logits"'):
        opened(path, output="probabilities").scores(CANVASES)


def test_of_several_outputs_the_card_names_one(tmp_path: Path):
    nodes = [*LINEAR, ("Neg", ["y"], ["other"])]
    path = network(
        tmp_path / "net.onnx", nodes, ["n", 1, 4, 4], ["y", "other"], constants={"weights": WEIGHTS}
    )
    np.testing.assert_allclose(opened(path).scores(CANVASES), EXPECTED, atol=1e-5)
    other = opened(path, output_name="other")
    np.testing.assert_allclose(other.scores(CANVASES).argmin(1), EXPECTED.argmax(1))
    with pytest.raises(UsageError, match="has no output 'third'; it has: y, other"):
        opened(path, output_name="third")


def test_a_background_class_is_dropped(tmp_path: Path):
    wide = np.concatenate([np.ones((16, 1), np.float32), WEIGHTS], axis=1)
    path = network(tmp_path / "net.onnx", LINEAR, ["n", 1, 4, 4], ["y"], constants={"weights": wide})
    np.testing.assert_allclose(opened(path, background=1).scores(CANVASES), EXPECTED, atol=1e-5)
    with pytest.raises(UsageError, match='the card needs "background": 1'):
        opened(path).scores(CANVASES)


def test_outputs_with_sides_of_one_pixel_will_do(tmp_path: Path):
    nodes = [*LINEAR[:1], ("MatMul", ["flat", "weights"], ["z"]), ("Reshape", ["z", "sides"], ["y"])]
    constants = {"weights": WEIGHTS, "sides": np.array([-1, 3, 1, 1])}
    path = network(tmp_path / "net.onnx", nodes, ["n", 1, 4, 4], ["y"], constants=constants)
    np.testing.assert_allclose(opened(path).scores(CANVASES), EXPECTED, atol=1e-5)


def test_two_inputs_are_refused(tmp_path: Path):
    nodes = [("Add", ["x", "z"], ["sum"]), ("Flatten", ["sum"], ["flat"]), LINEAR[1]]
    path = network(
        tmp_path / "net.onnx", nodes, ["n", 1, 4, 4], ["y"], constants={"weights": WEIGHTS}, inputs=("x", "z")
    )
    with pytest.raises(UsageError, match=r"must have one input, .* has 2: x float\['n', 1, 4, 4\], z float"):
        opened(path)


def test_an_unknown_operator_is_named(tmp_path: Path):
    nodes = [("Flatten", ["x"], ["flat"]), ("Flibber", ["flat"], ["y"])]
    path = network(tmp_path / "net.onnx", nodes, ["n", 1, 4, 4], ["y"])
    with pytest.raises(UsageError, match=r"onnxruntime cannot run .*Flibber") as caught:
        opened(path)
    assert "\n" not in str(caught.value)


def test_weights_outside_the_folder_are_refused_before_anything_is_run(tmp_path: Path):
    (tmp_path / "nets").mkdir()
    path = toy(tmp_path / "nets")
    options = {"save_as_external_data": True, "location": "weights.bin", "size_threshold": 0}
    onnx.save_model(onnx.load_model(path), path, **options)
    (tmp_path / "nets" / "weights.bin").rename(tmp_path / "weights.bin")
    path.write_bytes(path.read_bytes().replace(b"weights.bin", b"../eights.b"))
    (tmp_path / "weights.bin").rename(tmp_path / "eights.b")
    with pytest.raises(UsageError, match=r"points outside its folder, to '\.\./eights\.b'"):
        load_classifier(f"onnx:{path}")


def test_class_names_can_be_given_with_the_reference(tmp_path: Path):
    path = toy(tmp_path)
    (tmp_path / "names.txt").write_text("cat\ndog\nbird\n")
    for classes in (["cat", "dog", "bird"], tmp_path / "names.txt", str(tmp_path / "names.txt")):
        known = load_classifier(f"onnx:{path}", classes=classes).description
        assert known.classes == ("cat", "dog", "bird")
        assert known.fingerprint != load_classifier(f"onnx:{path}").description.fingerprint
