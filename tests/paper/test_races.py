"""Races with controls: a tiny one for real, shard by shard, and what is said of its figures."""

import json
from dataclasses import replace

import numpy as np
import pytest

from foolery.data import LabelledImages, load_data
from foolery.data.labelled import sample
from foolery.paper import class_counts, controlled_races, reproduce
from foolery.paper.experiment import Context
from foolery.paper.race_claims import harder_finding, queries_ratio
from foolery.paper.race_design import RaceDesign
from foolery.paper.verdicts import Claim

pytest.importorskip("scipy", reason="the extra paper is not installed")

TINY = RaceDesign(
    architecture="lenet",
    real_images=300,
    rounds=2,
    first_runs=2,
    runs=1,
    generations=3,
    long_runs=1,
    long_generations=4,
    batch=60,
    iterations=20,
    equal=("epochs",),
)


def test_a_race_has_its_networks_once_and_those_first_that_others_need():
    names = [each.name for each in controlled_races.DESIGN.networks()]
    assert names[0] == "first"
    assert len(names) == len(set(names)) == 13
    assert names.index("fooling-epochs-2") < names.index("fooling-epochs-5")
    assert {"random-iterations-5", "random-epochs-5", "none-iterations-5", "other-seed-iterations-5"} < {
        *names
    }


@pytest.mark.usefixtures("mnist", "mnist_train")
def test_a_race_is_held_shard_by_shard_and_found_again(tmp_path, monkeypatch):
    pytest.importorskip("onnxruntime", reason="the extra onnx is not installed")
    pytest.importorskip("torch", reason="the extra torch is not installed")
    monkeypatch.setattr(controlled_races, "DESIGN", TINY)
    notes: list[str] = []
    for shard in ("1/2", "2/2"):
        assert not list(reproduce("races", seeds=1, out=tmp_path, shard=shard, on_note=notes.append))
    assert "races: shard 2/2 is done, 0 of 1 pieces (none)" in notes[-1]
    assert not (tmp_path / "races" / "result.json").exists()
    seen: list[str] = []
    results = reproduce(
        "races", seeds=1, out=tmp_path, on_progress=lambda label, done, total: seen.append(label)
    )
    assert seen == [], "all of it was there"
    content = results["races"].to_dict()
    assert {each["verdict"] for each in content["findings"]} <= {"no verdict", "not tested at full scale"}
    assert "1 race, and a verdict needs at least 5" in content["findings"][1]["reason"]
    (first,) = content["figures"]["races"]
    by_name = {(each["arm"], each["equal"], each["number"]): each for each in first["networks"]}
    fooling, random = (by_name[arm, "epochs", 2] for arm in ("fooling", "random"))
    assert fooling["extra_images"] == random["extra_images"] == 2 * 10 * 2
    assert fooling["iterations"] == round(20 * 340 / 300)
    none, other = (by_name[arm, "iterations", 2] for arm in ("none", "other-seed"))
    assert none["iterations"] == other["iterations"] == 20
    assert none["extra_images"] == other["extra_images"] == 0
    assert none["test_error"] != other["test_error"], "another random start"
    assert not list((tmp_path / "races").glob("*/*-short"))


def race(number: int, factor: float, budget: int = 1000) -> dict[str, object]:
    def network(arm: str, queries: float | None) -> dict[str, object]:
        attack = {"median_queries_to_0.99": queries, "queries_per_run": budget}
        return {"arm": arm, "equal": "iterations", "number": 5, "long": attack}

    return {"race": number, "networks": [network("fooling", 100 * factor), network("none", 100)]}


def compared(factors: list[float]) -> object:
    races = [race(number, factor) for number, factor in enumerate(factors)]
    test = queries_ratio(races, ("fooling", "iterations"), ("none", "iterations"), 5, "long")
    return harder_finding(Claim("harder", "it is harder", "protocol", "–"), {"long": test}, "race")


def test_ten_races_that_agree_carry_a_verdict_and_four_do_not():
    rng = np.random.default_rng(0)
    assert compared([4 + rng.random() for _ in range(10)]).verdict == "holds"
    assert compared([0.2] * 10).verdict == "does not hold"
    assert compared([1.0, 1.1, 0.9, 1.2, 0.8] * 2).verdict == "does not hold"
    few = compared([4.0] * 4)
    assert few.verdict == "no verdict"
    assert "4 races, and a verdict needs at least 5" in few.reason


def test_no_difference_that_matters_is_said():
    assert "no difference that matters" in compared([1.0, 1.1, 0.9, 1.05, 0.95] * 2).reason
    assert "no difference that matters" not in compared([4.0, 0.25] * 5).reason


def test_fewer_classes_lie_within_more():
    labels = np.arange(200, dtype=np.int64) % 20
    data = LabelledImages(
        np.zeros((200, 1, 4, 4), np.uint8), labels, tuple(f"class {each}" for each in range(20))
    )
    few, more = class_counts.class_subset(data, 5), class_counts.class_subset(data, 10)
    assert set(few.classes) < set(more.classes)
    assert len(few) == 50
    assert json.dumps(sorted(np.unique(few.labels).tolist())) == "[0, 1, 2, 3, 4]"


@pytest.mark.usefixtures("mnist", "mnist_train")
def test_families_of_one_number_of_classes_for_real(tmp_path):
    pytest.importorskip("onnxruntime", reason="the extra onnx is not installed")
    pytest.importorskip("torch", reason="the extra torch is not installed")
    counts = class_counts.ClassCounts(
        "tiny", "Tiny", replace(TINY, equal=("iterations",), real_images=200), "digits"
    )
    data = {"train": sample(load_data("mnist", "train"), 200), "test": sample(load_data("mnist", "test"), 50)}
    figures = json.loads(json.dumps(counts.run(Context(tmp_path, 1.0, 1, {}, data)).figures))
    (family,) = figures["families"]
    assert family["classes"] == 10
    arms = [each["arm"] for each in family["networks"]]
    assert arms == ["first", "fooling", "random", "none", "other-seed"]
    findings = counts.judge(figures).findings
    assert {each.verdict for each in findings} <= {"no verdict", "not tested at full scale"}
    assert "1 family, and a verdict needs at least 5" in findings[1].reason
