""""""

from __future__ import annotations

from decimal import Decimal, localcontext

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from foolery.classifiers.scores import (
    check_form,
    check_values,
    confidence,
    from_outputs,
    from_probabilities,
    log_sigmoid,
    log_softmax,
    mean_scores,
)
from foolery.errors import UsageError

logits = arrays(np.float32, (3, 5), elements=st.floats(-60, 60, width=32))


def exact_log_softmax(row: np.ndarray) -> list[float]:
    """With 100 decimal digits, as written in a textbook: 1 + e^-120 takes 52 before its first."""
    with localcontext() as context:
        context.prec = 100
        values = [Decimal(float(value)) for value in row]
        total = sum(value.exp() for value in values).ln()
        return [float(value - total) for value in values]


@given(logits)
def test_log_softmax_is_that_of_a_textbook(batch):
    expected = np.array([exact_log_softmax(row) for row in batch])
    np.testing.assert_allclose(log_softmax(batch), expected, rtol=1e-13, atol=0)


@pytest.mark.parametrize("classes", [1, 2, 10, 1000])
def test_log_softmax_is_the_same_to_the_last_bit_however_it_is_chunked(classes):
    """And that of the formula in plain numpy: resumed runs compare old scores with new ones."""
    batch = np.random.default_rng(0).normal(0, 12, (130, classes)).astype(np.float32)
    batch[3, 0] = -np.inf if classes > 1 else 0.0
    exact = batch.astype(np.float64)
    top = exact.argmax(axis=1)
    shifted = exact - exact.max(axis=1, keepdims=True)
    odds = np.exp(shifted)
    odds[np.arange(130), top] = 0.0
    expected = shifted - np.log1p(odds.sum(axis=1))[:, None]
    assert np.array_equal(log_softmax(batch), expected)
    parts = [log_softmax(batch[start : start + 7]) for start in range(0, 130, 7)]
    assert np.array_equal(np.concatenate(parts), expected)


@pytest.mark.parametrize("margin", [17.0, 40.0, 100.0, 500.0, 700.0])
def test_progress_is_seen_far_beyond_where_float32_is_certain(margin):
    batch = np.array([[margin, 0.0], [margin + 0.5, 0.0]], np.float32)
    certain = np.log(np.exp(batch - batch.max(1, keepdims=True)).astype(np.float32)[:, 0])
    assert (certain == 0.0).all()
    scores = log_softmax(batch)[:, 0]
    assert scores[0] < scores[1] < 0.0
    assert scores[0] == pytest.approx(-np.exp(-margin), rel=1e-7)


def test_a_class_without_any_chance_is_minus_infinity_and_no_warning():
    scores = log_softmax(np.array([[0.0, -np.inf, 3e38]], np.float32))
    assert scores.tolist() == [[-float(np.float32(3e38)), -np.inf, 0.0]]


@given(logits)
def test_log_sigmoid_takes_each_class_by_itself(batch):
    expected = [[exact_log_softmax(np.array([0.0, value]))[1] for value in row] for row in batch]
    np.testing.assert_allclose(log_sigmoid(batch), expected, rtol=1e-13, atol=0)


@given(logits)
def test_confidences_of_a_softmax_sum_to_one(batch):
    np.testing.assert_allclose(
        confidence(from_outputs(batch, "softmax"), "softmax").sum(axis=1), 1.0, rtol=1e-12
    )


def test_cosines_stay_as_they_are():
    cosines = np.array([[0.25, -1.0]], np.float32)
    scores = from_outputs(cosines, "similarity")
    assert scores.dtype == np.float64
    assert confidence(scores, "similarity").tolist() == [[0.25, -1.0]]


def test_outputs_that_can_be_used_pass_unchanged():
    outputs = np.array([[1.0, -np.inf]], np.float32)
    assert check_form(outputs, 1, "net", 2) is outputs
    assert check_values(outputs, "net") is outputs
    assert check_values(np.empty((0, 2)), "net").shape == (0, 2)


@pytest.mark.parametrize(
    ("outputs", "said"),
    [
        (np.zeros((2, 3), np.float32), r"classifier net: expected \(2, 4\) .* got \(2, 3\)"),
        (np.zeros((1, 4), np.float32), r"classifier net: expected \(2, 4\) for 2 canvases .* got \(1, 4\)"),
        (np.zeros((2, 4), np.int64), "classifier net: expected .* floating-point numbers, got int64"),
        ([[0.0] * 4] * 2, "classifier net: expected .* got list"),
    ],
)
def test_outputs_of_another_form_are_refused(outputs, said):
    with pytest.raises(UsageError, match=said):
        check_form(outputs, 2, "net", 4)


@pytest.mark.parametrize(
    ("row", "bad"), [(0, [0.0, np.nan, 0.0]), (1, [0.0, np.inf, 0.0]), (1, [-np.inf] * 3), (0, [-np.nan] * 3)]
)
def test_outputs_that_no_search_can_use_are_refused(row, bad):
    outputs = np.zeros((2, 3), np.float32)
    outputs[row] = bad
    with pytest.raises(UsageError, match=f"classifier net: gave NaN or infinity .*canvas {row} was"):
        check_values(outputs, "net")


def test_probabilities_become_finite_logarithms():
    given = np.array([[0.0, 1.0], [0.25, 0.75], [-1e-9, 1 + 1e-9]], np.float64)
    scores = from_probabilities(given, "toy")
    assert np.isfinite(scores).all()
    assert scores.max() == 0.0
    np.testing.assert_allclose(np.exp(scores[1]), given[1])
    assert scores[0, 0] < -700


def test_numbers_that_are_no_probabilities_are_refused():
    with pytest.raises(UsageError, match=r"classifier toy: .* says probabilities, but .* -3 to 12"):
        from_probabilities(np.array([[-3.0, 12.0]]), "toy")


def test_one_output_too_many_gets_a_hint():
    with pytest.raises(UsageError, match=r'2 class names, got \(1, 3\); .*"background": 1'):
        check_form(np.zeros((1, 3)), 1, "toy", 2)


def test_the_mean_of_probabilities():
    probabilities = np.random.default_rng(0).dirichlet(np.ones(5), size=(3, 4))
    found = mean_scores(np.log(probabilities), "softmax")
    assert np.allclose(found, np.log(probabilities.mean(axis=0)), rtol=1e-13)


def test_the_mean_of_cosines():
    cosines = np.random.default_rng(0).uniform(-1, 1, (3, 4, 5))
    assert np.array_equal(mean_scores(cosines, "similarity"), cosines.mean(axis=0))


@pytest.mark.parametrize("score", [-1e-30, -1e-12, -0.7, -300.0, -800.0, -np.inf])
def test_nothing_is_lost_near_certainty_and_near_nothing(score):
    assert mean_scores(np.full((4, 1, 1), score), "sigmoid")[0, 0] == pytest.approx(score, rel=1e-9)


def test_one_certain_member_of_two_gives_a_half():
    assert mean_scores(np.array([[[0.0]], [[-np.inf]]]), "softmax")[0, 0] == pytest.approx(np.log(0.5))
