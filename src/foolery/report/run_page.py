"""Gallery: runs as a page that opens from a folder, or is one file, without a network."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from foolery.errors import UsageError
from foolery.report.champion import ChampionPanel, PageFiles, gallery_item, render_page
from foolery.report.heatmap import panel_matrix
from foolery.report.html import PAGE
from foolery.report.output_folder import OutputFolder
from foolery.report.plots import replicate_plots
from foolery.report.run_view import RunSection, alt_text, run_section
from foolery.report.wording import classifier_name, headline, measure, number
from foolery.text import format_score

if TYPE_CHECKING:
    from foolery.engine.run import Champion
    from foolery.report.model import RunReport

SUMMARY = "summary.json"


def write_report(
    reports: Sequence[RunReport],
    out: Path,
    *,
    overwrite: bool = False,
    single_file: bool = False,
    figures: Mapping[str, bytes] | None = None,
    on_progress: Callable[[int], None] | None = None,
) -> Path:
    """Write a page about ``reports`` into the folder ``out``; returns the path of its ``index.html``.

    Beside the page lie the champions as PNG files in their own size, and ``summary.json``. A report
    that is there already is replaced; what is not part of it is never touched.

    Args:
        reports: shown one after the other; at least one.
        out: the folder; it is made.
        overwrite: write also into a folder that holds other files, over those of the same names.
        single_file: write ``index.html`` alone, with everything in it.
        figures: more files that the page names, as ``foolery.report.figures`` makes them.
        on_progress: is told, from time to time, how many champions are done.

    Raises:
        UsageError: for no displays, a folder with other files in it, or one that cannot be written.
    """
    files = report_files(reports, single_file=single_file, figures=figures, on_progress=on_progress)
    return write_files(files, out, overwrite=overwrite)


def write_files(files: Mapping[str, bytes], out: Path, *, overwrite: bool = False) -> Path:
    """Write a page and what lies beside it; arguments, errors and result are those of ``write_report``."""
    folder = OutputFolder.claim(out, files, overwrite=overwrite)
    for name, content in files.items():
        folder.write(name, content)
    folder.finish()
    return out / PAGE


def report_files(
    reports: Sequence[RunReport],
    *,
    single_file: bool = False,
    figures: Mapping[str, bytes] | None = None,
    on_progress: Callable[[int], None] | None = None,
) -> dict[str, bytes]:
    """The page, as ``index.html``, and everything beside it: name to content.

    Raises:
        UsageError: for no displays.
    """
    if not reports:
        raise UsageError("displays: expected at least one run, got none")
    parts, sections, done = PageFiles(single_file), [], 0
    for position, report in enumerate(reports, start=1):
        anchor, items = f"run-{position}", []
        for champion in report.result.champions.values():
            items.append(gallery_item(_panel(report, champion), anchor, parts))
            done += 1
            if on_progress is not None:
                on_progress(done)
        sections.append(run_section(report, items, anchor))
    return render_page(
        sections,
        parts,
        {SUMMARY: _summary(reports, sections), **(figures or {})},
        title=headline([display.result for display in reports]),
        matrix=panel_matrix(reports),
        replicates=replicate_plots(reports),
        figures=sorted(figures or {}),
        summary=SUMMARY,
    )


def _panel(report: RunReport, champion: Champion) -> ChampionPanel:
    result = report.result
    settings = result.settings
    return ChampionPanel(
        champion=champion,
        detail=report.detail(champion.label),
        kind=settings.kind,
        classifier=classifier_name(result),
        method=settings.encoding,
        settings=settings,
        facts=(
            (measure(result).capitalize(), format_score(champion.confidence, settings.kind)),
            ("Generation", number(champion.generation)),
            ("Queries before it", number(champion.individual)),
            ("Fooled", classifier_name(result)),
            ("Encoding", f"{settings.encoding}, seed {settings.seed}"),
            ("Picture", f"{settings.canvas[2]} × {settings.canvas[1]} pixels"),
            ("Hash", champion.canvas_hash),
        ),
        real_image=None if report.real_images is None else report.real_images.examples.get(champion.label),
        alt=alt_text(result, champion),
    )


def _summary(reports: Sequence[RunReport], sections: Sequence[RunSection]) -> bytes:
    runs = [
        {**report.result.summary, "pictures": {item.label: item.picture for item in section.tiles}}
        for report, section in zip(reports, sections, strict=True)
    ]
    text = json.dumps({"runs": runs}, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    return text.encode(errors="replace")  # the name of a run's folder need not be Unicode
