"""Pieces of a board: one classifier, one search, some seeds; minutes of work on one device."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError

from foolery.audit.protocols import PROTOCOLS
from foolery.audit.verdict import FrozenModel
from foolery.classifiers import load_classifier
from foolery.classifiers.base import Classifier
from foolery.classifiers.wrappers.metered import images_per_second
from foolery.errors import UsageError
from foolery.files import write_atomic
from foolery.sweep.board import Board, BoardClassifier, SearchKind
from foolery.untrusted import UnreadableError, read_json

PLAN = "board.json"
PIECES = "pieces"
AUDIT = "audit"  # folder of an audit in that of its piece
_RATE_BATCH, _RATE_SECONDS = 100, 0.2


class BoardPiece(FrozenModel):
    """What a worker is handed: everything by name, no image and no network.

    Attributes:
        classifier: that is attacked.
        fingerprint: of it as it was planned.
        kind: of the search, and ``search`` its name.
        seeds: of the runs, or of the audit's repetitions.
        queries: that all of it takes.
        settings: budget and data, or generations and batch.
    """

    classifier: BoardClassifier
    fingerprint: str
    kind: SearchKind
    search: str
    seeds: tuple[int, ...] = Field(min_length=1)
    queries: int
    settings: dict[str, int | str | None]

    @property
    def id(self) -> str:
        """16 hexadecimal digits, the same on every machine: a digest of settings and fingerprint."""
        text = json.dumps(self.model_dump(mode="json"), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    @property
    def name(self) -> str:
        """Classifier, search, seeds: for people."""
        first, last = self.seeds[0], self.seeds[-1]
        return f"{self.classifier.reference} x {self.search}, " + (
            f"seed {first}" if first == last else f"seeds {first} to {last}"
        )

    @property
    def folder(self) -> str:
        """Of its files, below the folder of the board; pieces with the same settings share it."""
        reference, _, rest = self.classifier.reference.partition(":")
        words = f"{reference}-{Path(rest).stem}" if rest else reference
        name = re.sub(r"[^A-Za-z0-9._]+", "-", f"{words}-{self.search}").strip("-.")[:60]
        return f"{PIECES}/{name}-{self.id[:8]}"


class BoardPlan(FrozenModel):
    """A board with the pieces that it is made of, as ``board.json`` keeps it.

    Attributes:
        schema_version: of the file.
        rates: images a second of each classifier, by reference, where the plan was made.
    """

    schema_version: int = 1
    board: Board
    pieces: tuple[BoardPiece, ...]
    rates: dict[str, float] = Field(default_factory=dict)

    @property
    def queries(self) -> int:
        """Of all pieces."""
        return sum(piece.queries for piece in self.pieces)

    def seconds(self, pieces: Sequence[BoardPiece]) -> float:
        """What ``pieces`` take on one worker, by the rates of the classifiers alone."""
        return sum(piece.queries / self.rates[piece.classifier.reference] for piece in pieces)


def load_row(row: BoardClassifier) -> Classifier:
    """The classifier of a row."""
    card = None if row.card is None else Path(row.card).expanduser()
    return load_classifier(row.reference, card=card, device=row.device, classes=row.class_names)


def make_plan(board: Board, on_note: Callable[[str], None] = lambda line: None) -> BoardPlan:
    """The pieces of ``board``; every classifier is loaded once, one after the other, for its fingerprint.

    Raises:
        UsageError: one line with every classifier that cannot be loaded.
    """
    fingerprints, rates, faults = dict[str, str](), dict[str, float](), list[str]()
    for row in board.classifiers:
        try:
            classifier = load_row(row)
            rates[row.reference] = images_per_second(classifier, _RATE_BATCH, _RATE_SECONDS)
        except UsageError as error:
            faults.append(str(error))
            continue
        fingerprints[row.reference] = classifier.description.fingerprint
    if faults:
        raise UsageError(f"board: {'; '.join(faults)}")
    pieces = tuple(
        piece
        for row, kind, search in board.cells()
        for piece in _pieces_of(board, row, kind, search, fingerprints[row.reference])
    )
    plan = BoardPlan(board=board, pieces=pieces, rates=rates)
    on_note(f"plan: {len(pieces)} pieces of {len(board.classifiers)} classifiers")
    return plan


def _pieces_of(
    board: Board, row: BoardClassifier, kind: SearchKind, search: str, fingerprint: str
) -> Iterator[BoardPiece]:
    settings: dict[str, int | str | None]
    data = row.data or board.data
    if kind == "encoding":
        settings = {"generations": board.generations, "batch": board.batch}
        size, queries = board.seeds_per_piece, (board.generations + 1) * board.batch
        groups = [board.seeds[start : start + size] for start in range(0, len(board.seeds), size)]
    elif kind == "attack":
        settings = {
            "budget": board.budget,
            "data": data,
            "split": board.split,
            "max_images": board.max_images,
        }
        groups, queries = [board.seeds], board.budget
    else:
        settings = {"data": data}
        groups, queries = [tuple(range(PROTOCOLS[search].seeds))], PROTOCOLS[search].queries
    for seeds in groups:
        yield BoardPiece(
            classifier=row,
            fingerprint=fingerprint,
            kind=kind,
            search=search,
            seeds=seeds,
            queries=queries * len(seeds),
            settings=settings,
        )


def stored_plan(folder: Path) -> BoardPlan | None:
    """The plan in the folder of a board; None where none is there.

    Raises:
        UsageError: for a file that is none.
    """
    file = folder / PLAN
    if not file.exists():
        return None
    try:
        return BoardPlan.model_validate(read_json(file))
    except UnreadableError as error:
        raise UsageError(f"board: {error}") from None
    except ValidationError as error:
        first: Any = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise UsageError(f"board: {file} is no plan of a board: {place}: {first['msg']}") from None


def write_plan(plan: BoardPlan, folder: Path) -> None:
    """Keep the plan in the folder of the board; a stored one is replaced.

    Raises:
        UsageError: the folder cannot be written.
    """
    try:
        write_atomic(folder / PLAN, plan.model_dump_json(indent=1) + "\n")
    except OSError as error:
        raise UsageError(
            f"--out: {folder} cannot be written ({error.strerror}); choose another folder"
        ) from None
