"""Preflight: does a classifier keep its contract, and does it see anything? One line for each check."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from foolery.checks.contract_checks import CHECKS, PROBES
from foolery.checks.probe import Check, Probe, Status, probes
from foolery.classifiers.accuracy import Answers
from foolery.classifiers.base import Classifier
from foolery.classifiers.chance import better_than_chance
from foolery.classifiers.wrappers.metered import images_per_second
from foolery.data import LabelledData, match_classes, sample
from foolery.data.class_matching import told_of_placed
from foolery.errors import FooleryError, UsageError
from foolery.training.measure import measure

PHOTOS = 1000
RATE_BATCH = 32


def preflight(classifier: Classifier, data: LabelledData | None = None, photos: int = PHOTOS) -> list[Check]:
    """Every check, in the order of the table.

    Args:
        classifier: under test.
        data: labelled pictures, for the accuracy; the other checks use some of them too.
        photos: how many pictures the accuracy is measured on, at most.

    Raises:
        UsageError: where the data cannot be used; what is wrong with the classifier is a check.
    """
    known = classifier.description
    canvases = probes(known.canvas)
    if data is not None:
        match = match_classes(data.classes, known.classes, known.name)
        placed = told_of_placed(match, data.classes, known.classes)
        part = next(sample(data, PROBES).batches(PROBES, known.canvas))
        canvases = np.concatenate([canvases, part.canvases])
    try:
        probe = Probe(classifier, canvases, classifier.scores(canvases))
    except FooleryError as error:
        return [Check("answers", "fail", str(error))]
    checks = [_guarded(name, lambda check=check: check(probe)) for name, check in CHECKS.items()]  # type: ignore[misc]
    if data is not None:
        if placed is not None:
            checks.append(Check("names", "warn", placed))
        checks.append(_guarded("accuracy", lambda: accuracy(classifier, sample(data, photos))))
    checks.append(_guarded("speed", lambda: speed(classifier)))
    return checks


def _guarded(name: str, check: Callable[[], Check]) -> Check:
    """A check that cannot be done has failed, and the others go on."""
    try:
        return check()
    except FooleryError as error:
        return Check(name, "fail", str(error))


def accuracy(classifier: Classifier, data: LabelledData) -> Check:
    """Right answers about labelled pictures; against chance, and against the card."""
    answers = measure(classifier, data)
    top1, count = answers.top(1), len(answers)
    said = f"top-1 {top1:.1%}, top-5 {answers.top(5):.1%} on {count} pictures"
    said += "" if not data.unreadable else f" ({len(data.unreadable)} cannot be read)"
    if not better_than_chance(top1, count, len(classifier.description.classes)):
        return Check(
            "accuracy", "fail", f"{said}: no better than chance; foolery card finds the preprocessing"
        )
    promised = getattr(getattr(classifier, "card", None), "test_error", None)
    if promised is not None and 1 - promised - top1 > 0.02 + 3 * (promised * (1 - promised) / count) ** 0.5:
        return Check("accuracy", "warn", f"{said}; the card promises {1 - promised:.1%}")
    sure = _of_wrong(answers)
    return Check("accuracy", "pass" if not data.unreadable else "warn", said + sure)


def _of_wrong(answers: Answers) -> str:
    wrong = answers.median_confidence(~answers.right)
    return "" if np.isnan(wrong) else f"; median confidence of wrong answers {wrong:.2f}"


def speed(classifier: Classifier) -> Check:
    """Images per second, and what a search of 100 000 takes."""
    rate = images_per_second(classifier, RATE_BATCH)
    minutes = 100_000 / rate / 60
    status: Status = "pass" if minutes < 600 else "warn"
    return Check("speed", status, f"{rate:,.0f} images/s: 100 000 queries take {minutes:,.1f} minutes")


def verdict(checks: list[Check], *, strict: bool) -> bool:
    """Whether a gate lets the classifier through: nothing failed, and nothing warns where ``strict``."""
    stops = {"fail", "warn"} if strict else {"fail"}
    return not any(check.status in stops for check in checks)


def check_photos(photos: int) -> int:
    """``photos``; raises UsageError below 1."""
    if photos < 1:
        raise UsageError(f"--photos: expected at least 1, got {photos}")
    return photos
