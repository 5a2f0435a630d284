import subprocess
import sys

import pytest

from foolery.classifiers import list_classifiers, load_classifier
from foolery.classifiers.builtin import SHIPPED
from foolery.errors import UsageError
from foolery.install import install_command


def test_everything_that_can_be_named_is_described():
    known = list_classifiers()
    assert {"lenet", "lenet-b", "onnx:FILE", "torch:FILE"} <= set(known)
    assert known["lenet"].startswith("10 classes, gray 28 x 28, test error 0.")


@pytest.mark.parametrize(
    ("reference", "said"),
    [
        ("lenett", "classifier: 'lenett' is unknown; did you mean lenet"),
        ("ONNX:net.onnx", "classifier: 'ONNX:net.onnx' is unknown"),
        (
            "",
            "classifier: '' is unknown; known: cifar, cifar-b, cifar-knn, cifar-vit, digits-knn",
        ),
        ("onnx:", "no file"),
        ("nets/model.onnx", "a file is written onnx:nets/model.onnx"),
        ("model.SafeTensors", "a file is written torch:model.SafeTensors"),
    ],
)
def test_an_unknown_reference_gets_the_nearest_ones(reference, said):
    with pytest.raises(UsageError, match=said):
        load_classifier(reference)


def test_an_unknown_back_end_gets_the_nearest_ones():
    with pytest.raises(UsageError, match="backend: unknown 'onxx'; did you mean onnx"):
        load_classifier("lenet", backend="onxx")


def test_a_back_end_that_cannot_run_the_file_is_refused():
    with pytest.raises(UsageError, match=r"backend: torch:net\.safetensors runs on torch, got 'onnx'"):
        load_classifier("torch:net.safetensors", backend="onnx")


def test_a_built_in_has_its_own_card():
    with pytest.raises(UsageError, match="card: the built-in classifier lenet has its own"):
        load_classifier("lenet", card=SHIPPED / "lenet-b.card.json")


@pytest.mark.parametrize(
    ("missing", "backend", "expected"),
    [
        ([], "auto", "onnx"),
        (["onnxruntime"], "auto", "torch"),
        (["onnxruntime"], "torch", "torch"),
        (["torch"], "onnx", "onnx"),
        (["onnxruntime", "torch"], "auto", install_command("onnx")),
        (["onnxruntime"], "onnx", install_command("onnx")),
        (["torch"], "torch", install_command("torch")),
    ],
)
def test_auto_takes_what_is_installed(missing, backend, expected):
    for package in {"onnxruntime", "torch"} - set(missing):
        pytest.importorskip(package, reason="an extra is not installed")
    program = f"""
from importlib.machinery import PathFinder
found = PathFinder.find_spec
PathFinder.find_spec = lambda name, *rest: None if name in {missing!r} else found(name, *rest)
from foolery.classifiers import load_classifier
from foolery.errors import MissingExtraError
try:
    print(load_classifier("lenet", backend={backend!r}).description.backend)
except MissingExtraError as error:
    print(str(error).split("run: ")[1])
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == expected, done.stderr


@pytest.mark.parametrize(
    "reference",
    ["hf:org/net", "timm:resnet18", "torchvision:resnet18?weights=DEFAULT", "ensemble:lenet+timm:resnet18"],
)
def test_what_a_run_file_names_is_never_fetched(reference):
    from foolery.classifiers.registry import load_recorded

    with pytest.raises(UsageError, match="nothing is fetched because a run file says so; if you want it"):
        load_recorded(reference)
