"""Reader: a run file from disk, with every record checked. Run files come from strangers."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterator
from math import inf
from pathlib import Path
from typing import TypeVar, cast

from pydantic import BaseModel, ValidationError

from foolery.canvas import CanvasShape
from foolery.errors import UsageError
from foolery.runs.database import RUN_DB, check_header, open_readonly
from foolery.runs.errors import RecordError, RunFileError, short
from foolery.runs.records import (
    CANVAS_HASH,
    MAX_EVENT_LENGTH,
    TIMING_NAMES,
    ChampionRow,
    Event,
    GenerationStats,
    History,
    Individual,
    Replacement,
    RunFile,
    Status,
    TimingHistory,
    Timings,
)
from foolery.runs.schema import check_pages, check_schema, format_of, upgraded_settings
from foolery.runs.settings import Provenance, RunSettings
from foolery.runs.validation import MAX_GENERATION, MAX_NUMBER, GenerationRecord, RunValidator

M = TypeVar("M", bound=BaseModel)


def open_run_file(path: Path) -> RunFile:
    """Read the run in a folder, or in its ``run.db``, as of its last checkpoint.

    The file may be live, on a read-only disk, or left behind by a killed process. Genomes are handed on
    as bytes; their encoding checks them.

    Raises:
        RunFileError: it is missing, not a run, damaged, tampered with, or from a newer foolery.
    """
    path = Path(path)
    return open_with_validator(path / RUN_DB if path.is_dir() else path)[0]


def open_with_validator(file: Path) -> tuple[RunFile, RunValidator]:
    """What ``open_run_file`` does, for a ``run.db``, with the validator that a writer continues with."""
    check_header(file)
    try:
        with open_readonly(file) as connection:
            return load(connection, file)
    except RecordError as fault:
        raise RunFileError(f"{file}: {fault}") from fault
    except (sqlite3.Error, UnicodeError, MemoryError, OverflowError, OSError) as error:
        raise RunFileError(
            f"{file}: cannot be read ({short(str(error))}); if it is damaged or cut short, copy it again"
        ) from error


def load(connection: sqlite3.Connection, file: Path | None) -> tuple[RunFile, RunValidator]:
    """The run behind a connection, and its validator.

    Raises:
        RecordError: a record breaks a rule.
        sqlite3.Error: the file is damaged.
    """
    check_schema(connection)
    check_pages(connection)
    status, last, keeps_genomes, settings = load_head(connection)
    stats = list(_generation_stats(connection))
    if last != len(stats) - 1:
        raise RecordError(f"its last generation is {last}, but it holds {len(stats)} of them")
    individuals, replacements = list(_individuals(connection)), list(_replacements(connection))
    validator = _replay(settings, stats, individuals, replacements)
    run = RunFile(
        path=file,
        status=status,
        keeps_genomes=keeps_genomes,
        settings=settings,
        provenances=_provenances(connection),
        history=History.of(stats),
        champions=tuple(_champions(connection, validator, individuals, keeps_genomes)),
        individuals=tuple(individuals),
        replacements=tuple(replacements),
        timings=TimingHistory.of(list(_timings(connection, last))),
        events=tuple(_events(connection)),
    )
    return run, validator


def _whole(value: object, what: str, low: int = 0, high: int = MAX_NUMBER) -> int:
    if type(value) is not int or not low <= value <= high:
        raise RecordError(f"{what}: expected a whole number from {low} to {high}, got {short(value)}")
    return value


def _whole_or_none(value: object, what: str) -> int | None:
    return None if value is None else _whole(value, what)


def _real(value: object, what: str) -> float:
    if type(value) is not float:
        raise RecordError(f"{what}: expected a number, got {short(value)}")
    return value


def _text(value: object, what: str) -> str:
    if type(value) is not str:
        raise RecordError(f"{what}: expected text, got {short(value)}")
    return value


def _model(kind: type[M], value: object, what: str) -> M:
    try:
        return kind.model_validate_json(_text(value, what), strict=True)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise RecordError(f"{what}: {short(where)}: {first['msg']}") from error


def load_head(connection: sqlite3.Connection) -> tuple[Status, int, bool, RunSettings]:
    """Status, last generation, whether former champions keep their genomes, settings; all checked."""
    rows = connection.execute("SELECT status, generation, keeps_genomes, settings FROM run").fetchall()
    if len(rows) != 1:
        raise RecordError(f"expected one run, found {len(rows)}")
    status, last, keeps_genomes, text = rows[0]
    if status not in ("running", "interrupted", "finished"):
        raise RecordError(f"status: expected running, interrupted or finished, got {short(status)}")
    settings = _model(RunSettings, upgraded_settings(text, format_of(connection)), "settings")
    try:
        CanvasShape(*settings.canvas)
    except UsageError as error:
        raise RecordError(f"settings: {error}") from error
    classes = len(settings.classes)
    if len(set(settings.cells)) != len(settings.cells) or not all(0 <= c < classes for c in settings.cells):
        raise RecordError(f"settings: cells: expected distinct classes from 0 to {classes - 1}")
    return (
        cast(Status, status),
        _whole(last, "last generation", low=-1, high=MAX_GENERATION),
        bool(_whole(keeps_genomes, "keeps_genomes", high=1)),
        settings,
    )


def _provenances(connection: sqlite3.Connection) -> tuple[Provenance, ...]:
    rows = connection.execute("SELECT provenance FROM provenances ORDER BY number").fetchall()
    if not rows:
        raise RecordError("no provenance is stored")
    return tuple(parse_provenance(text) for (text,) in rows)


def parse_provenance(text: object) -> Provenance:
    """A stored provenance, checked."""
    return _model(Provenance, text, "provenance")


def _generation_stats(connection: sqlite3.Connection) -> Iterator[GenerationStats]:
    for generation, queries, improvements, *reals in connection.execute(
        "SELECT generation, queries, improvements, median, mean, min, max, seconds FROM generations"
        " ORDER BY generation"
    ):
        yield GenerationStats(
            _whole(generation, "generation"),
            _whole(queries, "queries"),
            _whole(improvements, "improvements"),
            *(_real(value, f"generation {generation}") for value in reals),
        )


def _individuals(connection: sqlite3.Connection) -> Iterator[Individual]:
    for number, generation, parent, mate, genome in connection.execute(
        "SELECT number, generation, parent, mate, genome FROM individuals ORDER BY number"
    ):
        if genome is not None and type(genome) is not bytes:
            raise RecordError(f"individual {number}: expected a genome of bytes, got {short(genome)}")
        yield Individual(
            _whole(number, "individual"),
            _whole(generation, "an individual's generation"),
            _whole_or_none(parent, "an individual's parent"),
            _whole_or_none(mate, "an individual's mate"),
            genome,
        )


def _replacements(connection: sqlite3.Connection) -> Iterator[Replacement]:
    for cell, individual, generation, objective, score, confidence, previous in connection.execute(
        "SELECT cell, individual, generation, objective, score, confidence, previous FROM replacements"
        " ORDER BY generation, cell"
    ):
        yield Replacement(
            _whole(cell, "a replacement's cell"),
            _whole(individual, "a replacement's individual"),
            _whole(generation, "a replacement's generation"),
            _real(objective, "a replacement's objective"),
            _real(score, "a replacement's score"),
            _real(confidence, "a replacement's confidence"),
            _whole_or_none(previous, "a replacement's previous"),
        )


def _timings(connection: sqlite3.Connection, last: int) -> Iterator[tuple[int, Timings]]:
    for generation, *seconds in connection.execute(
        f"SELECT generation, {', '.join(TIMING_NAMES)} FROM timings ORDER BY generation"
    ):
        what = f"timings of generation {generation}"
        if not all(0.0 <= _real(value, what) < inf for value in seconds):
            raise RecordError(f"{what}: expected seconds, got {short(seconds)}")
        yield _whole(generation, "a generation with timings", high=last), Timings(*seconds)


def _events(connection: sqlite3.Connection) -> Iterator[Event]:
    for generation, value in connection.execute("SELECT generation, text FROM events ORDER BY number"):
        text = _text(value, "an event")
        if len(text) > MAX_EVENT_LENGTH or not text.isprintable():
            raise RecordError(f"an event: expected one line, got {short(text)}")
        yield Event(_whole(generation, "an event's generation", high=MAX_GENERATION), text)


def _replay(
    settings: RunSettings,
    stats: list[GenerationStats],
    individuals: list[Individual],
    replacements: list[Replacement],
) -> RunValidator:
    individuals_of: defaultdict[int, list[Individual]] = defaultdict(list)
    replacements_of: defaultdict[int, list[Replacement]] = defaultdict(list)
    for one in individuals:
        individuals_of[one.generation].append(one)
    for replacement in replacements:
        replacements_of[replacement.generation].append(replacement)
    validator = RunValidator(settings)
    for one_stats in stats:
        record = GenerationRecord(
            one_stats,
            individuals_of.pop(one_stats.generation, []),
            replacements_of.pop(one_stats.generation, []),
        )
        validator.check(record)
        validator.apply(record)
    for strays in (individuals_of, replacements_of):
        if strays:
            raise RecordError(f"it holds records of generation {min(strays)}, after its last one")
    return validator


def _champions(
    connection: sqlite3.Connection,
    validator: RunValidator,
    individuals: list[Individual],
    keeps_genomes: bool,
) -> Iterator[ChampionRow]:
    genomes = {one.number: one.genome for one in individuals}
    champion_numbers = {replacement.individual for replacement in validator.champions.values()}
    for number, genome in genomes.items():
        if (genome is None) == (keeps_genomes or number in champion_numbers):
            raise RecordError(
                f"individual {number}: has {'no' if genome is None else 'an unexpected'} genome"
            )
    rows = connection.execute(
        "SELECT cell, individual, generation, objective, score, confidence, canvas_hash FROM champions"
        " ORDER BY cell"
    ).fetchall()
    if {row[0] for row in rows} != validator.champions.keys():
        raise RecordError(f"expected champions of {len(validator.champions)} cells, found {len(rows)}")
    for row in rows:
        replacement = validator.champions[row[0]]
        last = (
            replacement.cell,
            replacement.individual,
            replacement.generation,
            replacement.objective,
            replacement.score,
            replacement.confidence,
        )
        canvas_hash = _text(row[6], f"champion of cell {replacement.cell}: canvas hash")
        if row[:6] != last:
            raise RecordError(f"champion of cell {replacement.cell}: is not the last individual that took it")
        if not CANVAS_HASH.fullmatch(canvas_hash):
            raise RecordError(f"champion of cell {replacement.cell}: canvas hash is {short(canvas_hash)}")
        yield ChampionRow(*last, canvas_hash, cast(bytes, genomes[replacement.individual]))
