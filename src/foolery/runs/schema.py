"""Schema: the tables of a run file, with a comment on every column; ``docs/run-file.md`` is made from it.

History of the format, the ``user_version`` in the file's header:

1. The first one.
2. Added the table ``stages``.
3. Added the table ``events``.
4. The field's words: ``reigns`` became ``replacements``, ``stages`` became ``timings``, ``jumps`` became
   ``improvements``, ``least`` and ``most`` became ``min`` and ``max``, ``what`` became ``text``; likewise
   some names in the settings (``RENAMED_SETTINGS``).

All of them are read; an older file becomes one of today's format when its run is resumed.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Mapping
from functools import lru_cache
from typing import TypeAlias

from foolery.runs.errors import RecordError, short

APPLICATION_ID = int.from_bytes(b"fool", "big")
FORMAT = 4
LARGEST_GENOME = 256 * 2**20  # bytes; nothing in a run file is larger

TABLES: Mapping[str, str] = {
    "run": """CREATE TABLE run (
    -- One row: the run as a whole.
    status TEXT NOT NULL,            -- running (also where the process was killed), interrupted, finished
    generation INTEGER NOT NULL,     -- the last stored generation, -1 where none is stored yet
    keeps_genomes INTEGER NOT NULL,  -- 1 where former champions keep their genomes too, else 0
    settings TEXT NOT NULL           -- everything that decides the genomes, as a JSON object
)""",
    "provenances": """CREATE TABLE provenances (
    -- One row for the start of the run, and one for every time that it was resumed.
    number INTEGER PRIMARY KEY,      -- in order
    provenance TEXT NOT NULL         -- where and with what the run was computed, as a JSON object
)""",
    "generations": """CREATE TABLE generations (
    -- One row for every generation, after its children were scored and the champions replaced.
    generation INTEGER PRIMARY KEY,  -- 0 is the initial population
    queries INTEGER NOT NULL,        -- images classified since the start
    improvements INTEGER NOT NULL,   -- cells improved since the start, child by child (the paper's jumps)
    median REAL NOT NULL,            -- median of the champions' confidences
    mean REAL NOT NULL,              -- their mean
    min REAL NOT NULL,               -- the lowest of them
    max REAL NOT NULL,               -- the highest of them
    seconds REAL NOT NULL            -- of search since the start, summed over resumes
)""",
    "individuals": """CREATE TABLE individuals (
    -- One row for every individual that ever held a cell (bred by hand: was shown), and so for its parents.
    number INTEGER PRIMARY KEY,      -- how many images were classified before it
    generation INTEGER NOT NULL,     -- in which it was born and scored
    parent INTEGER,                  -- the individual that it was varied from, NULL in generation 0
    mate INTEGER,                    -- the individual whose genes were mixed in, NULL where none was
    genome BLOB                      -- as its encoding packs it, NULL where it was not kept
)""",
    "replacements": """CREATE TABLE replacements (
    -- One row for every time that a cell got a new champion; at most one for a cell and a generation.
    generation INTEGER NOT NULL,     -- in which the new champion was born
    cell INTEGER NOT NULL,           -- index into the cells of the settings
    individual INTEGER NOT NULL,     -- number of the new champion
    objective REAL NOT NULL,         -- what selection maximizes
    score REAL NOT NULL,             -- the classifier's score for the class of the cell
    confidence REAL NOT NULL,        -- the same as a probability (or cosine)
    previous INTEGER,                -- number of the champion before it, NULL where the cell was empty
    PRIMARY KEY (generation, cell)
) WITHOUT ROWID""",
    "champions": """CREATE TABLE champions (
    -- One row for every cell that has a champion: the best individual for its class.
    cell INTEGER PRIMARY KEY,        -- index into the cells of the settings
    individual INTEGER NOT NULL,     -- number of the champion
    generation INTEGER NOT NULL,     -- in which it was born
    objective REAL NOT NULL,         -- what selection maximizes
    score REAL NOT NULL,             -- the classifier's score for the class of the cell
    confidence REAL NOT NULL,        -- the same as a probability (or cosine)
    canvas_hash TEXT NOT NULL        -- SHA-256 of the canvas that was scored, hexadecimal
)""",
    "timings": """CREATE TABLE timings (
    -- One row for a generation: seconds of work. The first three are sums over all worker threads.
    generation INTEGER PRIMARY KEY,  -- as in generations
    vary REAL NOT NULL,              -- parents to children
    render REAL NOT NULL,            -- children to canvases
    classify REAL NOT NULL,          -- canvases to scores, with the preprocessing
    tell REAL NOT NULL,              -- choosing parents, comparing scores, replacing champions
    write REAL NOT NULL              -- packing, hashing, checking and storing, beside the search
)""",
    "events": """CREATE TABLE events (
    -- One row for anything unusual, for instance that memory was short.
    number INTEGER PRIMARY KEY,      -- in order
    generation INTEGER NOT NULL,     -- that was being computed
    text TEXT NOT NULL               -- what happened, one line
)""",
}
"""Name to SQL. The comments are stored in the file too; they do not count when it is checked."""

_OLD_TABLES = {
    1: {
        **{name: TABLES[name] for name in ("run", "provenances", "individuals", "champions")},
        "generations": """CREATE TABLE generations (
    generation INTEGER PRIMARY KEY, queries INTEGER NOT NULL, jumps INTEGER NOT NULL, median REAL NOT NULL,
    mean REAL NOT NULL, least REAL NOT NULL, most REAL NOT NULL, seconds REAL NOT NULL
)""",
        "reigns": TABLES["replacements"].replace("TABLE replacements", "TABLE reigns"),
    },
    2: {"stages": TABLES["timings"].replace("TABLE timings", "TABLE stages")},
    3: {"events": TABLES["events"].replace("text TEXT", "what TEXT")},
}
"""The tables that an older format has besides those of the format before it."""

_CHANGED = {
    "generations": (
        "generations",
        1,
        "generation, queries, jumps AS improvements, median, mean, least AS min, most AS max, seconds",
    ),
    "replacements": ("reigns", 1, "generation, cell, individual, objective, score, confidence, previous"),
    "timings": ("stages", 2, "generation, vary, render, classify, tell, write"),
    "events": ("events", 3, "number, generation, what AS text"),
}
"""Tables that format 4 changed: the old table, the format that brought it, and its columns."""

RENAMED_SETTINGS: Mapping[str, Mapping[str, str]] = {
    "search_options": {
        "refine": "memetic",
        "early": "first_gain",
        "late": "last_gain",
        "longest": "max_step",
        "nats": "step_nats",
    },
    "forward": {"grain": "chunk", "slice": "microbatch"},
}
"""What the settings of formats 1 to 3 call by other names, field by field."""
RENAMED_VALUES: Mapping[str, Mapping[str, str]] = {"start": {"picture": "image"}}
"""Likewise values of search options."""

_Entry: TypeAlias = tuple[str, str, str, str | None]


def create_tables(connection: sqlite3.Connection, version: int = FORMAT) -> None:
    """Write the tables and the header's numbers; the caller's transaction commits them."""
    for table in _tables_of(version).values():
        connection.execute(table)
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {version}")


def upgrade_tables(connection: sqlite3.Connection) -> None:
    """Bring an older run to today's format; the caller's transaction commits it."""
    version = format_of(connection)
    if version == FORMAT:
        return
    for name, (old, since, columns) in _CHANGED.items():
        if version >= since:
            connection.execute(f"ALTER TABLE {old} RENAME TO old_{old}")
        connection.execute(TABLES[name])
        if version >= since:
            connection.execute(f"INSERT INTO {name} SELECT {columns} FROM old_{old}")
            connection.execute(f"DROP TABLE old_{old}")
    (settings,) = connection.execute("SELECT settings FROM run").fetchone()
    connection.execute("UPDATE run SET settings = ?", (upgraded_settings(settings, version),))
    connection.execute(f"PRAGMA user_version = {FORMAT}")


def upgraded_settings(text: str, version: int) -> str:
    """The settings of a run of format ``version``, a JSON object, with today's names.

    Raises:
        RecordError: they are not a JSON object.
    """
    if version == FORMAT:
        return text
    try:
        settings = json.loads(text)
    except (ValueError, RecursionError, TypeError) as error:
        raise RecordError(f"settings: expected a JSON object, got {short(text)}") from error
    for field, names in RENAMED_SETTINGS.items():
        values = settings.get(field) if isinstance(settings, dict) else None
        if isinstance(values, dict):
            settings[field] = {
                _renamed(name, names): RENAMED_VALUES.get(name, {}).get(str(value), value)
                for name, value in values.items()
            }
    return json.dumps(settings, ensure_ascii=False)


def _renamed(name: str, names: Mapping[str, str]) -> str:
    """``name`` with its last part renamed: members of an ensemble have names like ``1.grain``."""
    head, dot, last = name.rpartition(".")
    return f"{head}{dot}{names.get(last, last)}"


def format_of(connection: sqlite3.Connection) -> int:
    """The format of the run behind a connection."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def check_schema(connection: sqlite3.Connection) -> None:
    """Check that the file has exactly the tables of its format: no view, no trigger.

    A run of an older format looks like one of today's from then on, through views of this connection.

    Raises:
        RecordError: it has others.
    """
    entries, expected = _entries(connection), _expected(format_of(connection))
    if entries != expected:
        differing = sorted({str(name) for _, name, _, _ in entries ^ expected})
        raise RecordError(f"its tables are not those of a run: {short(', '.join(differing))} differs")
    _show_as_current(connection)


def check_pages(connection: sqlite3.Connection) -> None:
    """Raise RecordError unless SQLite finds all pages of the file in order."""
    problems = connection.execute("PRAGMA quick_check(1)").fetchall()
    if problems != [("ok",)]:
        answer = str(problems[0][0]) if problems else "no answer"
        raise RecordError(f"damaged ({short(answer.splitlines()[-1])}); copy it again from where it was made")


def _show_as_current(connection: sqlite3.Connection) -> None:
    version = format_of(connection)
    if version == FORMAT:
        return
    connection.execute("PRAGMA query_only = OFF")
    for name, (old, since, columns) in _CHANGED.items():
        if version >= since:
            connection.execute(f"CREATE TEMP VIEW {name} AS SELECT {columns} FROM main.{old}")
        else:
            connection.execute(TABLES[name].replace("CREATE TABLE", "CREATE TEMP TABLE"))
    connection.execute("PRAGMA query_only = ON")


def _tables_of(version: int) -> dict[str, str]:
    if version == FORMAT:
        return dict(TABLES)
    return {
        name: sql for since, tables in _OLD_TABLES.items() if since <= version for name, sql in tables.items()
    }


def _entries(connection: sqlite3.Connection) -> set[_Entry]:
    rows = connection.execute("SELECT type, name, tbl_name, sql FROM sqlite_master")
    return {(kind, name, table, _without_comments(sql)) for kind, name, table, sql in rows}


def _without_comments(sql: str | None) -> str | None:
    """SQL with one space between words; a quote, which would hide a comment, is in no table of ours."""
    return None if sql is None else " ".join(re.sub(r"--[^\n]*", "", sql).split())


@lru_cache(maxsize=FORMAT)
def _expected(version: int) -> frozenset[_Entry]:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    try:
        create_tables(connection, version)
        return frozenset(_entries(connection))
    finally:
        connection.close()
