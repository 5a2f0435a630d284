import pytest

from foolery.report.wording import about_run, heading, headline, how_made, run_state, short_name
from support.results import run_result


def scored(result):
    """Settings and confidences, as a headline takes them."""
    return result.settings, [each.confidence for each in result.champions.values()]


@pytest.mark.parametrize(
    ("confidences", "sentence"),
    [
        ((0.9999,) * 10, "lenet is at least 99.99 % confident in 10 of 10 evolved images"),
        ((0.9999,) * 5 + (0.99,) * 5, "lenet is at least 99.99 % confident in 5 of 10 evolved images"),
        ((0.9999,) * 4 + (0.99,) * 6, "lenet is at least 99 % confident in 10 of 10 evolved images"),
        ((0.99989999,) * 10, "lenet is at least 99.9 % confident in 10 of 10 evolved images"),
        ((0.49999,) * 9 + (0.1,), "lenet is at most 49.9 % confident in 10 evolved images"),
        ((0.9999,) * 4 + (0.1,) * 6, "lenet is at least 50 % confident in 4 of 10 evolved images"),
        ((0.97,), "lenet is at least 90 % confident in 1 evolved image"),
        ((), "No champions yet for lenet"),
    ],
)
def test_the_finding_names_the_highest_level_that_half_of_the_pictures_reach(confidences, sentence):
    assert headline([scored(run_result(confidences=confidences))]) == sentence


def test_several_classifiers_are_counted():
    one = run_result(confidences=(1.0,))
    other = type(one)(**{**vars(one), "settings": one.settings.model_copy(update={"fingerprint": "cd" * 32})})
    assert (
        headline([scored(one), scored(one)]) == "lenet is at least 99.99 % confident in 2 of 2 evolved images"
    )
    assert (
        headline([scored(one), scored(other)])
        == "2 classifiers are at least 99.99 % confident in 2 of 2 evolved images"
    )


def test_nothing_that_was_not_measured_is_said_of_a_similarity():
    similar = run_result(kind="similarity", confidences=(0.2, 0.4))
    assert headline([scored(similar)]) == "2 evolved images, with a median similarity of 0.300 in lenet"
    assert headline([scored(similar), scored(run_result())]) == "12 evolved images, scored by lenet"


@pytest.mark.parametrize(
    ("reference", "name"),
    [
        ("lenet", "lenet"), ("torchvision:alexnet", "alexnet"), ("onnx:folder/resnet.onnx", "resnet.onnx"),
        (r"onnx:C:\folder\resnet.onnx", "resnet.onnx"), ("onnx:resnet/model.onnx", "resnet"),
        ("onnx:model.onnx", "model.onnx"), ("hf:org/name", "name"), ("odd:", "odd:"),
    ],
)  # fmt: skip
def test_a_classifier_is_called_by_the_end_of_its_reference(reference, name):
    assert short_name(reference) == name


def test_a_run_is_named_by_encoding_seed_and_state():
    settings = run_result(seed=7).settings
    assert heading(settings) == "CPPN encoding, seed 7"
    assert about_run(settings) == "lenet, 10 classes, CPPN encoding, seed 7"
    assert heading(run_result(encoding="direct").settings) == "direct encoding, seed 3"
    assert run_state("finished", 1200) == "finished at generation 1,200"
    assert run_state("interrupted", 20) == "interrupted at generation 20"
    assert run_state("running", -1) == "running, no generation yet"
    direct, other = run_result(encoding="direct").settings, run_result(encoding="other").settings
    assert how_made(direct).startswith("Each image began as uniform noise. ")
    assert how_made(other).startswith("Each image began at random. ")
