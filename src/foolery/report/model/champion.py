"""A champion in detail: what pages show of the best image of a class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from foolery.canvas import Canvases
from foolery.classifiers.base import Classifier, Kind
from foolery.classifiers.scores import confidence
from foolery.classifiers.wrappers.metered import Budget
from foolery.data.class_matching import match_by_name, match_classes, position_note
from foolery.data.fitting import fit_all
from foolery.data.labelled import LabelledData, sample
from foolery.engine.run import Champion
from foolery.report.model.ancestry import Ancestry
from foolery.report.model.cppn_graph import CppnGraph
from foolery.runs import RunSettings
from foolery.stages import counted, stage
from foolery.text import format_score

TOP = 5
BATCH = 200
GRID = 8
OCCLUSION_QUERIES = GRID * GRID
"""Queries for one occlusion map."""
OCCLUSION = "occlusion maps"
MAX_REAL_IMAGES = 2000  # that are scored: a random sample, the same one every time


@dataclass(frozen=True)
class LabelScore:
    """A class and a classifier's confidence in it: a probability, or a cosine for ``similarity``."""

    label: str
    confidence: float


@dataclass(frozen=True)
class OcclusionMap:
    """The confidence in the champion's class with one patch covered by the mean color of the image.

    Attributes:
        patch: height and width of the patch in pixels, a quarter of the canvas each.
        confidences: ``(8, 8) float64``, by the position of the patch's center, rows from the top.
    """

    patch: tuple[int, int]
    confidences: NDArray[np.float64]


@dataclass(frozen=True)
class PanelPrediction:
    """The prediction of an independent classifier.

    Attributes:
        classifier: name.
        kind: of its scores.
        top: top-1 prediction.
        confidence: in the champion's class; None where the classifier does not know that class.
        matches: whether the champion's class is the top-1 prediction.
    """

    classifier: str
    kind: Kind
    top: LabelScore
    confidence: float | None
    matches: bool


@dataclass(frozen=True)
class RealImage:
    """A real image of a class.

    Attributes:
        canvas: ``(C, H, W) uint8``, as the classifier got it.
        confidence: of the classifier in its class.
    """

    canvas: Canvases
    confidence: float


@dataclass(frozen=True)
class ImageLinks:
    """Addresses on a page: the PNG file, the gallery's thumbnail, and a real image of the class or None."""

    image: str
    thumbnail: str
    real: str | None


@dataclass(frozen=True)
class ChampionDetail:
    """The best image of a class, with everything that pages show of it; what is not known is empty or None.

    Attributes:
        champion: the image, its class and its confidence.
        kind: of the classifier's scores.
        classifier: that it fooled, by the name that pages use.
        method: that made it: an encoding, or an attack.
        settings: of the run that its genome comes from.
        facts: name and value, as text.
        alt: the image in a sentence.
        top: top predictions of the classifier.
        occlusion: how the confidence changes with a part covered.
        ancestry: its line of parents.
        graph: the CPPN that renders it.
        panel: predictions of independent classifiers.
        real: a real image of its class.
        id: on a page, ``run-1/0007``; empty before it is on one.
        files: addresses of its images on that page.
    """

    champion: Champion
    kind: Kind
    classifier: str
    method: str
    settings: RunSettings | None = None
    facts: tuple[tuple[str, str], ...] = ()
    alt: str = ""
    top: tuple[LabelScore, ...] = ()
    occlusion: OcclusionMap | None = None
    ancestry: Ancestry | None = None
    graph: CppnGraph | None = None
    panel: tuple[PanelPrediction, ...] = ()
    real: RealImage | None = None
    id: str = ""
    files: ImageLinks | None = None

    @property
    def label(self) -> str:
        """The class name."""
        return self.champion.label

    @property
    def search_text(self) -> str:
        """What the search of a gallery compares with."""
        return self.label.casefold()

    @property
    def confidence(self) -> str:
        """The champion's confidence as text."""
        return format_score(self.champion.confidence, self.kind)

    @property
    def real_confidence(self) -> str:
        """The confidence in the real image as text; empty without one."""
        return "" if self.real is None else format_score(self.real.confidence, self.kind)


def confidences_of(classifier: Classifier, canvases: Canvases) -> NDArray[np.float64]:
    """``(N, K) float64`` confidences of ``(N, C, H, W) uint8`` canvases, which are fitted if need be."""
    description = classifier.description
    chunks = [
        confidence(
            classifier.scores(fit_all(canvases[at : at + BATCH], description.canvas)), description.kind
        )
        for at in range(0, len(canvases), BATCH)
    ]
    return np.concatenate(chunks) if chunks else np.empty((0, len(description.classes)))


def top_labels(
    confidences: NDArray[np.float64], classes: Sequence[str], count: int = TOP
) -> list[tuple[LabelScore, ...]]:
    """The ``count`` highest of every row of ``(N, K)`` confidences, in descending order."""
    order = np.argsort(-confidences, axis=1, kind="stable")[:, :count]
    return [
        tuple(LabelScore(classes[index], float(row[index])) for index in indices)
        for row, indices in zip(confidences, order.tolist(), strict=True)
    ]


def occlusion_map(classifier: Classifier, canvas: Canvases, index: int) -> OcclusionMap:
    """Score ``(C, H, W) uint8`` with each of 64 patches covered; ``index`` is that of the class."""
    height, width = canvas.shape[1:]
    patch = max(1, round(height / 4)), max(1, round(width / 4))
    covered = np.repeat(canvas[None], OCCLUSION_QUERIES, axis=0)
    mean = canvas.mean(axis=(1, 2)).round().astype(np.uint8)[:, None, None]
    for row in range(GRID):
        for column in range(GRID):
            top, bottom = _span(row, patch[0], height)
            left, right = _span(column, patch[1], width)
            covered[row * GRID + column, :, top:bottom, left:right] = mean
    return OcclusionMap(patch, confidences_of(classifier, covered)[:, index].reshape(GRID, GRID))


def _span(position: int, patch: int, length: int) -> tuple[int, int]:
    """First and end of a patch around the middle of the ``position``-th of 8 parts of ``length``."""
    start = round((position + 0.5) * length / GRID - patch / 2)
    return max(0, start), max(1, min(length, start + patch))


def score_champions(
    champions: Sequence[Champion], classifier: Classifier | None, budget: Budget
) -> tuple[dict[str, tuple[LabelScore, ...]], dict[str, OcclusionMap]]:
    """Top predictions and occlusion maps by class name, within the budget, highest confidence first."""
    start = perf_counter()
    left = inf if budget.queries is None else budget.queries - len(champions)
    if classifier is None or not champions or left < 0:
        return {}, {}
    confidences = confidences_of(classifier, np.stack([each.canvas for each in champions]))
    top = top_labels(confidences, classifier.description.classes)
    maps: dict[str, OcclusionMap] = {}
    limit = inf if budget.seconds is None else budget.seconds
    most = len(champions) if left == inf else min(len(champions), int(left // OCCLUSION_QUERIES))
    with stage(OCCLUSION, most, unit="maps", limit=limit) as advance:
        for champion in sorted(champions, key=lambda each: -each.confidence)[:most]:
            if perf_counter() - start > limit:
                break
            maps[champion.label] = occlusion_map(classifier, champion.canvas, champion.index)
            advance(len(maps))
    return {each.label: row for each, row in zip(champions, top, strict=True)}, maps


def panel_predictions(
    champions: Sequence[Champion], classes: Sequence[str], panel: Sequence[Classifier]
) -> dict[str, tuple[PanelPrediction, ...]]:
    """The predictions of every classifier of ``panel``, in their order, by class name.

    Args:
        champions: to be scored.
        classes: of the classifier that the champions fooled.
        panel: independent classifiers.
    """
    columns = [_predictions(champions, classes, classifier) for classifier in panel] if champions else []
    return {
        champion.label: tuple(column[row] for column in columns) for row, champion in enumerate(champions)
    }


def _predictions(
    champions: Sequence[Champion], classes: Sequence[str], classifier: Classifier
) -> list[PanelPrediction]:
    description = classifier.description
    indices = match_by_name(classes, description.classes)
    predictions = []
    for champion, row in zip(
        champions, confidences_of(classifier, np.stack([each.canvas for each in champions])), strict=True
    ):
        top, target = int(row.argmax()), int(indices[champion.index])
        predictions.append(
            PanelPrediction(
                classifier=description.name,
                kind=description.kind,
                top=LabelScore(description.classes[top], float(row[top])),
                confidence=float(row[target]) if target >= 0 else None,
                matches=target == top,
            )
        )
    return predictions


@dataclass(frozen=True)
class RealImages:
    """Scored real images.

    Attributes:
        examples: class name to the first sampled image of it.
        confidences: ``(N,) float64``, of each image in its own class.
        by_position: which classes were matched by position alone, in a sentence; empty where none was.
    """

    examples: Mapping[str, RealImage]
    confidences: NDArray[np.float64]
    by_position: str = ""


def score_real_images(classifier: Classifier, data: LabelledData, limit: int = MAX_REAL_IMAGES) -> RealImages:
    """Score at most ``limit`` images of ``data``.

    Raises:
        UsageError: where a class of the data is none of the classifier's.
    """
    description = classifier.description
    match = match_classes(data.classes, description.classes, description.name)
    examples: dict[str, RealImage] = {}
    confidences = []
    batches = sample(data, limit).batches(BATCH, description.canvas)
    for batch in counted(batches, "real images", min(len(data), limit)):
        targets = match.index[batch.labels]
        scores = classifier.scores(batch.canvases)[np.arange(len(batch)), targets]
        values = confidence(scores, description.kind)
        confidences.append(values)
        for target, canvas, value in zip(targets.tolist(), batch.canvases, values.tolist(), strict=True):
            label = description.classes[target]
            if label not in examples:
                examples[label] = RealImage(canvas.copy(), value)
    return RealImages(
        examples,
        np.concatenate(confidences) if confidences else np.empty(0),
        position_note(match, data.classes, description.classes) or "",
    )
