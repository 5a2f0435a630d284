"""Other preprocessing: what preflight says of a wrapped model is what ``card`` finds for its file."""

import os
from pathlib import Path

import numpy as np
import pytest

import foolery
from foolery.checks.card_search import find_card
from foolery.checks.other_preprocessing import best_other_preprocessing
from foolery.data import load_data

SHIPPED = Path(foolery.__file__).parent / "classifiers" / "shipped"


@pytest.fixture(scope="module")
def network():
    pytest.importorskip("torch", reason="the extra torch is not installed")
    return foolery.load_classifier("cifar", backend="torch")


@pytest.fixture(scope="module")
def images():
    pytest.importorskip("pyarrow", reason="the extra dataset is not installed")
    file = Path(os.environ.get("FOOLERY_DATA", "")) / "cifar10" / "test.parquet"
    if not file.is_file():
        pytest.skip("FOOLERY_DATA names no folder with cifar10/test.parquet")
    return load_data(f"parquet:{file}", "test")


def wrapped(network, **preprocessing):
    return foolery.wrap(
        network.network, canvas=(3, 32, 32), classes=network.description.classes, **preprocessing
    )


def check_of(result):
    return next(each for each in result if each.name == "preprocessing")


def test_a_forgotten_mean_is_what_card_finds_for_the_file(network, images, tmp_path):
    check = check_of(foolery.preflight(wrapped(network), images, 200))
    assert check.status == "warn"
    for name in ("cifar.onnx", "cifar.safetensors"):
        (tmp_path / name).write_bytes((SHIPPED / name).read_bytes())
    card = find_card(tmp_path / "cifar.onnx", images, max_images=200)
    named = check.message.removeprefix("another way is better, ").partition(":")[0]
    assert named in [family.removesuffix(", RGB") for family in (card.family, *card.close)]
    other = best_other_preprocessing(wrapped(network), images)
    assert other.accuracy == pytest.approx(card.accuracy, abs=0.03)
    right = wrapped(network, scale=other.preset.scale, mean=other.preset.mean, std=other.preset.std)
    assert check_of(foolery.preflight(right, images, 200)).status == "pass"


def test_a_function_that_takes_canvases_has_no_other(images):
    def light(canvases):
        return np.stack([canvases.mean(axis=(1, 2, 3)) / 255] * 10, axis=1)

    raw = foolery.wrap(light, canvas=(3, 32, 32), classes=images.classes)
    assert best_other_preprocessing(raw, images) is None
