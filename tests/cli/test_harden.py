"""``foolery harden``: an arms race from the command line."""

import json

import pytest

from support.command import invoke, is_refused, run

pytest.importorskip("torch", reason="the extra torch is not installed")

SHORT = ["--runs", "2", "-n", "3", "--batch", "50", "--iterations", "20"]


def test_a_race_is_printed_and_can_be_gone_on_with(mnist_train, tmp_path):
    out = tmp_path / "race"
    shown = run("harden", "lenet", *SHORT, "--out", out)
    lines = shown.stdout.splitlines()
    assert [line.split()[:2] for line in lines[1:3]] == [["DNN", "1"], ["DNN", "2"]]
    assert str(out / "round-02" / "network.onnx") in lines[-1]
    assert "2 trainings" in shown.stderr
    is_refused(invoke("harden", "lenet", *SHORT, "--out", out), "holds a contest already", "--resume")
    again = json.loads(run("harden", "lenet", *SHORT, "--out", out, "--resume", "--json").stdout)
    assert [each["fooling"] for each in again["rounds"]] == [0, 40]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["onnx:x.onnx", "--method", "acet"], ["cannot be trained", "lenet"]),
        (["lenet", "--method", "clas"], ["--method: unknown 'clas'", "class"]),
        (["lenet", "--broken", "ask"], ["--broken: unknown 'ask'"]),
    ],
)
def test_what_cannot_be_done_is_refused(words, expected, tmp_path):
    is_refused(invoke("harden", *words, "--out", tmp_path / "race"), *expected)
