"""Panel: independent classifiers that are asked whether a champion looks like its class to them too.

A picture that they all call a seven may be a seven, and then it is no nonsense; it may also be that they
share the flaw. Networks of the same kind, trained on the same pictures, share many. A member of ten classes
has to answer with one of them: so only an answer counts where the picture is as like real ones to the
member as 95 % of these are (``member``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from foolery.audit.reference import FEWEST, KEPT, NOTHING, keeping, measure_of
from foolery.canvas import Canvases
from foolery.classifiers.base import Classifier, Description
from foolery.classifiers.nearest_prototype import Prototypes
from foolery.data import match_classes
from foolery.data.class_matching import match_known
from foolery.data.fit import fit_all
from foolery.data.labelled import LabelledData, sample
from foolery.errors import UsageError

MOST_REAL = 1000  # real pictures that a member is asked about
_REAL_BATCH = 100


def answers(member: Classifier, canvases: Canvases) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """First answers ``(N,) int64``, and the likeness ``(N,) float64`` of each picture to its answer."""
    if isinstance(member, Prototypes):
        likeness = member.outputs(canvases)
        first = likeness.argmax(axis=1)
    else:
        scores = member.scores(canvases)
        first = scores.argmax(axis=1)
        likeness = measure_of(member.description)(scores, None)
    return first, likeness[np.arange(len(first)), first]


def least_likeness(member: Classifier, pictures: LabelledData) -> float | None:
    """The likeness that 95 % of the real pictures reach which the member is right about.

    None where it does not know their classes, or is right about too few.
    """
    known = member.description
    try:
        index = match_classes(pictures.classes, known.classes, known.name).index
    except UsageError:
        return None
    reached: list[float] = []
    for part in sample(pictures, MOST_REAL).batches(_REAL_BATCH, known.canvas):
        first, likeness = answers(member, part.canvases)
        reached += likeness[first == index[part.labels]].tolist()
    return keeping(np.array(reached), KEPT) if len(reached) >= FEWEST else None


DIGITS = tuple("0123456789")
OF_DIGITS = ("digits-knn", "rejecting:digits-vae", "perceptron", "lenet-b", "lenet")
AGREES = 0.75
"""A champion counts as recognised where at least this share of the panel agrees, three of four.

A majority is not enough: two networks of one kind agree about the nonsense of a third. Of the shipped panel
without the network that is audited, one of the two that can say that they know nothing alike has to agree.
"""
_BATCH = 100


class Panel(Protocol):
    """Who says whether a picture is what another classifier claims."""

    @property
    def members(self) -> tuple[str, ...]:
        """Their names."""
        ...

    def recognised_by(self, canvases: Canvases, claimed: NDArray[np.int64]) -> NDArray[np.float64]:
        """``(N,) float64``: the share of members whose first answer to each picture is the claimed class.

        Of those that know the class; NaN where none does.
        """
        ...

    def calibrated(self, pictures: LabelledData) -> Panel:
        """The same panel, whose members agree only where they are as sure as of 95 % of real pictures."""
        ...


@dataclass(frozen=True)
class Classifiers:
    """A panel of classifiers.

    Attributes:
        asked: the members.
        places: for each member ``(K,) int64``, where it has each class; -1 where it has it not.
        thresholds: the likeness that its answer has to reach.
    """

    asked: tuple[Classifier, ...]
    places: tuple[NDArray[np.int64], ...]
    thresholds: tuple[float, ...]

    @property
    def members(self) -> tuple[str, ...]:
        """Names of the classifiers."""
        return tuple(each.description.name for each in self.asked)

    def recognised_by(self, canvases: Canvases, claimed: NDArray[np.int64]) -> NDArray[np.float64]:
        """See ``Panel``; each member sees the pictures fitted to its own canvas."""
        agree, knows = np.zeros(len(canvases)), np.zeros(len(canvases))
        for member, places, least in zip(self.asked, self.places, self.thresholds, strict=True):
            own = places[claimed]
            for start in range(0, len(canvases), _BATCH):
                part = slice(start, start + _BATCH)
                first, likeness = answers(member, fit_all(canvases[part], member.description.canvas))
                agree[part] += (own[part] >= 0) & (first == own[part]) & (likeness >= least)
            knows += own >= 0
        return np.where(knows > 0, agree / np.maximum(knows, 1), np.nan)

    def calibrated(self, pictures: LabelledData) -> Classifiers:
        """See ``Panel``.

        A member that does not know the pictures' classes, or is too often wrong about them, keeps the
        threshold that it has.
        """
        found = [least_likeness(member, pictures) for member in self.asked]
        thresholds = tuple(
            before if least is None else least for before, least in zip(self.thresholds, found, strict=True)
        )
        return replace(self, thresholds=thresholds)


def panel_of(known: Description, members: Sequence[Classifier]) -> Classifiers | None:
    """The panel for claims of the classifier ``known``; itself is left out. None where nobody is left.

    Raises:
        UsageError: for a member that knows none of its classes.
    """
    asked = [each for each in members if each.description.fingerprint != known.fingerprint]
    places = [match_known(known.classes, each.description.classes) for each in asked]
    for each, found in zip(asked, places, strict=True):
        if (found < 0).all():
            raise UsageError(f"--panel: {each.description.name} knows none of the classes of {known.name}")
    return Classifiers(tuple(asked), tuple(places), (-np.inf,) * len(asked)) if asked else None


def default_panel(known: Description, load: Callable[[str], Classifier]) -> Classifiers | None:
    """The shipped networks for a classifier of the ten digits; None for any other."""
    if tuple(name for name in known.classes if name not in NOTHING) != DIGITS:
        return None
    return panel_of(known, [load(name) for name in OF_DIGITS if name != f"rejecting:{known.name}"])
