"""Repetition: what is repeated is found, one is kept, and the loss is measured."""

from dataclasses import replace

import numpy as np
import pytest

from foolery.analysis.repetition import fill_region, find_repeats, measure_repetition
from foolery.canvas import canvas_hash
from foolery.classifiers.base import Description
from foolery.errors import UsageError
from support.plain import noise
from support.results import run_result

pytest.importorskip("scipy", reason="the extra paper is not installed")


def dots(places, side=64, size=6, ground=(10, 20, 30), ink=(200, 20, 30)):
    canvas = np.empty((3, side, side), np.uint8)
    canvas[:] = np.array(ground, np.uint8)[:, None, None]
    for top, left in places:
        canvas[:, top : top + size, left : left + size] = np.array(ink, np.uint8)[:, None, None]
    return canvas


PLACES = [(5, 5), (5, 25), (25, 5), (40, 40)]


def test_all_but_one_of_equal_elements_are_found():
    found = find_repeats(dots(PLACES))
    assert found.elements == 4
    assert found.background.tolist() == [10, 20, 30]
    assert found.removed.sum() == 3 * 36


def test_the_kept_one_is_the_largest_and_others_are_left_alone():
    canvas = dots(PLACES)
    canvas[0, 50:62, 5:35] = 255  # another shape
    canvas[:, 40:47, 40:46] = 255  # one of the dots is larger
    found = find_repeats(canvas)
    assert found.elements == 4
    assert not found.removed[40:47, 40:46].any()
    assert not found.removed[50:62, 5:35].any()


@pytest.mark.parametrize(
    "canvas",
    [
        dots([]),
        dots([(20, 20)]),
        noise(1, (1, 28, 28))[0],
        np.tile(np.arange(64, dtype=np.uint8), (3, 64, 1)),
    ],
    ids=["empty", "one", "noise", "gradient"],
)
def test_where_nothing_is_repeated_nothing_is_found(canvas):
    assert find_repeats(canvas) is None


def test_small_specks_and_large_areas_are_no_elements():
    assert find_repeats(dots([(5, 5), (30, 30)], size=2)) is None
    assert find_repeats(dots([(0, 0), (0, 33), (33, 0)], size=31, side=128)) is not None
    assert find_repeats(dots([(2, 2), (66, 66)], size=60, side=128)) is not None


def test_filling_leaves_the_rest():
    canvas = dots(PLACES)
    found = find_repeats(canvas)
    without = fill_region(canvas, found.removed, found.background)
    assert np.array_equal(without[:, ~found.removed], canvas[:, ~found.removed])
    assert find_repeats(without) is None


class CountsRed:
    """More confident in its first class the more red pixels there are."""

    def __init__(self, known):
        self.description = Description("red", known.settings.fingerprint, None, known.settings.classes,
                                       "softmax", "python")  # fmt: skip

    def scores(self, canvases):
        red = (canvases[:, 0] > 150).mean(axis=(1, 2)).clip(1e-9, 0.9)
        return np.log(np.stack([red, 1 - red], axis=1))


def shown(*canvases):
    names = tuple(f"class {at}" for at in range(2))
    made = run_result(classes=names, canvas=canvases[0].shape, confidences=(0.9, 0.9)[: len(canvases)])
    champions = {
        label: replace(one, canvas=canvas, canvas_hash=canvas_hash(canvas))
        for (label, one), canvas in zip(made.champions.items(), canvases, strict=True)
    }
    return replace(made, champions=champions)


def test_the_loss_is_that_of_what_was_removed_and_the_control_removes_less_of_it():
    run = shown(dots(PLACES), dots([(20, 20)]))
    found = measure_repetition([run], CountsRed(run))
    assert found.champions == 2
    (one,) = found.removals
    assert one.label == "class 0"
    assert one.before == pytest.approx(4 * 36 / 64**2)
    assert one.after == pytest.approx(36 / 64**2)
    assert one.area == pytest.approx(3 * 36 / 64**2)
    assert one.after < one.control <= one.before
    assert found.loss[0] > found.control_loss[0]
    again = measure_repetition([run], CountsRed(run))
    assert again.removals[0].control == one.control


def test_a_run_against_another_classifier_is_refused():
    run = shown(dots(PLACES))
    other = CountsRed(run)
    other.description = replace(other.description, fingerprint="0" * 64)
    with pytest.raises(UsageError, match="was made against lenet"):
        measure_repetition([run], other)
