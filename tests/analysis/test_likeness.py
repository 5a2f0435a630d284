"""Relatedness, diversity and the band of confusable classes, on planted likeness."""

from dataclasses import replace

import numpy as np
import pytest

from foolery.analysis.confusable import class_medians, compare_band, crowding, dogs_and_cats
from foolery.analysis.descriptors import cosines, distances, textures, thumbnails
from foolery.analysis.diversity import measure_diversity
from foolery.analysis.relatedness import measure_relatedness
from foolery.canvas import canvas_hash
from foolery.classifiers import load_classifier
from foolery.classifiers.class_names import named_list
from foolery.classifiers.layers import LastLayer
from foolery.engine.evolution import evolve
from foolery.errors import UsageError
from support.plain import Plain, noise
from support.results import run_result

pytest.importorskip("scipy", reason="the extra paper is not installed")

NAMES = tuple(f"class {at}" for at in range(12))


def with_canvases(canvases, **more):
    made = run_result(classes=NAMES, canvas=canvases.shape[1:], confidences=(0.9,) * 12, **more)
    champions = {
        label: replace(one, canvas=canvas, canvas_hash=canvas_hash(canvas))
        for (label, one), canvas in zip(made.champions.items(), canvases, strict=True)
    }
    return replace(made, champions=champions)


def asked(made):
    classifier = Plain(0, made.settings.canvas, classes=NAMES)
    classifier.description = replace(classifier.description, fingerprint=made.settings.fingerprint)
    return classifier


def families(seed=0, same=6):
    """Twelve canvases in pairs that look alike, and weights in the same pairs."""
    generator = np.random.default_rng(seed)
    base = generator.integers(0, 256, (6, 1, 16, 16)).repeat(2, axis=0)
    canvases = np.clip(base + generator.integers(-20, 20, base.shape), 0, 255).astype(np.uint8)
    weights = generator.normal(size=(6, 30)).repeat(2, axis=0) + 0.3 * generator.normal(size=(12, 30))
    return canvases, weights


def layer(weights):
    return LastLayer(weights, lambda canvases: canvases.reshape(len(canvases), -1) / 255.0)


def test_related_classes_with_similar_images_are_found():
    canvases, weights = families()
    made = with_canvases(canvases)
    found = measure_relatedness([made], asked(made), layer=layer(weights), permutations=199)
    assert found.closest.statistic == pytest.approx(1.0)
    assert found.closest.p == 1 / 200
    assert found.thumbnail.statistic > 0.2
    assert found.thumbnail.p < 0.05
    one, other, _, rank = found.nearest(1)[0]
    assert int(one.split()[1]) // 2 == int(other.split()[1]) // 2
    assert rank < 0.1


def test_images_that_say_nothing_of_the_classes_are_not():
    _, weights = families()
    made = with_canvases(noise(12, (1, 16, 16)))
    found = measure_relatedness([made], asked(made), layer=layer(weights), permutations=199)
    assert found.closest.p > 0.01
    assert abs(found.closest.statistic - 0.5) < 0.25


def test_pairs_that_one_individual_holds_can_be_left_out():
    canvases, weights = families()
    made = with_canvases(canvases)
    shared = {
        label: replace(one, individual=one.index // 2) for label, one in made.champions.items()
    }  # fmt: skip
    made = replace(made, champions=shared)
    found = measure_relatedness([made], asked(made), layer=layer(weights), permutations=99)
    assert found.shared == pytest.approx(6 / 66)
    assert found.distinct.statistic < found.thumbnail.statistic


def test_a_real_network_says_which_of_its_classes_are_related():
    pytest.importorskip("onnx", reason="the extra torch, which brings onnx, is not installed")
    pytest.importorskip("onnxruntime", reason="the extra onnx is not installed")
    lenet = load_classifier("lenet")
    made = evolve(lenet, generations=3, batch=20)
    found = measure_relatedness([made], lenet, permutations=19)
    assert found.classes == tuple("0123456789")
    assert np.allclose(np.diag(found.similarity), 1)
    with pytest.raises(UsageError, match=r"was made against lenet .*, not against lenet-b"):
        measure_relatedness([made], load_classifier("lenet-b"))


def test_runs_that_agree_on_a_class_are_told_from_runs_that_do_not():
    generator = np.random.default_rng(0)
    common = generator.integers(0, 256, (12, 1, 16, 16))
    alike, unlike = [], []
    for seed in range(4):
        other = np.random.default_rng(seed + 1).integers(0, 256, (12, 1, 16, 16))
        alike.append(with_canvases((0.8 * common + 0.2 * other).astype(np.uint8), seed=seed))
        unlike.append(with_canvases(other.astype(np.uint8), seed=seed))

    def spread(runs):
        points = [thumbnails(np.stack([one.canvas for one in run.champions.values()])) for run in runs]
        return measure_diversity(runs, points, permutations=199)

    close, far = spread(alike), spread(unlike)
    assert close.ratio < 0.5
    assert far.ratio > 0.9
    assert close.test.p == 1 / 200
    assert far.test.p > 0.01
    assert close.share < 0.1
    assert far.share == pytest.approx(0.5, abs=0.1)


def test_one_run_cannot_be_compared():
    made = with_canvases(noise(12, (1, 16, 16)))
    with pytest.raises(UsageError, match="at least two runs, got 1"):
        measure_diversity([made], [np.zeros((12, 2))])
    other = run_result()
    with pytest.raises(UsageError, match="the same two or more classes"):
        measure_diversity([made, other], [np.zeros((12, 2)), np.zeros((10, 2))])


def test_a_texture_is_the_same_wherever_it_begins():
    waves = np.rint(127 + 120 * np.sin(np.arange(64) * 2 * np.pi / 16 + np.array([[0.0], [1.5], [3.0]])))
    canvases = np.tile(waves.astype(np.uint8)[:, None, None], (1, 1, 64, 1))
    same = distances(textures(canvases)).max()
    turned = distances(textures(np.concatenate([canvases[:1], canvases[:1].swapaxes(2, 3)]))).max()
    assert same < 0.1 * turned


def test_distances_and_cosines_are_what_they_are_called():
    points = np.random.default_rng(0).normal(size=(7, 5))
    expected = np.sqrt(((points[:, None] - points[None]) ** 2).mean(axis=2))
    assert distances(points) == pytest.approx(expected)
    centered = points - points.mean(axis=0)
    norms = np.linalg.norm(centered, axis=1)
    assert cosines(points) == pytest.approx(centered @ centered.T / np.outer(norms, norms))


def test_dogs_and_cats_are_found_by_their_names_in_any_order():
    classes = named_list("imagenet")
    found = dogs_and_cats(classes)
    assert (found[0], found[-1], len(found)) == ("Chihuahua", "Egyptian cat", 135)
    assert set(dogs_and_cats(classes[::-1])) == set(found)
    with pytest.raises(UsageError, match="only 0 of ImageNet's 135 dogs and cats are among the 10 classes"):
        dogs_and_cats(tuple("0123456789"))


def test_a_weak_band_is_weak():
    values = np.where(np.arange(100) < 20, 0.3, 0.8) + np.random.default_rng(0).uniform(-0.1, 0.1, 100)
    names = tuple(f"class {at}" for at in range(100))
    runs = [run_result(classes=names, confidences=tuple(values + shift)) for shift in (0, 0.01, 0.02)]
    assert class_medians(runs)["class 7"] == pytest.approx(values[7] + 0.01)
    found = compare_band(runs, names[:20])
    assert (len(found.inside), len(found.outside)) == (20, 80)
    assert found.test.share < 0.01
    assert found.test.p < 1e-4
    assert found.interval_inside[1] < found.interval_outside[0]
    with pytest.raises(UsageError, match="inside the band and of others outside"):
        compare_band(runs, names)


def test_a_class_among_close_ones_is_crowded():
    _, weights = families()
    crowd = np.concatenate([weights[:1] + 0.01 * weights, weights])
    assert crowding(crowd)[:12].min() > crowding(crowd)[13:].max()
