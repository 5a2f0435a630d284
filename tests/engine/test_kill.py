"""A run that was killed at any moment and resumed equals the run that was never interrupted."""

import shutil
import sqlite3
import subprocess
import sys
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest

from foolery.engine.evolution import evolve
from foolery.runs import RunFile, open_run_file
from support import evolver

pytest.importorskip("onnxruntime", reason="the extra onnx is not installed")

GENERATIONS = 40
RANDOM = np.random.default_rng(20150612)
IN_TIME = [f"time:{RANDOM.integers(0, 38)}:{RANDOM.uniform(0, 0.02):.4f}" for _ in range(14)]
IN_STORE = [f"store:{RANDOM.integers(1, 9)}:{RANDOM.integers(1, 40)}" for _ in range(10)]
CASES = [(("cppn", "direct")[number % 2], when) for number, when in enumerate(IN_TIME + IN_STORE)]


def without_times(run: RunFile) -> tuple[object, ...]:
    """Everything in a run file but the columns that hold times."""
    columns = [getattr(run.history, name) for name in ("generation", "queries", "improvements")]
    columns += [getattr(run.history, name) for name in ("median", "mean", "min", "max")]
    return (
        run.status,
        run.settings,
        tuple(tuple(column.tolist()) for column in columns),
        run.champions,
        run.individuals,
        run.replacements,
    )


@lru_cache
def whole(encoding: str) -> RunFile:
    """The run that nothing interrupts."""
    with TemporaryDirectory() as folder:
        run(Path(folder) / "run", encoding)
        return open_run_file(Path(folder) / "run")


def run(folder: Path, encoding: str, **settings) -> None:
    evolve(
        "lenet",
        encoding=encoding,
        generations=GENERATIONS,
        batch=40,
        seed=9,
        out=folder,
        checkpoint_every=5,
        **settings,
    )


def killed(folder: Path, encoding: str, when: str) -> int:
    """Run the evolver until it dies; returns the last generation that it reported."""
    command = [sys.executable, evolver.__file__, str(folder), encoding, str(GENERATIONS), "9", when]
    child = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert child.returncode == -9, child.stderr
    return int(child.stdout.split()[-1]) if child.stdout.split() else -1


@pytest.mark.parametrize(("encoding", "when"), CASES)
def test_it_goes_on_as_if_nothing_had_happened(encoding, when, tmp_path):
    reached = killed(tmp_path / "run", encoding, when)
    stored = open_run_file(tmp_path / "run").generation
    assert reached - stored <= 5, "more was lost than waits for a checkpoint"
    continued = []
    watch = lambda progress: continued.append((progress.resumed_from, progress.generation))  # noqa: E731
    run(tmp_path / "run", encoding, resume=True, on_progress=watch)
    if stored < GENERATIONS:
        assert continued[0] == (max(stored, 0), stored + 1)
    assert without_times(open_run_file(tmp_path / "run")) == without_times(whole(encoding))


def test_most_kills_are_late_enough_to_mean_something():
    """Of the moments above at least 20 are distinct, and at least 15 leave five generations or more."""
    late = [when for when in IN_TIME if int(when.split(":")[1]) >= 10]
    late += [when for when in IN_STORE if int(when.split(":")[1]) >= 3]
    assert len(set(IN_TIME + IN_STORE)) >= 20
    assert len(late) >= 15


def test_a_comparison_that_could_not_fail_would_prove_nothing():
    """One bit of one genome is enough to tell two runs apart."""
    first = whole("cppn")
    champion = first.champions[3]
    altered = replace(champion, genome=champion.genome[:-1] + bytes([champion.genome[-1] ^ 1]))
    other = replace(first, champions=(*first.champions[:3], altered, *first.champions[4:]))
    assert without_times(other) != without_times(first)


def test_what_a_kill_after_the_last_generation_left_goes_when_the_run_is_resumed(tmp_path):
    """All is stored then, in SQLite's log beside run.db, which somebody may copy without it."""
    run(tmp_path / "run", "cppn")
    connection = sqlite3.connect(tmp_path / "run" / "run.db", isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL").fetchone()
    for status in ("running", "finished"):
        connection.execute("UPDATE run SET status = ?", (status,))
    for file in sorted((tmp_path / "run").iterdir()):  # before SQLite itself tidies up
        shutil.copy(file, tmp_path / f"{file.name}.copy")
    connection.close()
    for file in tmp_path.glob("*.copy"):
        file.rename(tmp_path / "run" / file.stem)
    (tmp_path / "run" / "run.lock").touch()
    assert (tmp_path / "run" / "run.db-wal").stat().st_size > 0
    run(tmp_path / "run", "cppn", resume=True)
    assert [file.name for file in (tmp_path / "run").iterdir()] == ["run.db"]
    assert without_times(open_run_file(tmp_path / "run")) == without_times(whole("cppn"))
