"""Sweep: a whole board, or a shard of it, on whatever works; the same call again does what is left."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from foolery.errors import FooleryError, MissingExtraError, UsageError
from foolery.runs.database import RunLock
from foolery.shards import Shard, parse_shard
from foolery.sweep.board import Board, read_board
from foolery.sweep.driver import JobFailure, JobQueue
from foolery.sweep.engines import EngineChoice, open_engine
from foolery.sweep.outcome import Job
from foolery.sweep.pieces import BoardPiece, BoardPlan, make_plan, stored_plan, write_plan
from foolery.sweep.status import BoardStatus, board_status, is_finished
from foolery.sweep.table import PARQUET, board_cells, write_parquet
from foolery.sweep.tasks import piece_job
from foolery.text import format_count, format_duration

LOCK = "board.lock"
LOGS = "logs"


class SweepError(FooleryError):
    """Some jobs are not done (exit code 3); the message names each and why."""


@dataclass(frozen=True)
class SweepOptions:
    """How a board is worked on.

    Attributes:
        choice: of the engine.
        shard: ``i/n``: only every n-th piece from the i-th; None for all.
        scratch: a folder on a local disk where pieces are worked on; None to work in ``out``.
    """

    choice: EngineChoice
    shard: str | None = None
    scratch: Path | None = None


def sweep(
    board: Board | Path | str,
    out: Path | str,
    options: SweepOptions | None = None,
    *,
    on_note: Callable[[str], None] = lambda line: None,
) -> BoardStatus:
    """Work on every piece of a board that is not finished.

    Args:
        board: the board, or its TOML file.
        out: folder of the board.
        options: how; two processes of this machine if None.
        on_note: called with each line about the work.

    Returns:
        The state of the board afterwards.

    Raises:
        UsageError: for a board that cannot be used, or where another process works on it.
        SweepError: where some pieces failed; all others are finished.
        KeyboardInterrupt: passed on, with what there was saved.
    """
    options = SweepOptions(EngineChoice.parse("local:2")) if options is None else options
    shard = None if options.shard is None else parse_shard(options.shard)
    folder, wanted = Path(out), board if isinstance(board, Board) else read_board(board)
    lock = lock_board(folder, shard)
    try:
        plan = plan_in(folder, wanted, on_note)
        failures = _work(plan, folder, options, shard, on_note)
        status = board_status(plan, folder)
        _write_table(status, on_note)
    finally:
        lock.release()
    raise_failures(failures)
    return status


def _write_table(status: BoardStatus, on_note: Callable[[str], None]) -> None:
    """``board.parquet``, where pyarrow is there; a shard among others may be overtaken, and writes it too."""
    try:
        write_parquet(board_cells(status), status.out / PARQUET)
    except MissingExtraError as error:
        on_note(f"note: no {PARQUET}: {error}")
    except OSError as error:
        raise FooleryError(f"{status.out / PARQUET}: cannot be written ({error.strerror})") from None


def plan_in(folder: Path, board: Board, on_note: Callable[[str], None]) -> BoardPlan:
    """The plan of a board: the stored one where it is of the same board, else a new one, which is stored."""
    stored = stored_plan(folder)
    if stored is not None and stored.board == board:
        return stored
    plan = make_plan(board, on_note)
    write_plan(plan, folder)
    return plan


def lock_board(folder: Path, shard: Shard | None) -> RunLock:
    """Held while a driver works on a board, or on a shard of it.

    Raises:
        UsageError: another driver holds it, or the folder cannot be made or written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(
            f"--out: {folder} cannot be made a folder ({error.strerror}); name another one"
        ) from None
    name = LOCK if shard is None else f"shard-{shard.number}-of-{shard.count}.lock"
    return RunLock(folder, name, "board" if shard is None else f"shard ({shard}) of this board")


def _work(
    plan: BoardPlan,
    folder: Path,
    options: SweepOptions,
    shard: Shard | None,
    on_note: Callable[[str], None],
) -> list[JobFailure]:
    pieces = list(plan.pieces) if shard is None else shard.take(plan.pieces)
    left = [piece for piece in pieces if not is_finished(piece, folder)]
    about = f"{len(left)} of {len(pieces)} pieces are left"
    on_note(f"board: {about}, {format_count(sum(piece.queries for piece in left))} queries")
    if not left:
        return []
    # The longest first: one that begins last would keep everybody waiting.
    left.sort(key=lambda piece: -plan.seconds([piece]))
    jobs: Sequence[Job] = [piece_job(piece, folder, options.scratch, plan.seconds([piece])) for piece in left]
    return JobQueue(open_engine(options.choice, folder / LOGS, len(jobs)), on_note).run(jobs)


def raise_failures(failures: Sequence[JobFailure]) -> None:
    """Raise SweepError with what failed and why; nothing for none."""
    if failures:
        listed = "; ".join(f"{one.name}: {one.reason}" for one in failures)
        raise SweepError(f"{len(failures)} failed, the same command tries them again: {listed}")


def plan_lines(plan: BoardPlan, pieces: Sequence[BoardPiece]) -> list[str]:
    """What ``--plan`` prints: a line for each cell, and the sum."""
    lines = []
    for piece in pieces:
        hours = format_duration(plan.seconds([piece]))
        lines.append(f"{piece.id}  {piece.name}: {format_count(piece.queries)} queries, about {hours}")
    total = sum(piece.queries for piece in pieces)
    seconds = plan.seconds(pieces)
    lines.append(
        f"{len(pieces)} pieces, {format_count(total)} queries: about {format_duration(seconds)} of the "
        "classifiers alone on one worker like this machine"
    )
    return lines
