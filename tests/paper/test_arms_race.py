"""Figures 11 and 12 at a tiny scale: networks, fooling images, networks that have seen them."""

import pytest

from foolery.canvas import to_image
from paper.test_slice import run, unjudged

pytest.importorskip("onnxruntime", reason="the extra onnx is not installed")
pytest.importorskip("torch", reason="the extra torch is not installed")
pytest.importorskip("scipy", reason="the extra paper is not installed")


def test_fig11_trains_fools_and_finds_all_of_it_again(mnist, tmp_path):
    results, steps = run(["fig11"], tmp_path, scale=0.01)
    found = results["fig11"]
    assert unjudged(found)
    first, second = found["figures"]["rounds"]
    assert (first["fooling_images"], second["fooling_images"]) == (0, 3 * 20)
    assert second["training_images"] == 60_060
    assert found["figures"]["longer"]["runs"] == 2
    medians = list(found["figures"]["longer"]["medians"].values())
    assert medians == sorted(medians)
    assert any(step.startswith("round 2: training") for step in steps)
    again, steps = run(["fig11"], tmp_path, scale=0.01)
    assert steps == []
    assert again == results


@pytest.fixture
def photos(mnist, tmp_path) -> str:
    """Digits for photos: a folder for each of ten classes."""
    for row in range(80):
        path = tmp_path / "photos" / f"class {mnist.labels[row]}" / f"{row}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        to_image(mnist.canvases[row]).save(path)
    return f"folder:{tmp_path / 'photos'}"


def test_fig12_over_represents_the_fooling_class(tmp_path, photos):
    data = {"train": photos, "test": photos}
    results, _ = run(["fig12"], tmp_path / "out", scale=0.003, data=data)
    found = results["fig12"]
    assert unjudged(found)
    config, second = found["figures"]["config"], found["figures"]["rounds"][1]
    images = 2 * 10 * config["first_runs"]
    assert second["fooling_images"] == images * config["copies"]
    assert second["fooling_images"] == pytest.approx(7 * 5000, rel=0.02)
