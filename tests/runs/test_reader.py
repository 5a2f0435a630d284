"""A run file from a stranger is read with valid values, or refused in one line."""

from __future__ import annotations

import json
import math
import os
import shutil
import sqlite3
import stat

import numpy as np
import pytest

from foolery.errors import UsageError
from foolery.runs import Individual, RunFile, RunFileError, open_run_file
from foolery.runs.schema import TABLES
from support.toysearch import content, settings, whole_run


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """The ``run.db`` of a finished run; tests copy it."""
    whole_run(tmp_path_factory.mktemp("finished"), 30, keep_genomes=False)
    return tmp_path_factory.getbasetemp() / "finished0" / "run.db"


@pytest.fixture
def copy(finished, tmp_path):
    return shutil.copy(finished, tmp_path / "run.db")


def refusal(path) -> str:
    """The message with which a file is refused: one line that names the file."""
    with pytest.raises(RunFileError) as caught:
        open_run_file(path)
    message = str(caught.value)
    assert "\n" not in message
    assert "run.db" in message
    assert caught.value.exit_code == 2
    return message


def test_folder_and_file_are_the_same(copy):
    assert content(open_run_file(copy)) == content(open_run_file(copy.parent))
    assert open_run_file(copy).path == copy


def test_reading_changes_and_leaves_nothing(copy):
    before = copy.read_bytes()
    open_run_file(copy)
    assert copy.read_bytes() == before
    assert list(copy.parent.iterdir()) == [copy]


@pytest.mark.parametrize("name", ["with space", "per%20cent", "what?", "hash#", "ümlaut"])
def test_any_folder_name_will_do(finished, tmp_path, name):
    (tmp_path / name).mkdir()
    shutil.copy(finished, tmp_path / name)
    assert open_run_file(tmp_path / name).status == "finished"


# Files that are no runs


def test_nothing_there(tmp_path):
    assert "no run there" in refusal(tmp_path)
    assert "no run there" in refusal(tmp_path / "nowhere" / "run.db")


def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "run.db")
    assert "no run there" in refusal(tmp_path)


@pytest.mark.parametrize("data", [b"", b"SQLite", b"no database" * 100, b"SQLite format 3\0"])
def test_not_sqlite(tmp_path, data):
    (tmp_path / "run.db").write_bytes(data)
    assert "not a run file" in refusal(tmp_path)


def test_sqlite_of_another_program(tmp_path):
    connection = sqlite3.connect(tmp_path / "run.db")
    connection.execute("CREATE TABLE run (x)")
    connection.close()
    assert "an SQLite file of another program" in refusal(tmp_path)


def tamper(file, *statements, values=()):
    connection = sqlite3.connect(file, isolation_level=None)
    connection.execute("PRAGMA ignore_check_constraints = ON")
    for statement in statements:
        connection.execute(statement, values)
    connection.close()


def test_a_newer_format_says_to_upgrade(copy):
    tamper(copy, "PRAGMA user_version = 9")
    assert refusal(copy).endswith(
        "made by a newer foolery (format 9; this one reads up to 4): upgrade foolery"
    )
    tamper(copy, "PRAGMA user_version = 0")
    assert "its format is 0" in refusal(copy)


@pytest.mark.parametrize("share", [0.001, 0.01, 0.3, 0.7, 0.99])
def test_cut_short(copy, share):
    data = copy.read_bytes()
    copy.write_bytes(data[: int(len(data) * share)])
    assert refusal(copy)


# Tables and records that foolery did not write


STRANGE_TABLES = {
    "a trigger": "CREATE TRIGGER t AFTER INSERT ON run BEGIN DELETE FROM champions; END",
    "a view": "CREATE VIEW v AS SELECT * FROM champions",
    "another table": "CREATE TABLE more (x)",
    "an index": "CREATE INDEX i ON individuals (parent)",
    "no champions": "DROP TABLE champions",
    "another column": "ALTER TABLE individuals ADD COLUMN name TEXT",
}


@pytest.mark.parametrize("strange", STRANGE_TABLES)
def test_other_tables_are_refused(copy, strange):
    tamper(copy, STRANGE_TABLES[strange])
    assert "its tables are not those of a run" in refusal(copy)


def test_a_view_in_the_place_of_a_table_is_refused(copy):
    tamper(
        copy,
        "DROP TABLE champions",
        "CREATE VIEW champions AS WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) "
        "SELECT x AS cell FROM n",
    )
    assert "champions" in refusal(copy)


YOUNGEST = "number = (SELECT max(number) FROM individuals)"
TAMPERED = {
    "a status": ("UPDATE run SET status = 'won'", "status: expected running"),
    "a status that is a blob": ("UPDATE run SET status = x'00'", "status"),
    "no run": ("DELETE FROM run", "expected one run, found 0"),
    "a second run": (
        "INSERT INTO run SELECT * FROM run",
        "expected one run, found 2",
    ),
    "a last generation": ("UPDATE run SET generation = 99", "last generation is 99, but it holds 31"),
    "a last generation in words": ("UPDATE run SET generation = 'last'", "last generation: expected a whole"),
    "genomes kept or not": ("UPDATE run SET keeps_genomes = 1", "has no genome"),
    "settings that are no JSON": ("UPDATE run SET settings = '{'", "settings: "),
    "settings that are deep": (f"UPDATE run SET settings = '{'[' * 100000}'", "settings: "),
    "settings of bytes": ("UPDATE run SET settings = x'ff'", "settings: expected text"),
    "no provenance": ("DELETE FROM provenances", "no provenance"),
    "a provenance": ("UPDATE provenances SET provenance = '{}'", "provenance: 'command': Field required"),
    "a generation left out": ("DELETE FROM generations WHERE generation = 7", "last generation is 30"),
    "a generation moved": (
        "UPDATE generations SET generation = 99 WHERE generation = 7",
        "generation 7 next",
    ),
    "queries": ("UPDATE generations SET queries = -1 WHERE generation = 3", "queries"),
    "queries in words": ("UPDATE generations SET queries = 'many' WHERE generation = 3", "'many'"),
    "queries and a half": ("UPDATE generations SET queries = 80.5 WHERE generation = 3", "80.5"),
    "an endless mean": ("UPDATE generations SET mean = 9e999 WHERE generation = 3", "mean confidence"),
    "a median in words": ("UPDATE generations SET median = 'high'", "'high'"),
    "a null": ("UPDATE champions SET score = NULL", None),
    "a negative number": ("UPDATE individuals SET number = -5 WHERE number = 3", "individual"),
    "an unborn parent": ("UPDATE individuals SET parent = 10000 WHERE generation = 4", "parent 10000"),
    "a parent in words": ("UPDATE individuals SET parent = 'Eve' WHERE generation = 4", "'Eve'"),
    "its own parent": ("UPDATE individuals SET parent = number WHERE generation = 4", "not older"),
    "a younger parent": (
        "UPDATE individuals SET parent = (SELECT max(number) FROM individuals) WHERE generation = 4",
        "not older",
    ),
    "an ancestor deleted": (
        "DELETE FROM individuals WHERE number = (SELECT min(parent) FROM individuals)",
        "not born in it",
    ),
    "a later birth": (
        f"UPDATE individuals SET generation = generation + 1 WHERE {YOUNGEST}",
        "not born in it",
    ),
    "a birth after the end": (f"UPDATE individuals SET generation = 99 WHERE {YOUNGEST}", "not born in it"),
    "a later number": (f"UPDATE individuals SET number = 9999 WHERE {YOUNGEST}", "individual 9999: of gen"),
    "a genome of text": (
        "UPDATE individuals SET genome = 'ACGT' WHERE genome IS NOT NULL",
        "a genome of bytes",
    ),
    "a champion's genome": ("UPDATE individuals SET genome = NULL", "has no genome"),
    "a genome too many": ("UPDATE individuals SET genome = x'00'", "has an unexpected genome"),
    "a huge genome": (
        f"UPDATE individuals SET genome = zeroblob({300 * 2**20}) WHERE number = "
        "(SELECT individual FROM champions WHERE cell = 0)",
        "too big",
    ),
    "a cell that is not there": ("UPDATE replacements SET cell = 10 WHERE cell = 9", "cells 0 to 9"),
    "a replacement deleted": ("DELETE FROM replacements WHERE generation = 0 AND cell = 0", "took no cell"),
    "a wrong predecessor": (
        "UPDATE replacements SET previous = 1 WHERE generation = 1",
        "not held by individual 1",
    ),
    "an endless objective": ("UPDATE replacements SET objective = -9e999", "finite objective"),
    "a score of bytes": (
        "UPDATE replacements SET score = x'00ff'",
        "a replacement's score: expected a number",
    ),
    "a confidence": ("UPDATE replacements SET confidence = 7", "got 7.0"),
    "a champion deleted": ("DELETE FROM champions WHERE cell = 3", "champions of 10 cells, found 9"),
    "a champion moved": ("UPDATE champions SET cell = 77 WHERE cell = 3", "champions of 10 cells"),
    "a champion who is not": (
        "UPDATE champions SET individual = 1 WHERE cell = 3",
        "cell 3: is not the last",
    ),
    "a champion's confidence": (
        "UPDATE champions SET confidence = 1 WHERE cell = 3",
        "cell 3: is not the last",
    ),
    "a canvas hash": ("UPDATE champions SET canvas_hash = 'beef' WHERE cell = 3", "canvas hash is 'beef'"),
    "a canvas hash of bytes": ("UPDATE champions SET canvas_hash = x'00'", "canvas hash: expected text"),
}


@pytest.mark.parametrize("what", TAMPERED)
def test_tampering_is_named(copy, what):
    statement, message = TAMPERED[what]
    if message is None:  # a NULL where none may be: the table has to be written anew to hold one
        nullable = TABLES["champions"].replace(" NOT NULL", "")
        tamper(copy, "ALTER TABLE champions RENAME TO old", nullable)
        tamper(copy, "INSERT INTO champions SELECT * FROM old", "DROP TABLE old", statement)
        tamper(copy, "PRAGMA writable_schema = ON")
        connection = sqlite3.connect(copy)
        connection.execute("PRAGMA writable_schema = ON")
        sql = "UPDATE sqlite_master SET sql = ? WHERE name = 'champions'"
        connection.execute(sql, (TABLES["champions"],))
        connection.commit()
        connection.close()
        message = "NULL value in champions.score"
    else:
        tamper(copy, statement)
    assert message in refusal(copy)


SETTINGS = {
    "cells": ([0, 1, 2, 3, 4, 5, 6, 7, 8, 10], "distinct classes from 0 to 9"),
    "canvas": ([2, 28, 28], "channels"),
    "kind": ("certainty", "'kind'"),
    "seed": (-1, "'seed'"),
    "batch": ("20", "'batch'"),
    "surprise": (1, "'surprise'"),
    "search_options": ({"step_nats": math.inf}, "search_options.step_nats"),
    "encoding_options": ({"sigma": 10**400}, "too large"),
    "initial": (10**30, "'initial'"),
    "classes": (["0", "1", "2", "3", "4", "5", "6", "7", "8", "8"], "'8' is there 2 times"),
}
LONG = {"a name": ["x" * 5001], "names": [str(row) for row in range(100_001)]}


@pytest.mark.parametrize("what", LONG)
def test_class_names_have_bounds(copy, what):
    tamper(copy, "UPDATE run SET settings = json_set(settings, '$.classes', json(?))", values=(
        json.dumps(LONG[what]),
    ))  # fmt: skip
    assert "classes: " in refusal(copy)


@pytest.mark.parametrize("name", SETTINGS)
def test_settings_out_of_range_are_refused(copy, name):
    value, message = SETTINGS[name]
    text = json.dumps(settings().model_dump() | {name: value})
    tamper(copy, "UPDATE run SET settings = ?", values=(text,))
    assert message in refusal(copy)


# Damage at random


def check_valid(run: RunFile) -> None:
    """All that a reader may rely on, whatever the file held."""
    cells, born = len(run.settings.cells), {one.number: one for one in run.individuals}
    assert run.status in ("running", "interrupted", "finished")
    assert run.history.generation.tolist() == list(range(run.generation + 1))
    assert np.isfinite(run.history.median).all()
    assert len(born) == len(run.individuals)
    for one in run.individuals:
        assert isinstance(one, Individual)
        assert one.genome is None or isinstance(one.genome, bytes)
        assert run.lineage(one.number)[0].parent is None
        assert all(born[other].generation < one.generation for other in (one.parent, one.mate) if other)
    for reign in run.replacements:
        assert 0 <= reign.cell < cells
        assert born[reign.individual].generation == reign.generation
        assert math.isfinite(reign.objective)
        assert math.isfinite(reign.score)
    for row in run.champions:
        assert isinstance(row.genome, bytes)
        assert len(row.canvas_hash) == 64
        assert -0.01 <= row.confidence <= 1.01


def message_of(folder) -> str:
    """With what a run is refused; empty where it is read, with valid values."""
    try:
        run = open_run_file(folder)
    except RunFileError as error:
        return str(error)
    check_valid(run)
    return ""


def damaged(data: bytes, draws: np.random.Generator) -> bytes:
    """``data`` after one of six kinds of damage, its first 100 bytes mostly spared."""
    values = np.frombuffer(data, np.uint8).copy()
    start = int(draws.integers(0 if draws.random() < 0.1 else 100, len(values)))
    length = int(draws.integers(1, 200))
    match draws.integers(6):
        case 0:
            values[start] ^= 1 << draws.integers(8)
        case 1:
            values[draws.integers(100, len(values), 20)] = draws.integers(256, size=20)
        case 2:
            values[start : start + length] = draws.integers(256, size=len(values[start : start + length]))
        case 3:
            page, other = draws.integers(1, len(values) // 4096, 2) * 4096
            values[page : page + 4096] = values[other : other + 4096]
        case 4:
            # The first bytes of a page say how it is read.
            values[draws.integers(1, len(values) // 4096) * 4096 + draws.integers(16)] = draws.integers(256)
        case _:
            values = values[:start]
    return values.tobytes()


def test_500_damaged_files_are_read_or_refused(finished, tmp_path):
    draws, data, read = np.random.default_rng(1), finished.read_bytes(), 0
    for _ in range(500):
        (tmp_path / "run.db").write_bytes(damaged(data, draws))
        message = message_of(tmp_path)
        assert "\n" not in message
        read += not message
    assert 0 < read < 400


def test_150_damaged_logs_are_read_or_refused(live_files, tmp_path):
    draws, read = np.random.default_rng(2), 0
    for _ in range(150):
        for name, data in live_files.items():
            (tmp_path / name).write_bytes(damaged(data, draws) if name == "run.db-wal" else data)
        message = message_of(tmp_path)
        assert "\n" not in message
        read += not message
        for file in tmp_path.iterdir():
            file.unlink()
    assert read > 0


# Files that are not in a plain state, on disks that cannot be written


@pytest.fixture(scope="module")
def live_files(tmp_path_factory):
    """Name to bytes of the files of a run at generation 12, while it is being written."""
    from foolery.runs import RunWriter
    from support.toysearch import PROVENANCE, ToySearch, play

    folder = tmp_path_factory.mktemp("live")
    with RunWriter.create(folder, settings(), PROVENANCE, keep_genomes=True, checkpoint_every=1) as writer:
        play(writer, ToySearch(settings()), 12)
        return {name: (folder / name).read_bytes() for name in ("run.db", "run.db-wal")}


def test_a_file_left_in_wal_mode_is_read_with_its_log(live_files, tmp_path):
    for name, data in live_files.items():
        (tmp_path / name).write_bytes(data)
    assert open_run_file(tmp_path).generation == 12


def test_a_log_is_read_where_sqlite_cannot_put_its_index(live_files, tmp_path):
    for name, data in live_files.items():
        (tmp_path / name).write_bytes(data)
    (tmp_path / "run.db-shm").mkdir()  # what a read-only disk does to everybody, this does to root as well
    assert open_run_file(tmp_path).generation == 12
    assert sorted(path.name for path in tmp_path.iterdir()) == ["run.db", "run.db-shm", "run.db-wal"]


@pytest.mark.parametrize("state", ["finished", "live"])
def test_a_read_only_folder(finished, live_files, state, read_as_nobody):
    files = {"run.db": finished.read_bytes()} if state == "finished" else live_files
    assert read_as_nobody(files) == {"finished": "30", "live": "12"}[state]


def test_a_file_that_may_not_be_read(finished, read_as_nobody):
    assert "cannot be read (Permission denied)" in read_as_nobody({"run.db": finished.read_bytes()}, mode=0)


@pytest.fixture
def read_as_nobody():
    """Puts files into a read-only folder and has a process without privileges read the run there."""
    import subprocess
    import sys
    import tempfile

    script = (
        "import os, sys\n"
        "from foolery.errors import UsageError\n"
        "from foolery.runs import open_run_file\n"
        "import foolery.runs.reader\n"
        "if os.getuid() == 0: os.setgid(65534); os.setuid(65534)\n"
        "try: print(open_run_file(sys.argv[1]).generation)\n"
        "except UsageError as error: print(error)\n"
    )
    with tempfile.TemporaryDirectory() as folder:

        def read(files, mode=stat.S_IRUSR | stat.S_IRGRP | stat.S_IROTH):
            for name, data in files.items():
                with open(os.path.join(folder, name), "wb") as stream:
                    stream.write(data)
                os.chmod(os.path.join(folder, name), mode)
            os.chmod(folder, 0o555)
            done = subprocess.run(
                [sys.executable, "-c", script, folder], capture_output=True, text=True, check=False
            )
            assert done.returncode == 0, done.stderr
            return done.stdout.strip()

        yield read
        os.chmod(folder, 0o755)


def test_all_refusals_are_usage_errors():
    assert issubclass(RunFileError, UsageError)


@pytest.mark.parametrize("text", ["two\nlines", "\x1b[2Jgone", "x" * 5001])
def test_an_event_that_could_hide_something_on_a_terminal_is_refused(copy, text):
    tamper(copy, "INSERT INTO events (generation, text) VALUES (1, ?)", values=(text,))
    assert "an event: expected one line" in refusal(copy)
