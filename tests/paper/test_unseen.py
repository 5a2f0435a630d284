"""Unseen images and retrained networks: on two tiny races for real, and what is said of figures."""

import json
from dataclasses import replace

import pytest

from foolery.canvas import CanvasShape
from foolery.data import load_data
from foolery.data.labelled import sample
from foolery.errors import UsageError
from foolery.paper import unseen
from foolery.paper.experiment import Context
from foolery.paper.race_design import RaceNetwork
from foolery.paper.races import Race
from foolery.paper.unseen_images import KINDS
from paper.test_races import TINY

pytest.importorskip("scipy", reason="the extra paper is not installed")


@pytest.mark.usefixtures("mnist", "mnist_train")
def test_networks_of_races_are_asked_about_images_of_other_races(tmp_path):
    pytest.importorskip("onnxruntime", reason="the extra onnx is not installed")
    pytest.importorskip("torch", reason="the extra torch is not installed")
    seen: list[str] = []
    test = sample(load_data("mnist", "test"), 200)
    context = Context(
        tmp_path,
        0.02,
        2,
        {},
        {"test": test},
        on_progress=lambda label, done, total: seen.append(label),
    )
    train = sample(load_data("mnist", "train"), 300)
    (images,) = train.batches(300, CanvasShape(1, 28, 28))
    design = replace(TINY, equal=("iterations",))
    for number in range(2):
        with pytest.raises(UsageError, match="networks of two races or more"):
            unseen.run(context)
        race = Race(context, "lenet", design, number, images, test)
        race._measured(RaceNetwork("fooling", "iterations", 2))
    figures = json.loads(json.dumps(unseen.run(context).figures))
    assert [each["race"] for each in figures["families"]] == ["lenet-0", "lenet-1"]
    for each in figures["families"]:
        (network,) = each["networks"]
        assert (network["arm"], network["number"]) == ("fooling", 2)
        assert set(network["rates"]) == set(KINDS)
        assert network["images"] == dict.fromkeys(KINDS, 10) | {"evolved, raw": 20, "real": 200}
    findings = unseen.judge(figures).findings
    assert [each.verdict for each in findings] == ["not tested at full scale", "no verdict"]
    seen.clear()
    assert unseen.run(context).figures == figures
    assert seen == [], "all of it was there"


def family(evolved: float, centered: float, real: float = 0.0) -> dict[str, object]:
    rates = dict.fromkeys(KINDS, 1.0)
    rates |= {"evolved, raw": evolved, "evolved, centered": centered, "real": real}
    network = {"arm": "fooling", "equal": "iterations", "number": 2, "rates": rates}
    return {"race": "x-0", "classes": 1000, "networks": [{**network, "images": dict.fromkeys(KINDS, 70)}]}


def verdicts(families: list[dict[str, object]]) -> list[str]:
    return [each.verdict for each in unseen.judge({"families": families}).findings]


def test_verdicts_need_five_families_half_of_the_images_and_more_than_of_real_ones():
    assert verdicts([family(0.6, 0.3)] * 5) == ["holds", "holds in part"]
    assert verdicts([family(0.6, 0.2)] * 5) == ["holds", "does not hold"]
    assert verdicts([family(0.6, 0.6, real=0.7)] * 5) == ["does not hold", "does not hold"]
    assert verdicts([family(0.6, 0.6)] * 4) == ["no verdict", "no verdict"]
