"""Gallery: runs as a page that opens from a folder, or is one file, without a network."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from foolery.errors import UsageError
from foolery.report.champion import Parts, Subject, tile_of, whole_page
from foolery.report.heatmap import matrix_of
from foolery.report.html import PAGE
from foolery.report.output_folder import Folder
from foolery.report.plots import replicate_plots
from foolery.report.run_view import View, alt_of, view_of
from foolery.report.wording import classifier_name, finding, measure, number
from foolery.text import format_score

if TYPE_CHECKING:
    from foolery.engine.run import Champion
    from foolery.report.model import Display

SUMMARY = "summary.json"


def write_report(
    displays: Sequence[Display],
    out: Path,
    *,
    overwrite: bool = False,
    single_file: bool = False,
    figures: Mapping[str, bytes] | None = None,
    watch: Callable[[int], None] | None = None,
) -> Path:
    """Write a page about ``displays`` into the folder ``out``; returns the path of its ``index.html``.

    Beside the page lie the champions as PNG files in their own size, and ``summary.json``. A report
    that is there already is replaced; what is not part of it is never touched.

    Args:
        displays: shown one after the other; at least one.
        out: the folder; it is made.
        overwrite: write also into a folder that holds other files, over those of the same names.
        single_file: write ``index.html`` alone, with everything in it.
        figures: more files that the page names, as ``foolery.report.figures`` makes them.
        watch: is told, from time to time, how many champions are done.

    Raises:
        UsageError: for no displays, a folder with other files in it, or one that cannot be written.
    """
    files = report_files(displays, single_file=single_file, figures=figures, watch=watch)
    return write_files(files, out, overwrite=overwrite)


def write_files(files: Mapping[str, bytes], out: Path, *, overwrite: bool = False) -> Path:
    """Write a page and what lies beside it; arguments, errors and result are those of ``write_report``."""
    folder = Folder.claim(out, files, overwrite=overwrite)
    for name, content in files.items():
        folder.write(name, content)
    folder.finish()
    return out / PAGE


def report_files(
    displays: Sequence[Display],
    *,
    single_file: bool = False,
    figures: Mapping[str, bytes] | None = None,
    watch: Callable[[int], None] | None = None,
) -> dict[str, bytes]:
    """The page, as ``index.html``, and everything beside it: name to content.

    Raises:
        UsageError: for no displays.
    """
    if not displays:
        raise UsageError("displays: expected at least one run, got none")
    parts, views, done = Parts(single_file), [], 0
    for position, display in enumerate(displays, start=1):
        anchor, tiles = f"run-{position}", []
        for champion in display.exhibit.champions.values():
            tiles.append(tile_of(_subject(display, champion), anchor, parts))
            done += 1
            if watch is not None:
                watch(done)
        views.append(view_of(display, tiles, anchor))
    return whole_page(
        views,
        parts,
        {SUMMARY: _summary(displays, views), **(figures or {})},
        title=finding([display.exhibit for display in displays]),
        matrix=matrix_of(displays),
        replicates=replicate_plots(displays),
        figures=sorted(figures or {}),
        summary=SUMMARY,
    )


def _subject(display: Display, champion: Champion) -> Subject:
    exhibit = display.exhibit
    settings = exhibit.settings
    return Subject(
        champion=champion,
        sight=display.sight(champion.label),
        kind=settings.kind,
        classifier=classifier_name(exhibit),
        method=settings.encoding,
        settings=settings,
        facts=(
            (measure(exhibit).capitalize(), format_score(champion.confidence, settings.kind)),
            ("Generation", number(champion.generation)),
            ("Queries before it", number(champion.individual)),
            ("Fooled", classifier_name(exhibit)),
            ("Encoding", f"{settings.encoding}, seed {settings.seed}"),
            ("Picture", f"{settings.canvas[2]} × {settings.canvas[1]} pixels"),
            ("Hash", champion.canvas_hash),
        ),
        photo=None if display.photos is None else display.photos.of.get(champion.label),
        alt=alt_of(exhibit, champion),
    )


def _summary(displays: Sequence[Display], views: Sequence[View]) -> bytes:
    runs = [
        {**display.exhibit.summary, "pictures": {tile.label: tile.picture for tile in view.tiles}}
        for display, view in zip(displays, views, strict=True)
    ]
    text = json.dumps({"runs": runs}, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    return text.encode(errors="replace")  # the name of a run's folder need not be Unicode
