"""A run with everything scored and rendered that its page shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from foolery.classifiers.base import Classifier
from foolery.classifiers.wrappers.metered import Budget
from foolery.data.contents import reading_lines
from foolery.data.labelled import LabelledData
from foolery.encodings import Encoding
from foolery.encodings.cppn.encoding import Cppn
from foolery.engine.run import Champion, RunResult, make_run_result, run_encoding
from foolery.report.model.ancestry import trace_ancestries
from foolery.report.model.champion import (
    ChampionDetail,
    RealImages,
    panel_predictions,
    score_champions,
    score_real_images,
)
from foolery.report.model.cppn_graph import CppnGraph, cppn_graphs
from foolery.report.wording import alt_text, measure, short_name
from foolery.runs import RunFile, open_run_file
from foolery.stages import stage
from foolery.text import format_count, format_score

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
    """How the confidences of a run converged, or None before its first generation."""
    history, cells = run.history, len(run.settings.cells)
    if len(history) == 0 or not run.replacements:
        return None
    rows = np.unique(np.linspace(0, len(history) - 1, min(len(history), MAX_POINTS)).round().astype(np.int64))
    generations = history.generation[rows]
    best = np.full((len(rows), cells), np.nan)
    positions = np.searchsorted(generations, [each.generation for each in run.replacements])
    for at, replacement in zip(positions.tolist(), run.replacements, strict=True):  # the last one stays
        if at < len(rows):
            best[at, replacement.cell] = replacement.confidence
    filled = np.where(np.isnan(best), 0, np.arange(len(rows))[:, None])
    best = np.take_along_axis(best, np.maximum.accumulate(filled, axis=0), axis=0)
    some = ~np.isnan(best).all(axis=1)
    quantiles = np.full((len(rows), len(QUANTILES)), np.nan)
    quantiles[some] = np.nanquantile(best[some], QUANTILES, axis=1).T
    tenth = int(np.searchsorted(generations, generations[-1] / 10))
    return Convergence(generations, history.queries[rows], quantiles, best[tenth], best[-1])


LINEAGES = "lineages and graphs"  # the stage in which they are drawn
BUDGET = Budget(queries=20_000, seconds=30.0)
"""Of queries for one page: top predictions first, then as many occlusion maps as fit."""


@dataclass(frozen=True)
class RunReport:
    """A run as its page shows it.

    Attributes:
        result: the run and its champions.
        details: class name to its champion in detail.
        convergence: over the generations; None where nothing is recorded.
        real_images: None where no data were given.
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
        """The champion of that class in detail, or by itself where nothing more was prepared."""
        detail = self.details.get(label)
        return _detail(self.result, self.result.champions[label]) if detail is None else detail


def make_run_report(
    run: RunFile | RunResult,
    classifier: Classifier | None = None,
    *,
    data: LabelledData | None = None,
    panel: Sequence[Classifier] = (),
    budget: Budget = BUDGET,
    notes: Sequence[str] = (),
) -> RunReport:
    """Score and render what the page of a run shows.

    Args:
        run: the run; where a result has a file, that is read for the ancestors.
        classifier: that the run fooled. Without it nothing is scored. One with another fingerprint is not
            asked, and a note says so.
        data: labelled images, to show real ones beside the champions; scored by ``classifier``.
        panel: independent classifiers; each scores every champion.
        budget: of queries about champions: one for the top predictions of each, then 64 for the occlusion
            maps of as many as fit, highest confidence first.
        notes: go on the page.

    Raises:
        UsageError: for genomes that are not valid, or data whose classes are not the classifier's.
    """
    result, file = _read(run)
    settings, all_notes = result.settings, list(notes)
    if classifier is not None and classifier.description.fingerprint != settings.fingerprint:
        all_notes.append(
            f"{classifier.description.name} is not the classifier that {result.name} fooled (fingerprint "
            f"{classifier.description.fingerprint[:12]}, not {settings.fingerprint[:12]}), so it was not "
            "asked"
        )
        classifier = None
    encoding, champions = run_encoding(settings), list(result.champions.values())
    with stage(LINEAGES, 0):
        ancestries = trace_ancestries(file, encoding) if file is not None else [None] * len(champions)
        graphs = _graphs(encoding, champions)
    top, maps = score_champions(champions, classifier, budget)
    real = score_real_images(classifier, data) if classifier is not None and data is not None else None
    if real is not None and data is not None:
        all_notes += [*([real.by_position] if real.by_position else []), *reading_lines(data)]
    predictions = panel_predictions(champions, settings.classes, panel)
    details = {
        champion.label: _detail(
            result,
            champion,
            top=top.get(champion.label, ()),
            occlusion=maps.get(champion.label),
            ancestry=ancestry,
            graph=graph,
            panel=predictions.get(champion.label, ()),
            real=None if real is None else real.examples.get(champion.label),
        )
        for champion, ancestry, graph in zip(champions, ancestries, graphs, strict=True)
    }
    if maps and len(maps) < len(champions):
        all_notes.append(
            f"Occlusion maps were made for the {len(maps)} champions of highest {measure(settings.kind)}; "
            "--budget allows more"
        )
    return RunReport(
        result=result,
        details=details,
        convergence=None if file is None else convergence_of(file),
        real_images=real,
        panel=tuple(each.description.name for each in panel),
        notes=tuple(all_notes),
    )


def _detail(result: RunResult, champion: Champion, **more: Any) -> ChampionDetail:
    settings = result.settings
    return ChampionDetail(
        champion=champion,
        kind=settings.kind,
        classifier=short_name(settings.classifier),
        method=settings.encoding,
        settings=settings,
        facts=(
            (measure(settings.kind).capitalize(), format_score(champion.confidence, settings.kind)),
            ("Generation", format_count(champion.generation)),
            ("Queries before", format_count(champion.individual)),
            ("Classifier", short_name(settings.classifier)),
            ("Encoding", f"{settings.encoding}, seed {settings.seed}"),
            ("Canvas", f"{settings.canvas[2]} × {settings.canvas[1]} pixels"),
            ("Canvas hash", champion.canvas_hash),
        ),
        alt=alt_text(settings, champion),
        **more,
    )


def _read(run: RunFile | RunResult) -> tuple[RunResult, RunFile | None]:
    if isinstance(run, RunFile):
        return make_run_result(run), run
    return run, None if run.path is None else open_run_file(run.path)


def _graphs(encoding: Encoding[Any], champions: Sequence[Champion]) -> list[CppnGraph | None]:
    genomes = [each.genome for each in champions]
    if not isinstance(encoding, Cppn) or not all(genomes):
        return [None] * len(genomes)
    return list(cppn_graphs(encoding, genomes))
