"""Averages: the mean of what several forward passes say."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from foolery.classifiers.base import Kind


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
