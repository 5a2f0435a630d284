import subprocess
import sys

import pytest

from foolery.classifiers.architectures import build, list_architectures
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
