"""``foolery train``: three files and a card that says how they were made."""

import json

import pytest

from foolery.data import load_data
from foolery.errors import UsageError
from support.command import invoke, is_refused, run


def test_a_trained_network_can_be_fooled_and_measured(tmp_path):
    pytest.importorskip("torch", reason="the extra torch is not installed")
    try:
        load_data("mnist", "train")
    except UsageError as error:
        pytest.skip(str(error))
    words = ("--iterations", "30", "--seed", "5", "--out", tmp_path, "--name", "tiny", "--json")
    trained = run("train", "lenet", *words)
    assert trained.returncode == 0, trained.stderr
    card = json.loads(trained.stdout)
    assert card["name"] == "tiny"
    assert "--iterations 30" in card["made_by"]
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "tiny.card.json",
        "tiny.onnx",
        "tiny.safetensors",
    ]
    is_refused(invoke("train", "lenet", *words), "tiny", "overwrite")
    measured = run("evaluate", f"onnx:{tmp_path / 'tiny.onnx'}", "--json")
    assert json.loads(measured.stdout)["error"] == pytest.approx(card["test_error"], abs=1e-3)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["lanet"], ["'lanet'", "lenet"]),
        (["lenet", "--data", "cifar"], ["'cifar'", "mnist"]),
        (["lenet", "--seed", "-1"], ["seed", "-1"]),
        (["lenet", "--iterations", "0"], ["iterations", "0"]),
    ],
    ids=" ".join,
)
def test_what_cannot_be_used_gets_one_line_and_no_file(tmp_path, words, expected):
    is_refused(invoke("train", *words, "--out", tmp_path / "out"), *expected)
    assert not (tmp_path / "out").exists()
