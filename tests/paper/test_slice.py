"""A slice of every reproduction, for real: small, and then found again."""

import json
import os
import shutil
from pathlib import Path

import pytest

from foolery.errors import UsageError
from foolery.paper.prepare import ReproduceOptions, prepare_reproductions
from foolery.paper.registry import select_reproductions
from foolery.paper.runner import run_reproduction
from foolery.paper.verdicts import NO_VERDICT, NOT_TESTED

pytest.importorskip("onnxruntime", reason="the extra onnx is not installed")
pytest.importorskip("scipy", reason="the extra paper is not installed")

NETWORK = Path(os.environ.get("FOOLERY_DATA", "")) / "models" / "mobilenet_v1_025_128_quant" / "model.onnx"
CARD = Path(__file__).parents[2] / "docs" / "cards" / "mobilenet_v1_025_128_quant.card.json"


def run(names, out, **wishes):
    steps = []
    prepared = prepare_reproductions(
        select_reproductions(names),
        ReproduceOptions(**wishes),
        out,
        on_progress=lambda label, done, total: steps.append(label),
    )
    results = {each.reproduction.name: run_reproduction(each, out).content for each in prepared}
    for each in prepared:
        content = results[each.reproduction.name]
        assert [found["key"] for found in content["findings"]] == [c.key for c in each.reproduction.claims]
        folder = out / each.reproduction.name
        assert json.loads((folder / "result.json").read_text()) == content
        text = (folder / "page.md").read_text()
        assert all(found["claim"] in text for found in content["findings"])
        assert str(out) not in text + json.dumps(content)
        assert not any(str(Path.home()) in part for part in (text, json.dumps(content)))
    return results, steps


def unjudged(content):
    return {found["verdict"] for found in content["findings"]} <= {NOT_TESTED, NO_VERDICT}


def test_fig4(tmp_path):
    results, _ = run(["fig4"], tmp_path, scale=0.02)
    assert unjudged(results["fig4"])
    (one,) = results["fig4"]["figures"]["runs"]
    assert one["median_at"]["50"] > 0.99
    assert one["median_at"]["200"] >= 0.9999
    assert one["generation_of_median_at_0.9999"] < one["generation_of_all_ten_at_0.9999"]
    again, steps = run(["fig4"], tmp_path, scale=0.02)
    assert steps == []
    assert again == results


def test_fig6_and_fig7_on_few_classes(tmp_path):
    results, _ = run(["fig6", "fig7"], tmp_path, scale=0.004, seeds=1, classifiers={"": "lenet"})
    assert unjudged(results["fig6"])
    assert unjudged(results["fig7"])
    compared = results["fig7"]["figures"]["against_fig6"]
    assert compared["cppn_median"] > 0.5
    assert compared["equal_queries"] <= compared["direct_queries"]
    (band,) = [each for each in results["fig7"]["findings"] if each["key"] == "weak band"]
    assert "not ImageNet's 1000" in band["reason"]


def test_fig7_without_fig6_says_what_is_missing(tmp_path):
    results, _ = run(["fig7"], tmp_path, scale=0.0004, seeds=1, classifiers={"photos": "lenet"})
    (found,) = [each for each in results["fig7"]["findings"] if each["key"] == "beats pixels"]
    assert "run fig6 into it first" in found["reason"]


def test_fig6_and_fig7_on_a_thousand_classes(tmp_path):
    if not NETWORK.is_file():
        pytest.skip("no MobileNet in FOOLERY_DATA")
    results, _ = run(
        ["fig6", "fig7"],
        tmp_path,
        scale=0.0004,
        seeds=1,
        classifiers={"": f"onnx:{NETWORK}"},
        cards={"": CARD},
    )
    compared = results["fig7"]["figures"]["against_fig6"]
    assert compared["cppn_median"] > compared["direct_median"]
    (band,) = [each for each in results["fig7"]["findings"] if each["key"] == "weak band"]
    assert "the band is lower in 1 of 1 runs" in band["reason"].lower()
    assert "1 of the paper's 5 runs" in band["reason"]
    assert "--card photos=mobilenet_v1_025_128_quant.card.json" in results["fig7"]["command"]


def test_real_confidence_of_digits(tmp_path, mnist):
    results, _ = run(["real-confidence"], tmp_path, scale=0.1)
    found = results["real-confidence"]
    assert found["figures"]["digits"]["pictures"] == 1000
    assert found["figures"]["digits"]["top1"] > 0.97
    assert found["full_scale"] is False
    assert unjudged(found)
    assert "no classifier or no data for photos" in found["findings"][0]["reason"]


def test_real_confidence_of_other_pictures(tmp_path, mnist):
    networks = {"photos": "lenet-b", "photos-b": "perceptron"}
    results, _ = run(
        ["real-confidence"], tmp_path, scale=0.005, classifiers=networks, data={"photos": "mnist"}
    )
    figures = results["real-confidence"]["figures"]
    assert figures["photos"]["pictures"] == 250
    assert figures["photos"]["median_right"] >= figures["photos"]["median_all"]
    assert list(figures["networks"]) == ["lenet-b", "perceptron"]
    assert figures["networks"]["perceptron"]["median_all"] != figures["photos"]["median_all"]
    assert "(perceptron)" in results["real-confidence"]["findings"][0]["measured"]


def test_real_confidence_beside_a_stored_result_of_fig7(tmp_path, mnist):
    wishes = {"classifiers": {"photos": "lenet-b"}, "data": {"photos": "mnist"}}
    fig7, _ = run(["fig7"], tmp_path / "earlier", scale=0.0004, seeds=1, classifiers={"photos": "lenet-b"})
    shutil.copytree(tmp_path / "earlier" / "fig7", tmp_path / "now" / "fig7")
    results, _ = run(["real-confidence"], tmp_path / "now", scale=0.005, **wishes)
    (champions,) = results["real-confidence"]["figures"]["champions"]
    assert champions["median"] == pytest.approx(fig7["fig7"]["figures"]["median_of_class_medians"], abs=1e-6)
    wishes["classifiers"]["photos"] = "lenet"
    results, _ = run(["real-confidence"], tmp_path / "now", scale=0.005, **wishes)
    assert results["real-confidence"]["figures"]["champions"] == []


def test_baselines(tmp_path):
    results, _ = run(["baselines"], tmp_path, scale=0.01, seeds=1)
    assert unjudged(results["baselines"])
    figures = results["baselines"]["figures"]
    equal = figures["equal_evaluations"]
    assert {len(tracks) for tracks in equal.values()} == {1}
    assert max(each["evaluations"] for tracks in equal.values() for each in tracks) <= 2_000
    for encoding in ("direct", "cppn"):
        ours = min(each["median"] for each in equal[f"map-elites, {encoding}"])
        assert ours > max(each["median"] for each in equal[f"single-class, {encoding}"])
    assert all(each["filled"] < 10 for each in figures["rule_and_variation"]["argmax-cell, direct"])
    again, steps = run(["baselines"], tmp_path, scale=0.01, seeds=1)
    assert steps == []
    assert again == results


def test_baselines_of_a_thousand_classes_need_more_evaluations(tmp_path):
    if not NETWORK.is_file():
        pytest.skip("no MobileNet in FOOLERY_DATA")
    with pytest.raises(
        UsageError, match=r"starts with 100000 images, but each search may make 2000; give a scale of 2.5"
    ):
        run(
            ["baselines"],
            tmp_path,
            scale=0.01,
            seeds=1,
            classifiers={"": f"onnx:{NETWORK}"},
            cards={"": CARD},
        )
