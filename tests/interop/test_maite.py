"""MAITE: what foolery gives and takes, checked by MAITE's own spotcheck."""

import numpy as np
import pytest
from maite.protocols import image_classification as ic
from maite.spotcheck import SpotcheckError, spotcheck_component

from audit.conftest import small_config
from foolery.audit import run_audit
from foolery.classifiers import load_classifier
from foolery.data import LabelledImages
from foolery.errors import UsageError
from foolery.interop.maite import MaiteDataset, MaiteFoolingMetric, MaiteModel

pytest.importorskip("onnxruntime", reason="the extra onnx is not installed")


@pytest.fixture(scope="module")
def lenet():
    return load_classifier("lenet")


@pytest.fixture(scope="module")
def dataset(mnist, lenet):
    return MaiteDataset(mnist.take(np.arange(20)), lenet.description.canvas, "mnist")


def test_a_model_gives_what_the_classifier_says(lenet, dataset):
    model = spotcheck_component(ic.Model)(MaiteModel(lenet))
    images = [dataset[index][0] for index in range(8)]
    predictions = model(images)
    assert model.metadata["index2label"][3] == "3"
    assert np.stack(predictions) == pytest.approx(np.exp(lenet.scores(np.stack(images))))


def test_a_dataset_gives_images_with_their_classes(mnist, dataset):
    checked = spotcheck_component(ic.Dataset)(dataset)
    image, target, metadata = checked[5]
    assert (image.shape, int(target.argmax()), metadata["id"]) == ((1, 28, 28), int(mnist.labels[5]), 5)
    assert len(checked) == 20
    with pytest.raises(IndexError):
        dataset[20]


def test_a_metric_counts_what_is_accepted(lenet, mnist, tmp_path):
    audit = run_audit(lenet, small_config(mnist, tmp_path / "a"))
    metric = spotcheck_component(ic.Metric)(MaiteFoolingMetric(audit))
    champions = [one for one in audit.champions if one.attack == "cppn"]
    probabilities, targets = [], []
    from foolery.audit.rescore import champion_images

    for one, scores in zip(audit.champions, lenet.scores(champion_images(audit)), strict=True):
        probabilities.append(np.exp(scores))
        targets.append(np.eye(10)[one.index])
    metric.update(probabilities, targets, [{"id": one.index} for one in audit.champions])
    figures = metric.compute()
    assert champions
    assert figures["fpr95"] == audit.verdict.fooled_by_any.value
    assert 0 <= figures["auroc"] <= 1
    metric.reset()
    with pytest.raises(UsageError, match="no image was counted"):
        metric.compute()
    without = audit.model_copy(update={"reference": None})
    with pytest.raises(UsageError, match="expected an audit of a softmax with reference data"):
        MaiteFoolingMetric(without)


def test_spotcheck_can_fail(lenet):
    class TwoDimensions(MaiteModel):
        def __call__(self, input_batch, /):
            return [np.zeros((3, 3)) for _ in input_batch]

    with pytest.raises(SpotcheckError):
        spotcheck_component(ic.Model)(TwoDimensions(lenet))([np.zeros((1, 28, 28))])


MODULE = """
import numpy as np

class Bright:
    metadata = {"id": "bright", "index2label": {0: "dark", 1: "bright"}}
    canvas = (1, 8, 8)

    def __call__(self, batch):
        share = [float(np.mean(image)) / 255 for image in batch]
        return [np.array([1 - one, one]) for one in share]

class NoLabels(Bright):
    metadata = {"id": "none", "index2label": {1: "dark", 2: "bright"}}

number = 3
"""


@pytest.fixture
def module(tmp_path, monkeypatch):
    (tmp_path / "my_maite.py").write_text(MODULE)
    monkeypatch.syspath_prepend(tmp_path)


@pytest.mark.usefixtures("module")
def test_a_maite_model_is_a_classifier():
    classifier = load_classifier("maite:my_maite:Bright")
    description = classifier.description
    assert (description.classes, description.canvas.axes) == (("dark", "bright"), (1, 8, 8))
    white = np.full((1, 1, 8, 8), 204, np.uint8)
    assert np.exp(classifier.scores(white))[0] == pytest.approx([0.2, 0.8])
    data = LabelledImages(white, np.array([1]), ("dark", "bright"))
    assert MaiteDataset(data, description.canvas)[0][1].tolist() == [0.0, 1.0]


@pytest.mark.usefixtures("module")
@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("number", "gave int, which is no MAITE model"),
        ("NoLabels", r"index2label must have the indices from 0 on, got \[1, 2\]"),
        ("Nothing", "has no 'Nothing'"),
    ],
)
def test_what_is_no_maite_model_is_refused(name, message):
    with pytest.raises(UsageError, match=message):
        load_classifier(f"maite:my_maite:{name}")
