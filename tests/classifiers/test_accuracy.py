""""""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from foolery.classifiers.accuracy import BINS, LabelledPredictions, better_than_chance
from foolery.classifiers.scores import log_softmax

logits = arrays(np.float32, (12, 6), elements=st.integers(-4, 4).map(float))  # many ties
labels = arrays(np.int64, 12, elements=st.integers(0, 5))


@given(logits, labels)
def test_ranks_are_places_in_the_sorted_scores(batch, right):
    answers = LabelledPredictions.from_scores(log_softmax(batch), right, "softmax")
    for row, label in enumerate(right):
        order = sorted(range(6), key=lambda k: (-batch[row, k], k))
        assert order[answers.ranks[row]] == label
    assert answers.top(1) == answers.correct.mean() == (batch.argmax(axis=1) == right).mean()
    assert answers.top(6) == 1.0
    assert answers.error == pytest.approx(1 - answers.top(1))


@given(logits, labels)
def test_calibration_error_is_that_of_its_definition(batch, right):
    answers = LabelledPredictions.from_scores(log_softmax(batch), right, "softmax")
    total = 0.0
    for number in range(BINS):
        low, high = number / BINS, (number + 1) / BINS
        last = number == BINS - 1
        inside = (answers.confidences >= low) & ((answers.confidences < high) | last)
        if inside.any():
            gap = abs(answers.confidences[inside].mean() - answers.correct[inside].mean())
            total += inside.mean() * gap
    assert answers.calibration_error() == pytest.approx(total, abs=1e-12)


def test_certain_and_always_wrong_is_the_worst_calibration():
    answers = LabelledPredictions(np.ones(4), np.ones(4, np.int64))
    assert answers.calibration_error() == 1.0
    assert math.isnan(answers.median_confidence(answers.correct))
    assert answers.median_confidence(~answers.correct) == answers.median_confidence() == 1.0


def test_parts_are_joined_in_order():
    parts = [
        LabelledPredictions(np.array([0.5]), np.array([0])),
        LabelledPredictions(np.array([0.7, 0.9]), np.array([3, 1])),
    ]
    joined = LabelledPredictions.concatenate(parts)
    assert joined.confidences.tolist() == [0.5, 0.7, 0.9]
    assert joined.ranks.tolist() == [0, 3, 1]
    assert (joined.top(1), joined.top(2), joined.median_confidence()) == (1 / 3, 2 / 3, 0.7)


def test_without_images_there_are_no_figures():
    nothing = LabelledPredictions.concatenate([])
    assert len(nothing) == 0
    for figure in (nothing.top(1), nothing.error, nothing.median_confidence(), nothing.calibration_error()):
        assert math.isnan(figure)


@pytest.mark.parametrize(("classes", "images"), [(2, 100), (10, 1000), (1000, 1000)])
def test_guesses_hardly_ever_pass(classes, images):
    guessed = np.random.default_rng(0).binomial(images, 1 / classes, 20_000) / images
    passed = np.mean([better_than_chance(share, images, classes) for share in guessed])
    assert passed < 0.005


def test_knowing_a_little_passes():
    assert better_than_chance(0.15, 1000, 10)
    assert better_than_chance(0.08, 1000, 1000)
    assert not better_than_chance(0.15, 20, 10)


def test_no_images_prove_nothing():
    assert not better_than_chance(0.0, 0, 10)
