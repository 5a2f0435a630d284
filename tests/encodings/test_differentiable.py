"""The second role of an encoding, the same for every one that has it."""

import numpy as np
import pytest

from foolery.canvas import CanvasShape
from foolery.encodings import make_encoding
from foolery.errors import UsageError
from foolery.rng import Stream

torch = pytest.importorskip("torch", reason="torch is not installed")


COLORS = [(1, {}), (3, {"colors": "hsv"}), (3, {"colors": "hls"})]


@pytest.mark.parametrize("name", ["cppn", "direct", "gaussian"])
@pytest.mark.parametrize(("channels", "options"), COLORS, ids=["gray", "hsv", "hls"])
def test_it_draws_what_the_encoding_renders(name, channels, options):
    encoding = make_encoding(name, CanvasShape(channels, 10, 12), options)
    role, genomes = encoding.differentiable(), encoding.initial(Stream.of(1, 0, 9))
    parameters = role.parameters(genomes)
    canvases = role.draw(parameters)
    assert canvases.dtype == torch.float32
    assert np.array_equal(canvases.detach().numpy(), encoding.render(genomes))
    assert np.array_equal(
        encoding.render(role.with_parameters(genomes, parameters)), encoding.render(genomes)
    )


@pytest.mark.parametrize(
    ("channels", "options"), [*COLORS, (3, {"colors": "rgb"})], ids=["gray", "hsv", "hls", "rgb"]
)
def test_moved_pixels_are_rounded_and_held(channels, options):
    encoding = make_encoding("direct", CanvasShape(channels, 10, 12), options)
    role, genomes = encoding.differentiable(), encoding.initial(Stream.of(1, 0, 9))
    parameters = role.parameters(genomes)
    with torch.no_grad():
        parameters.values.add_(40 * torch.randn(parameters.values.shape, generator=torch.manual_seed(0)))
    assert parameters.values.max() > 255
    drawn = role.draw(parameters).detach().numpy()
    assert np.array_equal(drawn, encoding.render(role.with_parameters(genomes, parameters)))
    parameters.clip()
    assert parameters.values.min() >= 0
    assert parameters.values.max() == 255


@pytest.mark.parametrize("colors", ["hsv", "hls"])
def test_the_gradient_of_a_color_is_its_rate_of_change(colors):
    """Against finite differences of the picture itself, over steps large enough to see past the rounding."""
    encoding = make_encoding("direct", CanvasShape(3, 8, 8), {"colors": colors})
    role, genomes = encoding.differentiable(), encoding.initial(Stream.of(2, 0, 40))
    parameters = role.parameters(genomes)
    with torch.no_grad():
        parameters.values.clamp_(8, 247)
    taste = torch.randn((40, 3, 8, 8), generator=torch.manual_seed(1))
    (role.draw(parameters) * taste).sum().backward()
    gradient, close = parameters.values.grad.clone(), []
    for place in range(0, gradient.shape[1], 7):
        ends = []
        for step in (6.0, -6.0):
            with torch.no_grad():
                parameters.values[:, place].add_(step)
                ends.append((role.draw(parameters) * taste).sum((1, 2, 3)))
                parameters.values[:, place].add_(-step)
        change = (ends[0] - ends[1]) / 12
        close.append((change - gradient[:, place]).abs() < 0.25 + 0.1 * change.abs())
    assert torch.cat(close).float().mean() > 0.8  # corners of the color wheel lie between some ends


def test_an_encoding_without_gradients_says_so():
    with pytest.raises(UsageError, match="'sparse' cannot be differentiated"):
        make_encoding("sparse", CanvasShape(1, 8, 8)).differentiable()
