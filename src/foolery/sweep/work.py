"""The work of one piece: the same for every engine; what it finds lies in the folder of the piece."""

from __future__ import annotations

import os
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from foolery.audit import AuditConfig, run_audit
from foolery.audit.schema import FILE
from foolery.classifiers.base import Classifier
from foolery.engine.batches import folder_of
from foolery.engine.evolution import evolve
from foolery.engine.provenance import machine_name
from foolery.errors import FooleryError, UsageError
from foolery.runs.database import RUN_DB
from foolery.runs.errors import InUseError
from foolery.sweep.board import BoardClassifier
from foolery.sweep.outcome import PieceOutcome
from foolery.sweep.pieces import AUDIT, BoardPiece, load_row
from foolery.sweep.scratch import mirrored
from foolery.sweep.status import BEAT, PieceNote, is_claimed, is_finished, read_note, write_note

WORKER = secrets.token_hex(8)


def work_on(piece: BoardPiece, out: Path, scratch: Path | None = None) -> PieceOutcome:
    """Do what is left of a piece.

    Args:
        piece: to work on.
        out: folder of the board.
        scratch: a folder on a local disk, where the piece is worked on; copies go to ``out`` as it goes. None
            to work in ``out``.

    Returns:
        How it ended; a failure of the piece is no exception.

    Raises:
        KeyboardInterrupt: passed on, with what there was saved.
    """
    folder, start = out / piece.folder, time.monotonic()
    earlier = read_note(folder)
    before = 0.0 if earlier is None else earlier.seconds

    def write(state: str, reason: str = "") -> None:
        spent = before + time.monotonic() - start
        machine, now = machine_name(), time.time()
        write_note(folder, PieceNote(state, reason, WORKER, machine, round(spent, 3), now, os.getpid()))

    try:
        if is_finished(piece, out):
            return PieceOutcome("finished")
        if scratch is not None and is_claimed(earlier, WORKER):  # there are no locks to ask
            return PieceOutcome("busy", f"{folder}: another process is working on it")
        with _signs_of_life(lambda: write("running")):
            _attack(piece, out, scratch)
        write("finished")
        return PieceOutcome("finished")
    except InUseError as error:
        return PieceOutcome("busy", str(error))
    except KeyboardInterrupt:
        write("interrupted")
        raise
    except Exception as error:
        outcome = PieceOutcome("refused" if isinstance(error, UsageError) else "failed", _line(error))
        try:
            write("failed", outcome.reason)
        except OSError as fault:
            return replace(outcome, reason=f"{outcome.reason}; {folder}: {fault.strerror}")
        return outcome


def _line(error: Exception) -> str:
    if isinstance(error, FooleryError):
        return " ".join(str(error).split())
    return " ".join(f"{type(error).__name__}: {error}".split())


@contextmanager
def _signs_of_life(write: Callable[[], None]) -> Iterator[None]:
    """Within it the note is written again every ``BEAT`` seconds."""
    end = threading.Event()
    write()

    def beat() -> None:
        while not end.wait(BEAT):
            try:
                write()
            except OSError:  # the disk is full, or gone: the work itself will say so
                return

    thread = threading.Thread(target=beat, name="foolery-beat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        end.set()
        thread.join()


@lru_cache(maxsize=1)
def _classifier(row: str) -> Classifier:
    """The one that this process used last is kept: pieces of one classifier come one after the other."""
    return load_row(BoardClassifier.model_validate_json(row))


def _attack(piece: BoardPiece, out: Path, scratch: Path | None) -> None:
    classifier = _classifier(piece.classifier.model_dump_json())
    fingerprint = classifier.description.fingerprint
    if fingerprint != piece.fingerprint:
        raise UsageError(
            f"{piece.classifier.reference}: it is another classifier here: fingerprint {fingerprint[:12]}, "
            f"planned was {piece.fingerprint[:12]}; give the same files to every worker"
        )
    with ExitStack() as stack:
        folder = out / piece.folder
        if scratch is not None:
            folder = stack.enter_context(mirrored(folder, scratch / piece.id, BEAT))
        if piece.kind == "encoding":
            _evolve(piece, classifier, folder)
        else:
            _audit(piece, classifier, folder)


def _evolve(piece: BoardPiece, classifier: Classifier, folder: Path) -> None:
    stored = any((folder_of(folder, seed, alone=False) / RUN_DB).exists() for seed in piece.seeds)
    evolve(
        classifier,
        seeds=piece.seeds,
        encoding=piece.search,
        generations=int(piece.settings["generations"] or 0),
        batch=int(piece.settings["batch"] or 1),
        out=folder,
        resume=stored,
        command="foolery sweep",
    )


def _audit(piece: BoardPiece, classifier: Classifier, folder: Path) -> None:
    data = piece.settings["data"]
    config = AuditConfig(
        data=None if data is None else str(data), out=folder / AUDIT, command="foolery sweep"
    )
    if piece.kind == "protocol":
        config = replace(config, protocol=piece.search)
    else:
        config = replace(
            config,
            attacks=[piece.search],
            budget=piece.settings["budget"],
            split=str(piece.settings["split"]),
            max_images=int(piece.settings["max_images"] or 0),
            seeds=len(piece.seeds),
            seed=piece.seeds[0],
        )
    run_audit(classifier, config, resume=(folder / AUDIT / FILE).exists())
