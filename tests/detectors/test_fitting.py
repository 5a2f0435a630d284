"""Fit a detector: the threshold keeps the share of real images that was asked for."""

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foolery.classifiers.scores import log_softmax
from foolery.detectors import Detector, Observation, fit_detector, make_detector
from foolery.detectors.fitting import images_for_threshold, threshold_keeping
from foolery.errors import UsageError

LABELS = np.zeros(200, np.int64)


def observation(count: int, seed: int = 0) -> Observation:
    logits = np.random.default_rng(seed).normal(size=(count, 5)) * 3
    return Observation(np.zeros((count, 1, 2, 2), np.uint8), log_softmax(logits), logits)


def fitted(detector: Detector, held_out: int = 200, tpr: float = 0.95):
    real = observation(200)
    return fit_detector("mine", detector, real, LABELS, observation(held_out, 1), tpr)


@given(
    scores=st.lists(st.floats(-1e6, 1e6), min_size=40, max_size=300).map(np.array),
    tpr=st.sampled_from([0.5, 0.8, 0.95]),
)
def test_the_threshold_is_the_smallest_that_keeps_the_share(scores, tpr):
    threshold = threshold_keeping(scores, tpr)
    assert (scores <= threshold).mean() >= tpr - 1e-12
    assert (scores < threshold).mean() <= tpr
    assert threshold in scores


def test_margins_are_zero_at_the_threshold_and_one_at_the_median():
    guard = fitted(make_detector("energy"))
    seen = observation(200, 1)
    margins, scores = guard.margins(seen), make_detector("energy").score(seen)
    assert margins[np.abs(scores - guard.threshold).argmin()] == pytest.approx(0.0, abs=1e-12)
    assert np.median(margins) == pytest.approx(1.0)
    assert (margins >= 0).mean() == pytest.approx(0.95)


@pytest.mark.parametrize(("tpr", "count"), [(0.95, 40), (0.99, 200), (0.8, 10), (0.5, 4)])
def test_two_images_lie_beyond_a_threshold(tpr, count):
    assert images_for_threshold(tpr) == count


def test_too_few_images_are_refused_and_how_many_are_needed_is_said():
    with pytest.raises(UsageError, match=r"detector mine: 230 images .* at least 40 .* give 80 or more"):
        fitted(make_detector("msp"), held_out=30)


@pytest.mark.parametrize("tpr", [0.0, 1.0, -1.0, float("nan")])
def test_a_share_that_is_none_is_refused(tpr):
    with pytest.raises(UsageError, match="tpr: expected a share between 0 and 1"):
        fitted(make_detector("msp"), tpr=tpr)


@dataclass(frozen=True)
class Broken(Detector):
    """Gives whatever it is told to."""

    scores: object

    def score(self, images):
        return self.scores


@pytest.mark.parametrize(
    ("scores", "message"),
    [
        (np.r_[np.zeros(17), np.nan, np.zeros(182)], "gave NaN for image 17 of 200"),
        (np.zeros((200, 2)), r"one number for each of 200 images, \(200,\), got \(200, 2\)"),
        (np.zeros(3), r"got \(3,\)"),
        (0.5, "got float; mend its score"),
        (np.full(200, np.inf), "not finite"),
    ],
)
def test_scores_that_are_none_are_refused_by_name(scores, message):
    with pytest.raises(UsageError, match=f"detector mine: .*{message}"):
        fitted(Broken(scores))
