import numpy as np
import pytest

from foolery.classifiers.card import CanvasCard, Preprocessing
from foolery.data import LabelledImages
from foolery.errors import FooleryError, UsageError

torch = pytest.importorskip("torch", reason="the extra torch is not installed")

from torch import nn  # noqa: E402

from foolery.training.fooling_class import FineTuningRecipe, add_output, learn_fooling_class  # noqa: E402

CANVAS = Preprocessing(
    canvas=CanvasCard(channels=1, height=4, width=4),
    scale=1 / 255,
    mean=(0.5,),
    std=(1.0,),
    channel_order="gray",
)


def linear(outputs: int = 3) -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Flatten(), nn.Linear(16, 8), nn.ReLU(), nn.Linear(8, outputs))


def convolution(outputs: int = 3) -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(1, 8, 3), nn.ReLU(), nn.Conv2d(8, outputs, 1), nn.AdaptiveAvgPool2d(1), nn.Flatten()
    )


@pytest.mark.parametrize("make", [linear, convolution])
def test_one_more_output_is_the_mean_of_the_others_and_changes_none_of_them(make):
    network, pictures = make(), torch.rand(5, 1, 4, 4)
    wider = add_output(network, 3)
    before, after = network(pictures), wider(pictures)
    torch.testing.assert_close(after[:, :3], before)
    torch.testing.assert_close(after[:, 3], before.mean(dim=1))


def test_a_network_without_such_a_layer_is_refused():
    with pytest.raises(UsageError, match="no linear layer and no 1 x 1 convolution of it has 5 outputs"):
        add_output(linear(), 5)


def bright_and_dark() -> LabelledImages:
    """Class 0 is dark, class 1 bright; nothing is striped."""
    rng = np.random.default_rng(0)
    dark, bright = rng.integers(0, 60, (40, 1, 4, 4)), rng.integers(195, 256, (40, 1, 4, 4))
    labels = np.repeat(np.arange(2), 40)
    return LabelledImages(np.concatenate([dark, bright]).astype(np.uint8), labels, ("dark", "bright"))


def striped(count: int) -> np.ndarray:
    stripes = np.zeros((count, 1, 4, 4), np.uint8)
    stripes[:, :, ::2] = 255
    return stripes


def test_a_network_learns_the_class_and_where_the_data_s_classes_are():
    pictures, places = bright_and_dark(), np.array([2, 0])
    network = add_output(linear(), 3)
    learn_fooling_class(
        network, pictures, places, striped(20), 3, CANVAS, FineTuningRecipe(300, 16, 0.05), seed=0
    )
    given = (np.concatenate([pictures.canvases, striped(1)]) / 255 - 0.5).astype(np.float32)
    answers = network(torch.from_numpy(given)).argmax(1).numpy()
    assert answers.tolist() == [2] * 40 + [0] * 40 + [3]


def test_the_same_seed_gives_the_same_weights():
    def trained(seed: int):
        network = add_output(linear(), 3)
        learn_fooling_class(
            network,
            bright_and_dark(),
            np.array([0, 1]),
            striped(9),
            3,
            CANVAS,
            FineTuningRecipe(20),
            seed=seed,
        )
        return network.state_dict()["3.weight"]

    assert torch.equal(trained(1), trained(1))
    assert not torch.equal(trained(1), trained(2))


def test_training_that_diverges_stops_with_one_line():
    network = add_output(linear(), 3)
    with pytest.raises(FooleryError, match=r"the loss is (nan|inf) at step \d+; lower the rate"):
        learn_fooling_class(
            network,
            bright_and_dark(),
            np.array([0, 1]),
            striped(9),
            3,
            CANVAS,
            FineTuningRecipe(200, 16, 1e20),
            seed=0,
        )
