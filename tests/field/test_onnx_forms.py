"""Each form in which people hold ONNX files, one at a time: the card is right, and so is the accuracy."""

import json
from dataclasses import replace

import pytest

from foolery.classifiers import load_classifier
from foolery.classifiers.card import card_beside, read_card
from support.command import invoke
from support.random_networks import (
    BATCHES,
    LAYOUTS,
    OUTPUTS,
    RANGES,
    RESIZES,
    TYPES,
    Situation,
    build,
    check,
    situation,
)

PLAIN = Situation(
    seed=2,
    classes=6,
    size=(16, 16),
    network_gray=False,
    photos_gray=False,
    order="rgb",
    range="one",
    layout="nchw",
    dtype="float",
    batch="N",
    output="logits",
    names="folders",
    resize="same size",
    mislabelled=0.0,
)


def found(one: Situation, folder):
    """The card that is written for a situation, of which every photo is answered rightly."""
    assert check(one, folder) == "right"
    return read_card(card_beside(folder / "net.onnx"))


@pytest.mark.parametrize("output", OUTPUTS)
def test_every_form_of_output_is_read(output, tmp_path):
    two = output.startswith("one ")
    card = found(replace(PLAIN, output=output, classes=2 if two else 6), tmp_path)
    probabilities = {
        "softmax", "sigmoids", "half", "rounded", "bytes", "one sigmoid", "map of words", "map of numbers",
        "label and probabilities", "arg max first", "embedding first",
    }  # fmt: skip
    assert card.output == ("probabilities" if output in probabilities else "logits")
    assert card.kind == ("sigmoid" if output == "sigmoids" else "softmax")
    several = {"arg max first": "p", "embedding first": "p", "label and probabilities": "p"}
    assert card.output_name == (several | {"probabilities first": "logits"}).get(output)
    assert card.background == (1 if output == "background first" else 0)
    assert ("background" in card.classes) == (output == "background last")


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("seed", [2, 3])
def test_every_form_of_input_is_fed(layout, seed, tmp_path):
    gray = layout == "no channel"
    one = replace(
        PLAIN,
        layout=layout,
        seed=seed,
        batch="one" if layout == "bare" else "N",
        network_gray=gray,
        photos_gray=gray,
        order="gray" if gray else "bgr",
    )
    card = found(one, tmp_path)
    assert card.preprocessing.channel_order == one.order
    expected = {"nhwc": "nhwc", "nchw": "nchw", "five axes": "nchw"}.get(layout)
    assert expected in (None, card.preprocessing.layout)


@pytest.mark.parametrize("batch", BATCHES)
def test_every_batch_axis_is_kept_to(batch, tmp_path):
    card = found(replace(PLAIN, batch=batch), tmp_path)
    assert card.batch == (1 if batch == "promised" else None)
    classifier = load_classifier(f"onnx:{tmp_path / 'net.onnx'}")
    chunks = {"one": 1, "four": 4, "promised": 1}
    assert classifier.description.forward["chunk"] == chunks.get(batch, 25)
    assert any("one image at a time" in note for note in classifier.description.notes) == (
        batch == "promised"
    )


@pytest.mark.parametrize("dtype", TYPES)
def test_every_type_of_number_goes_in(dtype, tmp_path):
    card = found(replace(PLAIN, dtype=dtype, range="255" if "int" in dtype else "one"), tmp_path)
    if dtype == "int8":
        assert (card.preprocessing.scale, set(card.preprocessing.mean)) == (1.0, {128.0})


@pytest.mark.parametrize("name", RANGES)
@pytest.mark.parametrize("gray", [False, True])
def test_every_range_is_found_or_one_that_does_as_well(name, gray, tmp_path):
    one = replace(PLAIN, range=name, network_gray=gray, photos_gray=gray, order="gray" if gray else "rgb")
    found(one, tmp_path)


@pytest.mark.parametrize("gray", [False, True])
def test_gray_networks_are_given_color_and_the_other_way_round(gray, tmp_path):
    one = replace(PLAIN, network_gray=gray, photos_gray=not gray, order="gray" if gray else "rgb")
    assert found(one, tmp_path).preprocessing.canvas.channels == (1 if gray else 3)


@pytest.mark.parametrize("resize", RESIZES)
def test_every_way_to_fit_a_photo_is_found_or_one_that_does_as_well(resize, tmp_path):
    how = found(replace(PLAIN, resize=resize, classes=12, size=(12, 12)), tmp_path).preprocessing
    said = {"squash": "squash", "letterbox": "squash", "gray letterbox": "squash", "corner": "corner"}
    assert how.resize == said.get(
        resize, "crop"
    )  # these networks do not mind whether a letterbox is squashed


def test_a_letterbox_is_found_where_a_squashed_photo_is_not_as_good(tmp_path):
    how = found(situation(134), tmp_path).preprocessing
    assert how.resize == "letterbox"


def test_names_in_another_order_are_refused_with_the_names(tmp_path):
    made = build(replace(PLAIN, names="wrong file"), tmp_path)
    data = f"folder:{made.data}"
    finished = invoke("card", made.graph, "--data", data, "--class-names", made.class_names)
    assert finished.returncode == 2
    last = finished.stderr.splitlines()[-1]
    assert last.startswith("error: card: the class names are in another order than the outputs")
    assert "right, and 100.0% would be with the names moved" in last
    assert not card_beside(made.graph).exists()


def test_what_was_chosen_is_said_first(tmp_path):
    made = build(replace(PLAIN, output="embedding first", names="numbers", classes=12), tmp_path)
    finished = invoke("card", made.graph, "--data", f"folder:{made.data}")
    notes = [line for line in finished.stdout.splitlines() if line.startswith("note ")]
    assert notes == [
        "note       scores are read from output p; the file also gives embedding",
        *(line for line in notes[1:] if "own order" in line),
    ]
    assert "95 % interval" in finished.stdout
    assert "scores are read from output p" in json.loads(card_beside(made.graph).read_text())["notes"]


def test_an_output_can_be_named_and_one_that_is_not_there_is_refused(tmp_path):
    made = build(replace(PLAIN, output="probabilities first"), tmp_path)
    data = f"folder:{made.data}"
    refused = invoke("card", made.graph, "--data", data, "--output", "none")
    assert refused.returncode == 2
    assert refused.stderr.splitlines()[-1] == "error: --output: 'none'; outputs that can hold scores: logits"
    finished = invoke("card", made.graph, "--data", data, "--output", "logits", "--json")
    assert json.loads(finished.stdout)["output_name"] == "logits"
