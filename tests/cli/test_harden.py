"""``foolery harden``: an arms race from the command line, with the examples of the how-to page."""

import json
import re
import shlex
from pathlib import Path

import pytest

from support.command import invoke, is_refused, run

pytest.importorskip("torch", reason="the extra torch is not installed")

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "harden-a-network.md"
SHORT = ["--runs", "2", "-n", "3", "--batch", "50", "--iterations", "20"]


def test_a_race_is_printed_and_can_be_gone_on_with(mnist_train, tmp_path):
    out = tmp_path / "race"
    shown = run("harden", "lenet", *SHORT, "--out", out)
    lines = shown.stdout.splitlines()
    networks = [line for line in lines if line.startswith("DNN")]
    assert [line.split()[:2] for line in networks] == [["DNN", "1"], ["DNN", "2"]]
    assert str(out / "round-02" / "network.onnx") in lines[-1]
    assert "2 trainings" in shown.stderr
    is_refused(
        invoke("harden", "lenet", *SHORT, "--out", out),
        "holds an arms race already", "--resume",
        after_reading=True,
    )  # fmt: skip
    again = json.loads(run("harden", "lenet", *SHORT, "--out", out, "--resume", "--json").stdout)
    assert [each["fooling_images"] for each in again["rounds"]] == [0, 40]


def test_the_examples_of_the_page(mnist_train, tmp_path):
    blocks = re.findall(r"```sh\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines()]
    assert [line.split()[1] for line in lines] == ["harden", "evaluate", "report", "harden", "harden"]
    for line in lines:
        done = run(*shlex.split(line)[1:], cwd=tmp_path)
        assert done.returncode == 0, done.stderr
    assert (tmp_path / "pages" / "index.html").is_file()
    assert (tmp_path / "race" / "round-03" / "round.json").is_file()
    assert (tmp_path / "calm" / "round-02" / "network.onnx").is_file()


def test_the_python_of_the_page(mnist_train, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (block,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    values = {}
    exec(compile(block, str(PAGE), "exec"), values)
    assert [each.fooling_images for each in values["race"].rounds] == [0, 40]
    assert (tmp_path / "race-page" / "index.html").is_file()
    assert len(values["audited"].description.classes) == 11


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["onnx:x.onnx", "--method", "acet"], ["cannot be trained", "lenet"]),
        (["lenet", "--method", "clas"], ["--method: unknown 'clas'", "class"]),
        (["resnet", "--method", "fine-tune"], ["'resnet' is unknown"]),
        (["digits-knn", "--method", "fine-tune"], ["cannot be fine-tuned"]),
        (["lenet", "--method", "acet", "--card", "x.json"], ["only method fine-tune takes one"]),
        (["lenet", "--broken", "ask"], ["--broken: unknown 'ask'"]),
    ],
)
def test_what_cannot_be_done_is_refused(words, expected, tmp_path):
    is_refused(invoke("harden", *words, "--out", tmp_path / "race"), *expected)
