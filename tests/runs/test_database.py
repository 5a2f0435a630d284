"""One process at a time writes a run."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from foolery.errors import UsageError
from foolery.runs import RunWriter, open_run_file
from support import toysearch
from support.toysearch import PROVENANCE, settings


@pytest.fixture
def other_process(tmp_path):
    """Another process that has written generation 0 and holds the run."""
    child = subprocess.Popen(
        [sys.executable, toysearch.__file__, tmp_path, "pause=1"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout.readline() == "0\n"
    yield child
    child.kill()
    child.communicate()


@pytest.mark.parametrize("way", ["create", "overwrite", "resume"])
def test_a_second_process_is_refused_at_once(tmp_path, other_process, way):
    second = {
        "create": lambda: RunWriter.create(tmp_path, settings(), PROVENANCE, keep_genomes=True),
        "overwrite": lambda: RunWriter.create(
            tmp_path, settings(), PROVENANCE, keep_genomes=True, overwrite=True
        ),
        "resume": lambda: RunWriter.resume(tmp_path, settings(), PROVENANCE),
    }[way]
    began = time.monotonic()
    with pytest.raises(UsageError, match="another process is writing this run"):
        second()
    assert time.monotonic() - began < 1.0
    other_process.stdin.write("\n")
    other_process.stdin.flush()
    assert other_process.stdout.readline() == "1\n"  # the first one goes on
    assert open_run_file(tmp_path).generation == 1


def test_a_killed_process_blocks_nobody(tmp_path, other_process):
    other_process.kill()
    other_process.wait()
    assert (tmp_path / "run.lock").exists()
    with RunWriter.resume(tmp_path, settings(), PROVENANCE) as writer:
        assert writer.generation == 0
    assert [path.name for path in tmp_path.iterdir()] == ["run.db"]


def test_a_second_writer_in_one_process_is_refused(tmp_path):
    with RunWriter.create(tmp_path, settings(), PROVENANCE, keep_genomes=True):
        with pytest.raises(UsageError, match="another process"):
            RunWriter.resume(tmp_path, settings(), PROVENANCE)
        assert (tmp_path / "run.lock").exists()
    assert not (tmp_path / "run.lock").exists()


def test_a_refused_start_leaves_no_lock(tmp_path):
    RunWriter.create(tmp_path, settings(), PROVENANCE, keep_genomes=True).close("finished")
    with pytest.raises(UsageError, match="already holds a run"):
        RunWriter.create(tmp_path, settings(), PROVENANCE, keep_genomes=True)
    with pytest.raises(UsageError, match="differ"):
        RunWriter.resume(tmp_path, settings(seed=9), PROVENANCE)
    assert [path.name for path in Path(tmp_path).iterdir()] == ["run.db"]
