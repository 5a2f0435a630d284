"""Run files that older versions of foolery wrote are opened, verified and resumed; see runs/old."""

import shutil
import sqlite3
from pathlib import Path

import pytest

from foolery import ascend, evolve, load_classifier, open_run
from foolery.analysis.verification import verify
from foolery.runs import open_run_file
from foolery.runs.schema import FORMAT
from support.command import invoke

pytest.importorskip("onnxruntime", reason="the extra onnx is not installed")

OLD = Path(__file__).parents[1] / "runs" / "old"
#: Folder to the format that it is in. They are runs of seed 1 with 8 children a generation, against LeNet.
FORMATS = {"format-1": 1, "format-2": 2, "format-3": 3, "format-3-memetic": 3, "format-3-ascent": 3}
SETTINGS = {"generations": 6, "batch": 8, "seed": 1}


@pytest.fixture
def old(request, tmp_path):
    """A copy of an old run, since a resume changes it."""
    return shutil.copytree(OLD / request.param, tmp_path / request.param)


def format_of(folder: Path) -> int:
    connection = sqlite3.connect(folder / "run.db")
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    connection.close()
    return version


def without_times(folder: Path) -> tuple[object, ...]:
    run, names = open_run_file(folder), ("queries", "improvements", "median", "mean", "min", "max")
    history = [getattr(run.history, name).tolist() for name in names]
    return run.settings, history, run.champions, run.individuals, run.replacements


@pytest.mark.parametrize("old", FORMATS, indirect=True)
def test_they_are_shown_and_verified_and_stay_as_they_are(old):
    assert format_of(old) == FORMATS[old.name]
    before = (old / "run.db").read_bytes()
    run = open_run(old)
    assert run.champions
    assert run.settings.forward["chunk"] == 25
    assert verify(old, load_classifier("lenet", backend="onnx")).passed
    assert invoke("show", old).returncode == 0
    assert (old / "run.db").read_bytes() == before


@pytest.mark.parametrize("old", ["format-1", "format-2"], indirect=True)
def test_resumed_they_become_runs_of_today(old, tmp_path):
    lenet = load_classifier("lenet", backend="onnx")
    evolve(lenet, out=old, resume=True, **SETTINGS)
    evolve(lenet, out=tmp_path / "whole", **SETTINGS)
    assert without_times(old) == without_times(tmp_path / "whole")
    assert format_of(old) == FORMAT
    run = open_run_file(old)
    assert run.timings.generation.tolist() == list(range(4 if old.name == "format-1" else 0, 7))
    assert len(run.provenances) == 2


@pytest.mark.parametrize("old", ["format-3-memetic"], indirect=True)
def test_what_is_called_otherwise_today_is_the_same_setting(old):
    pytest.importorskip("torch", reason="the extra torch is not installed")
    words = {"classes": ["1", "2"], "memetic": 1, "keep_genomes": "champions"}
    run = evolve(load_classifier("lenet", backend="onnx"), out=old, resume=True, **SETTINGS, **words)
    assert run.settings.search_options == {"memetic": 1}
    assert run.history.queries.tolist() == [8 + 24 * generation for generation in range(7)]
    assert format_of(old) == FORMAT


@pytest.mark.parametrize("old", ["format-3-ascent"], indirect=True)
def test_an_interrupted_ascent_goes_on_from_its_state(old, tmp_path):
    pytest.importorskip("torch", reason="the extra torch is not installed")
    lenet = load_classifier("lenet", backend="onnx")
    settings = {"steps": 8, "classes": ["0", "3"], "seed": 1}
    ascend(lenet, out=old, resume=True, **settings)
    ascend(lenet, out=tmp_path / "whole", **settings)
    assert without_times(old) == without_times(tmp_path / "whole")
    assert open_run_file(old).settings.search_options["first_gain"] == 0.02


@pytest.mark.parametrize("old", ["format-3"], indirect=True)
def test_an_event_is_read(old):
    (event,) = open_run_file(old).events
    assert (event.generation, event.text) == (
        2,
        "out of memory with 6 canvases at a time, goes on with 3 (no room)",
    )
    assert open_run_file(old).settings.forward == {"chunk": 25, "microbatch": 6}
