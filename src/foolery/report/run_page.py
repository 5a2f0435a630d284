"""Runs as one page, which opens without a network from a folder or as a single file."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from foolery.engine.run import RunResult
from foolery.errors import UsageError
from foolery.report.artifact import (
    CARD_IMAGES,
    SMALL_CANVAS,
    ArtifactCard,
    CardImage,
    Kind,
    ReportOptions,
)
from foolery.report.model import BUDGET, RunReport, make_run_report
from foolery.report.page import PICTURES, PageFiles, render_page
from foolery.report.replicates import replicate_plots
from foolery.report.run_section import RunSection, last_generation, run_section
from foolery.report.transfer_page import panel_matrix
from foolery.report.wording import about_run, headline, run_state
from foolery.runs import RunSettings, open_live_run, open_run_file
from foolery.runs.database import RUN_DB, sidecars
from foolery.stages import counted

SUMMARY = "summary.json"


@dataclass(frozen=True)
class RunArtifact:
    """A run as lists and reports show it.

    Attributes:
        source: its folder, its result, or the report of it that was made already.
    """

    kind: ClassVar[Kind] = "run"

    source: Path | RunResult | RunReport

    @property
    def files(self) -> Sequence[Path]:
        """The run file, and the log beside it; the shared memory changes when it is only read, too."""
        if not isinstance(self.source, Path):
            return ()
        return self.source / RUN_DB, sidecars(self.source / RUN_DB)[0]

    def card(self) -> ArtifactCard:
        """What a list shows of it; of a run file only what that needs is read."""
        if isinstance(self.source, Path):
            with open_live_run(self.source) as live:
                cells = [(each.cell, each.confidence) for each in live.champions()]
                return _card(self.source.resolve().name, live.settings, live.status, live.generation, cells)
        result = self.source.result if isinstance(self.source, RunReport) else self.source
        cell_of = {result.settings.classes[index]: cell for cell, index in enumerate(result.settings.cells)}
        cells = [(cell_of[label], each.confidence) for label, each in result.champions.items()]
        return _card(result.name, result.settings, result.status, last_generation(result), cells)

    def make_report(self, options: ReportOptions) -> RunReport:
        """The run, scored and rendered as far as was asked for and is possible."""
        if isinstance(self.source, RunReport):
            return self.source
        run = open_run_file(self.source) if isinstance(self.source, Path) else self.source
        settings = run.settings
        classifier, reason = options.classifier(settings.classifier, settings.fingerprint, settings.classes)
        return make_run_report(
            run,
            classifier,
            data=options.data,
            panel=options.panel,
            budget=options.budget or BUDGET,
            notes=[reason] if reason else [],
        )

    def report_files(self, options: ReportOptions) -> dict[str, bytes]:
        """Its page, as ``index.html``, and everything beside it: name to content."""
        return runs_files([self], options)


def runs_files(runs: Sequence[RunArtifact], options: ReportOptions) -> dict[str, bytes]:
    """One page about all ``runs``, as ``index.html``, and everything beside it: name to content.

    Raises:
        UsageError: for no runs, or one that cannot be read.
        MissingExtraError: figures are wanted, and matplotlib is not installed.
    """
    if not runs:
        raise UsageError("report: expected at least one run, got none")
    reports = [run.make_report(options) for run in runs]
    if options.on_note is not None:
        for note in dict.fromkeys(note for report in reports for note in report.notes):
            options.on_note(note)
    page, sections, done = PageFiles(options.single_file), [], 0
    for position, report in enumerate(reports, start=1):
        anchor, details = f"run-{position}", []
        champions = report.result.champions
        for label in counted(champions, PICTURES, len(champions)):
            details.append(page.add_champion(report.detail(label), anchor))
            done += 1
            if options.on_progress is not None:
                options.on_progress(done)
        sections.append(run_section(report, details, anchor))
    figures = _figures(reports) if options.figures else {}
    return render_page(
        sections,
        page,
        {SUMMARY: _summary(reports, sections), **figures},
        title=headline([_confidences(report.result) for report in reports]),
        matrix=panel_matrix(reports),
        replicates=replicate_plots(reports),
        figures=sorted(figures),
        summary=SUMMARY,
    )


def _confidences(result: RunResult) -> tuple[RunSettings, list[float]]:
    return result.settings, [each.confidence for each in result.champions.values()]


def _card(
    name: str, settings: RunSettings, status: str, generation: int, cells: Sequence[tuple[int, float]]
) -> ArtifactCard:
    """The card of a run whose cells hold champions of those confidences."""
    best = sorted(cells, key=lambda each: -each[1])[:CARD_IMAGES]
    return ArtifactCard(
        name=name,
        kind="run",
        about=about_run(settings),
        headline=headline([(settings, [confidence for _, confidence in cells])]),
        state=run_state(status, generation),
        running=status == "running",
        attention=status != "finished",
        images=tuple(
            CardImage(
                label=settings.classes[settings.cells[cell]],
                thumbnail=f"thumbnails/run-1/{settings.cells[cell]:04d}.webp",
                address=f"cell/{cell}.webp",
            )
            for cell, _ in best
        ),
        crisp=settings.canvas[2] <= SMALL_CANVAS,
    )


def _figures(reports: Sequence[RunReport]) -> dict[str, bytes]:
    from foolery.report.figures import figure_files

    files: dict[str, bytes] = {}
    for position, report in enumerate(reports, start=1):
        prefix = f"run-{position}-" if len(reports) > 1 else ""
        files |= {
            name.replace("figures/", f"figures/{prefix}"): content
            for name, content in figure_files(report).items()
        }
    return files


def _summary(reports: Sequence[RunReport], sections: Sequence[RunSection]) -> bytes:
    runs = [
        {
            **report.result.summary,
            "images": {each.label: each.files.image for each in section.details if each.files is not None},
        }
        for report, section in zip(reports, sections, strict=True)
    ]
    text = json.dumps({"runs": runs}, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    return text.encode(errors="replace")  # the name of a run's folder need not be Unicode
