"""A run file is evidence: what it records can be drawn and scored again, and tampering shows."""

import shutil
import sqlite3

import numpy as np
import pytest

from foolery.analysis.champion_files import export_champions
from foolery.analysis.verification import verify
from foolery.canvas import from_png
from foolery.classifiers import load_classifier
from foolery.engine.evolution import evolve
from foolery.engine.run import open_run
from foolery.errors import UsageError

pytest.importorskip("onnxruntime", reason="the extra onnx is not installed")


@pytest.fixture(scope="module", params=["cppn", "direct"])
def run(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("verify") / "run"
    evolve("lenet", encoding=request.param, generations=15, batch=40, out=folder)
    return folder


@pytest.fixture
def copy(run, tmp_path):
    shutil.copytree(run, tmp_path / "copy")
    return tmp_path / "copy"


def test_a_run_is_verified_on_the_back_end_that_made_it(run):
    found = verify(run)
    assert found.passed
    assert (found.champions, found.hashes_equal, found.pngs_equal) == (10, 10, 10)
    assert found.largest_difference <= 1e-5 == found.tolerance


def test_a_run_is_verified_on_the_other_back_end(run):
    pytest.importorskip("torch", reason="the extra torch is not installed")
    found = verify(run, backend="torch")
    assert found.passed
    assert not found.same_backend
    assert found.tolerance == 1e-3
    assert found.largest_difference < 1e-4


def test_another_classifier_is_another_fingerprint(run):
    found = verify(run, load_classifier("lenet-b"))
    assert not found.passed
    assert not found.fingerprint_equal
    assert "the classifier is another one" in found.problems[0]


def altered(folder, statement, *values):
    connection = sqlite3.connect(folder / "run.db")
    with connection:
        connection.execute(statement, values)
    connection.close()


def test_a_confidence_that_was_made_up_shows(copy):
    one = open_run(copy).champions["3"]
    lie = one.confidence / 2
    for table in ("champions", "replacements"):
        altered(
            copy,
            f"UPDATE {table} SET confidence = ?, score = ?, objective = ? WHERE individual = ? AND cell = 3",
            lie,
            float(np.log(lie)),
            float(np.log(lie)),
            one.individual,
        )
    try:
        found = verify(copy)
    except UsageError:
        return  # the reader already saw that the history does not fit
    assert not found.passed
    assert "confidences differ" in found.problems[-1]


def test_a_genome_that_was_swapped_shows(copy):
    champions = open_run(copy).champions
    donor = next(c for c in champions.values() if c.individual != champions["3"].individual)
    altered(
        copy,
        "UPDATE individuals SET genome = ? WHERE number = ?",
        donor.genome,
        champions["3"].individual,
    )
    found = verify(copy)
    assert not found.passed
    assert "canvases differ from what was scored" in found.problems[0]


def test_exported_pictures_are_what_was_scored(run, tmp_path):
    exhibit = open_run(run)
    files = export_champions(exhibit, tmp_path / "pictures")
    assert len(files) == 10
    for file, champion in zip(files, exhibit.champions.values(), strict=True):
        assert np.array_equal(from_png(file.read_bytes()), champion.canvas)
    with pytest.raises(UsageError, match="exists and is not empty"):
        export_champions(exhibit, tmp_path / "pictures")
    (tmp_path / "pictures" / "mine.txt").write_text("keep")
    export_champions(exhibit, tmp_path / "pictures", overwrite=True)
    assert (tmp_path / "pictures" / "mine.txt").read_text() == "keep"
