"""Schema: the tables of a run file, and the two numbers in its header that say what it is."""

from __future__ import annotations

import sqlite3
from functools import lru_cache
from typing import TypeAlias

from foolery.runs.errors import RecordError, short

APPLICATION_ID = int.from_bytes(b"fool", "big")
FORMAT = 3
"""Format 1 had no stages, format 2 no events. Both are read, and become format 3 when a run is resumed."""
LARGEST_GENOME = 256 * 2**20  # bytes; nothing in a run file is larger

TABLES = (
    """CREATE TABLE run (
    status TEXT NOT NULL,
    generation INTEGER NOT NULL,
    keeps_genomes INTEGER NOT NULL,
    settings TEXT NOT NULL
)""",
    """CREATE TABLE provenances (
    number INTEGER PRIMARY KEY,
    provenance TEXT NOT NULL
)""",
    """CREATE TABLE generations (
    generation INTEGER PRIMARY KEY,
    queries INTEGER NOT NULL,
    jumps INTEGER NOT NULL,
    median REAL NOT NULL,
    mean REAL NOT NULL,
    least REAL NOT NULL,
    most REAL NOT NULL,
    seconds REAL NOT NULL
)""",
    """CREATE TABLE individuals (
    number INTEGER PRIMARY KEY,
    generation INTEGER NOT NULL,
    parent INTEGER,
    mate INTEGER,
    genome BLOB
)""",
    """CREATE TABLE reigns (
    generation INTEGER NOT NULL,
    cell INTEGER NOT NULL,
    individual INTEGER NOT NULL,
    objective REAL NOT NULL,
    score REAL NOT NULL,
    confidence REAL NOT NULL,
    previous INTEGER,
    PRIMARY KEY (generation, cell)
) WITHOUT ROWID""",
    """CREATE TABLE champions (
    cell INTEGER PRIMARY KEY,
    individual INTEGER NOT NULL,
    generation INTEGER NOT NULL,
    objective REAL NOT NULL,
    score REAL NOT NULL,
    confidence REAL NOT NULL,
    canvas_hash TEXT NOT NULL
)""",
)

ADDED = {
    2: (
        """CREATE TABLE stages (
    generation INTEGER PRIMARY KEY,
    vary REAL NOT NULL,
    render REAL NOT NULL,
    classify REAL NOT NULL,
    tell REAL NOT NULL,
    write REAL NOT NULL
)""",
    ),
    3: (
        """CREATE TABLE events (
    number INTEGER PRIMARY KEY,
    generation INTEGER NOT NULL,
    what TEXT NOT NULL
)""",
    ),
}
"""The tables that a format has besides those of the format before it."""

_Entry: TypeAlias = tuple[str, str, str, str | None]


def create_tables(connection: sqlite3.Connection, version: int = FORMAT) -> None:
    """Write the tables and the header's numbers; the caller's transaction commits them."""
    for table in TABLES:
        connection.execute(table)
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute("PRAGMA user_version = 1")
    upgrade_tables(connection, version)


def upgrade_tables(connection: sqlite3.Connection, version: int = FORMAT) -> None:
    """Bring an older run to format ``version``; the caller's transaction commits it."""
    for later in range(format_of(connection) + 1, version + 1):
        for table in ADDED[later]:
            connection.execute(table)
        connection.execute(f"PRAGMA user_version = {later}")


def format_of(connection: sqlite3.Connection) -> int:
    """The format of the run behind a connection."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _entries(connection: sqlite3.Connection) -> set[_Entry]:
    return set(connection.execute("SELECT type, name, tbl_name, sql FROM sqlite_master"))


@lru_cache(maxsize=FORMAT)
def _expected(version: int) -> frozenset[_Entry]:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    try:
        create_tables(connection, version)
        return frozenset(_entries(connection))
    finally:
        connection.close()


def check_schema(connection: sqlite3.Connection) -> None:
    """Raise RecordError unless the file has exactly the tables of its format: no view, no trigger."""
    entries, expected = _entries(connection), _expected(format_of(connection))
    if entries != expected:
        differing = sorted({str(name) for _, name, _, _ in entries ^ expected})
        raise RecordError(f"its tables are not those of a run: {short(', '.join(differing))} differs")


def check_pages(connection: sqlite3.Connection) -> None:
    """Raise RecordError unless SQLite finds all pages of the file in order."""
    problems = connection.execute("PRAGMA quick_check(1)").fetchall()
    if problems != [("ok",)]:
        answer = str(problems[0][0]) if problems else "no answer"
        raise RecordError(f"damaged ({short(answer.splitlines()[-1])}); copy it again from where it was made")
