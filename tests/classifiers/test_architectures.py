import subprocess
import sys

import pytest

from foolery.classifiers.architectures import build, known_architectures
from foolery.errors import UsageError

torch = pytest.importorskip("torch", reason="the extra torch is not installed")


@pytest.mark.parametrize("name", known_architectures())
def test_logits_are_the_head_of_the_features(name):
    network = build(name, 7).eval()
    pictures = torch.rand(3, 1, 28, 28, generator=torch.Generator().manual_seed(0))
    logits = network(pictures)
    assert logits.shape == (3, 7)
    assert torch.equal(network.head(network.features(pictures)), logits)


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
    with pytest.raises(UsageError, match="architecture: unknown 'lnet'; did you mean lenet"):
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
    assert "pip install 'foolery[torch]'" in done.stdout
