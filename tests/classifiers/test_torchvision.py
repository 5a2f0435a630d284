"""torchvision and timm: the real libraries, their networks with a random start, their own transforms."""

from pathlib import Path

import numpy as np
import pytest

from foolery.canvas import to_image
from foolery.classifiers import load_classifier
from foolery.classifiers.preprocess import preprocess
from foolery.errors import UsageError

torch = pytest.importorskip("torch", reason="the extra torch is not installed")

from foolery.classifiers.torchvision import import_torchvision  # noqa: E402

try:
    torchvision = import_torchvision("be tested")
    import timm
except (ImportError, UsageError):
    pytest.skip("the extra vision is not installed", allow_module_level=True)


def noise(shape, count: int = 2) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (count, *shape.axes)).astype(np.uint8)


@pytest.mark.parametrize(
    "name", ["alexnet", "squeezenet1_0", "mobilenet_v3_small", "efficientnet_b1", "swin_t"]
)
def test_a_canvas_goes_through_torchvision_s_own_transform_unchanged(name):
    transform = torchvision.models.get_model_weights(name).DEFAULT.transforms()
    card = load_classifier(f"torchvision:{name}?weights=none").card.preprocessing
    assert (card.shape.height, card.crop.height) == (transform.resize_size[0], transform.crop_size[0])
    canvas = noise(card.shape, 1)
    theirs = transform(to_image(canvas[0])).numpy()
    assert np.abs(theirs - preprocess(canvas, card)[0]).max() <= 1e-6


@pytest.mark.parametrize(
    "name", ["resnet18.a1_in1k", "mobilenetv3_small_050.lamb_in1k", "vit_tiny_patch16_224"]
)
def test_a_canvas_goes_through_timm_s_own_transform_unchanged(name):
    classifier = load_classifier(f"timm:{name}?weights=none")
    how = timm.data.resolve_model_data_config(classifier.network)
    transform = timm.data.create_transform(**how, is_training=False)
    canvas = noise(classifier.description.canvas, 1)
    theirs = transform(to_image(canvas[0])).numpy()
    assert np.abs(theirs - preprocess(canvas, classifier.card.preprocessing)[0]).max() <= 1e-6


def test_scores_are_what_the_network_says_of_the_vendor_s_input():
    classifier = load_classifier("torchvision:squeezenet1_0?weights=none&seed=4")
    canvases = noise(classifier.description.canvas)
    transform = torchvision.models.SqueezeNet1_0_Weights.DEFAULT.transforms()
    with torch.no_grad():
        logits = classifier.network(torch.stack([transform(to_image(canvas)) for canvas in canvases]))
        expected = torch.log_softmax(logits.double(), dim=1).numpy()
    np.testing.assert_allclose(classifier.scores(canvases), expected, atol=1e-5)
    assert classifier.description.classes[0] == "tench"


def test_a_random_start_is_that_of_its_seed():
    torch.manual_seed(5)
    before = torch.random.get_rng_state()
    marks = [
        load_classifier(f"torchvision:squeezenet1_1?weights=none{seed}").description.fingerprint
        for seed in ("", "&seed=0", "&seed=1")
    ]
    assert marks[0] == marks[1] != marks[2]
    assert torch.equal(before, torch.random.get_rng_state())


def save(network, file: Path) -> None:
    from safetensors.torch import save_file

    save_file({name: value.contiguous() for name, value in network.state_dict().items()}, file)


@pytest.mark.parametrize("library", ["torchvision:squeezenet1_1", "timm:mobilenetv3_small_050"])
def test_weights_come_from_a_local_file(tmp_path: Path, library):
    first = load_classifier(f"{library}?weights=none&seed=3")
    save(first.network, tmp_path / "net.safetensors")
    second = load_classifier(f"{library}?weights={tmp_path / 'net.safetensors'}")
    assert second.description.fingerprint == first.description.fingerprint
    canvases = noise(first.description.canvas)
    assert np.array_equal(second.scores(canvases), first.scores(canvases))


def test_recipes_with_binary_cross_entropy_have_sigmoid_heads():
    assert load_classifier("timm:resnet18.a1_in1k?weights=none").description.kind == "sigmoid"
    assert load_classifier("timm:resnet18.tv_in1k?weights=none").description.kind == "softmax"


def test_alexnet_is_said_to_be_the_later_one():
    (note,) = load_classifier("torchvision:alexnet?weights=none").description.notes
    assert "later one-column variant" in note


@pytest.mark.parametrize(
    ("reference", "said"),
    [
        ("torchvision:alexnett", "torchvision has no 'alexnett'; did you mean alexnet"),
        ("torchvision:alexnet?weights=V1", "no weights 'V1'; known: IMAGENET1K_V1, none, FILE.safetensors"),
        ("torchvision:alexnet?weight=none", "unknown option 'weight'; did you mean weights"),
        ("torchvision:alexnet?none", "expected NAME\\?option=value"),
        ("torchvision:alexnet?weights=none&seed=x", "seed must be a whole number from 0, got 'x'"),
        ("torchvision:fasterrcnn_resnet50_fpn", "torchvision has no 'fasterrcnn"),
        ("timm:resnet181", "timm has no 'resnet181'; did you mean"),
        ("timm:resnet18.a9_in1k", "timm's resnet18 has no tag 'a9_in1k'; did you mean resnet18.a"),
        ("timm:resnet18?weights=net.pth", "weights must be 'none' or a file of safetensors, got 'net.pth'"),
    ],
)
def test_what_cannot_be_named_gets_one_line(reference, said):
    with pytest.raises(UsageError, match=said) as caught:
        load_classifier(reference)
    assert "\n" not in str(caught.value)


def test_weights_that_cannot_be_fetched_get_both_ways_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    # urllib reads the proxies once, on its first request, and keeps them: not beyond this test.
    monkeypatch.setattr("urllib.request._opener", None)
    with pytest.raises(UsageError, match=r"cannot fetch https.*\?weights=FILE\.safetensors.*\?weights=none"):
        load_classifier("torchvision:alexnet")


def test_a_foreign_architecture_is_filled_from_safetensors(tmp_path: Path):
    from foolery.classifiers.card import card_beside

    made = load_classifier("torchvision:squeezenet1_1?weights=none")
    file = tmp_path / "net.safetensors"
    save(made.network, file)
    made.card.model_copy(update={"architecture": "torchvision:squeezenet1_1"}).write(card_beside(file))
    canvases = noise(made.description.canvas)
    assert np.array_equal(load_classifier(f"torch:{file}").scores(canvases), made.scores(canvases))
