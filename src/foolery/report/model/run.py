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
from foolery.engine.run import Champion, RunResult, make_run_result, run_encoding
from foolery.report.model.champion import (
    OCCLUSION_QUERIES,
    Ancestry,
    LabelScore,
    OcclusionMap,
    PanelPrediction,
    RealImages,
    confidences_of,
    occlusion_map,
    panel_predictions,
    score_real_images,
    top_labels,
    trace_ancestries,
)
from foolery.report.model.cppn_graph import CppnGraph, cppn_graphs
from foolery.runs import RunFile, open_run_file

QUANTILES = (0.1, 0.25, 0.5, 0.75, 0.9)
MAX_POINTS = 400  # generations


@dataclass(frozen=True)
class Convergence:
    """Some generations of a run, evenly spread, the first and the last among them.

    Attributes:
        generation: ``(S,) int64``.
        queries: ``(S,) int64``, until then.
        quantiles: ``(S, 5) float64`` of the confidences over classes, in the order of ``QUANTILES``.
        after_tenth: ``(cells,) float64``, each class's confidence after a tenth of the generations; NaN
            for none.
        final: ``(cells,) float64``, at the end.
    """

    generation: NDArray[np.int64]
    queries: NDArray[np.int64]
    quantiles: NDArray[np.float64]
    after_tenth: NDArray[np.float64]
    final: NDArray[np.float64]


def convergence_of(run: RunFile) -> Convergence | None:
    """The course of a run, or None before its first generation."""
    history, cells = run.history, len(run.settings.cells)
    if len(history) == 0 or not run.replacements:
        return None
    rows = np.unique(np.linspace(0, len(history) - 1, min(len(history), MAX_POINTS)).round().astype(np.int64))
    generations = history.generation[rows]
    best = np.full((len(rows), cells), np.nan)
    born = np.array([reign.generation for reign in run.replacements])
    place = np.searchsorted(generations, born)
    for at, replacement in zip(
        place.tolist(), run.replacements, strict=True
    ):  # in their order: the last one stays
        if at < len(rows):
            best[at, replacement.cell] = replacement.confidence
    filled = np.where(np.isnan(best), 0, np.arange(len(rows))[:, None])
    best = np.take_along_axis(best, np.maximum.accumulate(filled, axis=0), axis=0)
    some = ~np.isnan(best).all(axis=1)
    quantiles = np.full((len(rows), len(QUANTILES)), np.nan)
    quantiles[some] = np.nanquantile(best[some], QUANTILES, axis=1).T
    tenth = int(np.searchsorted(generations, generations[-1] / 10))
    return Convergence(generations, history.queries[rows], quantiles, best[tenth], best[-1])


BUDGET = Budget(queries=20_000, seconds=30.0)
"""What questions to the classifier may take for one page: first answers, then as many maps as fit."""


@dataclass(frozen=True)
class ChampionDetail:
    """What a page shows of one champion besides the champion itself; empty or None where it is not known.

    Attributes:
        ancestry: its ancestors.
        graph: the CPPN that draws it.
        top: the classifier's first answers.
        occlusion: how the confidence changes with a part covered.
        panel: of independent classifiers.
    """

    ancestry: Ancestry | None = None
    graph: CppnGraph | None = None
    top: tuple[LabelScore, ...] = ()
    occlusion: OcclusionMap | None = None
    panel: tuple[PanelPrediction, ...] = ()


@dataclass(frozen=True)
class RunReport:
    """A run as its page shows it.

    Attributes:
        result: the run and its champions.
        details: class name to what is shown of its champion.
        convergence: over the generations; None where nothing is recorded.
        real_images: real pictures; None where no data were given.
        panel: names of the independent classifiers.
        notes: what a reader has to know, one sentence each.
    """

    result: RunResult
    details: Mapping[str, ChampionDetail] = field(default_factory=dict)
    convergence: Convergence | None = None
    real_images: RealImages | None = None
    panel: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def detail(self, label: str) -> ChampionDetail:
        """What is shown of the champion of that class."""
        return self.details.get(label, ChampionDetail())


def make_run_report(
    run: RunFile | RunResult,
    classifier: Classifier | None = None,
    *,
    data: LabelledData | None = None,
    panel: Sequence[Classifier] = (),
    budget: Budget = BUDGET,
    notes: Sequence[str] = (),
) -> RunReport:
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
    result, file = _read(run)
    all_notes = list(notes)
    if classifier is not None and classifier.description.fingerprint != result.settings.fingerprint:
        all_notes.append(
            f"{classifier.description.name} is not the classifier that {result.name} fooled (fingerprint "
            f"{classifier.description.fingerprint[:12]}, not {result.settings.fingerprint[:12]}), so it was "
            "not asked"
        )
        classifier = None
    encoding = run_encoding(result.settings)
    labels = list(result.champions)
    ancestries = trace_ancestries(file, encoding) if file is not None else [None] * len(labels)
    top, maps = score_champions(list(result.champions.values()), classifier, budget)
    photos = score_real_images(classifier, data) if classifier is not None and data is not None else None
    predictions = panel_predictions(result, panel)
    details = {
        label: ChampionDetail(ancestry, network, top.get(label, ()), maps.get(label), predictions[label])
        for label, ancestry, network in zip(labels, ancestries, _graphs(encoding, result), strict=True)
    }
    if maps and len(maps) < len(labels):
        all_notes.append(
            f"Occlusion maps are those of the {len(maps)} surest champions; --budget allows more"
        )
    return RunReport(
        result=result,
        details=details,
        convergence=None if file is None else convergence_of(file),
        real_images=photos,
        panel=tuple(each.description.name for each in panel),
        notes=tuple(all_notes),
    )


def _read(run: RunFile | RunResult) -> tuple[RunResult, RunFile | None]:
    if isinstance(run, RunFile):
        return make_run_result(run), run
    return run, None if run.path is None else open_run_file(run.path)


def _graphs(encoding: Encoding[Any], result: RunResult) -> list[CppnGraph | None]:
    genomes = [one.genome for one in result.champions.values()]
    if not isinstance(encoding, Cppn) or not all(genomes):
        return [None] * len(genomes)
    return list(cppn_graphs(encoding, genomes))


def score_champions(
    champions: Sequence[Champion], classifier: Classifier | None, budget: Budget
) -> tuple[dict[str, tuple[LabelScore, ...]], dict[str, OcclusionMap]]:
    """First answers and occlusion maps by class name, as far as the budget goes; the surest come first."""
    started = perf_counter()
    left = inf if budget.queries is None else budget.queries - len(champions)
    if classifier is None or not champions or left < 0:
        return {}, {}
    confidences = confidences_of(classifier, np.stack([one.canvas for one in champions]))
    top_by_label = top_labels(confidences, classifier.description.classes)
    maps: dict[str, OcclusionMap] = {}
    for one in sorted(champions, key=lambda one: -one.confidence):
        left -= OCCLUSION_QUERIES
        if left < 0 or (budget.seconds is not None and perf_counter() - started > budget.seconds):
            break
        maps[one.label] = occlusion_map(classifier, one.canvas, one.index)
    return {one.label: top for one, top in zip(champions, top_by_label, strict=True)}, maps
