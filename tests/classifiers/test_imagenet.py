"""Networks trained on ImageNet, with the cards of the documentation, on one real photo of each class."""

import os
from pathlib import Path

import numpy as np
import pytest

from foolery.classifiers import load_classifier
from foolery.classifiers.scores import log_softmax
from foolery.data import load_data

CARDS = Path(__file__).parents[2] / "docs" / "cards"
DATA = Path(os.environ.get("FOOLERY_DATA", ""))
PHOTOS = DATA / "imagenet-samples" / "samples.parquet"

pytest.importorskip("onnxruntime", reason="the extra onnx is not installed")
pytest.importorskip("pyarrow", reason="the extra dataset is not installed")
if not PHOTOS.is_file() or not (DATA / "models").is_dir():
    pytest.skip("FOOLERY_DATA has no ImageNet networks", allow_module_level=True)


def reference(name: str) -> str:
    return f"onnx:{DATA / 'models' / name / 'model.onnx'}"


def card(name: str) -> Path:
    return CARDS / f"{name}.card.json"


def photos(shape, count: int = 1000):
    """Canvases and labels of the first photos."""
    parts, seen = [], 0
    for part in load_data(f"parquet:{PHOTOS}").batches(100, shape):
        parts.append(part)
        seen += len(part.labels)
        if seen >= count:
            break
    canvases = np.concatenate([part.canvases for part in parts])[:count]
    return canvases, np.concatenate([part.labels for part in parts])[:count]


def test_accuracy_is_as_stated_and_as_a_plain_script_finds_it():
    import onnxruntime

    name = "mobilenet_v1_025_128_quant"
    classifier = load_classifier(reference(name), card=card(name))
    canvases, labels = photos(classifier.description.canvas)
    ours = float((classifier.scores(canvases).argmax(axis=1) == labels).mean())
    session = onnxruntime.InferenceSession(reference(name).removeprefix("onnx:"))
    middle = canvases[:, :, 9:137, 9:137].astype(np.float32)
    plain = np.concatenate(
        [session.run(None, {"image": (part / 255 - 0.5) / 0.5})[0] for part in np.array_split(middle, 20)]
    )
    assert ours == pytest.approx(0.446, abs=0.025)
    assert ours == pytest.approx(float((plain.argmax(axis=1) == labels).mean()), abs=0.001)


@pytest.mark.parametrize("name", ["mobilenet_v1_050_160_quant", "squeezenet1_0"])
def test_a_few_photos_are_mostly_recognised(name):
    classifier = load_classifier(reference(name), card=card(name))
    canvases, labels = photos(classifier.description.canvas, 40)
    assert (classifier.scores(canvases).argmax(axis=1) == labels).mean() > 0.5


def test_the_same_weights_run_in_torchvision_s_architecture():
    torch = pytest.importorskip("torch", reason="the extra torch is not installed")
    weights = DATA / "models" / "squeezenet1_0" / "model.safetensors"
    try:
        classifier = load_classifier(f"torch:{weights}", card=card("squeezenet1_0"))
    except ImportError:
        pytest.skip("the extra vision is not installed")
    other = load_classifier(reference("squeezenet1_0"), card=card("squeezenet1_0"))
    canvases, labels = photos(classifier.description.canvas, 40)
    scores = classifier.scores(canvases)
    assert (scores.argmax(axis=1) == labels).mean() > 0.5
    # Caffe pads the last convolution by one pixel: its averages are over more pixels, its logits smaller
    assert (scores.argmax(axis=1) == other.scores(canvases).argmax(axis=1)).mean() > 0.9
    classifier.network.classifier[1].padding = (1, 1)
    with torch.no_grad():
        logits = classifier.logits(torch.from_numpy(canvases[:8]).float()).numpy()
    np.testing.assert_allclose(log_softmax(logits), other.scores(canvases[:8]), atol=2e-3)
