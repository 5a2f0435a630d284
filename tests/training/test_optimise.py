import math
from dataclasses import replace

import numpy as np
import pytest

from foolery.data import LabelledImages
from foolery.training.recipes import RECIPES

torch = pytest.importorskip("torch", reason="the extra torch is not installed")

from foolery.classifiers.architectures import build  # noqa: E402
from foolery.training.optimise import train_network  # noqa: E402

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
