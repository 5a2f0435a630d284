"""``foolery ascend``: what it prints, where it writes, and what it refuses."""

import json

import numpy as np
import pytest

from foolery.canvas import to_image
from support.command import invoke, is_refused, run

pytest.importorskip("torch", reason="the extra torch is not installed")

QUICK = ("ascend", "-c", "lenet", "--rule", "first_gain=0.1", "--rule", "last_gain=0.5")


def test_run_export_and_predict_agree(tmp_path):
    out, pictures = tmp_path / "run", tmp_path / "pictures"
    finished = invoke(*QUICK, "--classes", "3,8", "-n", "90", "--until", "0.9999", "-o", out, "--json")
    assert finished.returncode == 0, finished.stderr
    found = json.loads(finished.stdout)
    assert (found["search"], found["fooled"]["0.9999"]) == ("ascent", 2)
    assert found["search_options"]["first_gain"] == 0.1
    assert invoke("export", out, "-o", pictures).returncode == 0
    said = json.loads(invoke("predict", "lenet", *sorted(pictures.glob("*.png")), "--json").stdout)
    for image, champion in zip(said["images"], found["champions"], strict=True):
        assert image["top"][0]["class"] == champion["class"]
        assert image["top"][0]["confidence"] == pytest.approx(champion["confidence"], abs=1e-6)
        assert image["top"][0]["confidence"] >= 0.9999
    assert invoke("verify", out).returncode == 0
    assert invoke("report", out, "-o", tmp_path / "gallery").returncode == 0
    page = (tmp_path / "gallery" / "index.html").read_text()
    assert "Gradient ascent, seed 0" in page
    assert "the mean pixel of the preprocessing plus a little noise" in page
    assert "ascent, plain, from mean" in invoke("show", out).stdout


def test_without_out_the_run_gets_a_name(tmp_path):
    finished = run("ascend", "-c", "lenet", "-n", "2", "--seed", "4", cwd=tmp_path)
    assert finished.returncode == 0, finished.stderr
    assert finished.stderr == "run: runs/lenet-ascent-seed4\n"
    assert "foolery report runs/lenet-ascent-seed4" in finished.stdout


def test_from_a_picture_the_distances_are_printed(tmp_path):
    picture = tmp_path / "digit.png"
    to_image(np.random.default_rng(0).integers(0, 256, (1, 28, 28), np.uint8)).save(picture)
    words = (*QUICK, "--start", str(picture), "--classes", "7", "-n", "20", "-o")
    assert "distance    7: L2 " in invoke(*words, tmp_path / "first").stdout
    (far,) = json.loads(invoke(*words, tmp_path / "second", "--json").stdout)["distances"]
    assert far["label"] == "7"
    assert far["l2"] > 0
    assert 0 < far["linf"] <= 255


def test_a_budget_and_resume(tmp_path):
    words = (*QUICK, "-n", "8", "--classes", "1", "-o", tmp_path / "run")
    part = json.loads(invoke(*words, "--budget", "13", "--json").stdout)
    assert (part["generations"], part["queries"]) == (4, 13)
    whole = json.loads(invoke(*words, "--resume", "--json").stdout)
    assert (whole["generations"], whole["queries"]) == (8, 25)


def test_what_cannot_be_used_is_refused_in_one_line(tmp_path):
    is_refused(invoke("ascend", "-c", "lenet", "--preset", "plane"), "did you mean plain")
    is_refused(invoke("ascend", "-c", "lenet", "--rule", "first_gain"), "--rule: expected NAME=NUMBER")
    is_refused(invoke("ascend", "-c", "lenet", "--start", "nowhere.png"), "there is no file nowhere.png")
    is_refused(invoke("ascend", "-c", "tencrop:lenet"), "tencrop")
    is_refused(
        invoke("ascend", "-c", "ensemble:lenet+lenet-b", "-o", tmp_path / "run"), "no gradients", "evolve"
    )
    assert not (tmp_path / "run").exists()
