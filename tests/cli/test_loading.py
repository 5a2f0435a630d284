"""Loading: fields of a card from the command line, and what is said before the long work starts."""

import json
from pathlib import Path

import pytest

from foolery.classifiers.builtin import SHIPPED
from foolery.cli.loading import fields
from foolery.errors import UsageError
from support.command import is_refused, run


def test_values_are_json_or_words():
    given = ["scale=0.5", "mean=[0.1]", "channel_order=gray", "name=a=b"]
    assert fields(given) == {"scale": 0.5, "mean": [0.1], "channel_order": "gray", "name": "a=b"}


@pytest.mark.parametrize("given", [["scale"], ["=1"], ["scale=1", "scale=2"]])
def test_words_that_set_no_field_are_refused(given: list[str]):
    with pytest.raises(UsageError, match="--set: expected FIELD=VALUE, each field once"):
        fields(given)


@pytest.fixture
def graph(tmp_path: Path) -> Path:
    """The shipped network as somebody's ONNX file, with its card beside it."""
    pytest.importorskip("onnxruntime", reason="the extra onnx is not installed")
    for name in ("lenet.onnx", "lenet.safetensors", "lenet.card.json"):
        (tmp_path / name).write_bytes((SHIPPED / name).read_bytes())
    return tmp_path / "lenet.onnx"


def test_a_field_that_is_set_overrides_the_card(graph: Path):
    as_it_is = run("preflight", f"onnx:{graph}", "--json")
    halved = run("preflight", f"onnx:{graph}", "--set", f"scale={1 / 512}", "--json")
    first, second = (json.loads(done.stdout)["description"] for done in (as_it_is, halved))
    assert second["preprocessing"]["scale"] == first["preprocessing"]["scale"] / 2
    assert second["fingerprint"] != first["fingerprint"]


def test_a_field_that_no_card_has_is_refused(graph: Path):
    is_refused(run("preflight", f"onnx:{graph}", "--set", "skale=1"), "skale")


def test_a_budget_says_first_what_it_takes_and_then_ends_the_search(graph: Path, tmp_path: Path):
    done = run(
        "evolve", "-c", f"onnx:{graph}", "--batch", "50", "--budget", "420", "-o", tmp_path / "run", "--json"
    )
    assert done.returncode == 0
    assert "images/s: 420 queries take about" in done.stderr
    assert json.loads(done.stdout)["queries"] == 400


@pytest.mark.parametrize("budget", ["0", "many", "-5", "5 days"])
def test_a_budget_that_makes_no_sense_is_refused(budget: str, tmp_path: Path):
    done = run("evolve", "-c", "lenet", f"--budget={budget}", "-o", tmp_path / "run")
    is_refused(done, "budget: expected a number of queries, or 90s, 5m or 2h")
    assert not (tmp_path / "run").exists()
