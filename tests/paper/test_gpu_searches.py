"""The scripts for a GPU take the same steps, small, on the processor."""

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
MODELS = Path(os.environ.get("FOOLERY_DATA", "")) / "models"
needs_converter = pytest.mark.skipif(
    find_spec("onnx2pytorch") is None, reason="the extra gradient is not installed"
)


def rehearse(script, *words):
    command = [sys.executable, str(BENCHMARKS / script), *map(str, words), "--rehearse"]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@needs_converter
@pytest.mark.skipif(not (MODELS / "squeezenet1_0").is_dir(), reason="FOOLERY_DATA has no ImageNet networks")
def test_the_paper_s_searches_are_reported_with_their_share_and_in_float32(tmp_path):
    words = (MODELS, "fig7:squeezenet1_0", "--seeds", 3, "--seconds", 3, "--out", tmp_path)
    for _ in range(2):  # the second goes on
        done = rehearse("gpu_paper.py", *words)
        assert done.returncode == 0, done.stderr
    (run,) = json.loads((tmp_path / "fig7-squeezenet1_0.json").read_text())["runs"]
    assert run["seed"] == 3
    assert 0 < run["share_of_the_paper"] < 0.1
    assert run["confidences_float32"] == pytest.approx(run["confidences"], abs=1e-5)


@needs_converter
@pytest.mark.parametrize("experiment", ["fig8:squeezenet1_0", "fig7", "ensemble:squeezenet1_0", "fig7:nonet"])
def test_an_experiment_that_there_is_not_ends_with_a_line(tmp_path, experiment):
    done = rehearse("gpu_paper.py", tmp_path, experiment)
    assert done.returncode == 1
    assert done.stderr.startswith(experiment.partition(":")[2] if experiment == "fig7:nonet" else experiment)
    assert "Traceback" not in done.stderr


def test_the_benchmark_writes_rows_as_they_come(tmp_path):
    pytest.importorskip("torch", reason="the extra torch is not installed")
    words = [
        "--only",
        "search",
        "--networks",
        "squeezenet1_0",
        "--precisions",
        "float32",
        "--batches",
        "2",
        "--seconds",
        "0.01",
    ]
    done = rehearse("gpu.py", *words, "--search-seconds", 2, "--out", tmp_path / "gpu.json")
    assert done.returncode == 0, done.stderr
    (row,) = json.loads((tmp_path / "gpu.json").read_text())["search"]
    assert row["queries"] >= row["batch"]
    assert row["classify_seconds"] > 0
