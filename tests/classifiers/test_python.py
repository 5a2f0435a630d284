from pathlib import Path

import numpy as np
import pytest

from foolery.classifiers import load_classifier, load_recorded
from foolery.classifiers.scores import SATURATES, log_softmax
from foolery.errors import UsageError

CANVASES = np.random.default_rng(1).integers(0, 256, (7, 1, 8, 8)).astype(np.uint8)

MODULE = """
import numpy as np
from foolery.classifiers import load_classifier

def bright(canvases):
    mean = canvases.reshape(len(canvases), -1).mean(axis=1) / 10
    return np.stack([mean, -mean], axis=1)

bright.canvas = (1, 8, 8)
bright.classes = ["bright", "dark"]

class Counting:
    canvas, classes, output, fingerprint = (1, 8, 8), ("a", "b"), "probabilities", "f" * 64

    def __call__(self, canvases):
        return [[0.25, 0.75]] * len(canvases)

def made():
    return bright

def lenet():
    return load_classifier("lenet")

def bare(canvases):
    return canvases

def broken():
    raise RuntimeError("no weights\\nhere")

def nothing():
    return None

def whole(canvases):
    return np.ones((len(canvases), 2), int)

whole.canvas, whole.classes = (1, 8, 8), ["a", "b"]
"""


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> str:
    """A module in the current folder, of a name of its own."""
    name = f"users_{abs(hash(request.node.nodeid))}"
    (tmp_path / f"{name}.py").write_text(MODULE)
    monkeypatch.chdir(tmp_path)
    return name


@pytest.mark.parametrize("name", ["bright", "made"])
def test_a_callable_and_what_makes_one(module, name):
    classifier = load_classifier(f"python:{module}:{name}")
    mean = CANVASES.reshape(7, -1).mean(axis=1) / 10
    np.testing.assert_allclose(classifier.scores(CANVASES), log_softmax(np.stack([mean, -mean], axis=1)))
    known = classifier.description
    assert (known.name, known.classes, known.kind) == (
        f"python:{module}:{name}",
        ("bright", "dark"),
        "softmax",
    )
    assert (known.backend, known.device, len(known.fingerprint)) == ("python", "cpu", 64)


def test_a_class_is_made_and_its_attributes_are_believed(module):
    classifier = load_classifier(f"python:{module}:Counting")
    np.testing.assert_allclose(np.exp(classifier.scores(CANVASES)), [[0.25, 0.75]] * 7)
    assert classifier.description.fingerprint == "f" * 64
    assert classifier.description.notes == (SATURATES,)


def test_a_classifier_is_taken_as_it_is(module):
    pytest.importorskip("onnxruntime", reason="the extra onnx is not installed")
    assert load_classifier(f"python:{module}:lenet").description.name == "lenet"


@pytest.mark.parametrize(
    ("rest", "said"),
    [
        ("", "expected python:package.module:name"),
        ("M:", "expected python:package.module:name"),
        ("absent_module:name", "cannot import absent_module: ModuleNotFoundError"),
        ("M:absent", "has no 'absent'"),
        ("M:bare", r"its canvas is not known; give it the attribute canvas = .* --card"),
        ("M:broken", r"broken\(\) failed: RuntimeError: no weights$"),
        ("M:nothing", "gave NoneType, which is none of"),
    ],
)
def test_what_is_no_classifier_gets_one_line(module, rest, said):
    with pytest.raises(UsageError, match=said) as caught:
        load_classifier(f"python:{rest.replace('M:', f'{module}:')}")
    assert "\n" not in str(caught.value)


def test_integers_are_no_scores(module):
    with pytest.raises(UsageError, match="expected an array of floating-point numbers, got int"):
        load_classifier(f"python:{module}:whole").scores(CANVASES)


ESTIMATOR = """
import numpy as np
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression

def digits():
    pixels, labels = load_digits(return_X_y=True)
    model = LogisticRegression(max_iter=200).fit(pixels[:400] / 16, labels[:400])
    model.canvas, model.scale = (1, 8, 8), 1 / 255
    return model
"""


def test_an_estimator_of_scikit_learn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    datasets = pytest.importorskip("sklearn.datasets", reason="scikit-learn is not installed")
    (tmp_path / "users_estimator.py").write_text(ESTIMATOR)
    monkeypatch.chdir(tmp_path)
    classifier = load_classifier("python:users_estimator:digits")
    pixels, labels = datasets.load_digits(return_X_y=True)
    canvases = np.round(pixels[400:] / 16 * 255).astype(np.uint8).reshape(-1, 1, 8, 8)
    assert (classifier.scores(canvases).argmax(axis=1) == labels[400:]).mean() > 0.85
    assert classifier.description.classes == tuple("0123456789")
    assert classifier.description.notes == (SATURATES,)
    again = load_classifier("python:users_estimator:digits")
    assert again.description.fingerprint == classifier.description.fingerprint


def test_a_torch_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    torch = pytest.importorskip("torch", reason="the extra torch is not installed")
    (tmp_path / "users_torch.py").write_text(
        "from torch import nn\n"
        "def net():\n"
        "    made = nn.Sequential(nn.Flatten(), nn.Linear(64, 2), nn.Dropout(0.9))\n"
        "    made.canvas, made.classes, made.scale = (1, 8, 8), ['a', 'b'], 1 / 255\n"
        "    return made\n"
    )
    monkeypatch.chdir(tmp_path)
    classifier = load_classifier("python:users_torch:net")
    assert classifier.description.backend == "torch"
    assert not classifier.network.training
    logits = classifier.logits(torch.from_numpy(CANVASES).float())
    np.testing.assert_allclose(classifier.scores(CANVASES), log_softmax(logits.numpy()), atol=1e-5)


def test_nothing_is_imported_because_a_run_file_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "users_trap.py").write_text("open('sprung', 'w').close()\n")
    monkeypatch.chdir(tmp_path)
    for reference in ("python:users_trap:name", "kserve:http://127.0.0.1/v2/models/m"):
        with pytest.raises(UsageError, match="if you trust it, repeat it with --classifier"):
            load_recorded(reference)
    assert not (tmp_path / "sprung").exists()
    with pytest.raises(UsageError, match="has no 'name'"):
        load_classifier("python:users_trap:name")
    assert (tmp_path / "sprung").exists()
