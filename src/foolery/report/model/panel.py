"""Panel: what independent classifiers say about champions that were made to fool another one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from foolery.classifiers.base import Classifier, Kind
from foolery.data.class_matching import match_known
from foolery.engine.run import Champion, Exhibit
from foolery.report.model.answers import Answer, scores_of


@dataclass(frozen=True)
class Verdict:
    """What one classifier says about one champion.

    Attributes:
        classifier: its name.
        kind: what its scores are.
        first: its first answer.
        own: its confidence in the class that the champion was made for; None where it has no such class.
        agrees: whether that class is its first answer.
    """

    classifier: str
    kind: Kind
    first: Answer
    own: float | None
    agrees: bool


def verdicts_of(exhibit: Exhibit, classifiers: Sequence[Classifier]) -> dict[str, tuple[Verdict, ...]]:
    """For each class name what every classifier says, in their order."""
    champions = list(exhibit.champions.values())
    columns = [_asked(exhibit, champions, classifier) for classifier in classifiers]
    return {one.label: tuple(column[row] for column in columns) for row, one in enumerate(champions)}


def _asked(exhibit: Exhibit, champions: Sequence[Champion], classifier: Classifier) -> list[Verdict]:
    if not champions:
        return []
    known = classifier.description
    places = match_known(exhibit.settings.classes, known.classes)
    found = scores_of(classifier, np.stack([one.canvas for one in champions]))
    verdicts = []
    for one, row in zip(champions, found, strict=True):
        first, own = int(row.argmax()), int(places[one.index])
        verdicts.append(
            Verdict(
                known.name,
                known.kind,
                Answer(known.classes[first], float(row[first])),
                float(row[own]) if own >= 0 else None,
                own == first,
            )
        )
    return verdicts
