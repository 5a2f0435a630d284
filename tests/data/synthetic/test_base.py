"""Baselines: a picture depends on its number, and on nothing that is drawn beside it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foolery.canvas import CanvasShape
from foolery.data.synthetic import synthetic_kind, synthetic_kinds
from foolery.errors import UsageError
from support.plain import noise

CANVAS = CanvasShape(3, 24, 32)
PHOTOS = noise(5, CANVAS.axes, seed=9)
NAMES = [each.name for each in synthetic_kinds()]
every = pytest.mark.parametrize("name", NAMES)


def draw(name, count, seed=0, canvas=CANVAS, first=0, photos=PHOTOS):
    return synthetic_kind(name).images(canvas, count, seed, photos, first=first)


@every
def test_images_are_canvases(name):
    drawn = draw(name, 12)
    assert drawn.shape == (12, 3, 24, 32)
    assert drawn.dtype == np.uint8


@every
@given(first=st.integers(0, 60), count=st.integers(0, 25), seed=st.integers(0, 2**64 - 1))
def test_a_image_is_the_same_whatever_is_drawn_beside_it(name, first, count, seed):
    canvas = CanvasShape(1, 9, 7)
    photos = noise(3, canvas.axes)
    alone = draw(name, count, seed, canvas, first, photos)
    among = draw(name, first + count, seed, canvas, 0, photos)
    assert np.array_equal(alone, among[first:])


@every
def test_images_of_a_seed_differ_and_those_of_another_seed_are_others(name):
    one, other = draw(name, 60, seed=1), draw(name, 60, seed=2)
    assert len({picture.tobytes() for picture in one}) >= 58
    same = {picture.tobytes() for picture in one} & {picture.tobytes() for picture in other}
    assert len(same) <= 3  # black, white and gray are of every seed


@every
@pytest.mark.parametrize("axes", [(1, 1, 1), (1, 2, 3), (3, 1, 40), (3, 28, 28), (1, 65, 33)])
def test_any_canvas_can_be_drawn(name, axes):
    canvas = CanvasShape(*axes)
    drawn = draw(name, 50, canvas=canvas, photos=noise(2, (axes[0], 16, 16)))
    assert drawn.shape == (50, *axes)


@every
def test_nobody_chooses_a_class_by_chance_alone(name):
    """Means and contrasts vary: pictures that are all alike would be one picture."""
    drawn = draw(name, 64).astype(float).reshape(64, -1)
    assert drawn.mean(axis=1).std() > 0.5


def test_two_kinds_do_not_share_numbers():
    numbers = [each.number for each in synthetic_kinds()]
    assert len(set(numbers)) == len(numbers) == len(set(NAMES))


def test_only_what_is_made_of_photos_needs_them():
    for each in synthetic_kinds():
        if each.needs_photos:
            with pytest.raises(UsageError, match=rf"{each.name}: made of photos; give some \(--data"):
                each.images(CANVAS, 1, 0)
        else:
            assert np.array_equal(each.images(CANVAS, 3, 0), each.images(CANVAS, 3, 0, PHOTOS))


def test_an_unknown_name_is_refused_with_the_nearest():
    with pytest.raises(UsageError, match="did you mean tiles"):
        synthetic_kind("tile")


@pytest.mark.parametrize("change", [{"seed": -1}, {"seed": 2**64}, {"count": -1}, {"first": -1}])
def test_a_seed_or_count_that_makes_no_sense_is_refused(change):
    with pytest.raises(UsageError, match=f"{next(iter(change))}: expected"):
        draw("tiles", **{"count": 1} | change)
