"""Display: a run with everything scored and drawn that its page shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import inf
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from foolery.classifiers.base import Classifier
from foolery.classifiers.wrappers.metered import Budget
from foolery.data.labelled import LabelledData
from foolery.encodings import Encoding
from foolery.encodings.cppn.encoding import Cppn
from foolery.engine.run import Champion, Exhibit, encoding_of, exhibit_of
from foolery.report.model.champion import (
    QUESTIONS,
    Answer,
    Line,
    Occlusion,
    Photos,
    Verdict,
    first_answers,
    lines_of,
    occlusion_of,
    photos_of,
    scores_of,
    verdicts_of,
)
from foolery.report.model.cppn_graph import Network, networks_of
from foolery.runs import RunFile, open_run_file

QUANTILES = (0.1, 0.25, 0.5, 0.75, 0.9)
MOST = 400  # generations


@dataclass(frozen=True)
class Course:
    """Some generations of a run, evenly spread, the first and the last among them.

    Attributes:
        generation: ``(S,) int64``.
        queries: ``(S,) int64``, until then.
        quantiles: ``(S, 5) float64`` of the confidences over classes, in the order of ``QUANTILES``.
        early: ``(cells,) float64``, each class's confidence after a tenth of the generations; NaN for none.
        late: ``(cells,) float64``, at the end.
    """

    generation: NDArray[np.int64]
    queries: NDArray[np.int64]
    quantiles: NDArray[np.float64]
    early: NDArray[np.float64]
    late: NDArray[np.float64]


def course_of(run: RunFile) -> Course | None:
    """The course of a run, or None before its first generation."""
    history, cells = run.history, len(run.settings.cells)
    if len(history) == 0 or not run.reigns:
        return None
    rows = np.unique(np.linspace(0, len(history) - 1, min(len(history), MOST)).round().astype(np.int64))
    generations = history.generation[rows]
    held = np.full((len(rows), cells), np.nan)
    born = np.array([reign.generation for reign in run.reigns])
    place = np.searchsorted(generations, born)
    for at, reign in zip(place.tolist(), run.reigns, strict=True):  # in their order: the last one stays
        if at < len(rows):
            held[at, reign.cell] = reign.confidence
    filled = np.where(np.isnan(held), 0, np.arange(len(rows))[:, None])
    held = np.take_along_axis(held, np.maximum.accumulate(filled, axis=0), axis=0)
    some = ~np.isnan(held).all(axis=1)
    quantiles = np.full((len(rows), len(QUANTILES)), np.nan)
    quantiles[some] = np.nanquantile(held[some], QUANTILES, axis=1).T
    tenth = int(np.searchsorted(generations, generations[-1] / 10))
    return Course(generations, history.queries[rows], quantiles, held[tenth], held[-1])


BUDGET = Budget(queries=20_000, seconds=30.0)
"""What questions to the classifier may take for one page: first answers, then as many maps as fit."""


@dataclass(frozen=True)
class Sight:
    """What a page shows of one champion besides the champion itself; empty or None where it is not known.

    Attributes:
        line: its ancestors.
        network: the CPPN that draws it.
        top: the classifier's first answers.
        occlusion: how the confidence changes with a part covered.
        verdicts: of independent classifiers.
    """

    line: Line | None = None
    network: Network | None = None
    top: tuple[Answer, ...] = ()
    occlusion: Occlusion | None = None
    verdicts: tuple[Verdict, ...] = ()


@dataclass(frozen=True)
class Display:
    """A run as its page shows it.

    Attributes:
        exhibit: the run and its champions.
        sights: class name to what is shown of its champion.
        course: over the generations; None where nothing is recorded.
        photos: real pictures; None where no data were given.
        panel: names of the independent classifiers.
        notes: what a reader has to know, one sentence each.
    """

    exhibit: Exhibit
    sights: Mapping[str, Sight] = field(default_factory=dict)
    course: Course | None = None
    photos: Photos | None = None
    panel: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def sight(self, label: str) -> Sight:
        """What is shown of the champion of that class."""
        return self.sights.get(label, Sight())


def display_of(
    run: RunFile | Exhibit,
    classifier: Classifier | None = None,
    *,
    data: LabelledData | None = None,
    panel: Sequence[Classifier] = (),
    budget: Budget = BUDGET,
    notes: Sequence[str] = (),
) -> Display:
    """Draw and score what a page shows.

    Args:
        run: read from its file; an exhibit's file is read again where it has one, for its ancestors.
        classifier: that the run fooled. Without it nothing is scored. One with another fingerprint is not
            asked, and a note says so.
        data: labelled pictures, for real ones beside the champions; asked about with ``classifier``.
        panel: independent classifiers; each is asked about every champion.
        budget: for questions to ``classifier`` about champions: one for the first answers of each, then 64
            for an occlusion map of as many as fit, the surest first.
        notes: go on the page.

    Raises:
        UsageError: for genomes that are not valid, or data whose classes are not the classifier's.
    """
    exhibit, file = _read(run)
    said = list(notes)
    if classifier is not None and classifier.description.fingerprint != exhibit.settings.fingerprint:
        said.append(
            f"{classifier.description.name} is not the classifier that {exhibit.name} fooled (fingerprint "
            f"{classifier.description.fingerprint[:12]}, not {exhibit.settings.fingerprint[:12]}), so it was "
            "not asked"
        )
        classifier = None
    encoding = encoding_of(exhibit.settings)
    labels = list(exhibit.champions)
    lines = lines_of(file, encoding) if file is not None else [None] * len(labels)
    tops, maps = scored(list(exhibit.champions.values()), classifier, budget)
    photos = photos_of(classifier, data) if classifier is not None and data is not None else None
    verdicts = verdicts_of(exhibit, panel)
    sights = {
        label: Sight(line, network, tops.get(label, ()), maps.get(label), verdicts[label])
        for label, line, network in zip(labels, lines, _networks(encoding, exhibit), strict=True)
    }
    if maps and len(maps) < len(labels):
        said.append(f"Occlusion maps are those of the {len(maps)} surest champions; --budget allows more")
    return Display(
        exhibit=exhibit,
        sights=sights,
        course=None if file is None else course_of(file),
        photos=photos,
        panel=tuple(each.description.name for each in panel),
        notes=tuple(said),
    )


def _read(run: RunFile | Exhibit) -> tuple[Exhibit, RunFile | None]:
    if isinstance(run, RunFile):
        return exhibit_of(run), run
    return run, None if run.path is None else open_run_file(run.path)


def _networks(encoding: Encoding[Any], exhibit: Exhibit) -> list[Network | None]:
    genomes = [one.genome for one in exhibit.champions.values()]
    if not isinstance(encoding, Cppn) or not all(genomes):
        return [None] * len(genomes)
    return list(networks_of(encoding, genomes))


def scored(
    champions: Sequence[Champion], classifier: Classifier | None, budget: Budget
) -> tuple[dict[str, tuple[Answer, ...]], dict[str, Occlusion]]:
    """First answers and occlusion maps by class name, as far as the budget goes; the surest come first."""
    begun = perf_counter()
    left = inf if budget.queries is None else budget.queries - len(champions)
    if classifier is None or not champions or left < 0:
        return {}, {}
    found = scores_of(classifier, np.stack([one.canvas for one in champions]))
    tops = first_answers(found, classifier.description.classes)
    maps: dict[str, Occlusion] = {}
    for one in sorted(champions, key=lambda one: -one.confidence):
        left -= QUESTIONS
        if left < 0 or (budget.seconds is not None and perf_counter() - begun > budget.seconds):
            break
        maps[one.label] = occlusion_of(classifier, one.canvas, one.index)
    return {one.label: top for one, top in zip(champions, tops, strict=True)}, maps
