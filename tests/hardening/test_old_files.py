"""An arms race in format 1, as foolery wrote it before its files had a version: read, shown, extended."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from foolery.errors import UsageError
from foolery.hardening import harden, read_arms_race
from support.command import run

OLD = Path(__file__).parent / "old" / "format-1"
COMMAND = {
    "data": "mnist", "runs": 2, "generations": 3, "batch": 50, "iterations": 20, "seed": 1,
}  # fmt: skip


@pytest.fixture
def old(tmp_path) -> Path:
    return Path(shutil.copytree(OLD, tmp_path / "race"))


def test_its_settings_and_rounds_have_the_names_of_today(old):
    race = read_arms_race(old)
    assert (race.config.architecture, race.config.reported_runs, race.config.iterations) == (
        "perceptron", 2, 20,
    )  # fmt: skip
    assert [each.fooling_images for each in race.rounds] == [0, 40]
    assert [each.training_images for each in race.rounds] == [60_000, 60_040]
    assert race.rounds[1].median_confidence == 0.18089353875709874
    assert race.rounds[1].first_generation_median == 0.11905984890608153
    assert race.rounds[1].test_error == 0.3429


def test_the_report_shows_it(old, tmp_path):
    done = run("report", old, "-o", tmp_path / "page")
    assert done.returncode == 0, done.stderr
    assert "perceptron" in (tmp_path / "page" / "index.html").read_text(encoding="utf-8")


def test_it_can_be_resumed_and_extended(old, mnist_train):
    pytest.importorskip("torch", reason="the extra torch is not installed")
    before = read_arms_race(old).rounds
    same = harden("perceptron", **COMMAND, out=old, resume=True)
    assert same.rounds == before
    assert [path.name for path in old.glob("*.json")] == ["arms_race.json"], "in the newest format now"
    longer = harden("perceptron", **COMMAND, rounds=3, out=old, resume=True)
    assert longer.rounds[:2] == before
    assert longer.rounds[2].fooling_images == 80
    assert np.isfinite(longer.rounds[2].median_confidence)
    assert json.loads((old / "round-03" / "round.json").read_text())["foolery_round"] == 2


def test_other_settings_are_refused(old, mnist_train):
    pytest.importorskip("torch", reason="the extra torch is not installed")
    with pytest.raises(UsageError, match="has other settings"):
        harden("perceptron", **(COMMAND | {"batch": 51}), out=old, resume=True)
    assert (old / "contest.json").is_file()
