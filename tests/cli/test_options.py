"""Loading: fields of a card from the command line, and what is said before the long work starts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foolery.classifiers.builtin import SHIPPED
from foolery.cli._options import card_fields, comma_separated, default_run, real_number, whole_number
from foolery.errors import UsageError
from support.command import is_refused, run


def test_values_are_json_or_words():
    given = ["scale=0.5", "mean=[0.1]", "channel_order=gray", "name=a=b"]
    assert card_fields(given) == {"scale": 0.5, "mean": [0.1], "channel_order": "gray", "name": "a=b"}


@pytest.mark.parametrize("given", [["scale"], ["=1"], ["scale=1", "scale=2"]])
def test_words_that_set_no_field_are_refused(given: list[str]):
    with pytest.raises(UsageError, match="--set: expected FIELD=VALUE, each field once"):
        card_fields(given)


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


@given(st.integers())
def test_whole_reads_back_every_whole_number(number):
    assert whole_number(str(number)) == whole_number(number) == number


@pytest.mark.parametrize("text", ["", "1.5", "1e3", "ten", "0x10"])
def test_whole_takes_nothing_else(text):
    with pytest.raises(UsageError, match="whole number"):
        whole_number(text)


def test_real_takes_numbers_only():
    assert real_number("2.5") == 2.5
    with pytest.raises(UsageError, match="expected a number, got 'two'"):
        real_number("two")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, None),
        ("3", ["3"]),
        ("3, 7,", ["3", "7"]),
        ('"tench, Tinca tinca",goldfish', ["tench, Tinca tinca", "goldfish"]),
    ],
)
def test_names_are_parted_by_commas_unless_quoted(text, expected):
    assert comma_separated(text) == expected


@pytest.mark.parametrize("text", ["", " ", ",,"])
def test_no_name_at_all_is_refused(text):
    with pytest.raises(UsageError, match="--classes"):
        comma_separated(text)


@pytest.mark.parametrize(
    ("classifier", "expected"),
    [
        ("lenet", "lenet-cppn-seed4"),
        ("onnx:/somewhere/my net.onnx", "onnx-my-net-cppn-seed4"),
        ("onnx:..", "onnx-cppn-seed4"),
        ("timm:resnet50.a1_in1k", "timm-resnet50-cppn-seed4"),
    ],
)
def test_a_run_without_a_name_is_called_after_what_decides_it(classifier, expected):
    assert default_run(classifier, "cppn", 4) == Path("runs") / expected
