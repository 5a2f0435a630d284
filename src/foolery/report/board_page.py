"""A board as pages: the table of all cells, and one page for each cell with its images."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from foolery.errors import UsageError
from foolery.install import shell_words
from foolery.report.artifact import ArtifactCard, Kind, ReportOptions
from foolery.report.html import PAGE, Fact, page_files
from foolery.report.images import png
from foolery.text import format_confidence, format_count, format_duration

if TYPE_CHECKING:
    from foolery.sweep.status import BoardStatus
    from foolery.sweep.table import BoardCell, CellFigure

TABLE = "table.json"
MAX_IMAGES = 100  # of a cell's page
REFRESH = 10  # seconds after which a page of an unfinished board is asked for again


@dataclass(frozen=True)
class BoardArtifact:
    """A board as lists and reports show it."""

    kind: ClassVar[Kind] = "board"

    folder: Path

    @property
    def files(self) -> Sequence[Path]:
        """Its plan, and the notes and documents of its pieces."""
        from foolery.sweep.pieces import AUDIT, PLAN
        from foolery.sweep.status import NOTE

        pieces = [self.folder / one.folder for one in self._status(quick=True).plan.pieces]
        beside = [piece / name for piece in pieces for name in (NOTE, f"{AUDIT}/audit.json")]
        return (self.folder / PLAN, *(file for file in beside if file.exists()))

    def card(self) -> ArtifactCard:
        """What a list shows of it."""
        status = self._status()
        return ArtifactCard(
            name=self.folder.resolve().name,
            kind=self.kind,
            about=about_board(status),
            headline=board_headline(status),
            state=_states(status),
            running=bool(status.of("running")),
            attention=status.counts["finished"] < len(status.pieces),
        )

    def report_files(self, options: ReportOptions) -> dict[str, bytes]:
        """Its page, as ``index.html``, and everything beside it: name to content."""
        if options.single_file:
            raise UsageError("--single-file goes with runs, an audit or an arms race, not with a board")
        return board_files(self._status())

    def _status(self, *, quick: bool = False) -> BoardStatus:
        from foolery.sweep import BoardStatus, board_status, stored_plan

        plan = stored_plan(self.folder)
        if plan is None:
            raise UsageError(f"report: {self.folder} is no board any more")
        return BoardStatus(self.folder, plan) if quick else board_status(plan, self.folder)


def about_board(status: BoardStatus) -> str:
    """Half a sentence: what meets what."""
    board = status.plan.board
    return f"Board, {len(board.classifiers)} classifiers, {', '.join(name for _, name in board.searches)}"


def board_headline(status: BoardStatus) -> str:
    """One sentence: how much is done."""
    cells = len({(one.piece.classifier.reference, one.piece.kind, one.piece.search) for one in status.pieces})
    done = sum(one.queries for one in status.pieces)
    return (
        f"{len(status.plan.board.classifiers)} classifiers in {cells} cells, "
        f"{format_count(done)} of {format_count(status.plan.queries)} queries done"
    )


def _states(status: BoardStatus) -> str:
    return ", ".join(f"{count} {state}" for state, count in status.counts.items() if count)


@dataclass(frozen=True)
class CellRow:
    """A cell as the table shows it: text alone.

    Attributes:
        page: address of its page; None where nothing of it is finished.
    """

    classifier: str
    search: str
    state: str
    reason: str
    seeds: str
    figures: tuple[str, ...]
    page: str | None


HEAD = ("FPR95", "AUROC", "queries to half", "median confidence")


def board_files(status: BoardStatus) -> dict[str, bytes]:
    """All pages of a board: name to content."""
    from foolery.sweep.table import board_cells, flat

    cells = board_cells(status)
    files: dict[str, bytes] = {}
    rows = []
    for number, cell in enumerate(cells, 1):
        name = f"cells/{number}" if cell.seeds else None
        rows.append(_row(cell, name))
        if name is not None:
            pages = _cell_files(status.out, cell)
            files |= {f"{name}/{file}": content for file, content in pages.items()}
    open_ = status.counts["finished"] + status.counts["failed"] < len(status.pieces)
    files |= page_files(
        "board.html",
        title=board_headline(status),
        name=status.out.resolve().name,
        state=_states(status),
        finished=not open_,
        refresh=REFRESH if status.of("running") else None,
        head=HEAD,
        rows=rows,
        failures=[(one.piece.name, one.reason) for one in status.of("failed")],
        facts=_facts(status),
        data=TABLE,
    )
    text = json.dumps([flat(cell) for cell in cells], indent=1, ensure_ascii=False, allow_nan=False)
    files[TABLE] = f"{text}\n".encode(errors="replace")
    return files


def _row(cell: BoardCell, folder: str | None) -> CellRow:
    return CellRow(
        cell.classifier,
        search_name(cell),
        cell.state,
        cell.reason,
        str(cell.seeds),
        figure_texts(cell),
        None if folder is None else f"{folder}/{PAGE}",
    )


def search_name(cell: BoardCell) -> str:
    """The search, and of what kind it is: an encoding may have the name of an attack."""
    return f"{cell.search} ({cell.kind})"


def figure_texts(cell: BoardCell) -> tuple[str, ...]:
    """The figures under ``HEAD``, each with its interval."""
    return (
        _text(cell.fpr95, lambda value: f"{100 * value:.1f} %"),
        _text(cell.auroc, lambda value: f"{value:.3f}"),
        _text(cell.queries_to_half, lambda value: format_count(round(value))),
        _text(cell.median_confidence, format_confidence),
    )


def _text(figure: CellFigure | None, write: Callable[[float], str]) -> str:
    if figure is None:
        return "–"
    value, low, high = (write(each) for each in (figure.value, figure.low, figure.high))
    return value if low == high == value else f"{value} ({low} to {high})"


def _facts(status: BoardStatus) -> list[Fact]:
    board, seconds = status.plan.board, sum(one.seconds for one in status.pieces)
    facts = [Fact("pieces", format_count(len(status.pieces))), Fact("seeds", format_count(len(board.seeds)))]
    if board.attacks:
        facts.append(Fact("queries per seed", format_count(board.budget)))
    if board.encodings:
        facts.append(Fact("generations", f"{board.generations} of {board.batch}"))
    return [*facts, Fact("work", format_duration(seconds))]


def _cell_files(out: Path, cell: BoardCell) -> dict[str, bytes]:
    """The page of a cell, with the champions' images as PNG files."""
    files: dict[str, bytes] = {}
    shown, words = _audit_images(out, cell) if cell.kind != "encoding" else _run_images(out, cell)
    images = []
    for number, (label, confidence, content) in enumerate(shown, 1):
        name = f"champion-{number:03}.png"
        files[name] = content
        images.append((label, format_confidence(confidence), name))
    context: dict[str, Any] = {
        "title": f"{cell.search} against {cell.classifier}",
        "facts": [Fact(*pair) for pair in zip(HEAD, figure_texts(cell), strict=True)],
        "seeds": cell.seeds,
        "queries": format_count(cell.queries),
        "images": images,
        "folders": cell.folders,
        "commands": [shell_words(each) for each in words],
    }
    return {**page_files("board_cell.html", **context), **files}


_Images = list[tuple[str, float, bytes]]


def _audit_images(out: Path, cell: BoardCell) -> tuple[_Images, list[list[str]]]:
    """The champions of the audit of a cell, as the files that it wrote, and how to score them again."""
    from foolery.audit.storage import open_audit
    from foolery.untrusted import path_inside

    folder = out / cell.folders[0] / "audit"
    audit = open_audit(folder)
    best = sorted(audit.champions, key=lambda each: -each.confidence)[:MAX_IMAGES]
    images = [
        (each.label, each.confidence, file.read_bytes())
        for each in best
        if (file := path_inside(folder, each.image)).is_file()
    ]
    again = ["foolery", "audit", cell.classifier, "--champions", f"{cell.folders[0]}/audit"]
    if audit.reference is not None:
        again += ["--data", audit.reference.data]
    return images, [again]


def _run_images(out: Path, cell: BoardCell) -> tuple[_Images, list[list[str]]]:
    """The champions of the first finished run of a cell, drawn anew, and how to check each run."""
    from foolery.engine.run import open_run

    folders = [run.parent for one in cell.folders for run in sorted((out / one).glob("seed-*/run.db"))]
    champions = sorted(open_run(folders[0]).champions.values(), key=lambda each: -each.confidence)
    images = [(each.label, each.confidence, png(each.canvas)) for each in champions[:MAX_IMAGES]]
    return images, [["foolery", "verify", folder.relative_to(out).as_posix()] for folder in folders]
