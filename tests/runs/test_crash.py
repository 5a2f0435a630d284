"""A run survives what happens to processes and disks: SIGKILL, no space left, readers beside it."""

from __future__ import annotations

import random
import resource
import signal
import subprocess
import sys
import time

import pytest

from foolery.runs import RunWriter, open_run_file
from foolery.runs.writer_thread import MAX_PENDING
from support import toysearch
from support.toysearch import PROVENANCE, ToySearch, content, play, settings, whole_run

LAST = 40


def launch(folder, *arguments):
    """A process that writes a run for ever, and prints the number of each generation."""
    return subprocess.Popen(
        [sys.executable, toysearch.__file__, folder, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def finish(folder, genome_bytes=40):
    """Resume the run and take it to at least generation ``LAST``; returns where it went on, and where to."""
    with RunWriter.resume(folder, settings(), PROVENANCE) as writer:
        stood = writer.generation
        search = ToySearch(settings(), genome_bytes).restore(writer)
        play(writer, search, max(LAST, stood + 1))
        writer.close("finished")
    return stood, search.generation


@pytest.fixture(scope="module")
def uninterrupted():
    """Generation to the content of a run that was never stopped before it."""
    known = {}

    def run(until, keep_genomes, genome_bytes=40):
        key = (until, keep_genomes, genome_bytes)
        if key not in known:
            known[key] = content(whole_run(None, until, keep_genomes=keep_genomes, genome_bytes=genome_bytes))
        return known[key]

    return run


# The first is the BEGIN of a checkpoint; of the others, most fall inside a transaction, on COMMIT too.
@pytest.mark.parametrize("statement", [1, 2, 30, 53, 58, 59, 60, 75, 99, 110, 121, 130, 154, 180, 240])
def test_killed_at_a_statement(tmp_path, uninterrupted, statement):
    keep = statement % 2
    with launch(tmp_path, f"kill={statement}", f"keep={keep}", "every=5") as child:
        *told, where = child.stdout.read().split()
        assert child.wait() == -signal.SIGKILL
    assert where == ("outside" if statement in (1, 60) else "inside")
    run = open_run_file(tmp_path)
    assert run.status == "running"
    assert (run.generation + 1) % 5 == 0
    assert len(told) - 5 <= run.generation + 1 <= len(told) + 1
    stood, reached = finish(tmp_path)
    assert stood == run.generation
    assert content(open_run_file(tmp_path)) == uninterrupted(reached, bool(keep))
    assert [path.name for path in tmp_path.iterdir()] == ["run.db"]


@pytest.mark.parametrize("seed", range(8))
def test_killed_at_a_random_moment(tmp_path, uninterrupted, seed):
    keep = seed % 2
    with launch(tmp_path, f"keep={keep}", "every=5", "genome=20000", "ahead=1") as child:
        assert child.stdout.readline() == "0\n"
        time.sleep(random.Random(seed).random() * 0.15)
        child.kill()
        told = 1 + len(child.stdout.read().split("\n")[:-1])
    run = open_run_file(tmp_path)
    assert (run.generation + 1) % 5 == 0
    assert run.generation + 1 >= told - 5 - MAX_PENDING
    _, reached = finish(tmp_path, genome_bytes=20000)
    assert content(open_run_file(tmp_path)) == uninterrupted(reached, bool(keep), 20000)


@pytest.mark.parametrize(
    ("limit", "genome"),
    [
        pytest.param(60_000, 40, id="no space for the log's first checkpoints"),
        pytest.param(300_000, 2_000, id="no space for the log"),
        pytest.param(6_000_000, 100_000, id="no space for the file"),
    ],
)
def test_no_space_left(tmp_path, uninterrupted, limit, genome):
    with launch(tmp_path, f"bytes={limit}", f"genome={genome}") as child:
        *_, message = child.stdout.read().splitlines()
        assert child.wait() == 3
    run = open_run_file(tmp_path)
    assert f"the last checkpoint, at generation {run.generation}, is readable" in message
    assert "run.db: could not be written" in message
    assert "disk" in message
    assert "make room and continue with --resume" in message
    assert run.generation > 0
    stood, reached = finish(tmp_path, genome_bytes=genome)
    assert stood == run.generation
    assert content(open_run_file(tmp_path)) == uninterrupted(reached, True, genome)


def test_no_space_for_a_new_run(tmp_path):
    with launch(tmp_path, "bytes=8000") as child:
        message = child.stdout.read().strip()
        assert child.wait() == 3
    assert "no generation is stored yet" in message
    assert list(tmp_path.iterdir()) == []
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] != 8000


def test_a_run_is_read_while_it_is_written(tmp_path):
    with launch(tmp_path) as child:
        assert child.stdout.readline() == "0\n"
        seen = [open_run_file(tmp_path).generation for _ in range(30)]
        assert child.poll() is None
        child.kill()
    assert seen == sorted(seen)
    assert len(set(seen)) > 5
    assert open_run_file(tmp_path).generation >= seen[-1]


def test_a_reader_who_stays_does_not_stop_the_end(tmp_path, monkeypatch):
    import sqlite3

    from foolery.runs import database

    monkeypatch.setattr(database, "_PATIENCE", 0.1)
    with RunWriter.create(tmp_path, settings(), PROVENANCE, keep_genomes=True) as writer:
        search = ToySearch(settings())
        play(writer, search, 3)
        writer.checkpoint()
        reader = sqlite3.connect(tmp_path / "run.db")
        reader.execute("BEGIN")
        assert reader.execute("SELECT max(generation) FROM generations").fetchone() == (3,)
        play(writer, search, 4)
        writer.close("finished")
    assert open_run_file(tmp_path).status == "finished"
    reader.close()
    assert open_run_file(tmp_path).generation == 4
