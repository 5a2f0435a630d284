"""The panel: independent classifiers that are asked whether a champion looks like its class to them too.

An image that they all call a seven may be a seven, and then it is recognizable; it may also be that they
share the flaw. Networks of the same kind, trained on the same images, share many. A member of ten classes has
to answer with one of them: so its prediction counts only where the image is as like real ones to it as 95 %
of these are (``member_threshold``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from foolery.audit.reference import MIN_IMAGES, REJECT_CLASSES, TPR, measure_of, threshold_at_tpr
from foolery.canvas import Canvases
from foolery.classifiers.base import Classifier, Description
from foolery.data import match_classes
from foolery.data.class_matching import match_by_name
from foolery.data.fitting import fit_all
from foolery.data.labelled import LabelledData, sample
from foolery.errors import UsageError

MAX_REFERENCE_IMAGES = 1000  # of the reference data that a member scores
_REFERENCE_BATCH = 100
NEAREST = ("prototypes", "neighbors")
"""Architectures whose measure is their largest logit."""


def predictions(member: Classifier, canvases: Canvases) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Predicted classes ``(N,) int64``, and the measure ``(N,) float64`` of each image for its own."""
    if _is_nearest(member):
        values = member.outputs(canvases)  # type: ignore[attr-defined]
        predicted = values.argmax(axis=1)
    else:
        scores = member.scores(canvases)
        predicted = scores.argmax(axis=1)
        values = measure_of(member.description)(scores, None)
    return predicted, values[np.arange(len(predicted)), predicted]


def _is_nearest(member: Classifier) -> bool:
    """Whether its logits are distances to what it has seen, so that all are low where it has seen nothing."""
    card = getattr(member, "card", None)
    return getattr(card, "architecture", None) in NEAREST and hasattr(member, "outputs")


def member_threshold(member: Classifier, data: LabelledData) -> float | None:
    """The measure that 95 % of the real images reach which the member classifies rightly.

    None where it does not know their classes, or classifies too few rightly.
    """
    description = member.description
    try:
        index = match_classes(data.classes, description.classes, description.name).index
    except UsageError:
        return None
    correct: list[float] = []
    for part in sample(data, MAX_REFERENCE_IMAGES).batches(_REFERENCE_BATCH, description.canvas):
        predicted, values = predictions(member, part.canvases)
        correct += values[predicted == index[part.labels]].tolist()
    return threshold_at_tpr(np.array(correct), TPR) if len(correct) >= MIN_IMAGES else None


def panel_misses(panel: Panel, data: LabelledData, description: Description) -> float:
    """The share of real images of ``data`` that the panel does not recognize, of a thousand at most.

    Args:
        panel: calibrated.
        data: labelled real images.
        description: of the classifier under audit, whose canvas and classes the panel is asked about.
    """
    index = match_classes(data.classes, description.classes, description.name).index
    missed, count = 0, 0
    for part in sample(data, MAX_REFERENCE_IMAGES).batches(_REFERENCE_BATCH, description.canvas):
        agreement = np.nan_to_num(panel.agreement(part.canvases, index[part.labels]), nan=0.0)
        missed += int((agreement < MIN_AGREEMENT).sum())
        count += len(part)
    return missed / count if count else 1.0


DIGITS = tuple("0123456789")
CIFAR = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
CIFAR_PANEL = ("cifar-vit", "cifar-knn", "cifar-b", "cifar")
DIGIT_PANEL = ("digits-knn", "rejecting:digits-vae", "perceptron", "lenet-b", "lenet")
SHARED_WEIGHTS = {"cifar-knn": "cifar-b", "cifar-b": "cifar-knn", "rejecting:digits-vae": "digits-vae"}
"""A member to the classifier whose weights it has too, and of whose audits it is no judge."""
MIN_AGREEMENT = 0.75
"""A champion counts as recognized where at least this share of the panel agrees, three of four.

A majority is not enough: two networks of one kind agree about the champions of a third. Of the shipped panel
without the network that is audited, one of the two that can say that an image is like none has to agree.
"""
_BATCH = 100


class Panel(Protocol):
    """Whoever tells whether an image shows the class that another classifier predicts."""

    @property
    def members(self) -> tuple[str, ...]:
        """Names of the members."""
        ...

    def agreement(self, canvases: Canvases, classes: NDArray[np.int64]) -> NDArray[np.float64]:
        """``(N,) float64``: the share of members that predict the class of ``classes`` for each image.

        Of those that know the class; NaN where none does.
        """
        ...

    def calibrated(self, data: LabelledData) -> Panel:
        """The same panel, whose members agree only where their measure is that of 95 % of real images."""
        ...


@dataclass(frozen=True)
class ClassifierPanel:
    """A panel of classifiers.

    Attributes:
        classifiers: the members.
        class_indices: for each member ``(K,) int64``, its index of each class; -1 where it has no such class.
        thresholds: the measure that its prediction has to reach.
    """

    classifiers: tuple[Classifier, ...]
    class_indices: tuple[NDArray[np.int64], ...]
    thresholds: tuple[float, ...]

    @property
    def members(self) -> tuple[str, ...]:
        """Names of the classifiers."""
        return tuple(each.description.name for each in self.classifiers)

    def agreement(self, canvases: Canvases, classes: NDArray[np.int64]) -> NDArray[np.float64]:
        """See ``Panel``; each member sees the images fitted to its own canvas."""
        agreeing, eligible = np.zeros(len(canvases)), np.zeros(len(canvases))
        for member, indices, threshold in zip(
            self.classifiers, self.class_indices, self.thresholds, strict=True
        ):
            own = indices[classes]
            for start in range(0, len(canvases), _BATCH):
                part = slice(start, start + _BATCH)
                predicted, values = predictions(member, fit_all(canvases[part], member.description.canvas))
                agreeing[part] += (own[part] >= 0) & (predicted == own[part]) & (values >= threshold)
            eligible += own >= 0
        return np.where(eligible > 0, agreeing / np.maximum(eligible, 1), np.nan)

    def calibrated(self, data: LabelledData) -> ClassifierPanel:
        """See ``Panel``.

        A member that does not know the classes of ``data``, or is too often wrong, keeps its threshold.
        """
        fitted = [member_threshold(member, data) for member in self.classifiers]
        thresholds = tuple(
            before if after is None else after for before, after in zip(self.thresholds, fitted, strict=True)
        )
        return replace(self, thresholds=thresholds)


def make_panel(description: Description, members: Sequence[Classifier]) -> ClassifierPanel | None:
    """The panel for the classifier ``description``, which is no member of its own; None where nobody is left.

    Raises:
        UsageError: for a member that knows none of its classes.
    """
    classifiers = [each for each in members if each.description.fingerprint != description.fingerprint]
    indices = [match_by_name(description.classes, each.description.classes) for each in classifiers]
    for each, own in zip(classifiers, indices, strict=True):
        if (own < 0).all():
            raise UsageError(
                f"--panel: {each.description.name} knows none of the classes of {description.name}"
            )
    return (
        ClassifierPanel(tuple(classifiers), tuple(indices), (-np.inf,) * len(classifiers))
        if classifiers
        else None
    )


def default_panel(description: Description, load: Callable[[str], Classifier]) -> ClassifierPanel | None:
    """The shipped networks for a classifier of the ten digits, or of CIFAR-10; None for any other."""
    panels = {DIGITS: DIGIT_PANEL, CIFAR: CIFAR_PANEL}
    names = panels.get(tuple(name for name in description.classes if name not in REJECT_CLASSES))
    if names is None:
        return None
    independent = [name for name in names if SHARED_WEIGHTS.get(name) != description.name]
    return make_panel(description, [load(name) for name in independent])
