"""The state of pieces: from their run files, which are the truth, and from the notes of their workers."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeAlias

from foolery.audit.schema import FILE
from foolery.audit.storage import open_audit
from foolery.engine.batches import folder_of
from foolery.errors import UsageError
from foolery.files import write_atomic
from foolery.results import Result
from foolery.runs import read_run_head
from foolery.sweep.pieces import AUDIT, BoardPiece, BoardPlan
from foolery.untrusted import UnreadableError, read_json

NOTE = "piece.json"
BEAT = 10.0  # seconds between two signs of life
STALLED = 60.0  # seconds without one

PieceState: TypeAlias = Literal["waiting", "running", "stalled", "failed", "finished"]


@dataclass(frozen=True)
class PieceNote:
    """What a worker last wrote about a piece; whether it is finished is for the run files to say.

    Attributes:
        state: ``running``, ``failed``, ``interrupted`` or ``finished``.
        reason: why it failed.
        worker: a random name of the process that wrote it.
        machine: processor and system of that process, in words.
        seconds: of work, summed over all tries.
        beat: when it was written, seconds since 1970.
        pid: of that process.
    """

    state: str
    reason: str = ""
    worker: str = ""
    machine: str = ""
    seconds: float = 0.0
    beat: float = 0.0
    pid: int = 0


def write_note(folder: Path, note: PieceNote) -> None:
    """Write it into the folder of the piece, which is made."""
    write_atomic(folder / NOTE, json.dumps(vars(note), indent=1) + "\n")


def read_note(folder: Path) -> PieceNote | None:
    """The note in the folder of a piece; None where there is none, or none that can be read."""
    try:
        content = read_json(folder / NOTE)
        return PieceNote(**content) if isinstance(content, dict) else None
    except (UnreadableError, TypeError):
        return None


def is_claimed(note: PieceNote | None, worker: str) -> bool:
    """Whether another worker than this one gave a sign of life just now."""
    if note is None or note.state != "running" or note.worker == worker:
        return False
    return time.time() - note.beat < 2 * BEAT


def is_finished(piece: BoardPiece, out: Path) -> bool:
    """Whether the run files of a piece hold all of it."""
    return done_queries(piece, out) >= piece.queries


def done_queries(piece: BoardPiece, out: Path) -> int:
    """Queries that the run files of a piece hold: all of them where it is finished."""
    folder = out / piece.folder
    if piece.kind == "encoding":
        return sum(_run_queries(piece, folder, seed) for seed in piece.seeds)
    if not (folder / AUDIT / FILE).exists():
        return 0
    with suppress(UsageError):
        audit = open_audit(folder / AUDIT)
        if audit.state == "finished":
            return piece.queries
        return min(piece.queries - 1, audit.budget.spent)
    return 0


def _run_queries(piece: BoardPiece, folder: Path, seed: int) -> int:
    every = piece.queries // len(piece.seeds)
    with suppress(UsageError):
        head = read_run_head(folder_of(folder, seed, alone=False))
        if head is None:
            return 0
        goal = int(piece.settings["generations"] or 0)
        whole = head.status == "finished" and head.generation >= goal
        return every if whole else min(every - 1, head.queries)
    return 0


@dataclass(frozen=True)
class PieceStatus:
    """A piece as it is now.

    Attributes:
        queries: done.
        reason: why it failed.
        folder: of its files, from the folder of the board.
    """

    piece: BoardPiece
    state: PieceState
    queries: int
    reason: str = ""
    seconds: float = 0.0

    @property
    def folder(self) -> str:
        """Of its files, from the folder of the board."""
        return self.piece.folder


@dataclass(frozen=True)
class BoardStatus(Result):
    """All pieces of a board as they are now, in their order.

    Attributes:
        out: folder of the board.
    """

    out: Path
    plan: BoardPlan
    pieces: Sequence[PieceStatus] = field(default_factory=tuple)

    def of(self, *states: PieceState) -> list[PieceStatus]:
        """Those in one of these states."""
        return [one for one in self.pieces if one.state in states]

    @property
    def counts(self) -> dict[str, int]:
        """State to number of pieces."""
        states: tuple[PieceState, ...] = ("finished", "running", "stalled", "failed", "waiting")
        return {state: len(self.of(state)) for state in states}

    def to_dict(self) -> dict[str, Any]:
        """As JSON values."""
        return {
            "board": self.plan.board.model_dump(mode="json"),
            "counts": self.counts,
            "queries": sum(one.queries for one in self.pieces),
            "planned_queries": self.plan.queries,
            "pieces": [
                {
                    "id": one.piece.id,
                    "classifier": one.piece.classifier.reference,
                    one.piece.kind: one.piece.search,
                    "seeds": list(one.piece.seeds),
                    "state": one.state,
                    "queries": one.queries,
                    "reason": one.reason,
                    "folder": one.folder,
                }
                for one in self.pieces
            ],
        }


def piece_status(piece: BoardPiece, out: Path) -> PieceStatus:
    """How far a piece is."""
    queries, note = done_queries(piece, out), read_note(out / piece.folder)
    seconds = 0.0 if note is None else note.seconds
    if queries >= piece.queries:
        return PieceStatus(piece, "finished", piece.queries, seconds=seconds)
    if note is not None and note.state == "failed":
        return PieceStatus(piece, "failed", queries, note.reason, seconds)
    if note is not None and note.state == "running":
        lives = time.time() - note.beat < STALLED
        return PieceStatus(piece, "running" if lives else "stalled", queries, seconds=seconds)
    return PieceStatus(piece, "waiting", queries, seconds=seconds)


def board_status(plan: BoardPlan, out: Path) -> BoardStatus:
    """How far every piece of a board is."""
    return BoardStatus(out, plan, tuple(piece_status(piece, out) for piece in plan.pieces))
