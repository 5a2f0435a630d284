"""Preflight: does a classifier keep its contract, and does it see anything? One line for each check."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from foolery.checks.class_order import other_order
from foolery.checks.contract import CHECKS, PROBES, Check, CheckStatus, Probe, probes
from foolery.checks.other_preprocessing import OtherPreprocessing, best_other_preprocessing
from foolery.classifiers import as_classifier
from foolery.classifiers.accuracy import (
    REAL_IMAGES,
    LabelledPredictions,
    better_than_chance,
    measure_accuracy,
)
from foolery.classifiers.base import Classifier
from foolery.classifiers.wrappers.metered import images_per_second
from foolery.data import LabelledData, load_data, match_classes, sample
from foolery.data.class_matching import position_note
from foolery.errors import FooleryError, UsageError
from foolery.results import Result
from foolery.stages import Stage, is_watched, plan_stages, stage


@dataclass(frozen=True)
class PreflightResult(Result):
    """All checks, in the order of the table.

    Attributes:
        classifier: that was checked.
        checks: one line each.
    """

    classifier: Classifier
    checks: tuple[Check, ...]

    def __iter__(self) -> Iterator[Check]:
        return iter(self.checks)

    def __len__(self) -> int:
        return len(self.checks)

    def passed(self, *, strict: bool = False) -> bool:
        """Whether nothing failed, and, where ``strict``, nothing warns."""
        stops = {"fail", "warn"} if strict else {"fail"}
        return not any(check.status in stops for check in self.checks)

    def to_dict(self) -> dict[str, Any]:
        """What is known of the classifier, and the checks, as JSON values."""
        description = self.classifier.description
        preprocessing = getattr(getattr(self.classifier, "card", None), "preprocessing", None)
        return {
            "classifier": description.name,
            "passed": self.passed(),
            "description": {
                "fingerprint": description.fingerprint,
                "kind": description.kind,
                "backend": description.backend,
                "device": description.device,
                "canvas": list(description.canvas.axes),
                "classes": len(description.classes),
                "preprocessing": None if preprocessing is None else preprocessing.model_dump(mode="json"),
            },
            "checks": [asdict(check) for check in self.checks],
        }


MAX_IMAGES = 1000
CONTRACT = "contract"  # the stage of all checks without real images
RATE_BATCH = 32


def preflight(
    classifier: Classifier | str, data: LabelledData | str | None = None, max_images: int = MAX_IMAGES
) -> PreflightResult:
    """Check that a classifier keeps its contract and sees what is on images.

    Example:
        >>> import foolery
        >>> result = foolery.preflight("lenet")
        >>> result.passed()
        True
        >>> [check.name for check in result][:2]
        ['classes', 'range']

    Args:
        classifier: under test, or its reference.
        data: labelled images or their reference, for the accuracy; the other checks use some of them too.
        max_images: how many images the accuracy is measured on, at most.

    Raises:
        UsageError: where the data cannot be used; what is wrong with the classifier is a check.
    """
    check_max_images(max_images)
    classifier = as_classifier(classifier)
    data = load_data(data) if isinstance(data, str) else data
    description = classifier.description
    canvases = probes(description.canvas)
    if data is not None:
        match = match_classes(data.classes, description.classes, description.name)
        matching_note = position_note(match, data.classes, description.classes)
        part = next(sample(data, PROBES).batches(PROBES, description.canvas))
        canvases = np.concatenate([canvases, part.canvases])
    try:
        probe = Probe(classifier, canvases, classifier.scores(canvases))
    except FooleryError as error:
        return PreflightResult(classifier, (Check("scores", "fail", str(error)),))
    _plan(classifier, 0 if data is None else min(len(data), max_images))
    with stage(CONTRACT, len(CHECKS), unit="checks") as advance:
        checks = []
        for name, check in CHECKS.items():
            checks.append(_run_check(name, lambda check=check: check(probe)))  # type: ignore[misc]
            advance(len(checks))
    if data is not None:
        if matching_note is not None:
            checks.append(Check("names", "warn", matching_note))
        checks.append(_run_check("accuracy", lambda: accuracy(classifier, sample(data, max_images))))
        other = best_other_preprocessing(classifier, data)
        if other is not None:
            checks.append(other_preprocessing_check(other))
    checks.append(_run_check("speed", lambda: speed(classifier)))
    return PreflightResult(classifier, tuple(checks))


def _plan(classifier: Classifier, images: int) -> None:
    """Say how long the real images will take, as was measured."""
    if is_watched():
        plan_stages([Stage(CONTRACT, len(CHECKS), "checks")])
        if images:
            step_seconds = 1 / images_per_second(classifier, RATE_BATCH, 0.2)
            plan_stages([Stage(REAL_IMAGES, images, step_seconds=step_seconds)])


def _run_check(name: str, check: Callable[[], Check]) -> Check:
    """A check that cannot be done has failed, and the others continue."""
    try:
        return check()
    except FooleryError as error:
        return Check(name, "fail", str(error))


def accuracy(classifier: Classifier, data: LabelledData) -> Check:
    """Accuracy on labelled images; against chance, and against the card."""
    predictions = measure_accuracy(classifier, data)
    top1, count = predictions.top(1), len(predictions)
    message = f"top-1 {top1:.1%}, top-5 {predictions.top(5):.1%} on {count} images"
    message += "" if not data.unreadable else f" ({len(data.unreadable)} cannot be read)"
    names = classifier.description.classes
    other = other_order(predictions, match_classes(data.classes, names), data.classes, names)
    if other is not None:
        return Check("accuracy", "fail", f"{message}: {other}")
    if not better_than_chance(top1, count, len(classifier.description.classes)):
        return Check(
            "accuracy", "fail", f"{message}: no better than chance; find the preprocessing with foolery card"
        )
    expected_error = getattr(getattr(classifier, "card", None), "test_error", None)
    if (
        expected_error is not None
        and 1 - expected_error - top1 > 0.02 + 3 * (expected_error * (1 - expected_error) / count) ** 0.5
    ):
        return Check("accuracy", "warn", f"{message}; the card says {1 - expected_error:.1%}")
    addition = _wrong_confidence(predictions)
    return Check("accuracy", "pass" if not data.unreadable else "warn", message + addition)


def other_preprocessing_check(other: OtherPreprocessing) -> Check:
    """Whether another usual way of preprocessing would be right more often, and how to ask for it."""
    preset = other.preset
    message = f"{preset.name}: {other.accuracy:.1%} of {other.images} images, its own {other.own:.1%}"
    if not other.better:
        return Check("preprocessing", "pass", f"no other usual way is better; the best other is {message}")
    values = ", ".join(
        f"{name}={tuple(float(f'{each:.6g}') for each in numbers)}"
        for name, numbers in (("mean", preset.mean), ("std", preset.std))
    )
    remedy = f"wrap it with scale={preset.scale:.6g}, {values}"
    return Check("preprocessing", "warn", f"another way is better, {message}; {remedy}")


def _wrong_confidence(predictions: LabelledPredictions) -> str:
    wrong = predictions.median_confidence(~predictions.correct)
    return "" if np.isnan(wrong) else f"; median confidence of wrong predictions {wrong:.2f}"


def speed(classifier: Classifier) -> Check:
    """Images per second, and what a search of 100,000 takes."""
    rate = images_per_second(classifier, RATE_BATCH)
    minutes = 100_000 / rate / 60
    status: CheckStatus = "pass" if minutes < 600 else "warn"
    return Check("speed", status, f"{rate:,.0f} images/s: 100,000 queries take {minutes:,.1f} minutes")


def check_max_images(max_images: int) -> int:
    """``max_images``; raises UsageError below 1."""
    if max_images < 1:
        raise UsageError(f"--max-images: expected at least 1, got {max_images}")
    return max_images
