"""The table: AUROC, FPR at 95 % TPR and AUPR of each detector on each set, with intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from foolery.audit.detection import aupr, levels
from foolery.detection.scores import REAL, SetScores
from foolery.detectors.fitting import threshold_keeping
from foolery.errors import UsageError
from foolery.results import Result

TPR = 0.95
RESAMPLES = 1000
_THRESHOLDS = 300
KNOWING = "knowing-"
"""Start of the name of a set that was made against the detector."""


@dataclass(frozen=True)
class Estimate:
    """A figure with the interval that holds it in 95 % of resamples.

    Attributes:
        value: the mean over networks and seeds.
        low: end of the interval.
        high: likewise.
    """

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class DetectionRow:
    """Figures of one detector on one set.

    Attributes:
        detector: its reference.
        set: name of the set.
        images: in all units.
        units: pairs of a network and a seed.
        auroc: 0.5 is no better than guessing; below, the set looks more usual than real images.
        fpr95: share of the set that passes where 95 % of the real images do.
        aupr: both sides weigh the same.
    """

    detector: str
    set: str
    images: int
    units: int
    auroc: Estimate
    fpr95: Estimate
    aupr: Estimate


@dataclass(frozen=True)
class DetectionTable(Result):
    """Detectors against sets of images.

    Attributes:
        rows: detector by detector.
        networks: references.
        seeds: of searches and of synthetic images.
        notes: one line each: what was left out, and why; where a search failed.
        settings: what it was measured with.
    """

    rows: tuple[DetectionRow, ...]
    networks: tuple[str, ...]
    seeds: tuple[int, ...]
    notes: tuple[str, ...] = ()
    settings: Mapping[str, Any] | None = None

    def row(self, detector: str, name: str) -> DetectionRow:
        """Figures of ``detector`` on the set ``name``.

        Raises:
            KeyError: where there is none.
        """
        for each in self.rows:
            if (each.detector, each.set) == (detector, name):
                return each
        raise KeyError(f"{detector} on {name}")

    def to_dict(self) -> dict[str, Any]:
        """All of it as JSON values."""
        return {
            "networks": list(self.networks),
            "seeds": list(self.seeds),
            "settings": dict(self.settings or {}),
            "rows": [asdict(row) for row in self.rows],
            "notes": list(self.notes),
        }


def make_table(
    scores: Sequence[SetScores], notes: Sequence[str] = (), settings: Mapping[str, Any] | None = None
) -> DetectionTable:
    """The table of raw scores; see ``foolery.detection.read_scores``.

    Raises:
        UsageError: where a set has no real images to be compared with.
    """
    scores = _joined(scores)
    real = {(each.network, each.seed, each.detector): each.scores for each in scores if each.name == REAL}
    pairs: dict[tuple[str, str], list[tuple[str, NDArray[np.float64], NDArray[np.float64]]]] = {}
    for each in scores:
        if each.name == REAL:
            continue
        if (each.network, each.seed, each.detector) not in real:
            raise UsageError(f"scores: no real images of {each.network} for the detector {each.detector}")
        own = real[each.network, each.seed, each.detector]
        pairs.setdefault((each.detector, each.name), []).append((each.network, own, each.unusual))
    names = list(dict.fromkeys(detector for detector, _ in pairs))
    order = sorted(pairs, key=lambda pair: names.index(pair[0]))
    rows = [_row(*pair, pairs[pair]) for pair in order]
    return DetectionTable(
        tuple(rows),
        tuple(dict.fromkeys(each.network for each in scores)),
        tuple(sorted({each.seed for each in scores})),
        tuple(notes),
        settings,
    )


def _joined(scores: Sequence[SetScores]) -> list[SetScores]:
    """``scores``, with the champions of all other networks as one set ``transferred``."""
    joined: dict[tuple[str, int, str, str], SetScores] = {}
    for each in scores:
        own = replace(each, name=each.name.partition(":")[0]) if each.name.startswith("transferred") else each
        key = (own.network, own.seed, own.detector, own.name)
        if key in joined:
            first = joined[key]
            own = replace(
                first,
                scores=np.concatenate([first.scores, own.scores]),
                fools=np.concatenate([first.fools, own.fools]),
            )
        joined[key] = own
    return list(joined.values())


def figures(real: NDArray[np.float64], unusual: NDArray[np.float64]) -> NDArray[np.float64]:
    """``(3,) float64``: AUROC, FPR95 and AUPR.

    Args:
        real: ``(M,) float64`` scores of real images.
        unusual: ``(N,) float64`` of the set; infinity where an image counts as rejected.
    """
    auroc = float(levels(unusual, np.sort(real)).mean())
    passing = float((unusual <= threshold_keeping(real, TPR)).mean())
    return np.array([auroc, passing, aupr(-unusual, np.sort(-real))])


def _row(
    detector: str, name: str, units: list[tuple[str, NDArray[np.float64], NDArray[np.float64]]]
) -> DetectionRow:
    means = np.mean([figures(real, unusual) for _, real, unusual in units], axis=0)
    spread = _resampled(units)
    low, high = np.quantile(spread, (0.025, 0.975), axis=0)
    estimates = [
        Estimate(float(mean), float(min(mean, least)), float(max(mean, most)))
        for mean, least, most in zip(means, low, high, strict=True)
    ]
    return DetectionRow(detector, name, sum(len(unusual) for *_, unusual in units), len(units), *estimates)


def _resampled(units: list[tuple[str, NDArray[np.float64], NDArray[np.float64]]]) -> NDArray[np.float64]:
    """``(RESAMPLES, 3)``: networks drawn anew, then seeds of each, then images of each."""
    rng = np.random.default_rng(0)
    own = np.stack([_image_resamples(real, unusual, rng) for _, real, unusual in units])
    networks = sorted({network for network, *_ in units})
    rows = [np.array([row for row, unit in enumerate(units) if unit[0] == each]) for each in networks]
    results = np.zeros((RESAMPLES, 3))
    at = np.arange(RESAMPLES)
    for picked in rng.integers(len(rows), size=(len(rows), RESAMPLES)):
        for number, members in enumerate(rows):
            here = at[picked == number]
            for chosen in rng.integers(len(members), size=(len(members), len(here))):
                results[here] += own[members[chosen], here] / (len(members) * len(rows))
    return results


def _image_resamples(
    real: NDArray[np.float64], unusual: NDArray[np.float64], rng: np.random.Generator
) -> NDArray[np.float64]:
    """``(RESAMPLES, 3)`` figures of images drawn anew; the AUPR at a few hundred thresholds alone."""
    count = len(unusual)
    weights = rng.multinomial(count, np.full(count, 1.0 / count), RESAMPLES) / count
    ranked = np.sort(real)
    thresholds = ranked[np.unique(np.linspace(0, len(ranked) - 1, _THRESHOLDS).astype(int))]
    kept = np.searchsorted(ranked, thresholds, "right") / len(ranked)
    passing = weights @ (unusual[:, None] <= thresholds)
    average = (np.diff(kept, prepend=0.0) * kept / (kept + passing)).sum(axis=1)
    fpr = weights @ (unusual <= threshold_keeping(real, TPR))
    return np.stack([weights @ levels(unusual, ranked), fpr, average], axis=1)
