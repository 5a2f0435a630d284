"""``foolery preflight``: the table, and the gate."""

import json

import numpy as np

from foolery.classifiers.card import card_beside
from support.command import invoke, is_refused
from support.onnx_files import card, linear, toy


def test_the_table_has_a_line_for_each_check(tmp_path):
    shown = invoke("preflight", f"onnx:{toy(tmp_path)}")
    assert shown.returncode == 0, shown.stderr
    lines = shown.stdout.splitlines()
    assert lines[1] == "canvas      gray 4 x 4, softmax"
    assert lines[2].startswith("input       whole canvas, (pixel * 1 - 0) / 1, gray, nchw")
    assert {line.split()[0] for line in lines[3:]} <= {"pass", "warn"}


def test_the_accuracy_is_measured_where_data_is_given(mnist):
    found = json.loads(
        invoke("preflight", "lenet", "--data", "mnist", "--max-images", "300", "--json").stdout
    )
    assert found["passed"]
    assert found["description"]["canvas"] == [1, 28, 28]
    said = {check["name"]: check for check in found["checks"]}
    assert "on 300 images" in said["accuracy"]["message"]
    assert said["accuracy"]["status"] == "pass"


def test_a_network_with_its_softmax_inside_and_a_card_that_does_not_say_so_fails(tmp_path):
    path = linear(
        tmp_path / "net.onnx", np.random.default_rng(0).normal(size=(16, 3)) / 100, (1, 4, 4), "Softmax"
    )
    card(4, 4, 3).write(card_beside(path))
    shown = invoke("preflight", f"onnx:{path}")
    assert shown.returncode == 1
    assert 'write "output": "probabilities" into its card' in shown.stdout
    assert shown.stderr.splitlines() == ["error: preflight: 1 checks failed, 0 warned"]


def test_strict_stops_at_warnings(tmp_path):
    path = linear(
        tmp_path / "net.onnx", np.random.default_rng(0).normal(size=(16, 3)) / 100, (1, 4, 4), "Softmax"
    )
    card(4, 4, 3).model_copy(update={"output": "probabilities"}).write(card_beside(path))
    assert invoke("preflight", f"onnx:{path}").returncode == 0
    strict = invoke("preflight", f"onnx:{path}", "--strict", "--json")
    assert strict.returncode == 1
    found = json.loads(strict.stdout)
    assert (found["passed"], found["strict"]) == (False, True)
    assert [check["name"] for check in found["checks"] if check["status"] == "warn"] == ["saturation"]


def test_a_network_that_gives_nan_fails_in_one_line(tmp_path):
    path = linear(tmp_path / "net.onnx", np.full((16, 3), np.nan), (1, 4, 4))
    card(4, 4, 3).write(card_beside(path))
    shown = invoke("preflight", f"onnx:{path}")
    assert shown.returncode == 1
    assert shown.stdout.splitlines()[-1].startswith("fail  scores")


def test_words_that_cannot_be_used(tmp_path):
    is_refused(invoke("preflight", "lenet", "--max-images", "0"), "--max-images: expected at least 1")
    is_refused(invoke("preflight", "lenet", "--data", f"folder:{tmp_path}"), "no images")
