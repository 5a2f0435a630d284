"""Scores: outputs of a classifier in a form in which a search can still see progress.

In float32 the log-probability of a class is 0.0 from a margin of about 17 on, and a search stalls
there; in float64 it is not, until a margin of about 745.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from foolery.classifiers.base import Kind
from foolery.errors import UsageError
from foolery.jit import jit


def mean_scores(scores: NDArray[np.float64], kind: Kind) -> NDArray[np.float64]:
    """``(N, K)`` from ``(M, N, K)``: the logarithm of the mean probability, or the mean cosine.

    Exact at both ends: a mean of 1 - 1e-30 is told from 1, and one of 1e-300 from 0.
    """
    if kind == "similarity":
        cosines: NDArray[np.float64] = scores.mean(axis=0)
        return cosines
    top = scores.max(axis=0)
    finite = np.where(np.isfinite(top), top, 0.0)
    with np.errstate(divide="ignore"):
        small = finite + np.log(np.exp(scores - finite).mean(axis=0))
        near_one = np.log1p(np.maximum(np.expm1(scores).mean(axis=0), -1.0))
    averaged: NDArray[np.float64] = np.where(near_one > -0.5, near_one, small)
    return averaged


#: Note of a classifier that gives only probabilities.
SATURATES = "It gives probabilities, not logits: they saturate near 0 and 1, where a search can stall."
_TINY = float(np.finfo(np.float64).tiny)
_SLACK = 1e-3  # rounding of a float16 softmax


@jit
def _below_top(logits: NDArray[np.float64], odds: NDArray[np.float64]) -> None:
    """Rows of ``logits`` less their largest value, in place; ``odds`` has -inf where that value was."""
    for i in range(logits.shape[0]):
        row, top = logits[i], 0
        for k in range(row.size):
            if row[k] > row[top]:
                top = k
        maximum = row[top]
        for k in range(row.size):
            row[k] -= maximum
            odds[i, k] = row[k]
        odds[i, top] = -np.inf


def log_softmax(logits: NDArray[np.floating]) -> NDArray[np.float64]:
    """``(N, K) float64`` log-probabilities, taken in float64 from ``(N, K)`` logits.

    The largest class uses log1p of the others' sum, so a confidence of 1 - 1e-300 is told from 1.
    Exponentials and logarithms are numpy's: those of a kernel differ in the last bit.
    """
    log_probabilities = np.array(logits, dtype=np.float64, order="C")
    to_log_softmax(log_probabilities)
    return log_probabilities


def to_log_softmax(logits: NDArray[np.float64]) -> None:
    """``log_softmax`` in place, of contiguous ``(N, K) float64``."""
    odds = np.empty(logits.shape)
    _below_top(logits, odds)
    logits -= np.log1p(np.exp(odds, odds).sum(axis=1))[:, None]


def log_sigmoid(logits: NDArray[np.floating]) -> NDArray[np.float64]:
    """``(N, K) float64`` logarithms of independent probabilities, from ``(N, K)`` logits."""
    exact = np.asarray(logits, dtype=np.float64)
    return -np.logaddexp(0.0, -exact)


def confidence(scores: NDArray[np.float64], kind: Kind) -> NDArray[np.float64]:
    """Confidence: a probability, or the cosine itself for ``similarity``."""
    return scores if kind == "similarity" else np.exp(scores)


def from_outputs(outputs: NDArray[np.floating], kind: Kind) -> NDArray[np.float64]:
    """``(N, K) float64`` scores from what a network puts out: logits, or cosines for ``similarity``."""
    if kind == "softmax":
        return log_softmax(outputs)
    if kind == "sigmoid":
        return log_sigmoid(outputs)
    return np.asarray(outputs, dtype=np.float64)


def from_probabilities(outputs: NDArray[np.floating], name: str) -> NDArray[np.float64]:
    """``(N, K) float64`` log-probabilities from ``(N, K)`` probabilities; finite, 0 counts as 2.2e-308.

    Raises:
        UsageError: for numbers that are no probabilities; names the classifier.
    """
    exact = np.asarray(outputs, dtype=np.float64)
    if exact.size and not (exact.min() >= -_SLACK and exact.max() <= 1 + _SLACK):
        raise UsageError(
            f"classifier {name}: its card says probabilities, but it gave values from {exact.min():.3g} to "
            f'{exact.max():.3g}; say "output": "logits"'
        )
    log_probabilities: NDArray[np.float64] = np.log(np.clip(exact, _TINY, 1.0))
    return log_probabilities


_FEW = 257  # distinct values of numbers of 8 bits, and one


def rounding_step(probabilities: NDArray[np.floating]) -> float:
    """The step that probabilities were rounded to: 1/255 or so where they have 8 bits, 0 where none shows."""
    distinct = np.unique(probabilities)
    if not 2 < len(distinct) <= min(_FEW, probabilities.size // 2):
        return 0.0
    return float(np.diff(distinct).min())


def two_columns(outputs: NDArray[np.floating], kind: Kind, *, probabilities: bool) -> NDArray[np.floating]:
    """``(n, 2)`` from ``(n, 1)``: an only output p gives 1 - p and p; a logit, what stands for them."""
    exact = outputs.astype(np.float64)
    other = 1 - exact if probabilities else -exact if kind == "sigmoid" else np.zeros_like(exact)
    return np.concatenate([other, exact], axis=1)


def check_form(outputs: NDArray[np.floating], count: int, name: str, classes: int) -> NDArray[np.floating]:
    """``outputs``, if they have the right form.

    Args:
        outputs: of a network or of any callable, for ``count`` canvases.
        count: of canvases.
        name: of the classifier, for the error message.
        classes: number of class names.

    Raises:
        UsageError: unless they are ``(count, classes)`` floating-point numbers.
    """
    if not isinstance(outputs, np.ndarray) or outputs.dtype.kind != "f":
        type_name = outputs.dtype if isinstance(outputs, np.ndarray) else type(outputs).__name__
        raise UsageError(f"classifier {name}: expected an array of floating-point numbers, got {type_name}")
    if outputs.shape != (count, classes):
        remedy = "one class name is needed for each output"
        if outputs.shape == (count, classes + 1):
            remedy = 'if the first output is a background class, the card needs "background": 1'
        raise UsageError(
            f"classifier {name}: expected {(count, classes)} for {count} canvases and {classes} class names, "
            f"got {outputs.shape}; {remedy}"
        )
    return outputs


@jit
def _first_unusable(outputs: NDArray[np.float64]) -> int:
    """The first row with NaN or +infinity, or with nothing but -infinity; -1 if there is none."""
    for i in range(outputs.shape[0]):
        row, below, finite = outputs[i], 0, 0
        for k in range(row.size):
            below += row[k] < np.inf
            finite += row[k] > -np.inf
        if below < row.size or finite == 0:
            return i
    return -1


def check_values(outputs: NDArray[np.floating], name: str, first: int = 0) -> NDArray[np.floating]:
    """``(N, K)`` ``outputs``, if a search can use them.

    Args:
        outputs: of the canvases from number ``first`` on.
        name: of the classifier, for the error message.
        first: number of the first canvas.

    Raises:
        UsageError: for NaN, for +infinity, and for a row that is all -infinity; names the classifier.
    """
    row = _first_unusable(np.ascontiguousarray(outputs, dtype=np.float64))
    if row >= 0:
        raise UsageError(
            f"classifier {name}: gave NaN or infinity (canvas {first + row} was the first); check its card"
        )
    return outputs
