import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from foolery.canvas import CanvasShape
from foolery.classifiers import load_classifier
from foolery.classifiers.card import card_beside
from foolery.classifiers.scores import log_sigmoid, log_softmax
from foolery.errors import UsageError
from foolery.install import install_command
from support.onnx_files import card, linear, toy

CANVASES = np.random.default_rng(1).integers(0, 256, (60, 1, 4, 4)).astype(np.uint8)


def test_scores_are_the_log_softmax_of_the_file_s_logits(tmp_path: Path):
    classifier = load_classifier(f"onnx:{toy(tmp_path)}")
    weights = np.random.default_rng(0).normal(size=(16, 3)) / 100
    scores = classifier.scores(CANVASES)
    assert scores.dtype == np.float64
    np.testing.assert_allclose(scores, log_softmax(CANVASES.reshape(60, 16) @ weights), atol=1e-5)


def test_the_description_says_how_it_is_run(tmp_path: Path):
    known = load_classifier(f"onnx:{toy(tmp_path)}").description
    assert known.name == f"onnx:{tmp_path / 'toy.onnx'}"
    assert known.canvas == CanvasShape(1, 4, 4)
    assert known.classes == ("class 0", "class 1", "class 2")
    assert (known.kind, known.backend, known.device) == ("softmax", "onnx", "cpu")
    assert known.forward == {"chunk": 25}


def test_sigmoid_heads_are_independent(tmp_path: Path):
    path = toy(tmp_path)
    card(4, 4, 3).model_copy(update={"kind": "sigmoid"}).write(card_beside(path))
    weights = np.random.default_rng(0).normal(size=(16, 3)) / 100
    scores = load_classifier(f"onnx:{path}").scores(CANVASES)
    np.testing.assert_allclose(scores, log_sigmoid(CANVASES.reshape(60, 16) @ weights), atol=1e-5)


def test_channels_last_files_get_channels_last(tmp_path: Path):
    weights = np.random.default_rng(0).normal(size=(48, 2)) / 100
    path = linear(tmp_path / "net.onnx", weights, (4, 4, 3))
    said = card(4, 4, 2).model_dump()
    said["preprocessing"] |= {
        "canvas": {"channels": 3, "height": 4, "width": 4},
        "mean": (0.0,) * 3,
        "std": (1.0,) * 3,
        "channel_order": "bgr",
        "layout": "nhwc",
    }
    type(card(4, 4, 2)).model_validate(said).write(card_beside(path))
    canvases = np.random.default_rng(1).integers(0, 256, (5, 3, 4, 4)).astype(np.uint8)
    expected = log_softmax(canvases[:, ::-1].transpose(0, 2, 3, 1).reshape(5, 48) @ weights)
    np.testing.assert_allclose(load_classifier(f"onnx:{path}").scores(canvases), expected, atol=1e-5)


def test_external_weights_are_part_of_the_fingerprint(tmp_path: Path):
    from support.onnx_files import onnx

    path = toy(tmp_path)
    inside = load_classifier(f"onnx:{path}")
    options = {"save_as_external_data": True, "location": "weights.bin", "size_threshold": 0}
    onnx.save_model(onnx.load_model(path), path, **options)
    outside = load_classifier(f"onnx:{path}")
    assert np.array_equal(outside.scores(CANVASES), inside.scores(CANVASES))
    content = bytearray((tmp_path / "weights.bin").read_bytes())
    content[7] ^= 1
    (tmp_path / "weights.bin").write_bytes(content)
    other = load_classifier(f"onnx:{path}")
    assert len({known.description.fingerprint for known in (inside, outside, other)}) == 3


@pytest.mark.parametrize("count", [0, 1, 25, 26])
def test_any_number_of_canvases_will_do(tmp_path: Path, count):
    classifier = load_classifier(f"onnx:{toy(tmp_path)}")
    np.testing.assert_allclose(
        classifier.scores(CANVASES[:count]), classifier.scores(CANVASES)[:count], atol=1e-5
    )


def test_canvases_of_another_shape_are_refused(tmp_path: Path):
    classifier = load_classifier(f"onnx:{toy(tmp_path)}")
    with pytest.raises(UsageError, match=r"expected \(N, 1, 4, 4\) uint8"):
        classifier.scores(np.zeros((2, 1, 5, 4), np.uint8))
    with pytest.raises(UsageError, match="float32"):
        classifier.scores(np.zeros((2, 1, 4, 4), np.float32))


def test_a_network_that_gives_nan_is_named(tmp_path: Path):
    path = linear(tmp_path / "bad.onnx", -np.ones((16, 3)), (1, 4, 4), op="Sqrt")
    card(4, 4, 3).write(card_beside(path))
    with pytest.raises(UsageError, match=r"classifier onnx:.*bad\.onnx: gave NaN"):
        load_classifier(f"onnx:{path}").scores(CANVASES)


def test_a_card_with_another_number_of_classes_is_refused_when_it_shows(tmp_path: Path):
    path = toy(tmp_path)
    card(4, 4, 5).write(card_beside(path))
    with pytest.raises(UsageError, match=r"5 class names, got \(25, 3\)"):
        load_classifier(f"onnx:{path}").scores(CANVASES)


def test_a_card_that_does_not_fit_the_input_is_refused(tmp_path: Path):
    path = toy(tmp_path)
    card(4, 5, 3).write(card_beside(path))
    with pytest.raises(UsageError, match=r"takes .*1, 4, 4.* but its card makes .*1, 4, 5"):
        load_classifier(f"onnx:{path}")


def test_a_missing_card_gets_the_name_of_the_file_to_write(tmp_path: Path):
    path = toy(tmp_path)
    given = card_beside(path).rename(tmp_path / "elsewhere.json")
    with pytest.raises(UsageError, match=r"card is missing.*foolery card .*toy\.onnx --data.*--card"):
        load_classifier(f"onnx:{path}")
    assert load_classifier(f"onnx:{path}", card=given).description.classes[0] == "class 0"


def test_files_that_onnxruntime_cannot_run_get_one_line(tmp_path: Path):
    path = toy(tmp_path)
    path.write_bytes(b"")
    with pytest.raises(UsageError, match="cannot run") as caught:
        load_classifier(f"onnx:{path}")
    assert "\n" not in str(caught.value)
    with pytest.raises(UsageError, match="no file"):
        load_classifier(f"onnx:{tmp_path / 'absent.onnx'}")


def test_without_onnxruntime_the_install_line_is_given(tmp_path: Path):
    program = f"""
import sys
sys.modules["onnxruntime"] = None
from foolery.classifiers import load_classifier
try:
    load_classifier("onnx:{toy(tmp_path)}")
except Exception as error:
    print(type(error).__name__, error)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("MissingExtraError onnxruntime is needed")
    assert install_command("onnx") in done.stdout
