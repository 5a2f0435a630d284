import subprocess
import sys

import pytest

from foolery.classifiers.architectures import FITTED, build, check_architecture, list_architectures
from foolery.errors import UsageError
from foolery.install import install_command
from foolery.training.recipes import RECIPES

torch = pytest.importorskip("torch", reason="the extra torch is not installed")


def some_pictures(name: str) -> "torch.Tensor":
    """Three, of the size that the architecture's recipe names."""
    shape = RECIPES[name].preprocessing.shape
    return torch.rand(
        3, shape.channels, shape.height, shape.width, generator=torch.Generator().manual_seed(0)
    )


@pytest.mark.parametrize("name", list_architectures())
def test_logits_are_the_head_of_the_features(name):
    network = build(name, 7).eval()
    network.initialize(torch.Generator().manual_seed(1))
    pictures = some_pictures(name)
    logits = network(pictures)
    assert logits.shape == (3, 7)
    assert torch.equal(network.head(network.features(pictures)), logits)


@pytest.mark.parametrize("name", list_architectures())
def test_a_start_is_drawn_from_the_generator_alone(name):
    starts = []
    for seed in (5, 5, 6):
        network = build(name, 4)
        network.initialize(torch.Generator().manual_seed(seed))
        starts.append(network.eval()(some_pictures(name)))
    assert torch.equal(starts[0], starts[1])
    assert not torch.equal(starts[0], starts[2])
    assert starts[0].isfinite().all()
    assert starts[0].std() > 0


def fitted(name: str):
    """One that no descent trains, with numbers drawn at random."""
    network = build(name, 5).eval()
    with torch.no_grad():
        for value in network.parameters():
            value.normal_(0.0, 0.1, generator=torch.Generator().manual_seed(3))
    return network


@pytest.mark.parametrize("name", FITTED.names())
def test_what_is_fitted_has_features_and_a_head_too_and_cannot_be_trained(name):
    network, pictures = fitted(name), some_pictures("convnet")
    assert torch.equal(network.head(network.features(pictures)), network(pictures))
    assert network(pictures).shape == (3, 5)
    with pytest.raises(UsageError, match=f"architecture: '{name}' is unknown"):
        check_architecture(name)


def test_the_logit_of_a_neighbor_is_the_distance_to_the_nearest_prototype():
    network, pictures = fitted("neighbors"), some_pictures("convnet")
    network.width.fill_(2.0)
    features = network.features(pictures)
    distances = (features[:, None, None] - network.prototypes[None]).square().sum(3).min(2).values
    torch.testing.assert_close(network(pictures), -distances / 8.0, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("name", ["convnet", "vit"])
def test_photo_networks_stay_below_two_megabytes(name):
    assert sum(value.numel() for value in build(name, 10).parameters()) * 4 < 2_000_000


def test_a_convnet_takes_photos_of_any_size():
    network = build("convnet", 20).eval()
    assert network(torch.zeros(2, 3, 64, 48)).shape == (2, 20)


def test_a_vit_mixes_the_patches_of_one_image_and_never_those_of_two():
    network = build("vit", 10).eval()
    network.initialize(torch.Generator().manual_seed(2))
    pictures = some_pictures("vit")
    together = network(pictures)
    changed = pictures.clone()
    changed[1, :, :4, :4] += 1
    after = network(changed)
    torch.testing.assert_close(after[[0, 2]], together[[0, 2]])
    assert not torch.allclose(after[1], together[1])


def test_lenet_has_no_non_linearity_before_its_first_full_layer():
    """A scaled picture without biases gives scaled features: max-pooling and ReLU let a factor through."""
    network = build("lenet", 10).eval()
    with torch.no_grad():
        for name, value in network.named_parameters():
            if name.endswith("bias"):
                value.zero_()
        pictures = torch.rand(2, 1, 28, 28)
        convolved = network.conv2(torch.max_pool2d(network.conv1(pictures), 2))
        assert (convolved < 0).any()
        torch.testing.assert_close(network.features(3 * pictures), 3 * network.features(pictures))


def test_an_unknown_name_gets_the_nearest_ones():
    with pytest.raises(UsageError, match="architecture: 'lnet' is unknown; did you mean lenet"):
        build("lnet", 10)


def test_without_torch_the_install_line_is_given():
    program = """
import sys
sys.modules["torch"] = None
from foolery.classifiers.architectures import build
try:
    build("lenet", 10)
except Exception as error:
    print(type(error).__name__, error)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("MissingExtraError torch is needed")
    assert install_command("torch") in done.stdout
