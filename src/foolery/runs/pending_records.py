"""Records of a search that wait for the next checkpoint, and how they are stored: rows of each table."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from foolery.runs.records import (
    TIMING_NAMES,
    CanvasHash,
    Event,
    GenerationStats,
    Individual,
    Replacement,
    Status,
    Timings,
)
from foolery.runs.validation import GenerationRecord


@dataclass
class PendingRecords:
    """Records since the last checkpoint; adding or storing the same ones again changes nothing.

    Attributes:
        replacements: by generation.
        champions: cell to the latest replacement, for cells that got a new champion.
        hashes: individual number to canvas hash, or to what computes it.
        dropped_genomes: stored individuals whose genomes are no longer kept.
        timings: by generation.
        events: in order.
    """

    stats: dict[int, GenerationStats] = field(default_factory=dict)
    individuals: dict[int, Individual] = field(default_factory=dict)
    replacements: dict[int, Sequence[Replacement]] = field(default_factory=dict)
    champions: dict[int, Replacement] = field(default_factory=dict)
    hashes: dict[int, CanvasHash] = field(default_factory=dict)
    dropped_genomes: set[int] = field(default_factory=set)
    timings: dict[int, Timings] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)

    def add(self, record: GenerationRecord, hashes: Mapping[int, CanvasHash]) -> None:
        """Add one generation; ``hashes`` gives the canvas hash of every new elite."""
        self.individuals.update({one.number: one for one in record.individuals})
        self.replacements[record.stats.generation] = record.replacements
        self.champions.update({replacement.cell: replacement for replacement in record.replacements})
        self.hashes.update(hashes)
        self.stats[record.stats.generation] = record.stats

    def drop_hashes(self, numbers: set[int]) -> None:
        """Forget the canvas hashes of these individuals, which are no longer needed."""
        for number in numbers:
            self.hashes.pop(number, None)

    def drop_genomes(self, numbers: set[int]) -> None:
        """Forget the genomes of these individuals."""
        for number in numbers:
            pending = self.individuals.get(number)
            if pending is None:
                self.dropped_genomes.add(number)
            else:
                self.individuals[number] = Individual(
                    pending.number, pending.generation, pending.parent, pending.mate, None
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
            ((int(number),) for number in self.dropped_genomes),
        )
        yield (
            "INSERT OR REPLACE INTO replacements (cell, individual, generation, objective, score, confidence,"
            " previous) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                (*_replacement_columns(replacement), _int(replacement.previous))
                for replacements in self.replacements.values()
                for replacement in replacements
            ),
        )
        yield (
            "INSERT OR REPLACE INTO champions (cell, individual, generation, objective, score, confidence,"
            " canvas_hash) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                (*_replacement_columns(replacement), self._hash(replacement.individual))
                for replacement in self.champions.values()
            ),
        )
        yield (
            "INSERT OR REPLACE INTO generations (generation, queries, improvements, median, mean, min, max,"
            " seconds) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                (
                    *(int(value) for value in (stats.generation, stats.queries, stats.improvements)),
                    *(float(value) for value in (stats.median, stats.mean, stats.min, stats.max)),
                    float(stats.seconds),
                )
                for stats in self.stats.values()
            ),
        )
        yield (
            "INSERT OR REPLACE INTO timings (generation, vary, render, classify, tell, write)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (
                (int(generation), *(float(getattr(stages, name)) for name in TIMING_NAMES))
                for generation, stages in self.timings.items()
            ),
        )
        yield (
            "INSERT INTO events (generation, text) VALUES (?, ?)",
            ((int(event.generation), event.text) for event in self.events),
        )

    def _hash(self, number: int) -> str:
        canvas_hash = self.hashes[number]
        if not isinstance(canvas_hash, str):
            canvas_hash = self.hashes[number] = canvas_hash()
        return canvas_hash


def _int(number: int | None) -> int | None:
    return None if number is None else int(number)


def _replacement_columns(replacement: Replacement) -> tuple[int, int, int, float, float, float]:
    return (
        int(replacement.cell),
        int(replacement.individual),
        int(replacement.generation),
        float(replacement.objective),
        float(replacement.score),
        float(replacement.confidence),
    )
