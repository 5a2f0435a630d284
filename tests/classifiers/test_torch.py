import pickle
from pathlib import Path

import numpy as np
import pytest

from foolery.classifiers import load_classifier
from foolery.classifiers.builtin import SHIPPED
from foolery.classifiers.card import Card, card_beside
from foolery.classifiers.preprocess import preprocess
from foolery.classifiers.scores import log_softmax
from foolery.errors import UsageError
from support.trap import Trap

torch = pytest.importorskip("torch", reason="the extra torch is not installed")

CANVASES = np.random.default_rng(2).integers(0, 256, (120, 1, 28, 28)).astype(np.uint8)


@pytest.fixture(scope="module")
def lenet():
    return load_classifier("lenet", backend="torch")


def test_logits_on_whole_numbers_are_those_behind_the_scores(lenet):
    logits = lenet.logits(torch.from_numpy(CANVASES).float())
    assert logits.dtype == torch.float32
    np.testing.assert_allclose(log_softmax(logits.numpy()), lenet.scores(CANVASES), atol=1e-5)


def test_logits_have_gradients_on_the_canvas(lenet):
    canvas = torch.from_numpy(CANVASES[:1]).float().requires_grad_()
    lenet.logits(canvas)[0, 3].backward()
    slope = float(canvas.grad[0, 0, 14, 14])
    with torch.no_grad():
        step = torch.zeros_like(canvas)
        step[0, 0, 14, 14] = 0.25
        rise = lenet.logits(canvas + step)[0, 3] - lenet.logits(canvas - step)[0, 3]
    assert abs(slope) > 1e-3
    assert slope == pytest.approx(2 * float(rise), rel=0.02)


def test_the_weights_have_none(lenet):
    assert not any(weight.requires_grad for weight in lenet.network.parameters())
    assert not lenet.network.training


def test_the_head_of_the_features_is_the_logits(lenet):
    canvases = torch.from_numpy(CANVASES[:3]).float()
    features = lenet.features(canvases)
    assert features.shape == (3, 500)
    assert float(features.min()) >= 0.0
    assert torch.equal(lenet.head(features), lenet.logits(canvases))


def test_the_caller_s_threads_are_left_as_they_were(lenet, monkeypatch):
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    try:
        for lanes in ("1", "2"):
            monkeypatch.setenv("FOOLERY_THREADS", lanes)
            lenet.scores(CANVASES)
            assert torch.get_num_threads() == 3
    finally:
        torch.set_num_threads(before)


def test_float_canvases_go_through_the_same_preprocessing():
    from foolery.classifiers.card import Preprocessing
    from foolery.classifiers.torch_model import preprocess_tensor

    canvases = np.random.default_rng(3).integers(0, 256, (4, 3, 9, 8)).astype(np.uint8)
    for order, layout, crop in [("rgb", "nchw", None), ("bgr", "nhwc", {"height": 5, "width": 8})]:
        how = Preprocessing.model_validate(
            {
                "canvas": {"channels": 3, "height": 9, "width": 8},
                "crop": crop,
                "scale": 1 / 255,
                "mean": (0.485, 0.456, 0.406),
                "std": (0.229, 0.224, 0.225),
                "channel_order": order,
                "layout": layout,
            }
        )
        given = preprocess_tensor(torch.from_numpy(canvases).float(), how).numpy()
        assert np.array_equal(given, preprocess(canvases, how))


def copy_of_lenet(folder: Path, **changes: object) -> Path:
    weights = folder / "net.safetensors"
    weights.write_bytes((SHIPPED / "lenet.safetensors").read_bytes())
    card = Card.model_validate_json((SHIPPED / "lenet.card.json").read_bytes())
    card.model_copy(update=changes).write(card_beside(weights))
    return weights


def test_a_file_of_a_known_architecture_is_a_classifier(lenet, tmp_path: Path):
    weights = copy_of_lenet(tmp_path)
    copied = load_classifier(f"torch:{weights}")
    assert np.array_equal(copied.scores(CANVASES), lenet.scores(CANVASES))
    assert copied.description.fingerprint == lenet.description.fingerprint
    assert copied.description.name == f"torch:{weights}"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"architecture": None}, "names no architecture"),
        ({"architecture": "lenot"}, "architecture: 'lenot' is unknown; did you mean lenet"),
        ({"classes": ("one", "two")}, r"does not hold a lenet: .*size mismatch for fc2"),
    ],
)
def test_a_card_that_does_not_fit_the_weights_is_refused(tmp_path: Path, changes, said):
    with pytest.raises(UsageError, match=said) as caught:
        load_classifier(f"torch:{copy_of_lenet(tmp_path, **changes)}")
    assert "\n" not in str(caught.value)


def test_a_truncated_file_is_refused(tmp_path: Path):
    weights = copy_of_lenet(tmp_path)
    weights.write_bytes(weights.read_bytes()[:1000])
    with pytest.raises(UsageError, match=r"cannot read .*net\.safetensors"):
        load_classifier(f"torch:{weights}")


def test_the_trap_works(tmp_path: Path):
    pickle.loads(pickle.dumps(Trap(tmp_path / "sprung")))
    assert (tmp_path / "sprung").exists()


@pytest.mark.parametrize("ending", [".pt", ".pth", ".bin", ".pkl", ".ckpt", ".PT"])
@pytest.mark.parametrize("trust", [False, True])
def test_pickles_are_never_read(tmp_path: Path, ending, trust):
    file = tmp_path / f"net{ending}"
    torch.save({"weights": Trap(tmp_path / "sprung")}, file)
    with pytest.raises(
        UsageError, match=r"expected a \.safetensors file; pickles are never read.* convert it"
    ):
        load_classifier(f"torch:{file}", trust=trust)
    assert not (tmp_path / "sprung").exists()


def test_a_pickle_by_another_name_is_not_read_either(tmp_path: Path):
    weights = copy_of_lenet(tmp_path)
    torch.save({"weights": Trap(tmp_path / "sprung")}, weights)
    with pytest.raises(UsageError, match="cannot read"):
        load_classifier(f"torch:{weights}")
    assert not (tmp_path / "sprung").exists()


def test_other_files_are_refused(tmp_path: Path):
    with pytest.raises(UsageError, match=r"ends in \.safetensors or \.pt2; an ONNX file is named onnx:FILE"):
        load_classifier(f"torch:{tmp_path / 'net.onnx'}")
