"""Live reader: the parts of a run that a live page asks for, again and again, while the search writes.

Reading a whole run file and checking every record takes seconds where it is large. This one reads only what
it is asked for, checks that, and closes the file at once, so that the search is not kept waiting.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from math import isnan
from pathlib import Path
from typing import cast

from foolery.runs.database import RUN_DB, check_header, open_readonly, sidecars
from foolery.runs.errors import RecordError, RunFileError, short
from foolery.runs.reader import load_head, parse_provenance
from foolery.runs.records import CANVAS_HASH, GenerationStats, Status
from foolery.runs.schema import check_schema
from foolery.runs.settings import Provenance, RunSettings

_COLUMNS = "generation, queries, improvements, median, mean, min, max, seconds"


@dataclass(frozen=True, slots=True)
class LiveChampion:
    """The champion of one cell, without its genome; the names mean what they mean in ``ChampionRow``."""

    cell: int
    individual: int
    generation: int
    confidence: float
    canvas_hash: str


@dataclass(frozen=True)
class LiveRun:
    """One state of a run file, as long as ``open_live_run`` keeps it open.

    Attributes:
        status: ``running`` also where the writing process was killed.
        generation: the last stored one, or -1.
        settings: of the run.
        provenance: of its last start or resume.
        run_id: distinguishes this run from another one that is put in its place, 16 hexadecimal digits.
    """

    status: Status
    generation: int
    settings: RunSettings
    provenance: Provenance
    run_id: str
    _connection: sqlite3.Connection

    def generation_stats(self, since: int = -1, limit: int = 500) -> list[GenerationStats]:
        """Generations after ``since``: about ``limit`` at most, evenly spread, the last one among them."""
        step = max(1, -(-(self.generation - since) // limit))
        rows = self._connection.execute(
            f"SELECT {_COLUMNS} FROM generations"
            " WHERE generation > ? AND (generation % ? = 0 OR generation = ?) ORDER BY generation",
            (since, step, self.generation),
        )
        return [_stats(row) for row in rows]

    def earlier_stats(self, generations: int) -> GenerationStats | None:
        """Statistics of so many generations before the last one, or of the first; None without any."""
        generation = max(0, self.generation - generations)
        row = self._connection.execute(
            f"SELECT {_COLUMNS} FROM generations WHERE generation = ?", (generation,)
        ).fetchone()
        return None if row is None else _stats(row)

    def champions(self, since: int = -1, limit: int = -1) -> list[LiveChampion]:
        """Champions that took their cell after generation ``since``; the first ``limit`` cells (-1: all)."""
        rows = self._connection.execute(
            "SELECT cell, individual, generation, confidence, canvas_hash FROM champions"
            " WHERE generation > ? ORDER BY cell LIMIT ?",
            (since, limit),
        )
        return [self._champion(row) for row in rows]

    def champion_of(self, canvas_hash: str) -> LiveChampion | None:
        """A champion whose canvas is recorded with that hash."""
        row = self._connection.execute(
            "SELECT cell, individual, generation, confidence, canvas_hash FROM champions"
            " WHERE canvas_hash = ? LIMIT 1",
            (canvas_hash,),
        ).fetchone()
        return None if row is None else self._champion(row)

    def genomes(self, champions: Sequence[LiveChampion]) -> dict[int, bytes]:
        """Individual to packed genome; those that the run file keeps no more are left out."""
        genomes = {}
        for champion in champions:
            row = self._connection.execute(
                "SELECT genome FROM individuals WHERE number = ?", (champion.individual,)
            ).fetchone()
            if row is not None and type(row[0]) is bytes:
                genomes[champion.individual] = row[0]
        return genomes

    def genome_bytes(self) -> int:
        """The bytes of all champions' genomes together."""
        (total,) = self._connection.execute(
            "SELECT coalesce(sum(length(genome)), 0) FROM individuals"
            " WHERE number IN (SELECT individual FROM champions)"
        ).fetchone()
        return int(total)

    def _champion(self, row: tuple[object, ...]) -> LiveChampion:
        kinds = (int, int, int, float, str)
        if any(type(value) is not kind for value, kind in zip(row, kinds, strict=True)):
            raise RecordError(f"a champion: expected numbers and a hash, got {short(row)}")
        champion = LiveChampion(*row)  # type: ignore[arg-type]
        if not 0 <= champion.cell < len(self.settings.cells) or not -1.0 <= champion.confidence <= 1.0:
            raise RecordError(f"champion of cell {champion.cell}: no such cell, or confidence")
        if not CANVAS_HASH.fullmatch(champion.canvas_hash):
            raise RecordError(
                f"champion of cell {champion.cell}: canvas hash is {short(champion.canvas_hash)}"
            )
        return champion


@contextmanager
def open_live_run(folder: Path) -> Iterator[LiveRun]:
    """One state of the run in ``folder``, as of its last checkpoint; other threads may do the same.

    Raises:
        RunFileError: it is missing, reached by a link, not a run, damaged, or from a newer foolery.
    """
    file = folder / RUN_DB
    if any(path.is_symlink() for path in (file, *sidecars(file))):
        raise RunFileError(f"{file}: is a link; a run that is looked at lies where it is listed")
    check_header(file)
    try:
        with open_readonly(file) as connection:
            yield _live_run(connection)
    except RecordError as fault:
        raise RunFileError(f"{file}: {fault}") from fault
    except (sqlite3.Error, UnicodeError, OverflowError) as error:
        raise RunFileError(f"{file}: cannot be read ({short(str(error))})") from error


def _live_run(connection: sqlite3.Connection) -> LiveRun:
    check_schema(connection)
    status, last, _, settings = load_head(connection)
    texts = connection.execute(
        "SELECT provenance FROM provenances WHERE number IN"
        " (SELECT min(number) FROM provenances UNION SELECT max(number) FROM provenances) ORDER BY number"
    ).fetchall()
    if not texts:
        raise RecordError("no provenance is stored")
    first, latest = parse_provenance(texts[0][0]), parse_provenance(texts[-1][0])
    digest = hashlib.sha256(f"{settings.model_dump_json()} {first.started}".encode(errors="replace"))
    return LiveRun(status, last, settings, latest, digest.hexdigest()[:16], connection)


def _stats(row: tuple[object, ...]) -> GenerationStats:
    whole, real = row[:3], row[3:]
    if any(type(value) is not int for value in whole) or any(type(value) is not float for value in real):
        raise RecordError(f"a generation: expected numbers, got {short(row)}")
    if any(isnan(cast(float, value)) for value in real):
        raise RecordError(f"generation {short(row[0])}: expected numbers, got NaN")
    return GenerationStats(*row)  # type: ignore[arg-type]


@dataclass(frozen=True)
class RunHead:
    """The head of a run file, and the statistics of its last generation that matter for a resume.

    Attributes:
        generation: the last stored one, or -1.
        queries: until then.
        min_confidence: confidence of its champions, 0 before generation 0.
    """

    settings: RunSettings
    status: Status
    generation: int
    queries: int
    min_confidence: float


def read_run_head(folder: Path) -> RunHead | None:
    """The state of the run in ``folder``, None where none is there; its records are not checked.

    Raises:
        RunFileError: for a file that is not a run, damaged, or from a newer foolery.
    """
    file = Path(folder) / RUN_DB
    if not file.exists():
        return None
    check_header(file)
    try:
        with open_readonly(file) as connection:
            check_schema(connection)
            status, generation, _, settings = load_head(connection)
            row = connection.execute(
                "SELECT queries, min FROM generations WHERE generation = ?", (generation,)
            ).fetchone()
            queries, least = (0, 0.0) if row is None else (int(row[0]), float(row[1]))
    except (RecordError, ValueError, TypeError) as fault:
        raise RunFileError(f"{file}: {fault}") from fault
    except (sqlite3.Error, UnicodeError, MemoryError, OverflowError, OSError) as error:
        raise RunFileError(
            f"{file}: cannot be read ({short(str(error))}); if it is damaged or cut short, copy it again"
        ) from error
    return RunHead(settings, status, generation, queries, least)
