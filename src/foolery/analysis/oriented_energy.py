"""Oriented energy: how much of a champion is vertical or horizontal structure, in which half (3.2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from foolery.analysis.statistics import RankTest, mann_whitney, signed_rank
from foolery.analysis.transferability import check_canvases
from foolery.canvas import Canvases
from foolery.engine.run import RunResult
from foolery.errors import UsageError, did_you_mean

#: What the columns of ``energies`` are.
SHARES = ("vertical, upper half", "vertical, lower half", "horizontal, upper half", "horizontal, lower half")


@dataclass(frozen=True)
class Contrast:
    """One class against all others, over runs.

    Attributes:
        label: of the class.
        median: of its champions' measure.
        others: median of the other champions'.
        test: of the two samples; champions of one run are taken as independent, though they have ancestors
            in common.
        paired_p: two-sided, Wilcoxon's signed-rank test of the class's measure minus the mean of the others'
            of the same run; it does not need them to be independent.
        rank: place of its median among all classes, 1 for the highest.
        runs: number of them.
    """

    label: str
    median: float
    others: float
    test: RankTest
    paired_p: float
    rank: int
    runs: int


def edge_energies(canvases: Canvases) -> NDArray[np.float64]:
    """``(N, 4) float64``: a canvas's mean squared differences, of each of ``SHARES``, as shares.

    A difference between horizontal neighbors belongs to vertical structure, one between vertical neighbors
    to horizontal structure. The shares sum to 1. All are 0.25 for one color, and about 0.25 for noise.

    Args:
        canvases: ``(N, C, H, W) uint8``; the middle row of an odd height belongs to no half.
    """
    gray = canvases.astype(np.float64).mean(axis=1)
    half = gray.shape[1] // 2
    means = []
    for structure in (1, 0):  # across columns, then across rows
        for part in (gray[:, :half], gray[:, -half:]):
            differences = np.diff(part, axis=1 + structure)
            pairs = max(1, differences[0].size) if len(gray) else 1
            means.append((differences**2).sum(axis=(1, 2)) / pairs)
    total = np.stack(means, axis=1)
    whole = total.sum(axis=1, keepdims=True)
    shares: NDArray[np.float64] = np.divide(total, whole, out=np.full_like(total, 0.25), where=whole > 0)
    return shares


def vertical_structure(canvases: Canvases) -> NDArray[np.float64]:
    """``(N,) float64``: share of vertical structure, both halves: what the paper says of "1"."""
    return np.asarray(edge_energies(canvases)[:, :2].sum(axis=1))


def horizontal_structure_below(canvases: Canvases) -> NDArray[np.float64]:
    """``(N,) float64``: share of horizontal structure in the lower half: what the paper says of "2"."""
    return np.asarray(edge_energies(canvases)[:, 3])


def contrast(runs: Sequence[RunResult], label: str, values: NDArray[np.float64]) -> Contrast:
    """Compare a measure of one class's champions with that of the others.

    Args:
        runs: with champions of the same classes.
        label: of the class.
        values: ``(runs, classes) float64``, the measure, in the order of the champions.

    Raises:
        UsageError: for an unknown class, or no other one.
    """
    labels = list(runs[0].champions) if runs else []
    if label not in labels or len(labels) < 2:
        raise UsageError(f"contrast: no class {label!r} beside others; {did_you_mean(label, labels)}")
    at = labels.index(label)
    own, others = values[:, at], np.delete(values, at, axis=1)
    medians = np.median(values, axis=0)
    return Contrast(
        label=label,
        median=float(medians[at]),
        others=float(np.median(others)),
        test=mann_whitney(own, others.ravel()),
        paired_p=signed_rank(own - others.mean(axis=1)),
        rank=1 + int((medians > medians[at]).sum()),
        runs=len(runs),
    )


def stack_champions(runs: Sequence[RunResult]) -> NDArray[np.uint8]:
    """``(runs, classes, C, H, W) uint8``: all champions.

    Raises:
        UsageError: for no runs, runs with champions of other classes or canvases, and where a canvas is not
            the one that was scored.
    """
    for run in runs:
        check_canvases(run)
    shapes = {(tuple(run.champions), tuple(run.settings.canvas)) for run in runs}
    if len(shapes) != 1 or not runs[0].champions:
        raise UsageError("runs: expected one or more with champions of the same classes and canvases")
    return np.stack([[champion.canvas for champion in run.champions.values()] for run in runs])


def mean_champions(canvases: NDArray[np.uint8]) -> Canvases:
    """``(classes, C, H, W) uint8``: for each class the mean over runs of ``(runs, classes, C, H, W)``.

    Contrast is stretched, one and the same way for all classes, until the darkest value is 0 and the
    brightest 255: what is left of many runs is faint.
    """
    mean = canvases.astype(np.float64).mean(axis=0)
    low, high = mean.min(), mean.max()
    stretched = (mean - low) / max(high - low, 1e-9) * 255
    return np.asarray(np.rint(stretched), np.uint8)
