"""Repetition: what happens to the confidence when repeated elements are removed (paper, Fig. 10)?

The authors removed elements by hand. Here a rule does it, so that it can be repeated:

1. The background is the most frequent color; colors are counted in 8 steps a channel.
2. Elements are connected regions (8 neighbors) that differ from the background by more than 32 of 255 in
   some channel, of at least 0.2 % and at most 25 % of the canvas.
3. Elements are alike if their areas differ by at most a factor of 1.5, and their shapes, moved onto each
   other by their upper left corners, overlap by at least 60 % (intersection over union).
4. Each element is the seed of a group of all that are like it; the group with the largest area is removed,
   except its largest element. What is removed is filled with the background.
5. The control removes the same area elsewhere: the removed region is moved across the canvas, around its
   edges, by random distances.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from foolery.analysis.statistics import signed_rank
from foolery.analysis.transferability import check_canvases, check_fingerprint
from foolery.canvas import Canvases
from foolery.classifiers.base import Classifier
from foolery.classifiers.scores import confidence
from foolery.engine.run import RunResult
from foolery.errors import UsageError

STEP, DIFFERENT, SMALLEST, LARGEST, AREA_RATIO, OVERLAP = 32, 32, 0.002, 0.25, 1.5, 0.6
CONTROLS = 20
_MOST_ELEMENTS = 400  # elements that are compared, the largest ones


@dataclass(frozen=True)
class Repeats:
    """The repeated elements of one canvas.

    Attributes:
        background: ``(C,) uint8``.
        elements: number of them that are alike; one is kept.
        removed: ``(H, W) bool``, all but one of them.
    """

    background: NDArray[np.uint8]
    elements: int
    removed: NDArray[np.bool_]


@dataclass(frozen=True)
class Removal:
    """One champion with and without its repeated elements.

    Attributes:
        label: of its class.
        elements: that were alike.
        area: share of the canvas that was filled.
        before: confidence in the class.
        after: without the repeated elements.
        control: mean confidence with as much removed at random places.
        canvas: ``(C, H, W) uint8``, the champion.
        without: ``(C, H, W) uint8``, the same without them.
    """

    label: str
    elements: int
    area: float
    before: float
    after: float
    control: float
    canvas: Canvases
    without: Canvases


@dataclass(frozen=True)
class Repetition:
    """All champions in which repeated elements were found.

    Attributes:
        champions: number that was looked at.
        removals: one for each that has repeated elements, in the order of runs and classes.
    """

    champions: int
    removals: tuple[Removal, ...]

    @property
    def loss(self) -> NDArray[np.float64]:
        """``(N,)``: confidence before minus after."""
        return np.array([each.before - each.after for each in self.removals])

    @property
    def control_loss(self) -> NDArray[np.float64]:
        """``(N,)``: confidence before minus that of the control."""
        return np.array([each.before - each.control for each in self.removals])

    @property
    def p(self) -> float:
        """Two-sided, Wilcoxon's signed-rank test of the removals' loss against the controls'."""
        return signed_rank(self.loss - self.control_loss)


def find_repeats(canvas: Canvases) -> Repeats | None:
    """Find the repeated elements of a ``(C, H, W) uint8`` canvas; None where there are none."""
    from scipy.ndimage import find_objects, label

    background = _background(canvas)
    differs = np.abs(canvas.astype(np.int16) - background[:, None, None].astype(np.int16)).max(axis=0)
    labels, count = label(differs > DIFFERENT, structure=np.ones((3, 3), int))
    if count < 2:
        return None
    areas = np.bincount(labels.ravel(), minlength=count + 1)[1:]
    size = labels.size
    usable = np.flatnonzero((areas >= max(2, SMALLEST * size)) & (areas <= LARGEST * size))
    usable = usable[np.argsort(-areas[usable], kind="stable")][:_MOST_ELEMENTS]
    boxes = find_objects(labels)
    shapes = {at: labels[boxes[at]] == at + 1 for at in usable.tolist()}
    groups = [
        [other for other in shapes if _alike(shapes[seed], shapes[other], areas[seed], areas[other])]
        for seed in shapes
    ]
    best = max(groups, key=lambda group: int(areas[group].sum()) if len(group) > 1 else 0, default=[])
    if len(best) < 2:
        return None
    kept = max(best, key=lambda at: int(areas[at]))
    removed = np.isin(labels, [at + 1 for at in best if at != kept])
    return Repeats(background, len(best), removed)


def fill_region(canvas: Canvases, region: NDArray[np.bool_], color: NDArray[np.uint8]) -> Canvases:
    """``canvas`` with ``color`` in ``region``; canvases ``(C, H, W) uint8``, region ``(H, W) bool``."""
    return np.where(region, color[:, None, None], canvas)


def measure_repetition(
    runs: Sequence[RunResult], classifier: Classifier, *, controls: int = CONTROLS, seed: int = 0
) -> Repetition:
    """Remove repeated elements from the champions of ``runs``, and ask again.

    Args:
        runs: all made against ``classifier``.
        classifier: that scores the images.
        controls: random places for each champion.
        seed: of these.

    Raises:
        UsageError: for no runs, a run against another classifier, or cosines, of which no share is lost.
    """
    if not runs:
        raise UsageError("repetition: expected at least one run, got none")
    generator, removals, champions = np.random.default_rng(seed), [], 0
    for run in runs:
        check_fingerprint(run, classifier.description)
        check_canvases(run)
        for champion in run.champions.values():
            champions += 1
            seen = find_repeats(champion.canvas)
            if seen is None:
                continue
            without = fill_region(champion.canvas, seen.removed, seen.background)
            height, width = seen.removed.shape
            moved = [
                np.roll(seen.removed, (int(down), int(across)), (0, 1))
                for down, across in zip(
                    generator.integers(0, height, controls),
                    generator.integers(0, width, controls),
                    strict=True,
                )
            ]
            masked = [fill_region(champion.canvas, region, seen.background) for region in moved]
            scores = classifier.scores(np.stack([champion.canvas, without, *masked]))
            confidences = confidence(scores[:, champion.index], classifier.description.kind)
            removals.append(
                Removal(
                    label=champion.label,
                    elements=seen.elements,
                    area=float(seen.removed.mean()),
                    before=float(confidences[0]),
                    after=float(confidences[1]),
                    control=float(confidences[2:].mean()),
                    canvas=champion.canvas,
                    without=without,
                )
            )
    return Repetition(champions, tuple(removals))


def _background(canvas: Canvases) -> NDArray[np.uint8]:
    """The most frequent color: the median, channel by channel, of the most frequent coarse color."""
    coarse = (canvas // STEP).astype(np.int64).reshape(len(canvas), -1)
    code = coarse[0]
    for channel in coarse[1:]:
        code = code * (256 // STEP) + channel
    most = np.bincount(code).argmax()
    color: NDArray[np.uint8] = np.median(canvas.reshape(len(canvas), -1)[:, code == most], axis=1).astype(
        np.uint8
    )
    return color


def _alike(first: NDArray[np.bool_], second: NDArray[np.bool_], area: int, other: int) -> bool:
    if max(area, other) > AREA_RATIO * min(area, other):
        return False
    height, width = min(first.shape[0], second.shape[0]), min(first.shape[1], second.shape[1])
    shared = int((first[:height, :width] & second[:height, :width]).sum())
    return shared >= OVERLAP * (area + other - shared)
