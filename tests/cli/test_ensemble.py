"""An ensemble is a classifier like any other: evolved against, resumed and verified by its name."""

import json

import pytest

from foolery.engine.run import open_run
from support.command import invoke, is_refused

pytest.importorskip("onnxruntime", reason="the extra onnx is not installed")

BOTH = "ensemble:lenet+lenet-b"


def evolve(folder, generations, *more):
    finished = invoke("evolve", "-c", BOTH, "-n", generations, "--batch", "20", "-o", folder, "--json", *more)
    assert finished.returncode == 0, finished.stderr
    return json.loads(finished.stdout)


def genomes(folder):
    return [one.genome for one in open_run(folder).champions.values()]


def test_it_is_evolved_against_resumed_and_verified(tmp_path):
    whole = evolve(tmp_path / "whole", 12)
    assert whole["classifier"] == BOTH
    evolve(tmp_path / "parts", 5)
    evolve(tmp_path / "parts", 12, "--resume")
    assert genomes(tmp_path / "parts") == genomes(tmp_path / "whole")
    checked = invoke("verify", tmp_path / "parts")
    assert checked.returncode == 0, checked.stdout
    assert "passed" in checked.stdout


def test_its_champions_are_shown_to_its_members(tmp_path):
    evolve(tmp_path / "run", 3)
    shown = invoke(
        "transfer",
        tmp_path / "run",
        "--classifier",
        BOTH,
        "--classifier",
        "lenet",
        "--classifier",
        "lenet-b",
        "--json",
    )
    (row,) = json.loads(shown.stdout)["pooled"]
    both, first, second = row["cells"]
    assert [each["own"] for each in row["cells"]] == [True, False, False]
    assert both["confidence"] == pytest.approx((first["confidence"] + second["confidence"]) / 2, abs=1e-6)


def test_members_of_other_classes_are_refused():
    is_refused(invoke("evolve", "-c", "ensemble:lenet", "-n", "1"), "two classifiers or more")
