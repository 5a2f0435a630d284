"""A board: which classifiers meet which searches, as a TOML file says it."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any, Literal, TypeAlias

from pydantic import Field, ValidationError, field_validator

from foolery.audit import AuditConfig
from foolery.audit.attacks import ATTACKS
from foolery.audit.protocols import PROTOCOLS
from foolery.audit.verdict import FrozenModel
from foolery.classifiers import load_classifier
from foolery.classifiers.builtin import names
from foolery.classifiers.wrappers import is_wrapper
from foolery.encodings.registry import ENCODINGS
from foolery.errors import UsageError, did_you_mean
from foolery.rng import MAX_SEED
from foolery.untrusted import UnreadableError, read_bytes

SearchKind: TypeAlias = Literal["attack", "encoding", "protocol"]
MAX_BYTES = 2**22
MAX_SEEDS = 100_000
_LISTS: dict[str, SearchKind] = {"attacks": "attack", "encodings": "encoding", "protocols": "protocol"}


class BoardClassifier(FrozenModel):
    """One row: a classifier, with its data where they are not the board's.

    Attributes:
        reference: as for ``load_classifier``.
        card: its model card, where it does not lie beside the file.
        class_names: a file of class names, or a list of foolery's.
        data: labelled real images; the board's if null.
        device: that runs it.
    """

    reference: str
    card: str | None = None
    class_names: str | None = None
    data: str | None = None
    device: str = "auto"


class Exclusion(FrozenModel):
    """Cells that are left out: all that have every value that is named here."""

    classifier: str | None = None
    attack: str | None = None
    encoding: str | None = None
    protocol: str | None = None

    def matches(self, classifier: BoardClassifier, kind: SearchKind, search: str) -> bool:
        """Whether it leaves that cell out."""
        named = {name: value for name, value in self if value is not None}
        cell = {"classifier": classifier.reference, kind: search}
        return bool(named) and all(cell.get(name) == value for name, value in named.items())


class Board(FrozenModel):
    """All that a board's file says; every classifier meets every search with every seed.

    Attributes:
        classifiers: the rows; in the file a reference alone will do.
        attacks, encodings, protocols: the columns: attacks of an audit, encodings that are evolved, named
            protocols of an audit.
        seeds: N for 0 to N - 1, or the seeds; a protocol has its own.
        seeds_per_piece: the most runs of an encoding that are one piece of work.
        budget: queries of each seed of an attack.
        generations, batch: of each run of an encoding.
        data, split, max_images: real images, as for an audit.
        exclude: cells that are left out.
    """

    classifiers: tuple[BoardClassifier, ...] = Field(min_length=1)
    attacks: tuple[str, ...] = ()
    encodings: tuple[str, ...] = ()
    protocols: tuple[str, ...] = ()
    seeds: tuple[int, ...] = (0,)
    seeds_per_piece: int = Field(default=50, ge=1, le=MAX_SEEDS)
    budget: int = Field(default=20_000, ge=1)
    generations: int = Field(default=200, ge=0)
    batch: int = Field(default=200, ge=1)
    data: str | None = None
    split: Literal["train", "test"] = "test"
    max_images: int = Field(default=2000, ge=1)
    exclude: tuple[Exclusion, ...] = ()

    @field_validator("classifiers", mode="before")
    @classmethod
    def _rows(cls, value: Any) -> Any:
        if not isinstance(value, list | tuple):
            raise ValueError("expected a list of references, or of tables with a reference")
        return tuple({"reference": one} if isinstance(one, str) else one for one in value)

    @field_validator("seeds", mode="before")
    @classmethod
    def _all_seeds(cls, value: Any) -> Any:
        if type(value) is int:
            if not 1 <= value <= MAX_SEEDS:
                raise ValueError(f"expected 1 to {MAX_SEEDS} seeds")
            return tuple(range(value))
        if not isinstance(value, list | tuple) or any(type(one) is not int for one in value):
            raise ValueError("expected a number of seeds, or a list of them")
        if not value or len(set(value)) != len(value) or not all(0 <= one <= MAX_SEED for one in value):
            raise ValueError(f"expected different seeds from 0 to {MAX_SEED}, at least one")
        return tuple(value)

    @property
    def searches(self) -> tuple[tuple[SearchKind, str], ...]:
        """The columns."""
        return tuple((kind, name) for field, kind in _LISTS.items() for name in getattr(self, field))

    def cells(self) -> Iterator[tuple[BoardClassifier, SearchKind, str]]:
        """Every cell that is not left out, row by row."""
        for classifier, (kind, search) in product(self.classifiers, self.searches):
            if not any(one.matches(classifier, kind, search) for one in self.exclude):
                yield classifier, kind, search

    def faults(self) -> list[str]:
        """What is wrong with its names and settings, as far as it can be told without loading anything."""
        faults = _unknown_names(self)
        for number, one in enumerate(self.exclude, 1):
            cells = product(self.classifiers, self.searches)
            if not any(one.matches(classifier, *search) for classifier, search in cells):
                named = ", ".join(f"{name} {value}" for name, value in one if value is not None) or "nothing"
                faults.append(f"exclude {number}: no cell has {named}")
        if not self.searches:
            faults.append("the board is empty: expected attacks, encodings or protocols")
        elif not any(True for _ in self.cells()):
            faults.append("the board is empty: exclude leaves nothing")
        rows = ("classifiers", [one.reference for one in self.classifiers])
        for field, words in (rows, *_columns(self)):
            twice = sorted({name for name in words if words.count(name) > 1})
            faults += [f"{field}: {name} stands there twice" for name in twice]
        return faults + _unfit(self)


def _columns(board: Board) -> list[tuple[str, list[str]]]:
    return [(field, list(getattr(board, field))) for field in _LISTS]


def _unknown_names(board: Board) -> list[str]:
    faults = [
        f"{field}: {name!r} is unknown; {suggestion(name)}"
        for field, registry, suggestion in (
            ("attacks", ATTACKS, ATTACKS.suggestion),
            ("encodings", ENCODINGS, ENCODINGS.suggestion),
            ("protocols", PROTOCOLS, lambda name: did_you_mean(name, list(PROTOCOLS))),
        )
        for name in getattr(board, field)
        if name not in registry and not (field == "encodings" and name.startswith("python:"))
    ]
    for one in board.classifiers:
        if ":" not in one.reference and not is_wrapper(one.reference) and one.reference not in names():
            try:
                load_classifier(one.reference)
            except UsageError as error:
                faults.append(str(error))
    return faults


def _unfit(board: Board) -> list[str]:
    """What an audit of one cell would refuse."""
    faults = []
    if board.attacks and board.seeds != tuple(range(board.seeds[0], board.seeds[0] + len(board.seeds))):
        faults.append("seeds: attacks need seeds that follow each other, for instance 3 or [5, 6, 7]")
    if board.attacks and not faults:
        try:
            AuditConfig(budget=board.budget, seeds=len(board.seeds), max_images=board.max_images)
        except UsageError as error:
            faults.append(str(error).removeprefix("--"))
    bare = [one.reference for one in board.classifiers if one.data is None and board.data is None]
    if board.protocols and bare:
        faults.append(f"data: protocols compare with real images; {bare[0]} has none")
    return faults


def read_board(path: Path | str) -> Board:
    """The board in a TOML file.

    Raises:
        UsageError: one line with everything that is wrong: unknown names with the nearest ones, exclusions
            that match nothing, an empty board.
    """
    file = Path(path)
    try:
        content = tomllib.loads(read_bytes(file, MAX_BYTES).decode())
    except UnreadableError as error:
        raise UsageError(f"board: {error}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UsageError(f"board: {file} is no TOML: {error}") from None
    return board_of(content, str(file))


def board_of(content: dict[str, Any], name: str = "board") -> Board:
    """The board with that content; raises as ``read_board``, in whose messages it has that name."""
    try:
        board = Board.model_validate(content)
    except ValidationError as error:
        raise UsageError(f"{name}: {'; '.join(_fault(one) for one in error.errors())}") from None
    faults = board.faults()
    if faults:
        raise UsageError(f"{name}: {'; '.join(faults)}")
    return board


def _fault(error: Any) -> str:
    place = ".".join(str(part) for part in error["loc"])
    if error["type"] == "extra_forbidden":
        tables: dict[str, type[FrozenModel]] = {"exclude": Exclusion, "classifiers": BoardClassifier}
        table = tables.get(place.partition(".")[0], Board)
        return f"{place} is unknown; {did_you_mean(place.rpartition('.')[2], list(table.model_fields))}"
    return f"{place}: {error['msg'].removeprefix('Value error, ')}"
