"""The board as one table: a cell for each classifier and search, with the figures of its run files."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from foolery.audit.storage import open_audit
from foolery.engine.batches import folder_of
from foolery.errors import MissingExtraError, UsageError
from foolery.files import atomic
from foolery.runs import open_run_file
from foolery.sweep.board import SearchKind
from foolery.sweep.pieces import AUDIT, BoardPiece
from foolery.sweep.status import BoardStatus, PieceState, PieceStatus

if TYPE_CHECKING:
    from foolery.audit.schema import Audit
    from foolery.audit.verdict import Interval

PARQUET = "board.parquet"
HALF = 0.99
"""The median confidence at which an evolved run has fooled half of its classes."""


@dataclass(frozen=True)
class CellFigure:
    """A figure with its interval; what of, its field in ``BoardCell`` says."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class BoardCell:
    """One classifier under one search.

    Attributes:
        classifier: its reference.
        kind: of the search, and ``search`` its name.
        state: of its pieces together: the one that needs attention first.
        reason: why it failed.
        seeds: finished ones.
        queries: of all of them, done so far.
        fpr95: share of classes whose champion passes the threshold of 95 % of the real images, with a 95 %
            interval; None without real images.
        auroc: of telling real images from champions, likewise.
        queries_to_half: until half of the classes were fooled: above the threshold, or, of evolved runs, at
            99 %. The median of the seeds, between the least and the most; None where a seed never got there.
        median_confidence: of the champions; over several seeds their median, between the least and the most.
        folders: of its pieces, from the folder of the board.
    """

    classifier: str
    kind: SearchKind
    search: str
    state: PieceState
    reason: str
    seeds: int
    queries: int
    fpr95: CellFigure | None
    auroc: CellFigure | None
    queries_to_half: CellFigure | None
    median_confidence: CellFigure | None
    folders: tuple[str, ...]


_ATTENTION: tuple[PieceState, ...] = ("failed", "stalled", "running", "waiting", "finished")


def board_cells(status: BoardStatus) -> list[BoardCell]:
    """All cells of a board, in the order of its pieces."""
    groups: dict[tuple[str, SearchKind, str], list[PieceStatus]] = {}
    for one in status.pieces:
        piece = one.piece
        groups.setdefault((piece.classifier.reference, piece.kind, piece.search), []).append(one)
    return [_cell(status.out, group) for group in groups.values()]


def _cell(out: Path, pieces: Sequence[PieceStatus]) -> BoardCell:
    piece = pieces[0].piece
    states = [one.state for one in pieces]
    finished = [one.piece for one in pieces if one.state == "finished"]
    figures: Mapping[str, CellFigure | None] = {}
    with suppress(UsageError):  # a file that is being replaced, or damaged, has no figures
        figures = _evolved(finished, out) if piece.kind == "encoding" else _audited(finished, out)
    return BoardCell(
        classifier=piece.classifier.reference,
        kind=piece.kind,
        search=piece.search,
        state=next(state for state in _ATTENTION if state in states),
        reason="; ".join(dict.fromkeys(one.reason for one in pieces if one.reason)),
        seeds=sum(len(one.seeds) for one in finished),
        queries=sum(one.queries for one in pieces),
        fpr95=figures.get("fpr95"),
        auroc=figures.get("auroc"),
        queries_to_half=figures.get("queries_to_half"),
        median_confidence=figures.get("median_confidence"),
        folders=tuple(one.folder for one in pieces),
    )


def _audited(pieces: Sequence[BoardPiece], out: Path) -> dict[str, CellFigure | None]:
    """Of the one audit of a cell."""
    if not pieces:
        return {}
    audit = open_audit(out / pieces[0].folder / AUDIT)
    if audit.verdict is None:
        return {}
    detection, median = audit.verdict.detection, audit.verdict.median_confidence
    return {
        "fpr95": None if detection is None else _figure(detection.fpr.get("95")),
        "auroc": None if detection is None else _figure(detection.auroc),
        "queries_to_half": _to_half(audit),
        "median_confidence": CellFigure(median, median, median),
    }


def _figure(interval: Interval | None) -> CellFigure | None:
    return None if interval is None else CellFigure(interval.value, interval.low, interval.high)


def _to_half(audit: Audit) -> CellFigure | None:
    """Of an audit with real images: over its seeds."""
    rows = [champion.queries_to_fool for champion in audit.champions]
    targets = len(audit.targets)
    reached: list[float | None] = []
    for seed in range(audit.budget.seeds):
        when = sorted(row[seed] or 0 for row in rows if row[seed] is not None)
        half = (targets + 1) // 2
        reached.append(when[half - 1] if len(when) >= half else None)
    return _over_seeds(reached)


def _evolved(pieces: Sequence[BoardPiece], out: Path) -> dict[str, CellFigure | None]:
    """Over the runs of a cell."""
    halves: list[float | None] = []
    medians: list[float | None] = []
    for piece in pieces:
        for seed in piece.seeds:
            history = open_run_file(folder_of(out / piece.folder, seed, alone=False)).history
            reached = history.queries[history.median >= HALF]
            halves.append(float(reached[0]) if len(reached) else None)
            medians.append(float(history.median[-1]))
    return {"queries_to_half": _over_seeds(halves), "median_confidence": _over_seeds(medians)}


def _over_seeds(values: Sequence[float | None]) -> CellFigure | None:
    """The median, between the least and the most; None where one is missing."""
    present = [value for value in values if value is not None]
    if not present or len(present) < len(values):
        return None
    return CellFigure(float(statistics.median(present)), min(present), max(present))


def flat(cell: BoardCell) -> dict[str, object]:
    """A cell as one row: each figure is three columns."""
    row: dict[str, object] = {}
    for name, value in asdict(cell).items():
        if name in ("fpr95", "auroc", "queries_to_half", "median_confidence"):
            row[name] = None if value is None else value["value"]
            row[f"{name}_low"] = None if value is None else value["low"]
            row[f"{name}_high"] = None if value is None else value["high"]
        else:
            row[name] = list(value) if name == "folders" else value
    return row


def write_parquet(cells: Sequence[BoardCell], file: Path) -> None:
    """The table as Parquet, one row a cell.

    Raises:
        MissingExtraError: without pyarrow.
    """
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise MissingExtraError("pyarrow", "dataset", "write Parquet files") from None
    rows = [flat(cell) for cell in cells]
    types = {"seeds": pyarrow.int64(), "queries": pyarrow.int64(), "folders": pyarrow.list_(pyarrow.string())}
    texts = ("classifier", "kind", "search", "state", "reason")
    schema = pyarrow.schema(
        [
            (name, pyarrow.string() if name in texts else types.get(name, pyarrow.float64()))
            for name in (rows[0] if rows else {})
        ]
    )
    with atomic(file) as part:
        pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows, schema=schema), part)
