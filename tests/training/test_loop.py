"""The training loop: it learns, repeats itself, and what it does to images on the way."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foolery.data import LabelledImages
from foolery.training.recipes import RECIPES

torch = pytest.importorskip("torch", reason="the extra torch is not installed")

from foolery.classifiers.architectures import build  # noqa: E402
from foolery.training.loop import shift_and_mirror, train_network  # noqa: E402

SHORT = replace(RECIPES["lenet"], iterations=40)


def bars(count: int = 200) -> LabelledImages:
    """Pictures of a bar, lying (0) or standing (1), in noise."""
    rng = np.random.default_rng(0)
    canvases = rng.integers(0, 60, (count, 1, 28, 28)).astype(np.uint8)
    labels = np.arange(count, dtype=np.int64) % 2
    for row, label in enumerate(labels):
        at = int(rng.integers(4, 20))
        place = (row, 0, slice(at, at + 4)) if label == 0 else (row, 0, slice(None), slice(at, at + 4))
        canvases[place] = 250
    return LabelledImages(canvases, labels, ("lying", "standing"))


def weights_after(seed: int) -> dict[str, np.ndarray]:
    network = build("lenet", 2)
    train_network(network, bars(), SHORT, seed)
    return {name: value.detach().numpy().copy() for name, value in network.named_parameters()}


def test_it_learns_and_tells_about_every_step():
    told: list[tuple[int, int, float]] = []
    train_network(build("lenet", 2), bars(), SHORT, 0, lambda *step: told.append(step))
    assert [(done, total) for done, total, _ in told] == [(step, 40) for step in range(1, 41)]
    assert told[0][2] == pytest.approx(math.log(2), abs=0.4)
    assert np.mean([loss for _, _, loss in told[-5:]]) < 0.1


def test_the_same_seed_gives_the_same_weights_and_another_others():
    first, again, other = weights_after(5), weights_after(5), weights_after(6)
    assert all(np.array_equal(first[name], again[name]) for name in first)
    assert not any(np.array_equal(first[name], other[name]) for name in first)


def test_the_caller_s_threads_and_random_numbers_are_left_as_they_were():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        state = torch.get_rng_state()
        network = build("lenet", 2)
        torch.set_rng_state(state)
        train_network(network, bars(), replace(SHORT, iterations=1), 0)
        assert torch.get_num_threads() == 1
        assert torch.equal(torch.get_rng_state(), state)
        assert not network.training
    finally:
        torch.set_num_threads(before)


def test_the_start_is_caffe_s_xavier():
    network = build("lenet", 10)
    network.initialize(torch.Generator().manual_seed(0))
    for name, value in network.state_dict().items():
        if name.endswith("bias"):
            assert not value.any()
            continue
        bound = math.sqrt(3 / value[0].numel())
        assert 0.97 * bound < float(value.abs().max()) <= bound
        assert float(value.std()) == pytest.approx(1 / math.sqrt(value[0].numel()), rel=0.1)


def draws(seed: int) -> "torch.Generator":
    return torch.Generator().manual_seed(seed)


def images(count: int, side: int = 8) -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, (count, 3, side, side + 2)).astype(np.uint8)


@given(pixels=st.integers(1, 3), seed=st.integers(0, 2**31))
def test_every_picture_is_a_window_of_the_padded_one_mirrored_or_not(pixels, seed):
    before = images(5)
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


def test_the_same_generator_gives_the_same_images():
    before = images(20)
    first, again, other = (shift_and_mirror(before, 2, draws(seed)) for seed in (3, 3, 4))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
