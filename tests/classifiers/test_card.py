import json
from pathlib import Path

import pytest
from pydantic import ValidationError

from foolery.canvas import CanvasShape
from foolery.classifiers.card import Card, card_beside, make_card, read_card
from foolery.errors import UsageError

WHOLE = {
    "foolery_card": 1,
    "name": "cheetahs",
    "kind": "softmax",
    "classes": ["cheetah", "no cheetah"],
    "preprocessing": {
        "canvas": {"channels": 3, "height": 256, "width": 256},
        "crop": {"height": 224, "width": 224},
        "scale": 0.00392156862745098,
        "mean": [0.485, 0.456, 0.406],
        "std": [0.229, 0.224, 0.225],
        "channel_order": "rgb",
        "layout": "nchw",
    },
    "made_by": "hand",
    "test_error": 0.25,
}


def changed(at: str, value: object) -> str:
    """``WHOLE`` as JSON with one field set, or left out for ``...``."""
    card = json.loads(json.dumps(WHOLE))
    *path, last = at.split(".")
    place = card
    for step in path:
        place = place[step]
    if value is ...:
        del place[last]
    else:
        place[last] = value
    return json.dumps(card)


def test_a_card_is_read_as_it_was_written(tmp_path: Path):
    card = Card.model_validate_json(json.dumps(WHOLE))
    card.write(tmp_path / "net.card.json")
    assert read_card(tmp_path / "net.card.json") == card
    assert card.preprocessing.shape == CanvasShape(3, 256, 256)
    assert card.classes == ("cheetah", "no cheetah")


def test_a_card_lies_beside_the_weights():
    assert card_beside(Path("nets/v1.2.onnx")) == Path("nets/v1.2.card.json")
    assert card_beside(Path("net.safetensors")) == Path("net.card.json")


def test_a_card_does_not_change():
    with pytest.raises(ValidationError, match="frozen"):
        Card.model_validate_json(json.dumps(WHOLE)).name = "other"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("at", "value", "said"),
    [
        ("classes", [], "classes: .* at least 1"),
        ("kind", "argmax", "kind: .*'softmax', 'sigmoid' or 'similarity'"),
        ("foolery_card", 2, "foolery_card: .* 1"),
        ("preprocessing.mean", [0.5], "preprocessing: .* one value for each of the 3 channels"),
        ("preprocessing.mean", [0.5, "0.5", 0.5], r"preprocessing\.mean\.1: "),
        ("preprocessing.std", [1.0, 0.0, 1.0], r"preprocessing\.std\.1: .* greater than 0"),
        ("preprocessing.scale", float("nan"), r"not JSON \(NaN is no number of JSON\)"),
        ("preprocessing.channel_order", "gray", "preprocessing: .* does not fit 3 channels"),
        ("preprocessing.crop.height", 300, "preprocessing: .* larger than the canvas"),
        ("preprocessing.canvas.width", 0, r"preprocessing\.canvas\.width: .* greater than or equal to 1"),
        ("preprocessing.canvas.channels", 4, r"preprocessing\.canvas\.channels: .* 1 or 3"),
        ("tset_error", 0.1, "tset_error: Extra inputs"),
        ("classes", ["cat", "dog", "cat"], "classes has 'cat' twice"),
        ("classes", "imagnet", "no list is called 'imagnet'; did you mean imagenet"),
        ("output", "softmax", "output: .*'logits' or 'probabilities'"),
        ("background", -1, "background: .* greater than or equal to 0"),
    ],
)
def test_what_is_wrong_or_missing_is_named_in_one_line(tmp_path: Path, at, value, said):
    path = tmp_path / "net.card.json"
    path.write_text(changed(at, value))
    with pytest.raises(UsageError, match=said) as caught:
        read_card(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe"])
def test_a_file_that_is_no_card_is_refused(tmp_path: Path, content):
    (tmp_path / "net.card.json").write_bytes(content)
    with pytest.raises(UsageError, match="the file: "):
        read_card(tmp_path / "net.card.json")


def test_a_missing_card_is_refused_with_the_option(tmp_path: Path):
    with pytest.raises(UsageError, match=r"cannot read .*absent.*--card FILE"):
        read_card(tmp_path / "absent.card.json")


@pytest.mark.parametrize(
    ("left_out", "said"),
    [
        (["classes"], r"missing: classes \(a list of names, or classes_file"),
        (["preprocessing"], r"missing: preprocessing \(canvas, mean, std and channel_order\)"),
        (
            ["preprocessing.mean", "preprocessing.std"],
            r"missing: preprocessing\.mean \(one number per channel .*\); preprocessing\.std \(",
        ),
    ],
)
def test_half_a_card_names_all_that_is_missing_and_what_to_write(tmp_path: Path, left_out, said):
    content = json.loads(json.dumps(WHOLE))
    for at in left_out:
        *path, last = at.split(".")
        del (content[path[0]] if path else content)[last]
    (tmp_path / "net.card.json").write_text(json.dumps(content))
    with pytest.raises(UsageError, match=said) as caught:
        read_card(tmp_path / "net.card.json")
    assert "\n" not in str(caught.value)


def test_similarity_needs_no_output():
    with pytest.raises(UsageError, match="output must be left out where kind is similarity"):
        make_card(WHOLE | {"kind": "similarity", "output": "probabilities"}, "card")


def with_names(folder: Path, **fields: object) -> Path:
    content = {name: value for name, value in WHOLE.items() if name != "classes"} | fields
    path = folder / "net.card.json"
    path.write_text(json.dumps(content))
    return path


def test_class_names_may_lie_in_a_file_beside_the_card(tmp_path: Path):
    (tmp_path / "names.txt").write_text("gepard\nkein Gepard\n")
    assert read_card(with_names(tmp_path, classes_file="names.txt")).classes == ("gepard", "kein Gepard")


def test_class_names_may_be_a_list_that_foolery_knows(tmp_path: Path):
    classes = read_card(with_names(tmp_path, classes="imagenet")).classes
    assert (len(set(classes)), classes[0], classes[1]) == (1000, "tench", "goldfish")


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"classes_file": "absent.txt"}, "classes: cannot read .*absent"),
        ({"classes_file": "../secret.txt"}, "lies outside the card's folder"),
        ({"classes_file": "/etc/passwd"}, "lies outside the card's folder"),
        ({"classes_file": 3}, "classes_file: expected the name of a file"),
        ({"classes_file": "a.txt", "classes": ["a"]}, "both given; leave one out"),
    ],
)
def test_a_file_of_class_names_that_cannot_be_used_is_refused(tmp_path: Path, fields, said):
    with pytest.raises(UsageError, match=said) as caught:
        read_card(with_names(tmp_path, **fields))
    assert str(caught.value).startswith(f"card {tmp_path}")


def test_options_override_the_card(tmp_path: Path):
    (tmp_path / "net.card.json").write_text(json.dumps(WHOLE))
    changed_card = read_card(
        tmp_path / "net.card.json",
        {"mean": (0.0, 0.0, 0.0), "kind": "sigmoid", "classes": ("a", "b")},
    )
    assert changed_card.preprocessing.mean == (0.0, 0.0, 0.0)
    assert changed_card.preprocessing.std == (0.229, 0.224, 0.225)
    assert (changed_card.kind, changed_card.classes) == ("sigmoid", ("a", "b"))


def test_the_cards_in_the_documentation_are_cards():
    cards = sorted((Path(__file__).parents[2] / "docs" / "cards").glob("*.card.json"))
    assert len(cards) >= 3
    for path in cards:
        assert len(read_card(path).classes) == 1000
