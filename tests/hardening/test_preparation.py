"""Preparation: network and data are found and checked before anything is trained."""

from __future__ import annotations

import pytest

from foolery.classifiers.builtin import SHIPPED
from foolery.data import LabelledImages
from foolery.errors import UsageError
from foolery.hardening.preparation import prepare_arms_race

pytest.importorskip("torch", reason="the extra torch is not installed")

SETTINGS = {"rounds": 2, "first_runs": 10, "runs": 10}


def folder_of(mnist: LabelledImages, where, count: int = 40):
    """Digits as an image folder."""
    from foolery.canvas import to_image

    for row in range(count):
        path = where / "digits" / mnist.classes[row % 10] / f"{row}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        to_image(mnist.canvases[row]).save(path)
    return where / "digits"


def test_an_architecture_is_trained_from_scratch(mnist):
    ready = prepare_arms_race("lenet", "mnist", "class", settings=SETTINGS)
    assert (ready.config.start, ready.config.architecture, ready.config.copies) == (None, "lenet", 1)
    assert len(ready.train_data) == 60_000
    assert len(ready.test_data) == 10_000


def test_a_fooling_class_can_be_made_larger_than_the_others(mnist):
    ready = prepare_arms_race("lenet", "mnist", "class", over_represent=7, settings=SETTINGS)
    images = 10 * 20 * ready.config.copies
    assert images == pytest.approx(7 * 6000, rel=0.01)


@pytest.mark.parametrize("network", ["lenet", f"torch:{SHIPPED / 'lenet.safetensors'}"])
def test_acet_starts_from_a_trained_network(mnist, network):
    ready = prepare_arms_race(network, "mnist", "acet", settings=SETTINGS)
    assert (ready.config.start, ready.config.architecture) == (network, "lenet")


def test_broken_pictures_are_counted_and_listed(mnist, tmp_path):
    where = folder_of(mnist, tmp_path)
    (where / "3" / "broken.png").write_bytes(b"no picture")
    with pytest.raises(UsageError, match=r"1 images cannot be read \(.*broken\.png.*--broken skip"):
        prepare_arms_race("lenet", f"folder:{where}", "class", settings=SETTINGS)
    ready = prepare_arms_race("lenet", f"folder:{where}", "class", broken="skip", settings=SETTINGS)
    assert len(ready.train_data) == 40
    assert "skipped 1 images" in ready.notes[0]


@pytest.mark.parametrize(
    ("network", "method", "more", "said"),
    [
        ("onnx:model.onnx", "acet", {}, "'onnx:model.onnx' cannot be trained"),
        ("python:mine:net", "acet", {}, "cannot be trained"),
        ("torch:nowhere.safetensors", "acet", {}, "no file nowhere.safetensors"),
        ("torchvision:alexnet", "class", {}, "method class trains from scratch"),
        ("lenet", "class", {"over_represent": 0.001}, "give fewer --first-runs"),
        ("lenet", "class", {"over_represent": -1.0}, "expected a number above 0"),
        ("lenet", "class", {"settings": {"rounds": 0}}, "rounds: .*greater than or equal to 1, got 0"),
        ("lenet", "class", {"settings": {"encoding": "cpp"}}, "encoding: 'cpp' is unknown"),
    ],
)
def test_what_cannot_be_hardened_is_refused(mnist, network, method, more, said):
    with pytest.raises(UsageError, match=said):
        prepare_arms_race(network, "mnist", method, **({"settings": SETTINGS} | more))


def test_classes_have_to_be_those_of_the_network(mnist, tmp_path):
    where = folder_of(mnist, tmp_path)
    (where / "3").rename(where / "x")
    with pytest.raises(UsageError, match="its classes are not those of lenet"):
        prepare_arms_race("lenet", f"folder:{where}", "acet", settings=SETTINGS)
