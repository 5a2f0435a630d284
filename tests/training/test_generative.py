"""A generative network is trained like any other, and then learns its level."""

from copy import deepcopy
from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the extra torch is not installed")

from foolery.classifiers.architectures import build  # noqa: E402
from foolery.classifiers.preprocess import preprocess  # noqa: E402
from foolery.training.generative import ACCEPTED, calibrate_density, hold_out  # noqa: E402
from foolery.training.loop import train_network  # noqa: E402
from foolery.training.recipes import RECIPES  # noqa: E402

RECIPE = replace(RECIPES["vae"], iterations=40, batch=100)


@pytest.fixture(scope="module")
def some(mnist_train):
    return mnist_train.take(np.arange(2400))


def trained(pictures, seed=0):
    network = build("vae", 10)
    losses: list[float] = []
    learnt, aside = hold_out(network, pictures)
    train_network(network, learnt, RECIPE, seed, lambda done, steps, loss: losses.append(loss))
    return network, calibrate_density(network, aside, RECIPE), losses


@pytest.fixture(scope="module")
def network(some):
    return trained(some)


def logits(network, pictures):
    with torch.inference_mode():
        return network(torch.from_numpy(preprocess(pictures.canvases, RECIPE.preprocessing))).double()


def test_the_bound_rises_and_classes_are_told_apart(network, mnist):
    model, _, losses = network
    assert np.mean(losses[-5:]) < 0.6 * losses[0]
    tests = mnist.take(np.arange(500))
    assert (logits(model, tests).argmax(1).numpy() == tests.labels).mean() > 0.5


def test_the_level_lets_most_of_what_was_set_aside_pass(network, some):
    model, said, _ = network
    aside = hold_out(model, some)[1]
    passed = (logits(model, aside).logsumexp(1) > 0).double().mean()
    assert float(passed) == pytest.approx(ACCEPTED, abs=0.01)
    assert said == {"density": True}


def test_the_level_changes_no_answer(network, mnist):
    model, tests = deepcopy(network[0]), mnist.take(np.arange(50))
    before = logits(model, tests).softmax(1)
    model.offset -= 100.0
    after = logits(model, tests).softmax(1)
    assert torch.allclose(before, after, atol=1e-4)


def test_pictures_that_set_the_level_are_not_trained_on(some):
    learnt, aside = hold_out(build("vae", 10), some)
    assert (len(learnt), len(aside)) == (2200, 200)
    known = {each.tobytes() for each in learnt.canvases}
    assert sum(each.tobytes() in known for each in aside.canvases) < 5, "digits repeat now and then"


def test_other_networks_are_left_alone(some):
    network = build("lenet", 10)
    assert hold_out(network, some) == (some, some)
    assert calibrate_density(network, some, RECIPES["lenet"]) == {}


def test_the_same_seed_gives_the_same_weights_noise_included(network, some):
    again, other = trained(some)[0], trained(some, seed=1)[0]
    weights = network[0].state_dict()
    assert all(torch.equal(value, weights[name]) for name, value in again.state_dict().items())
    assert not torch.equal(other.state_dict()["draw3.weight"], weights["draw3.weight"])
