"""Detectors of outputs alone: what their formulas say, on arrays and on tensors alike."""

import numpy as np
import pytest

from foolery.classifiers.scores import log_softmax
from foolery.detectors import DETECTORS, Observation, make_detector

LOGITS = np.random.default_rng(0).normal(size=(40, 12)) * 4
OUTPUT_ONLY = ["msp", "max-logit", "margin", "energy", "gen"]


def observation(logits: np.ndarray) -> Observation:
    return Observation(np.zeros((len(logits), 1, 2, 2), np.uint8), log_softmax(logits), logits)


SEEN = observation(LOGITS)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("msp", lambda p, z: 1 - p.max(1)),
        ("max-logit", lambda p, z: -z.max(1)),
        ("margin", lambda p, z: np.sort(z, 1)[:, -2] - z.max(1)),
        ("energy", lambda p, z: -np.log(np.exp(z).sum(1))),
        ("energy?temperature=3", lambda p, z: -3 * np.log(np.exp(z / 3).sum(1))),
        (
            "gen?top=5",
            lambda p, z: (np.sort(p, 1)[:, -5:] ** 0.1 * (1 - np.sort(p, 1)[:, -5:]) ** 0.1).mean(1),
        ),
    ],
)
def test_scores_are_what_the_formula_says(name, expected):
    p = np.exp(LOGITS) / np.exp(LOGITS).sum(1, keepdims=True)
    np.testing.assert_allclose(make_detector(name).score(SEEN), expected(p, LOGITS), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("name", OUTPUT_ONLY)
def test_an_image_of_which_the_network_is_surer_is_less_unusual(name):
    surer = np.zeros((5, 10))
    surer[:, 3] = np.arange(1.0, 6.0)
    assert (np.diff(make_detector(name).score(observation(surer))) < 0).all()


@pytest.mark.parametrize("name", ["msp", "max-logit", "margin", "energy"])
def test_images_that_are_nearly_certain_are_still_told_apart(name):
    certain = np.zeros((3, 10))
    certain[:, 0] = [50.0, 60.0, 70.0]
    assert (np.diff(make_detector(name).score(observation(certain))) < 0).all()


@pytest.mark.parametrize("name", OUTPUT_ONLY)
def test_tensors_give_the_same_with_gradients(name):
    torch = pytest.importorskip("torch", reason="the extra torch is not installed")
    logits = torch.from_numpy(LOGITS).requires_grad_()
    seen = Observation(None, logits.log_softmax(1), logits)
    scores = make_detector(name).score(seen)
    np.testing.assert_allclose(
        scores.detach().numpy(), make_detector(name).score(SEEN), rtol=1e-12, atol=1e-12
    )
    (slope,) = torch.autograd.grad(scores.sum(), logits)
    assert (slope != 0).any(1).all()


def test_they_need_no_image_to_learn_from_and_nothing_but_outputs():
    for name in OUTPUT_ONLY:
        detector = make_detector(name)
        assert set(detector.needs) <= {"logits"}
        assert detector.images_needed(10, 500) == 0
        assert DETECTORS.entry(name).extra is None
