"""Every check on a classifier that keeps its contract, and on one that breaks it there."""

import re

import numpy as np
import pytest

from foolery.checks.contract import Check
from foolery.checks.preflight_result import PreflightResult, preflight
from foolery.classifiers import load_classifier
from foolery.classifiers.scores import log_sigmoid, log_softmax
from foolery.data import LabelledImages
from foolery.errors import UsageError
from support.plain import Plain, noise


def table(classifier, data=None) -> dict[str, Check]:
    return {check.name: check for check in preflight(classifier, data)}


def photos(classifier: Plain, seed: int = 0, share: float = 1.0) -> LabelledImages:
    """Pictures that the classifier labels itself, a share of them rightly."""
    canvases = noise(200, classifier.description.canvas.axes, seed)
    labels = classifier.scores(canvases).argmax(axis=1)
    labels[int(200 * share) :] = (labels[int(200 * share) :] + 1) % 3
    return LabelledImages(canvases, labels.astype(np.int64), classifier.description.classes)


class Broken(Plain):
    """``wrong(scores, canvases)`` spoils the answers."""

    def __init__(self, wrong, **given):
        super().__init__(**given)
        self.wrong = wrong

    def scores(self, canvases):
        return self.wrong(super().scores(canvases), canvases)


def test_a_classifier_that_keeps_its_contract_passes_everything():
    found = table(Plain(), photos(Plain()))
    assert {check.status for check in found.values()} == {"pass"}, found
    assert list(found) == [
        "classes", "range", "softmax", "saturation", "responds", "repeatable", "batch size", "eval mode",
        "gradient", "PNG", "accuracy", "speed",
    ]  # fmt: skip
    assert "top-1 100.0%, top-5 100.0% on 200 images" in found["accuracy"].message
    assert PreflightResult(None, tuple(found.values())).passed(strict=True)


@pytest.mark.parametrize("kind", ["sigmoid", "similarity"])
def test_other_kinds_pass_too(kind):
    assert {check.status for check in preflight(Plain(kind=kind))} == {"pass"}


rng = np.random.default_rng(0)


@pytest.mark.parametrize(
    ("check", "status", "said", "wrong"),
    [
        ("range", "fail", "sum to 1 within 0.5", lambda scores, _: scores - np.log(2)),
        ("range", "fail", "NaN among the scores", lambda scores, _: scores * np.nan),
        ("softmax", "fail", "taken twice", lambda scores, _: log_softmax(np.exp(scores))),
        ("softmax", "warn", "no class stands out", lambda scores, _: log_softmax(scores / 100)),
        (
            "saturation",
            "warn",
            "images have the highest possible score",
            lambda scores, _: np.where(scores > -0.5, 0, -800.0),
        ),
        (
            "responds",
            "fail",
            "the same scores for 12",
            lambda scores, _: np.tile(scores[:1], (len(scores), 1)),
        ),
        (
            "responds",
            "warn",
            "images is 'cat'",
            lambda scores, _: log_softmax(scores + np.array([90.0, 0, 0])),
        ),
        (
            "repeatable",
            "fail",
            "dropout still on",
            lambda scores, _: log_softmax(scores + rng.normal(0, 0.1, scores.shape)),
        ),
        ("repeatable", "warn", "may differ", lambda scores, _: scores + rng.normal(0, 1e-9, scores.shape)),
        (
            "batch size",
            "fail",
            "still in training mode",
            lambda scores, _: log_softmax(scores - scores.mean(axis=0)),
        ),
        ("classes", "fail", r"\(2,\) scores for 3 class names", lambda scores, _: scores[:, :2]),
    ],
)
def test_what_is_broken_is_found_and_named(check, status, said, wrong):
    found = table(Broken(wrong))[check]
    assert found.status == status, found
    assert re.search(said, found.message), found


def test_a_sigmoid_that_is_taken_twice_is_a_warning():
    found = table(Broken(lambda scores, _: log_sigmoid(np.exp(scores)), kind="sigmoid"))
    assert found["softmax"].status == "warn"


def test_cosines_outside_their_range_fail():
    assert table(Broken(lambda scores, _: scores * 3, kind="similarity"))["range"].status == "fail"


def test_a_classifier_that_gives_nothing_usable_is_one_line():
    def raises(scores, _):
        raise UsageError("classifier net: gave NaN or infinity")

    (found,) = preflight(Broken(raises))
    assert found == Check("scores", "fail", "classifier net: gave NaN or infinity")


@pytest.mark.parametrize(("share", "status"), [(0.9, "pass"), (0.33, "fail"), (0.0, "fail")])
def test_accuracy_is_held_against_chance(share, status):
    assert table(Plain(), photos(Plain(), share=share))["accuracy"].status == status


def test_data_of_other_classes_are_refused():
    data = photos(Plain())
    with pytest.raises(UsageError, match=r"1 of its 3 class names .*: eel"):
        preflight(Plain(), LabelledImages(data.canvases, data.labels, ("dog", "cat", "eel")))


def test_a_gate_stops_at_failures_and_where_strict_at_warnings():
    checks = {status: Check("x", status, "") for status in ("pass", "warn", "fail")}
    assert PreflightResult(None, (checks["pass"], checks["warn"])).passed()
    assert not PreflightResult(None, (checks["pass"], checks["warn"])).passed(strict=True)
    assert not PreflightResult(None, (checks["pass"], checks["fail"])).passed()


def test_lenet_passes_on_both_back_ends(mnist):
    for package, backend in (("onnxruntime", "onnx"), ("torch", "torch")):
        pytest.importorskip(package, reason="an extra is not installed")
        found = table(load_classifier("lenet", backend=backend), mnist)
        assert {check.status for check in found.values()} == {"pass"}, found
    assert found["eval mode"].message == "every module"
    assert found["gradient"].message.startswith("finite")


def test_a_torch_network_left_in_training_mode_is_found():
    pytest.importorskip("torch", reason="the extra torch is not installed")
    lenet = load_classifier("lenet", backend="torch")
    lenet.network.train()
    assert table(lenet)["eval mode"].status == "fail"
