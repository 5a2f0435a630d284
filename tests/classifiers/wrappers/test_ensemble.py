import numpy as np
import pytest

from foolery.canvas import CanvasShape
from foolery.classifiers import load_classifier
from foolery.classifiers.registry import load_recorded
from foolery.classifiers.wrappers import is_wrapper, leaves, members, open_wrapper
from foolery.classifiers.wrappers.ensemble import ensemble
from foolery.data import fit
from foolery.errors import UsageError
from support.plain import Plain, noise


def test_it_is_the_mean_of_probabilities_matched_by_name_each_at_its_own_size():
    first, second = Plain(0, (3, 6, 8)), Plain(1, (1, 9, 5), classes=("owl", "Cat", "dog"))
    both = ensemble(first, second)
    assert both.description.canvas == CanvasShape(3, 9, 8)
    assert both.description.classes == ("cat", "dog", "owl")
    canvases = noise(4, (3, 9, 8))
    own = [
        np.stack([fit(each, member.description.canvas) for each in canvases]) for member in (first, second)
    ]
    probabilities = np.exp(first.scores(own[0])), np.exp(second.scores(own[1]))[:, [1, 2, 0]]
    assert np.allclose(np.exp(both.scores(canvases)), sum(probabilities) / 2, rtol=1e-12)


def test_cosines_are_averaged_as_they_are():
    members = [Plain(seed, kind="similarity") for seed in range(3)]
    expected = np.mean([member.scores(noise(4)) for member in members], axis=0)
    assert np.array_equal(ensemble(*members).scores(noise(4)), expected)


def test_the_fingerprint_is_that_of_the_members_in_their_order():
    first, second = Plain(0), Plain(1)
    prints = [
        ensemble(*chosen).description.fingerprint
        for chosen in ([first, second], [second, first], [first, first], [first, Plain(1, (3, 8, 8))])
    ]
    assert len(set(prints)) == 4
    assert prints[0] == ensemble(Plain(0), Plain(1)).description.fingerprint


def test_the_forward_of_every_member_is_recorded():
    assert ensemble(Plain(0), Plain(1)).description.forward == {"0.chunk": 7, "1.chunk": 7}


@pytest.mark.parametrize(
    ("others", "said"),
    [
        ([], "two classifiers or more"),
        ([Plain(1, kind="sigmoid")], "plain1 gives sigmoid, plain0 softmax"),
        ([Plain(1, classes=("cat", "dog"))], "expected 3 classes as plain0 has, got 2 of plain1"),
        ([Plain(1, classes=("dog", "cat", "eel"))], "1 of plain0's 3 class names .* of plain1: owl"),
        ([Plain(1, classes=("x", "y", "z"))], "plain0 and plain1 have no class name in common"),
    ],
)
def test_members_that_do_not_belong_together_are_refused(others, said):
    with pytest.raises(UsageError, match=f"ensemble: .*{said}"):
        ensemble(Plain(0), *others)


def test_two_real_networks_are_one_reference():
    pytest.importorskip("onnxruntime", reason="the extra onnx is not installed")
    both = open_wrapper("ensemble:lenet+lenet-b", load_classifier)
    canvases = noise(20, (1, 28, 28))
    parts = [np.exp(load_classifier(name).scores(canvases)) for name in ("lenet", "lenet-b")]
    assert both.description.name == "ensemble:lenet+lenet-b"
    assert np.allclose(np.exp(both.scores(canvases)), np.mean(parts, axis=0), rtol=1e-12)


def test_a_plus_sign_within_a_name_is_written_twice():
    assert members("onnx:a++b.onnx+lenet") == ["onnx:a+b.onnx", "lenet"]


def test_what_is_opened_in_the_end_is_known_before_it_is():
    assert leaves("ensemble:tencrop:onnx:a++b.onnx+lenet") == ["onnx:a+b.onnx", "lenet"]
    assert leaves("tencrop:ensemble:a+b") == ["a", "b"]
    assert leaves("onnx:a+b.onnx") == ["onnx:a+b.onnx"]


@pytest.mark.parametrize(
    ("reference", "said"),
    [
        ("ensemble:", "wraps nothing"),
        ("tencrop:", "wraps nothing"),
        ("ensemble:lenet", "two classifiers or more"),
        ("ensemble:lenet+", r"expected classifiers with \+ between them, got 'lenet\+'"),
        ("ensemble:lenet+lenett", "'lenett' is unknown"),
    ],
)
def test_a_reference_that_cannot_be_used_is_refused(reference, said):
    pytest.importorskip("onnxruntime", reason="the extra onnx is not installed")
    assert is_wrapper(reference)
    with pytest.raises(UsageError, match=said):
        open_wrapper(reference, load_classifier)


def test_the_registry_opens_wrappers_and_their_parts_get_the_options():
    pytest.importorskip("torch", reason="the extra torch is not installed")
    both = load_classifier("ensemble:lenet+lenet-b", backend="torch")
    assert both.description.backend == "torch"


def test_a_card_for_a_wrapper_is_refused(tmp_path):
    with pytest.raises(UsageError, match="has none of its own"):
        load_classifier("ensemble:lenet+lenet-b", card=tmp_path / "a.json")


@pytest.mark.parametrize(
    "reference", ["ensemble:lenet+python:evil:factory", "tencrop:ensemble:python:evil:f+lenet"]
)
def test_a_run_file_cannot_hide_code_in_a_wrapper(reference):
    with pytest.raises(UsageError, match="not loaded because a run file says so"):
        load_recorded(reference)
