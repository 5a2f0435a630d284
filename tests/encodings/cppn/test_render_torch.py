"""The torch form: the same bytes as the reference, and gradients that are those of the picture."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foolery.canvas import CanvasShape
from foolery.encodings.colors import to_rgb
from foolery.encodings.cppn import render_numpy
from foolery.encodings.cppn.encoding import Cppn
from foolery.encodings.cppn.genome import CppnGenomes
from foolery.rng import Stream
from support.networks import random_networks, same_networks

torch = pytest.importorskip("torch", reason="torch is not installed")

from foolery.encodings.cppn import render_torch  # noqa: E402
from foolery.encodings.cppn.render_torch import TorchCppn  # noqa: E402


@settings(max_examples=30, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    colors=st.sampled_from(["gray", "hsv", "hls"]),
    size=st.tuples(st.integers(1, 40), st.integers(1, 40)),
    coordinates=st.sampled_from(["raw", "centered"]),
)
def test_it_draws_the_bytes_of_the_reference_on_any_network_and_canvas(seed, colors, size, coordinates):
    shape = CanvasShape(1 if colors == "gray" else 3, *size)
    encoding = Cppn(shape, coordinates, "hsv" if colors == "gray" else colors)
    networks = random_networks(seed, 7, shape.channels)
    drawn = TorchCppn(encoding).render(networks)
    assert drawn.dtype == torch.uint8
    with np.errstate(over="ignore"):
        levels = render_numpy.draw(networks, encoding.planes, shape.channels)
    assert np.array_equal(drawn.numpy(), to_rgb(levels.reshape(drawn.shape), encoding.colors))


@pytest.mark.parametrize("name", ["sine", "sigmoid", "gaussian", "linear"])
def test_every_activation_has_the_bits_of_the_reference(name):
    rng = np.random.default_rng(0)
    p = np.concatenate(
        [rng.normal(size=50_000), 10.0 ** rng.uniform(-30, 30, 50_000), [0.0, -0.0, 3.0, -3.0]]
    )
    p = np.concatenate([p, -p]).astype(np.float32)
    with np.errstate(over="ignore"):
        expected = getattr(render_numpy, name)(p)
    value = getattr(render_torch, name)(torch.from_numpy(p)).numpy()
    assert np.array_equal(value.view(np.uint32), expected.view(np.uint32))


def test_a_batch_may_be_empty():
    encoding = Cppn(CanvasShape(1, 28, 28))
    assert TorchCppn(encoding).render(encoding.unpack([])).shape == (0, 1, 28, 28)


@pytest.mark.parametrize(("channels", "colors"), [(1, "hsv"), (3, "hsv"), (3, "hls")])
def test_the_image_of_the_parameters_is_the_image_of_their_genomes(channels, colors):
    encoding = Cppn(CanvasShape(channels, 9, 11), "centered", colors)
    role, networks = TorchCppn(encoding), random_networks(3, 20, channels)
    parameters = role.parameters(networks)
    with torch.no_grad():
        parameters.values.add_(0.5 * torch.randn(parameters.values.shape, generator=torch.manual_seed(0)))
    moved = role.with_parameters(networks, parameters)
    assert not same_networks(moved, networks)
    assert np.array_equal(role.draw(parameters).detach().numpy(), encoding.render(moved))


def test_parameters_are_the_weights_and_give_the_same_genomes_back():
    role, networks = TorchCppn(Cppn(CanvasShape(3, 4, 4))), random_networks(5, 10, 3)
    parameters = role.parameters(networks)
    assert parameters.values.shape == (10, np.diff(networks.edges).max())
    assert same_networks(role.with_parameters(networks, parameters), networks)


def test_weights_stay_in_their_bounds():
    role, networks = TorchCppn(Cppn(CanvasShape(1, 4, 4))), random_networks(5, 10, 1)
    parameters = role.parameters(networks)
    with torch.no_grad():
        parameters.values.add_(100.0)
    parameters.clip()
    assert (parameters.values == 10.0).all()
    assert (role.with_parameters(networks, parameters).weights == 10.0).all()


def soft(networks, weights, planes):
    """Output values of one gray network, in float64 and by textbook functions, with autograd's gradients."""
    functions = (
        torch.sin,
        lambda p: 2 / (1 + torch.exp(-p)) - 1,
        lambda p: torch.exp(-(p**2)),
        lambda p: p.clamp(-3, 3) / 3,
    )
    values = list(torch.from_numpy(planes).double())
    for node, kind in enumerate(networks.activations):
        potential = torch.zeros_like(values[0]) + 0.0 * weights.sum()
        for edge in np.flatnonzero(networks.targets == 4 + node):
            potential = potential + weights[edge] * values[networks.sources[edge]]
        values.append(functions[kind](potential))
    return values[-1].abs().clamp(max=1.0) * 255.0


def test_gradients_are_those_of_the_textbook_functions():
    encoding = Cppn(CanvasShape(1, 6, 7), "centered")
    role, compared = TorchCppn(encoding), 0
    for seed in range(40):
        network = random_networks(seed, 1, 1, most_hidden=6)
        network = CppnGenomes(
            network.nodes,
            network.activations,
            network.edges,
            network.sources,
            network.targets,
            network.weights / 4,
        )
        if not len(network.weights):
            continue
        taste = torch.from_numpy(np.random.default_rng(seed).normal(size=(6, 7)))
        parameters = role.parameters(network)
        (role.draw(parameters)[0, 0] * taste).sum().backward()
        weights = torch.from_numpy(network.weights).double().requires_grad_()
        (soft(network, weights, encoding.planes).reshape(6, 7) * taste).sum().backward()
        given_gradient, true = parameters.values.grad[0].numpy(), weights.grad.numpy()
        assert np.allclose(given_gradient, true, rtol=1e-3, atol=1e-3 * (1 + np.abs(true).max()))
        compared += bool(np.abs(true).max() > 1)
    assert compared > 20


def test_gradients_of_a_batch_are_those_of_each_alone():
    encoding = Cppn(CanvasShape(3, 5, 6), "centered")
    role, networks = TorchCppn(encoding), random_networks(11, 8, 3)
    together = role.parameters(networks)
    role.draw(together).square().sum().backward()
    for row in range(8):
        alone = role.parameters(encoding.take(networks, np.array([row])))
        role.draw(alone).square().sum().backward()
        size = alone.values.shape[1]
        assert torch.allclose(together.values.grad[row, :size], alone.values.grad[0], rtol=1e-4, atol=1e-2)
        assert (together.values.grad[row, size:] == 0).all()


def test_ascent_makes_a_image_brighter():
    encoding = Cppn(CanvasShape(1, 12, 12), "centered")
    role, networks = TorchCppn(encoding), Cppn(CanvasShape(1, 12, 12)).initial(Stream.of(0, 0, 16))
    before = encoding.render(networks).mean()
    parameters = role.parameters(networks)
    optimizer = torch.optim.Adam([parameters.values], lr=0.1)
    for _ in range(30):
        optimizer.zero_grad()
        (-role.draw(parameters).mean()).backward()
        optimizer.step()
        parameters.clip()
    assert encoding.render(role.with_parameters(networks, parameters)).mean() > before + 20
