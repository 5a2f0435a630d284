"""Verify: is a run file evidence? Draw every champion again, and ask the classifier again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from math import isfinite
from pathlib import Path
from typing import Any

import numpy as np

from foolery.canvas import canvas_hash, from_png, png_bytes
from foolery.classifiers import load_classifier, load_recorded
from foolery.classifiers.base import Classifier
from foolery.classifiers.device import TOLERANCE, recorded_precision
from foolery.classifiers.scores import confidence
from foolery.engine.run import RunResult, open_run
from foolery.results import Result
from foolery.stages import stage

SAME_BACKEND = 1e-5
ACROSS_BACKENDS = 1e-3
CHUNK = 200
KIND = "run"
"""The kind of the stages, one for each run."""


@dataclass(frozen=True)
class Verification(Result):
    """Whether a run is evidence.

    Attributes:
        run: name of the run.
        champions: how many were checked.
        hashes_equal: how many canvases have the hash that the run recorded.
        pngs_equal: how many came back from a PNG file as they went in.
        largest_difference: between a recorded confidence and that of the canvas read back from its PNG.
        tolerance: 1e-5 on the back end and device that the run used, 1e-3 on others; more where the run
            computed in another precision than was used now.
        backend: that scored now.
        same_backend: whether it is the one that the run used, on the same device.
        precision: that the run's classifier computed in.
        precision_now: that was used now, float32 unless a classifier was given that has another.
        fingerprint_equal: whether the classifier is the one that was fooled.
        problems: one line each; empty if all is well.
    """

    run: str
    champions: int
    hashes_equal: int
    pngs_equal: int
    largest_difference: float
    tolerance: float
    backend: str
    same_backend: bool
    precision: str
    precision_now: str
    fingerprint_equal: bool
    problems: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """True where there is no problem."""
        return not self.problems

    def to_dict(self) -> dict[str, Any]:
        """All fields as JSON values; a difference that was not measured is None."""
        measured = isfinite(self.largest_difference)
        return {
            **asdict(self),
            "problems": list(self.problems),
            "largest_difference": self.largest_difference if measured else None,
            "passed": self.passed,
        }


def verify(
    run: RunResult | Path | str,
    classifier: Classifier | str | None = None,
    *,
    backend: str = "auto",
    card: Path | None = None,
    device: str = "auto",
) -> Verification:
    """Draw and score every champion of a run again, in float32 whatever the run computed in.

    Example:
        >>> import foolery
        >>> run = foolery.evolve("lenet", generations=2, batch=20)
        >>> foolery.verify(run).passed
        True

    Args:
        run: a result of ``evolve`` or ``ascend``, or the folder of one.
        classifier: to score with, or its reference; if None, the reference that the run names is loaded,
            unless that would run code or call an endpoint.
        backend: for that reference, as ``load_classifier`` takes it.
        card: likewise.
        device: likewise.

    Raises:
        UsageError: for a damaged run file, or a classifier that cannot be loaded.
    """
    name = run.name if isinstance(run, RunResult | Path) else Path(run).name
    with stage(name, 0, kind=KIND) as advance:
        run = run if isinstance(run, RunResult) else open_run(run)
        if classifier is None:
            settings = run.settings
            classifier = load_recorded(
                settings.classifier, backend=backend, card=card, device=device, classes=settings.classes
            )
        elif isinstance(classifier, str):
            classifier = load_classifier(classifier, backend=backend, card=card, device=device)
        return verify_run(run, classifier, advance)


def verify_run(
    run: RunResult, classifier: Classifier, on_scored: Callable[[int], None] = lambda count: None
) -> Verification:
    """As ``verify``, of a run that is already open, by a classifier that is already loaded.

    ``on_scored`` is told how many champions were scored.
    """
    settings, description = run.settings, classifier.description
    champions = list(run.champions.values())
    same_backend = (
        description.backend == settings.backend and description.device == run.provenances[-1].device
    )
    precisions = recorded_precision(settings.forward), recorded_precision(description.forward)
    tolerance = _tolerance(same_backend, *precisions)
    fingerprint_equal = description.fingerprint == settings.fingerprint
    hash_matches = sum(canvas_hash(champion.canvas) == champion.canvas_hash for champion in champions)
    read_back = [from_png(png_bytes(champion.canvas)) for champion in champions]
    png_matches = sum(
        np.array_equal(champion.canvas, canvas) for champion, canvas in zip(champions, read_back, strict=True)
    )
    problems = []
    if not champions:
        problems.append("the run has no champions yet")
    if hash_matches < len(champions):
        problems.append(
            f"{len(champions) - hash_matches} of {len(champions)} canvases differ from what was scored"
        )
    if png_matches < len(champions):
        problems.append(
            f"{len(champions) - png_matches} of {len(champions)} canvases change when saved as PNG"
        )
    difference = float("nan")
    if not fingerprint_equal:
        problems.append(
            f"the classifier is another one: fingerprint {description.fingerprint[:12]}, "
            f"the run fooled {settings.fingerprint[:12]}"
        )
    elif champions:
        difference = _largest_difference(run, classifier, np.stack(read_back), on_scored)
        if not difference <= tolerance:
            problems.append(f"confidences differ by up to {difference:.2e}, allowed is {tolerance:g}")
    return Verification(
        run=run.name,
        champions=len(champions),
        hashes_equal=hash_matches,
        pngs_equal=png_matches,
        largest_difference=difference,
        tolerance=tolerance,
        backend=description.backend,
        same_backend=same_backend,
        precision=precisions[0],
        precision_now=precisions[1],
        fingerprint_equal=fingerprint_equal,
        problems=tuple(problems),
    )


def _tolerance(same_backend: bool, then: str, now: str) -> float:
    tolerance = SAME_BACKEND if same_backend else ACROSS_BACKENDS
    return tolerance if then == now else max(tolerance, *(TOLERANCE.get(name, 0.0) for name in (then, now)))


def _largest_difference(
    run: RunResult,
    classifier: Classifier,
    canvases: np.ndarray[tuple[int, ...], np.dtype[np.uint8]],
    on_scored: Callable[[int], None],
) -> float:
    champions = list(run.champions.values())
    largest = 0.0
    for start in range(0, len(champions), CHUNK):
        part = champions[start : start + CHUNK]
        scores = classifier.scores(canvases[start : start + CHUNK])
        target_scores = scores[np.arange(len(part)), [champion.index for champion in part]]
        now = confidence(target_scores, classifier.description.kind)
        recorded = np.array([champion.confidence for champion in part])
        largest = max(largest, float(np.abs(now - recorded).max()))
        on_scored(start + len(part))
    return largest
