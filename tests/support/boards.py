"""Boards for tests, and what has to be equal of runs however they came about."""

import hashlib
import sqlite3
from contextlib import closing
from pathlib import Path

from foolery.engine.evolution import evolve
from foolery.sweep import Board, BoardPlan
from foolery.sweep.pieces import BoardPiece

#: What a run's search decides; clocks, provenance and events are its process's.
TABLES = {
    "champions": "cell, individual, generation, confidence, score, canvas_hash",
    "individuals": "number, generation, parent, mate, genome",
    "replacements": "generation, cell, individual, objective, score, confidence, previous",
    "generations": "generation, queries, improvements, median, mean, min, max",
}


def small_board(**changes: object) -> Board:
    """Two classifiers, one encoding, two seeds in pieces of their own: seconds of work."""
    content: dict[str, object] = {
        "classifiers": ["perceptron", "lenet"],
        "encodings": ["direct"],
        "seeds": 2,
        "seeds_per_piece": 1,
        "generations": 4,
        "batch": 10,
    }
    return Board.model_validate(content | changes)


def toml(board: Board) -> str:
    """The board's file."""
    rows = ", ".join(f'"{one.reference}"' for one in board.classifiers)
    encodings = ", ".join(f'"{name}"' for name in board.encodings)
    return (
        f"classifiers = [{rows}]\nencodings = [{encodings}]\nseeds = {list(board.seeds)}\n"
        f"seeds_per_piece = {board.seeds_per_piece}\n"
        f"generations = {board.generations}\nbatch = {board.batch}\n"
    )


def digest_of_run(folder: Path) -> str:
    """Of all champions, scores and ancestors of the run in ``folder``, to the last bit."""
    digest = hashlib.sha256()
    with closing(sqlite3.connect(f"file:{folder / 'run.db'}?mode=ro", uri=True)) as connection:
        for table, columns in TABLES.items():
            for row in connection.execute(f"SELECT {columns} FROM {table} ORDER BY 1"):
                digest.update(repr(row).encode())
    return digest.hexdigest()


def digests_of(plan: BoardPlan, out: Path) -> dict[str, str]:
    """Piece and seed to the digest of that run."""
    return {
        f"{piece.id} {seed}": digest_of_run(out / piece.folder / f"seed-{seed}")
        for piece in plan.pieces
        for seed in piece.seeds
    }


def digests_alone(plan: BoardPlan, out: Path) -> dict[str, str]:
    """The same of runs that this process makes, each alone and without a break."""
    return {
        f"{piece.id} {seed}": digest_of_run(_alone(piece, seed, out / piece.id / str(seed)))
        for piece in plan.pieces
        for seed in piece.seeds
    }


def _alone(piece: BoardPiece, seed: int, folder: Path) -> Path:
    evolve(
        piece.classifier.reference,
        seed=seed,
        encoding=piece.search,
        generations=int(piece.settings["generations"] or 0),
        batch=int(piece.settings["batch"] or 1),
        out=folder,
    )
    return folder
