"""Gradient ascent on pixels, against the paper's rule written plainly."""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the extra torch is not installed")

from foolery.classifiers import load_classifier  # noqa: E402
from foolery.search.ascent_presets import make_rule  # noqa: E402
from foolery.search.gradient_ascent import AscentState, PixelAscent, step_length, target_scores  # noqa: E402

MEAN = np.array([20.0], np.float32)
ROWS = np.arange(3)


@pytest.fixture(scope="module")
def lenet():
    return load_classifier("lenet", backend="torch")


def climb(lenet, targets=(3, 7, 1), mean=MEAN, **numbers) -> PixelAscent:
    return PixelAscent(lenet, targets, mean, make_rule("plain", numbers), lambda canvases: [])


def levels(seed: int = 0):
    return np.random.default_rng(seed).uniform(0, 255, (1, 28, 28)).astype(np.float32)


def one_step_plainly(lenet, x, target, rule):
    """The released code's step, on one picture: the gradient of the softmax itself."""
    x = np.clip(x + 20.0, 0, 255) - 20.0
    pixels = torch.from_numpy(np.float32(x[None] + 20.0)).requires_grad_()
    p = torch.softmax(lenet.logits(pixels).double(), 1)[0, target]
    p.backward()
    g = pixels.grad[0].double().numpy()
    desired = min(rule.first_gain, rule.last_gain * (1 - p.item()))
    length = min(rule.max_step, desired / (g**2).sum())
    return (x + length * g) * (1 - rule.decay)


@pytest.mark.parametrize("decay", [0.0, 0.05])
def test_ten_steps_are_the_paper_s(lenet, decay):
    found = climb(lenet, decay=decay)
    place = found.start(levels())
    expected = [levels() - 20.0] * 3
    for number in range(10):
        place = found.step(place, ROWS, number)
        expected = [
            one_step_plainly(lenet, x, target, found.rule)
            for x, target in zip(expected, found.targets, strict=True)
        ]
    np.testing.assert_allclose(place.position.numpy(), np.stack(expected), atol=0.02)


def test_a_step_gains_about_what_it_aims_at(lenet):
    found = climb(lenet, first_gain=0.01)
    place = found.start(levels())
    for number in range(25):
        pixels = found.canvases(place, ROWS)
        place = found.step(place, ROWS, number)
    before = target_scores(lenet, torch.from_numpy(pixels.astype(np.float32)), found.targets).exp()
    after = target_scores(lenet, place.position + 20.0, found.targets).exp()
    assert (after > before).all()
    assert (after - before < 0.05).all()


def test_step_length_where_the_probability_is_tiny_or_one():
    rule = make_rule("plain")
    slope = torch.ones(3, 4)
    value = torch.tensor([-200.0, -1e-12, -1.0], dtype=torch.float64)
    tiny, sure, usual = step_length(value, slope, rule, "softmax")
    assert tiny == 0.0 or tiny <= rule.max_step * np.exp(-200.0)
    assert 0 < sure < 1e-12
    p = np.exp(-1.0)
    assert float(usual) == pytest.approx(min(0.02, 0.1 * (1 - p)) / p / 4, rel=1e-5)
    assert not step_length(value, torch.zeros(3, 4), rule, "softmax").any()


def test_canvases_are_clipped_and_rounded(lenet):
    found = climb(lenet)
    position = torch.tensor([[[[-30.0, 1000.0, 0.4, 0.6]]]]).expand(1, 1, 4, 4).clone()
    canvas = found.canvases(AscentState(position, np.zeros(1, bool)), np.arange(1))
    assert canvas[0, 0, 0].tolist() == [0, 255, 20, 21]


def test_only_the_rows_that_are_asked_for_move(lenet):
    found = climb(lenet)
    place = found.start(levels())
    moved = found.step(place, np.array([1]), 0)
    assert torch.equal(moved.position[[0, 2]], place.position[[0, 2]])
    assert not torch.equal(moved.position[1], place.position[1])
    assert not moved.position.requires_grad


def test_a_picture_without_gradient_is_stuck(lenet):
    class Flat:
        description = lenet.description

        def logits(self, pixels):
            return lenet.logits(pixels * 0)

    found = PixelAscent(Flat(), (3, 7, 1), MEAN, make_rule("plain"), lambda canvases: [])
    place = found.step(found.start(levels()), np.array([0, 2]), 0)
    assert place.zero_gradient.tolist() == [True, False, True]


def test_saved_and_loaded_it_goes_on_bit_for_bit(lenet):
    found = climb(lenet)
    place = found.step(found.start(levels()), ROWS, 0)
    again = found.load(found.save(place))
    assert torch.equal(found.step(place, ROWS, 1).position, found.step(again, ROWS, 1).position)


def test_steps_on_the_logarithm_go_on_where_the_probability_is_zero():
    rule = make_rule("plain", {"step_nats": 5.0})
    slope = torch.ones(3, 4)
    value = torch.tensor([-2000.0, -1e-12, -1.0], dtype=torch.float64)
    tiny, sure, usual = step_length(value, slope, rule, "softmax")
    assert float(tiny) == pytest.approx(5.0 / 4)
    assert 0 < sure < 1e-12
    p = np.exp(-1.0)
    assert float(usual) == pytest.approx(0.1 * (1 - p) / p / 4, rel=1e-5)
    assert not step_length(value, torch.zeros(3, 4), rule, "softmax").any()


class _Cooled:
    """A network whose logits are divided by 8."""

    def __init__(self, inner):
        self.inner, self.description = inner, inner.description

    def logits(self, pixels):
        return self.inner.logits(pixels) / 8.0


def test_a_factor_on_the_logits_undoes_a_temperature(lenet):
    numbers = {"step_nats": 2.0, "last_gain": 0.9}
    plain, cooled, undone = (
        climb(network, **numbers, logit_factor=factor)
        for network, factor in ((lenet, 1.0), (_Cooled(lenet), 1.0), (_Cooled(lenet), 8.0))
    )
    places = [one.start(levels()) for one in (plain, cooled, undone)]
    for number in range(5):
        places = [
            one.step(place, ROWS, number) for one, place in zip((plain, cooled, undone), places, strict=True)
        ]
    images = [one.canvases(place, ROWS) for one, place in zip((plain, cooled, undone), places, strict=True)]
    assert np.array_equal(images[0], images[2])
    assert not np.array_equal(images[0], images[1])
