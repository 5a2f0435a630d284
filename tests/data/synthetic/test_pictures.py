"""What each kind of nonsense looks like, in numbers."""

import numpy as np
import pytest

from foolery.canvas import CanvasShape
from foolery.data.synthetic import synthetic_kind
from foolery.data.synthetic.noise import CONTRASTS, GRIDS
from foolery.data.synthetic.patterns import CUTS
from support.plain import noise

COLOR = CanvasShape(3, 32, 32)


def draw(name, count, canvas=COLOR, photos=None):
    return synthetic_kind(name).images(canvas, count, 5, photos)


def neighbours(pictures):
    """Mean difference of levels between a pixel and the one right of it, for each picture."""
    return np.abs(np.diff(pictures.astype(float), axis=3)).mean(axis=(1, 2, 3))


def test_uniform_noise_has_every_level_equally_often():
    counts = np.bincount(draw("uniform-noise", 100).ravel(), minlength=256)
    expected = counts.sum() / 256
    chi_squared = ((counts - expected) ** 2 / expected).sum()
    assert chi_squared < 348  # 255 degrees of freedom, p = 1e-4


def test_scaled_noise_has_the_contrasts_it_says_and_is_not_cut_off():
    drawn = draw("scaled-noise", 400).astype(float)
    spread = (drawn.max(axis=(2, 3)) - drawn.min(axis=(2, 3))).max(axis=1) / 255
    for place, contrast in enumerate(CONTRASTS):
        mine = spread[place::4]
        assert mine.max() <= contrast + 1 / 255
        assert mine.min() >= 0.9 * contrast - 1 / 255


def test_low_pass_noise_is_smooth_of_full_contrast_and_every_second_image_gray():
    large = CanvasShape(3, 96, 96)
    drawn = draw("low-pass-noise", 2 * len(GRIDS), large)
    assert (drawn.min(axis=(1, 2, 3)) == 0).all()
    assert (drawn.max(axis=(1, 2, 3)) == 255).all()
    gray = (drawn == drawn[:, :1]).all(axis=(1, 2, 3))
    assert gray.tolist() == [True, False] * len(GRIDS)
    rough = neighbours(drawn)
    assert rough[0] < rough[8] < rough[14] < neighbours(draw("uniform-noise", 1, large))[0]


def test_single_colors_begin_with_black_white_and_gray():
    drawn = draw("single-colors", 20)
    assert (drawn == drawn[:, :, :1, :1]).all()
    assert drawn[:3, 0, 0, 0].tolist() == [0, 255, 128]


def test_a_gradient_goes_one_way_from_corner_to_corner():
    for picture in draw("gradients", 20).astype(int):
        for channel in picture:
            across, down = np.diff(channel, axis=1), np.diff(channel, axis=0)
            assert (across >= 0).all() or (across <= 0).all()
            assert (down >= 0).all() or (down <= 0).all()


def test_five_of_six_tiles_are_of_two_colors_and_what_lies_between():
    drawn = draw("tiles", 60)
    for kind in (0, 2, 3, 4):  # stripes, checkers, dots, rings: no level between
        for picture in drawn[kind::6]:
            assert len(np.unique(picture.reshape(3, -1).T, axis=0)) <= 2
    assert max(len(np.unique(picture[0])) for picture in drawn[1::6]) > 2  # waves


def test_repeated_noise_repeats():
    (picture,) = synthetic_kind("tiles").images(COLOR, 1, 5, first=5)
    periods = [
        side
        for side in range(1, 17)
        if (picture[:, :, side:] == picture[:, :, :-side]).all()
        and (picture[:, side:] == picture[:, :-side]).all()
    ]
    assert periods


def test_dots_are_few_on_black():
    drawn = draw("dots", 200, CanvasShape(3, 64, 64))
    lit = (drawn > 0).any(axis=1).mean(axis=(1, 2))
    assert np.median(lit) < 0.25
    single = (drawn[::4] > 0).any(axis=1).sum(axis=(1, 2))  # squares of one pixel
    assert single.max() <= 64
    assert single.min() <= 2


@pytest.mark.parametrize("side", [28, 56])
def test_shuffled_photos_have_the_squares_of_the_photo_in_another_order(side):
    photos = noise(3, (1, side, side), seed=2)
    drawn = synthetic_kind("shuffled-photos").images(CanvasShape(1, side, side), 12, 0, photos)
    for number, picture in enumerate(drawn):
        photo, cell = photos[number % 3], side // CUTS[number % 4]
        assert sorted(picture.ravel()) == sorted(photo.ravel())
        assert squares(picture[0], cell) == squares(photo[0], cell)
    assert not (drawn == photos[np.arange(12) % 3]).all(axis=(1, 2, 3)).any()


def squares(picture, side):
    """All squares of a picture, sorted."""
    cut = picture.reshape(len(picture) // side, side, -1, side).transpose(0, 2, 1, 3)
    return sorted(each.tobytes() for each in cut.reshape(-1, side, side))


def test_photos_of_another_size_are_fitted_first():
    drawn = draw("shuffled-photos", 4, CanvasShape(1, 28, 28), noise(2, (1, 60, 40)))
    assert drawn.shape == (4, 1, 28, 28)
