"""Detect: fit detectors, make images with and without knowing them, score everything."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from foolery.analysis.verification import verify_run
from foolery.canvas import Canvases, canvas_hash
from foolery.classifiers import as_classifier
from foolery.classifiers.base import Classifier
from foolery.classifiers.observation import Observer, missing, observer_of, usable_detectors
from foolery.classifiers.wrappers.guarded import (
    FIT_IMAGES,
    TPR,
    Guarded,
    default_fit,
    fit_images,
    fit_on,
)
from foolery.data import LabelledData, LabelledImages, load_data, sample
from foolery.detection.image_sets import ImageSet, SearchedSets, best_of, other_set, synthetic_sets
from foolery.detection.scores import REAL, SetScores, write_scores
from foolery.detection.table import KNOWING, DetectionTable, make_table
from foolery.detection.table import TPR as FIGURE_TPR
from foolery.detectors.fitting import FittedDetector, checked_scores, threshold_keeping
from foolery.detectors.registry import make_detector
from foolery.errors import FooleryError, UsageError
from foolery.files import write_atomic
from foolery.rng import check_seed

SCORES = "scores.csv.gz"
TABLE = "detection.json"


@dataclass(frozen=True)
class DetectionPlan:
    """What a table is measured with.

    Attributes:
        data: reference of the real images that detectors are tested on, of their split ``test``.
        fit: reference of those that they are fitted on, of their split ``train``; that of a built-in
            network's own training data if empty, else ``data``.
        detectors: references; all that can look at the classifier if empty.
        others: names and references of other real images.
        queries: of each search; 0 makes no search.
        seeds: how many.
        seed: the first of them.
        images: real images, and images of each other set.
        synthetic: images of each kind.
        fit_images: that detectors are fitted on.
        out: folder for scores and table; None keeps nothing.
    """

    data: str
    fit: str = ""
    detectors: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    queries: int = 5000
    seeds: int = 1
    seed: int = 0
    images: int = 1000
    synthetic: int = 100
    fit_images: int = FIT_IMAGES
    out: Path | None = None

    def __post_init__(self) -> None:
        for name, least in (("queries", 0), ("seeds", 1), ("images", 40), ("synthetic", 1)):
            if getattr(self, name) < least:
                raise UsageError(f"{name}: expected at least {least}, got {getattr(self, name)}")
        check_seed(self.seed)
        check_seed(self.seed + self.seeds - 1)


@dataclass
class _Unit:
    """One network with one seed, while its scores are gathered."""

    classifier: Classifier
    plan: DetectionPlan
    seed: int
    guards: Mapping[str, FittedDetector]
    observer: Observer
    photos: Canvases
    fit: str
    fit_hashes: frozenset[str]
    on_progress: Callable[[str], None]
    scores: list[SetScores] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def take(self, images: ImageSet, names: Sequence[str] | None = None, name: str = "") -> None:
        """Score ``images`` by the detectors ``names``, all of them if None."""
        seen = self.observer(images.canvases)
        predicted = seen.scores.argmax(axis=1)
        fools = np.ones(len(seen), bool) if images.targets is None else predicted == images.targets
        for each in self.guards if names is None else names:
            values = checked_scores(self.guards[each].detector, seen, each)
            self.scores.append(
                SetScores(
                    self.classifier.description.name, self.seed, each, name or images.name, values, fools
                )
            )

    def guarded(self, name: str) -> Guarded:
        """The network, guarded by one detector."""
        observer = observer_of(self.classifier, [self.guards[name].detector])
        mark = "&" if "?" in name else "?"
        return Guarded(observer, self.guards[name], self.fit, self.fit_hashes, f"{name}{mark}fit={self.fit}")


def detect(
    classifier: Classifier | str,
    plan: DetectionPlan,
    *others: Classifier | str,
    on_progress: Callable[[str], None] = lambda line: None,
) -> DetectionTable:
    """How well detectors tell images that were made from nothing from real ones, known to their maker or not.

    Example::

        table = foolery.detect("lenet", DetectionPlan("mnist", detectors=("msp", "knn")))
        table.row("knn", "knowing-evolved-cppn").fpr95.value

    Args:
        classifier: that the detectors look at, or its reference.
        plan: data, detectors, searches.
        others: further classifiers of the same data: figures are means over all, and champions of each are
            tested on the others.
        on_progress: called with a line for each step.

    Raises:
        UsageError: for data that are used twice, detectors that cannot look at a classifier, and too few
            images.
    """
    networks = [as_classifier(each) for each in (classifier, *others)]
    real = load_data(plan.data, "test")
    scores: list[SetScores] = []
    notes: list[str] = []
    evolved: dict[tuple[str, int], ImageSet] = {}
    units: dict[tuple[str, int], _Unit] = {}
    for network in networks:
        prepared = _prepare(network, plan, real, notes)
        for seed in range(plan.seed, plan.seed + plan.seeds):
            unit = prepared(seed, on_progress)
            name = network.description.name
            for images in _measure(unit):
                if images.name == "evolved-cppn":
                    evolved[name, seed] = images
            units[name, seed] = unit
            if plan.out is not None:  # what is done is kept, should the rest be interrupted
                _store(plan.out, [each for other in units.values() for each in other.scores])
    for (name, seed), unit in units.items():
        for (other, other_seed), images in evolved.items():
            if other != name and other_seed == seed:
                unit.take(images, name="transferred:" + other)
        scores += unit.scores
        notes += unit.notes
    settings = {key: value for key, value in vars(plan).items() if key != "out"}
    table = make_table(scores, tuple(dict.fromkeys(notes)), settings)
    if plan.out is not None:
        _store(plan.out, scores, table)
    return table


def _prepare(
    classifier: Classifier, plan: DetectionPlan, real: LabelledData, notes: list[str]
) -> Callable[[int, Callable[[str], None]], _Unit]:
    """Fit all detectors on ``classifier``; gives what makes a unit of a seed."""
    description = classifier.description
    names = list(plan.detectors or usable_detectors(classifier))
    fit = plan.fit or _own_fit(classifier, plan.data)
    fitted_on = fit_images(classifier, fit, plan.fit_images)
    photos = _real_images(classifier, real, plan.images)
    hashes = frozenset(canvas_hash(canvas) for canvas in fitted_on.canvases)
    check_apart(hashes, photos.canvases, fit, plan.data)
    guards: dict[str, FittedDetector] = {}
    for name in names:
        try:
            observer = observer_of(classifier, [make_detector(name)])
            guards[name] = fit_on(name, observer, fitted_on, TPR)
        except UsageError as error:
            if plan.detectors:
                raise
            notes.append(f"{description.name} without {name}: {error}")
    if not guards:
        raise UsageError(f"detectors: none can be fitted on {description.name}; {'; '.join(notes)}")
    observer = observer_of(classifier, [guard.detector for guard in guards.values()])

    def unit(seed: int, on_progress: Callable[[str], None]) -> _Unit:
        return _Unit(classifier, plan, seed, guards, observer, photos.canvases, fit, hashes, on_progress)

    return unit


def _own_fit(classifier: Classifier, data: str) -> str:
    try:
        return default_fit(classifier, "msp")
    except UsageError:
        return data


def check_apart(fit_hashes: frozenset[str], canvases: Canvases, fit: str, data: str) -> None:
    """Raise UsageError where images that a detector was fitted on are among those it is tested on."""
    shared = sum(canvas_hash(canvas) in fit_hashes for canvas in canvases)
    if shared > len(canvases) // 100:
        raise UsageError(
            f"--fit: {shared} of the {len(canvases)} images of {data} are among those of {fit} that "
            f"detectors are fitted on; name others, which nothing else uses"
        )


def _real_images(classifier: Classifier, data: LabelledData, count: int) -> LabelledImages:
    parts = list(sample(data, count).batches(400, classifier.description.canvas))
    if not parts:
        raise UsageError("--data: no image could be read")
    labels = np.concatenate([part.labels for part in parts])
    return LabelledImages(np.concatenate([part.canvases for part in parts]), labels, data.classes)


def _measure(unit: _Unit) -> list[ImageSet]:
    """All sets of a unit; gives those that were made in ignorance."""
    name, plan = unit.classifier.description.name, unit.plan
    unit.on_progress(f"{name}, seed {unit.seed}: images that need no search")
    unit.take(ImageSet(REAL, unit.photos))
    for images in synthetic_sets(unit.classifier, unit.photos, plan.synthetic, unit.seed):
        unit.take(images)
    for reference in plan.others:
        unit.take(other_set(unit.classifier, reference, load_data(reference, "test"), plan.images))
    if not plan.queries:
        return []
    gradients = missing(unit.classifier, "gradient") is None
    if not gradients:
        unit.notes.append(f"{name}: no gradients, so no gradient ascent")
    searches = SearchedSets(plan.queries, unit.seed, unit.classifier.description.classes, gradients)
    unit.on_progress(f"{name}, seed {unit.seed}: searches that know no detector")
    ignorant = searches.of(unit.classifier)
    targets = range(len(searches.classes))
    random = searches.random_cppns(unit.classifier)
    ignorant.append(best_of("random-cppn", random, unit.classifier.scores(random), targets))
    for images in ignorant:
        unit.take(images)
    for detector in unit.guards:
        unit.on_progress(f"{name}, seed {unit.seed}: searches against {detector}")
        guarded = unit.guarded(detector)
        knowing = searches.of(guarded, KNOWING)
        knowing.append(best_of(f"{KNOWING}random-cppn", random, guarded.scores(random), targets))
        for images in knowing:
            before = next(each for each in ignorant if each.name == images.name.removeprefix(KNOWING))
            unit.take(_never_weaker(unit, guarded, before, _verified(unit, images, guarded)), [detector])
    return ignorant


def _verified(unit: _Unit, images: ImageSet, guarded: Guarded) -> ImageSet:
    """``images``, whose champions get their scores from their PNG files too; a note where not."""
    if images.run is not None:
        problems = verify_run(images.run, guarded).problems
        unit.notes += [f"{guarded.description.name}, {images.name}: {problem}" for problem in problems]
    return images


def _never_weaker(unit: _Unit, guarded: Guarded, before: ImageSet, knowing: ImageSet) -> ImageSet:
    """``knowing``; where more of ``before`` pass, theirs for the classes in which they alone do.

    To pass is to get the class that one was made for, and no higher score of the detector than the threshold
    allows that keeps 95 % of the real images of the test.
    """
    name = guarded.guard.name
    real = next(each.scores for each in unit.scores if (each.detector, each.name) == (name, REAL))
    threshold = threshold_keeping(real, FIGURE_TPR)

    def passes(images: ImageSet) -> NDArray[np.bool_]:
        seen = guarded.observer(images.canvases)
        right = seen.scores.argmax(axis=1) == images.targets
        passing: NDArray[np.bool_] = right & (guarded.guard.detector.score(seen) <= threshold)
        return passing

    first, second = passes(before), passes(knowing)
    if second.sum() >= first.sum():
        return knowing
    better = first & ~second
    unit.notes.append(
        f"{guarded.inner.description.name}, seed {unit.seed}, {name}: {knowing.name} passed for "
        f"{int(second.sum())} classes, {before.name} for {int(first.sum())}: the search failed, and the "
        f"ignorant image is taken for {int(better.sum())} classes"
    )
    canvases = np.where(better[:, None, None, None], before.canvases, knowing.canvases)
    return replace(knowing, canvases=canvases)


def _store(out: Path, scores: list[SetScores], table: DetectionTable | None = None) -> None:
    try:
        write_scores(out / SCORES, scores)
        if table is not None:
            write_atomic(out / TABLE, json.dumps(table.to_dict(), indent=1) + "\n")
    except OSError as error:
        raise FooleryError(f"--out: cannot write to {out}: {error.strerror or error}") from error
