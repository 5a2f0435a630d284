"""Round: what one network of an arms race came to."""

from __future__ import annotations

import numpy as np
from pydantic import BaseModel, ConfigDict

from foolery.hardening.rounds import Crowd


class Round(BaseModel):
    """One network, trained and fooled.

    Attributes:
        number: from 1.
        error: share of the real test pictures that it gets wrong; a fooling class counts as wrong.
        real_as_fooling: share of the real test pictures that it takes for fooling images.
        pictures: that it learnt from, real ones and fooling images.
        fooling: images among them, repeats included.
        runs: against it.
        confidence: median over the reported runs and all classes, of the last generation's champions.
        quartiles: the same, lower and upper quarter.
        first_confidence: the same median for the first generation's champions.
        run_medians: for each reported run the median over its classes.
        class_medians: for each class the median over the reported runs.
        fooled: confidence threshold to the share of champions that reach it.
        seconds: of training and of search.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    number: int
    error: float
    real_as_fooling: float
    pictures: int
    fooling: int
    runs: int
    confidence: float
    quartiles: tuple[float, float]
    first_confidence: float
    run_medians: tuple[float, ...]
    class_medians: tuple[float, ...]
    fooled: dict[str, float]
    seconds: dict[str, float]


THRESHOLDS = ("0.5", "0.9", "0.99", "0.9999")


def round_of(
    number: int,
    crowd: Crowd,
    reported: int,
    *,
    error: float,
    real_as_fooling: float,
    pictures: int,
    fooling: int,
    training: float,
) -> Round:
    """Sum up a round from its runs; figures are over the first ``reported`` of them."""
    sure = crowd.last_confidence[:reported]
    low, middle, high = np.quantile(sure, [0.25, 0.5, 0.75])
    return Round(
        number=number,
        error=error,
        real_as_fooling=real_as_fooling,
        pictures=pictures,
        fooling=fooling,
        runs=len(crowd.last_confidence),
        confidence=float(middle),
        quartiles=(float(low), float(high)),
        first_confidence=float(np.median(crowd.first_confidence[:reported])),
        run_medians=tuple(np.median(sure, axis=1).tolist()),
        class_medians=tuple(np.median(sure, axis=0).tolist()),
        fooled={bound: float((sure >= float(bound)).mean()) for bound in THRESHOLDS},
        seconds={"training": training, "search": crowd.seconds},
    )
