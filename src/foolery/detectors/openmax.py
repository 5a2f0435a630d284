"""OpenMax (Bendale and Boult, CVPR 2016), which was tested on fooling images when it was published."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from foolery.detectors.base import Array, Detector, Need, Observation, like, log_sum_exp, namespace, unfitted

#: Added to distances beyond the tail before a Weibull is fitted, as in the authors' library.
TRANSLATION = 10_000.0


@dataclass(frozen=True)
class OpenMax(Detector):
    """The probability of a class more, to which each class gives of its logit.

    For each class the distances of real logits to their mean have a tail; a Weibull distribution of its
    largest says how far out a distance is. The ``alpha`` largest logits lose that share, the first of them
    all of it, and what is lost is the logit of the unknown class.

    Attributes:
        tail: distances in a tail.
        alpha: classes that lose; all of them where there are fewer.
        classes: ``(C,)``, those that were fitted.
        means: ``(C, K)``.
        shapes: ``(C,)`` of the Weibull distributions.
        scales: ``(C,)``.
        starts: ``(C,)``, where the tails begin.
    """

    tail: int = 25
    alpha: int = 10
    needs: ClassVar[tuple[Need, ...]] = ("logits",)
    classes: NDArray[np.int64] = field(default_factory=unfitted, repr=False)
    means: NDArray[np.float64] = field(default_factory=unfitted, repr=False)
    shapes: NDArray[np.float64] = field(default_factory=unfitted, repr=False)
    scales: NDArray[np.float64] = field(default_factory=unfitted, repr=False)
    starts: NDArray[np.float64] = field(default_factory=unfitted, repr=False)

    def images_needed(self, classes: int, features: int) -> int:
        """Each class needs a tail."""
        return classes * self.tail

    def fit(self, real: Observation, labels: NDArray[np.int64]) -> OpenMax:
        """With a mean and a tail for each class."""
        classes = np.unique(labels)
        own = [real.logits[labels == each] for each in classes]
        means = np.stack([rows.mean(axis=0) for rows in own])
        tails = [
            np.sort(np.linalg.norm(rows - mean, axis=1))[-self.tail :]
            for rows, mean in zip(own, means, strict=True)
        ]
        starts = np.array([tail.min() for tail in tails])
        fits = [weibull(tail - start + TRANSLATION) for tail, start in zip(tails, starts, strict=True)]
        shapes, scales = (np.array(column) for column in zip(*fits, strict=True))
        return replace(self, classes=classes, means=means, shapes=shapes, scales=scales, starts=starts)

    def score(self, images: Observation) -> Array:
        """``(N,)`` from 0 to 1: the probability that no class is the right one."""
        logits = images.logits
        xp, size = namespace(logits), logits.shape[1]
        ranks = xp.argsort(xp.argsort(-logits, axis=1), axis=1)
        alpha = min(self.alpha, size)
        outside = xp.ones_like(logits)
        weight = xp.clip(1.0 - ranks * outside / alpha, 0.0, None)
        means, starts = like(self.means, logits), like(self.starts, logits)
        shapes, scales = like(self.shapes, logits), like(self.scales, logits)
        for row, column in enumerate(self.classes.tolist()):
            rest = logits - means[row]
            distance = xp.sqrt((rest * rest).sum(1)) - starts[row] + TRANSLATION
            outside[:, column] = -xp.expm1(-((distance / scales[row]) ** shapes[row]))
        kept = logits * (1.0 - weight * outside)
        unknown = (logits - kept).sum(1)
        revised = xp.concatenate([unknown[:, None], kept], axis=1)
        return xp.exp(unknown - log_sum_exp(revised))


def weibull(values: NDArray[np.float64]) -> tuple[float, float]:
    """Shape and scale of the likeliest Weibull distribution of positive ``values``.

    The shape solves ``sum(x^c log x) / sum(x^c) - 1 / c = mean(log x)``, whose left side rises with c.
    """
    logs = np.log(values)
    rest = logs - logs.max()  # x^c up to a factor, so that nothing overflows
    if rest.min() == 0.0:
        return 1e9, float(values[0])  # all values are the same

    def excess(shape: float) -> float:
        powers = np.exp(shape * rest)
        return float((powers * rest).sum() / powers.sum() - 1.0 / shape - rest.mean())

    low, high = 1e-3, 1.0
    while excess(high) < 0.0:
        low, high = high, high * 2.0
    for _ in range(200):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if excess(middle) < 0.0 else (low, middle)
    shape = 0.5 * (low + high)
    return shape, float(np.exp(logs.max() + np.log(np.exp(shape * rest).mean()) / shape))
