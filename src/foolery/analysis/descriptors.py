"""Descriptors: a champion as a few numbers, and how far apart champions are by them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from foolery.canvas import Canvases, CanvasShape
from foolery.classifiers.layers import LastLayer
from foolery.data.fitting import fit_all

SIDE = 16


def thumbnails(canvases: Canvases) -> NDArray[np.float64]:
    """``(N, C * 256) float64`` from 0 to 1: canvases ``(N, C, H, W)`` fitted to 16 x 16 pixels."""
    small = fit_all(canvases, CanvasShape(canvases.shape[1], SIDE, SIDE))
    return small.reshape(len(small), -1) / 255.0


def textures(canvases: Canvases) -> NDArray[np.float64]:
    """``(N, C * 64) float64``: amplitudes of low spatial frequencies, the same wherever a pattern begins.

    Of a canvas fitted to 32 x 32 pixels, Hann-windowed, its mean taken away; the 8 lowest frequencies each
    way, which resolve angles from 0 to 90 degrees only.
    """
    small = fit_all(canvases, CanvasShape(canvases.shape[1], 32, 32)) / 255.0
    window = np.hanning(32)
    centered = (small - small.mean(axis=(2, 3), keepdims=True)) * window[:, None] * window
    amplitude = np.abs(np.fft.rfft2(centered))[:, :, :8, :8]
    return np.asarray(amplitude.reshape(len(small), -1), np.float64)


def features(canvases: Canvases, layer: LastLayer) -> NDArray[np.float64]:
    """``(N, F) float64`` of length 1: what the last layer sees."""
    activations = layer.features(canvases)
    return np.asarray(activations / np.maximum(np.linalg.norm(activations, axis=1, keepdims=True), 1e-12))


def distances(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """``(N, N) float64``: Euclidean distances of ``(N, D)`` points, divided by the square root of D."""
    squares = (points**2).sum(axis=1)
    squared = squares[:, None] + squares[None, :] - 2 * points @ points.T
    np.fill_diagonal(squared, 0.0)
    return np.asarray(np.sqrt(np.maximum(squared, 0.0) / points.shape[1]))


def cosines(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """``(K, K) float64``: the cosine of every two of ``(K, F)`` rows, once their mean is taken away."""
    centered = rows - rows.mean(axis=0)
    unit = centered / np.maximum(np.linalg.norm(centered, axis=1, keepdims=True), 1e-12)
    return np.asarray(unit @ unit.T)
