"""State: how far a stored run is, without reading all of it."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from pathlib import Path

from foolery.runs.database import RUN_DB, check_header, reading
from foolery.runs.errors import RecordError, RunFileError, short
from foolery.runs.reader import head_of
from foolery.runs.records import RunSettings
from foolery.runs.runfile import Status
from foolery.runs.schema import check_schema


@dataclass(frozen=True)
class RunState:
    """The head of a run file, and its last moment.

    Attributes:
        generation: the last stored one, or -1.
        queries: until then.
        least: confidence of its champions, 0 before generation 0.
    """

    settings: RunSettings
    status: Status
    generation: int
    queries: int
    least: float


def read_state(folder: Path) -> RunState | None:
    """The state of the run in ``folder``, None where none is there; its records are not checked.

    Raises:
        RunFileError: for a file that is not a run, damaged, or from a newer foolery.
    """
    file = Path(folder) / RUN_DB
    if not file.exists():
        return None
    check_header(file)
    try:
        with reading(file) as connection:
            check_schema(connection)
            status, generation, _, settings = head_of(connection)
            row = connection.execute(
                "SELECT queries, least FROM generations WHERE generation = ?", (generation,)
            ).fetchone()
            queries, least = (0, 0.0) if row is None else (int(row[0]), float(row[1]))
    except (RecordError, ValueError, TypeError) as fault:
        raise RunFileError(f"{file}: {fault}") from fault
    except (sqlite3.Error, UnicodeError, MemoryError, OverflowError, OSError) as error:
        raise RunFileError(
            f"{file}: cannot be read ({short(str(error))}); if it is damaged or cut short, copy it again"
        ) from error
    return RunState(settings, status, generation, queries, least)
