import pytest

from foolery.report.wording import classifier_name, duration, heading, headline, how_made, number, state
from support.exhibits import exhibit


@pytest.mark.parametrize(
    ("confidences", "sentence"),
    [
        ((0.9999,) * 10, "lenet is at least 99.99 % certain of 10 of 10 evolved pictures"),
        ((0.9999,) * 5 + (0.99,) * 5, "lenet is at least 99.99 % certain of 5 of 10 evolved pictures"),
        ((0.9999,) * 4 + (0.99,) * 6, "lenet is at least 99 % certain of 10 of 10 evolved pictures"),
        ((0.99989999,) * 10, "lenet is at least 99.9 % certain of 10 of 10 evolved pictures"),
        ((0.49999,) * 9 + (0.1,), "lenet is at most 49.9 % certain of 10 evolved pictures"),
        ((0.9999,) * 4 + (0.1,) * 6, "lenet is at least 50 % certain of 4 of 10 evolved pictures"),
        ((0.97,), "lenet is at least 90 % certain of 1 evolved picture"),
        ((), "No pictures yet for lenet"),
    ],
)
def test_the_finding_names_the_highest_level_that_half_of_the_pictures_reach(confidences, sentence):
    assert headline([exhibit(confidences=confidences)]) == sentence


def test_several_classifiers_are_counted():
    one = exhibit(confidences=(1.0,))
    other = type(one)(**{**vars(one), "settings": one.settings.model_copy(update={"fingerprint": "cd" * 32})})
    assert headline([one, one]) == "lenet is at least 99.99 % certain of 2 of 2 evolved pictures"
    assert headline([one, other]) == "2 classifiers are at least 99.99 % certain of 2 of 2 evolved pictures"


def test_nothing_that_was_not_measured_is_said_of_a_similarity():
    similar = exhibit(kind="similarity", confidences=(0.2, 0.4))
    assert headline([similar]) == "2 evolved pictures, with a median similarity of 0.300 in lenet"
    assert headline([similar, exhibit()]) == "12 evolved pictures, scored by lenet"


@pytest.mark.parametrize(
    ("reference", "name"),
    [
        ("lenet", "lenet"), ("torchvision:alexnet", "alexnet"), ("onnx:folder/resnet.onnx", "resnet.onnx"),
        (r"onnx:C:\folder\resnet.onnx", "resnet.onnx"), ("onnx:resnet/model.onnx", "resnet"),
        ("onnx:model.onnx", "model.onnx"), ("hf:org/name", "name"), ("odd:", "odd:"),
    ],
)  # fmt: skip
def test_a_classifier_is_called_by_the_end_of_its_reference(reference, name):
    assert classifier_name(exhibit(classifier=reference)) == name


def test_a_run_is_told_by_encoding_seed_and_state():
    assert heading(exhibit(seed=7)) == "CPPN encoding, seed 7"
    assert heading(exhibit(encoding="direct")) == "direct encoding, seed 3"
    assert state(exhibit(generations=1200)) == "finished at generation 1\u202f200"
    assert state(exhibit(status="interrupted")) == "not finished: interrupted at generation 20"
    assert how_made(exhibit(encoding="direct")).startswith("Each picture began as uniform noise. ")
    assert how_made(exhibit(encoding="other")).startswith("Each picture began at random. ")


def test_numbers_are_easy_to_read():
    assert [number(value) for value in (0, 999, 40200, 1234567.8, None)] == [
        "0", "999", "40\u202f200", "1\u202f234\u202f568", "–",
    ]  # fmt: skip
    assert [duration(value) for value in (0.0, 4.24, 119.99, 200, 7500, None)] == [
        "0.0 s", "4.2 s", "120.0 s", "3 min 20 s", "2 h 5 min", "–",
    ]  # fmt: skip
