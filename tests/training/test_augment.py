import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

torch = pytest.importorskip("torch", reason="the extra torch is not installed")

from foolery.training.optimise import shift_and_mirror  # noqa: E402


def draws(seed: int) -> "torch.Generator":
    return torch.Generator().manual_seed(seed)


def pictures(count: int, side: int = 8) -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, (count, 3, side, side + 2)).astype(np.uint8)


@given(pixels=st.integers(1, 3), seed=st.integers(0, 2**31))
def test_every_picture_is_a_window_of_the_padded_one_mirrored_or_not(pixels, seed):
    before = pictures(5)
    after = shift_and_mirror(before, pixels, draws(seed))
    assert (after.shape, after.dtype) == (before.shape, np.uint8)
    height, width = before.shape[2:]
    for old, new in zip(before, after, strict=True):
        padded = np.pad(old, ((0, 0), (pixels, pixels), (pixels, pixels)), mode="reflect")
        windows = [
            padded[:, top : top + height, left : left + width]
            for top in range(2 * pixels + 1)
            for left in range(2 * pixels + 1)
        ]
        assert any(np.array_equal(new, w) or np.array_equal(new, w[:, :, ::-1]) for w in windows)


def test_every_shift_and_both_sides_come_up():
    one = np.zeros((1, 1, 9, 9), np.uint8)
    one[0, 0, 4, 4] = 255
    one[0, 0, 4, 5] = 100
    after = shift_and_mirror(np.repeat(one, 2000, 0), 2, draws(0))
    row, column = np.divmod(after.reshape(2000, -1).argmax(1), 9)
    assert set(row) == set(column) == {2, 3, 4, 5, 6}
    right = after[np.arange(2000), 0, row, column + 1] == 100
    assert 0.45 < right.mean() < 0.55


def test_the_same_generator_gives_the_same_pictures():
    before = pictures(20)
    first, again, other = (shift_and_mirror(before, 2, draws(seed)) for seed in (3, 3, 4))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
