"""Pending: what is recorded and not yet stored, and the one transaction that stores it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from foolery.runs.event import Event
from foolery.runs.history import Moment
from foolery.runs.individual import Individual
from foolery.runs.reign import CanvasHash, Reign
from foolery.runs.runfile import Status
from foolery.runs.stages import NAMES, Stages
from foolery.runs.validation import Generation


@dataclass
class Pending:
    """Records since the last checkpoint; adding or storing the same ones again changes nothing.

    Attributes:
        reigns: by generation.
        champions: cell to the reign of its champion, for cells that changed hands.
        hashes: individual number to canvas hash, or to what computes it.
        faded: stored individuals that have to give up their genomes.
        stages: by generation.
        events: in order.
    """

    moments: dict[int, Moment] = field(default_factory=dict)
    individuals: dict[int, Individual] = field(default_factory=dict)
    reigns: dict[int, Sequence[Reign]] = field(default_factory=dict)
    champions: dict[int, Reign] = field(default_factory=dict)
    hashes: dict[int, CanvasHash] = field(default_factory=dict)
    faded: set[int] = field(default_factory=set)
    stages: dict[int, Stages] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)

    def add(self, record: Generation, hashes: Mapping[int, CanvasHash]) -> None:
        """Take in one generation; ``hashes`` gives the canvas hash of every newcomer."""
        self.individuals.update({one.number: one for one in record.newcomers})
        self.reigns[record.moment.generation] = record.reigns
        self.champions.update({reign.cell: reign for reign in record.reigns})
        self.hashes.update(hashes)
        self.moments[record.moment.generation] = record.moment

    def dethrone(self, numbers: set[int]) -> None:
        """Let go of the canvas hashes of these individuals, which nobody will ask for."""
        for number in numbers:
            self.hashes.pop(number, None)

    def fade(self, numbers: set[int]) -> None:
        """Let go of the genomes of these individuals."""
        for number in numbers:
            waiting = self.individuals.get(number)
            if waiting is None:
                self.faded.add(number)
            else:
                self.individuals[number] = Individual(
                    waiting.number, waiting.generation, waiting.parent, waiting.mate, None
                )

    def store(self, connection: sqlite3.Connection, status: Status, generation: int) -> None:
        """Write everything in one transaction.

        Raises:
            sqlite3.Error: nothing of it is stored.
        """
        connection.execute("BEGIN IMMEDIATE")
        try:
            for statement, rows in self._statements():
                connection.executemany(statement, rows)
            connection.execute("UPDATE run SET status = ?, generation = ?", (status, generation))
            connection.execute("COMMIT")
        except BaseException:
            with suppress(sqlite3.Error):
                connection.rollback()
            raise

    def _statements(self) -> Iterator[tuple[str, Iterator[tuple[object, ...]]]]:
        # int() and float(): SQLite would take a numpy integer for a blob.
        yield (
            "INSERT OR REPLACE INTO individuals (number, generation, parent, mate, genome)"
            " VALUES (?, ?, ?, ?, ?)",
            (
                (int(one.number), int(one.generation), _int(one.parent), _int(one.mate), one.genome)
                for one in self.individuals.values()
            ),
        )
        yield (
            "UPDATE individuals SET genome = NULL WHERE number = ?",
            ((int(number),) for number in self.faded),
        )
        yield (
            "INSERT OR REPLACE INTO reigns (cell, individual, generation, objective, score, confidence,"
            " previous) VALUES (?, ?, ?, ?, ?, ?, ?)",
            ((*_reign(reign), _int(reign.previous)) for reigns in self.reigns.values() for reign in reigns),
        )
        yield (
            "INSERT OR REPLACE INTO champions (cell, individual, generation, objective, score, confidence,"
            " canvas_hash) VALUES (?, ?, ?, ?, ?, ?, ?)",
            ((*_reign(reign), self._hash(reign.individual)) for reign in self.champions.values()),
        )
        yield (
            "INSERT OR REPLACE INTO generations (generation, queries, jumps, median, mean, least, most,"
            " seconds) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                (
                    *(int(value) for value in (moment.generation, moment.queries, moment.jumps)),
                    *(float(value) for value in (moment.median, moment.mean, moment.least, moment.most)),
                    float(moment.seconds),
                )
                for moment in self.moments.values()
            ),
        )
        yield (
            "INSERT OR REPLACE INTO stages (generation, vary, render, classify, tell, write)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (
                (int(generation), *(float(getattr(stages, name)) for name in NAMES))
                for generation, stages in self.stages.items()
            ),
        )
        yield (
            "INSERT INTO events (generation, what) VALUES (?, ?)",
            ((int(event.generation), event.what) for event in self.events),
        )

    def _hash(self, number: int) -> str:
        found = self.hashes[number]
        if not isinstance(found, str):
            found = self.hashes[number] = found()
        return found


def _int(number: int | None) -> int | None:
    return None if number is None else int(number)


def _reign(reign: Reign) -> tuple[int, int, int, float, float, float]:
    return (
        int(reign.cell),
        int(reign.individual),
        int(reign.generation),
        float(reign.objective),
        float(reign.score),
        float(reign.confidence),
    )
