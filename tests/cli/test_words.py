"""Words of the command line, read into values."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foolery.cli.words import default_run, names, real, whole
from foolery.errors import UsageError


@given(st.integers())
def test_whole_reads_back_every_whole_number(number):
    assert whole(str(number)) == whole(number) == number


@pytest.mark.parametrize("text", ["", "1.5", "1e3", "ten", "0x10"])
def test_whole_takes_nothing_else(text):
    with pytest.raises(UsageError, match="whole number"):
        whole(text)


def test_real_takes_numbers_only():
    assert real("2.5") == 2.5
    with pytest.raises(UsageError, match="expected a number, got 'two'"):
        real("two")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, None),
        ("3", ["3"]),
        ("3, 7,", ["3", "7"]),
        ('"tench, Tinca tinca",goldfish', ["tench, Tinca tinca", "goldfish"]),
    ],
)
def test_names_are_parted_by_commas_unless_quoted(text, expected):
    assert names(text) == expected


@pytest.mark.parametrize("text", ["", " ", ",,"])
def test_no_name_at_all_is_refused(text):
    with pytest.raises(UsageError, match="--classes"):
        names(text)


@pytest.mark.parametrize(
    ("classifier", "expected"),
    [
        ("lenet", "lenet-cppn-seed4"),
        ("onnx:/somewhere/my net.onnx", "onnx-my-net-cppn-seed4"),
        ("onnx:..", "onnx-cppn-seed4"),
        ("timm:resnet50.a1_in1k", "timm-resnet50-cppn-seed4"),
    ],
)
def test_a_run_without_a_name_is_called_after_what_decides_it(classifier, expected):
    assert default_run(classifier, "cppn", 4) == Path("runs") / expected
