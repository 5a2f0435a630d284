""""""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foolery.text import (
    format_confidence,
    format_count,
    format_duration,
    format_percent,
    format_score,
    nines,
    shorten,
    with_narrow_spaces,
)

PROBABILITIES = st.floats(0, 1) | st.floats(0, 18).map(lambda count: 1 - 10.0**-count)


def number(text):
    """What a reader takes from it; below and above are half a last digit away."""
    value = float(text.strip("<> %"))
    return value + {"<": -5e-5, ">": 5e-5}.get(text[0], 0.0)


@pytest.mark.parametrize(
    ("confidence", "text"),
    [
        (0.0, "0 %"), (1e-300, "<0.1 %"), (0.000999, "<0.1 %"), (0.001, "0.1 %"), (0.5, "50.0 %"),
        (0.29, "29.0 %"), (0.9, "90.0 %"), (0.98999, "98.9 %"), (0.99, "99.0 %"), (0.999, "99.9 %"),
        (0.9999, "99.99 %"), (0.99989999, "99.98 %"), (0.99997, "99.997 %"), (0.999999, "99.9999 %"),
        (0.9999991, ">99.9999 %"), (1 - 2**-53, ">99.9999 %"), (1.0, "100 %"), (float("nan"), "–"),
    ],
)  # fmt: skip
def test_a_confidence_is_cut_and_never_rounded(confidence, text):
    assert format_confidence(confidence) == text


@given(PROBABILITIES, PROBABILITIES)
def test_a_larger_confidence_never_reads_as_a_smaller_one(one, other):
    low, high = sorted((one, other))
    assert number(format_confidence(low)) <= number(format_confidence(high))


@given(PROBABILITIES)
def test_only_certainty_is_a_hundred_per_cent(confidence):
    text = format_confidence(confidence)
    assert (text == "100 %") == (confidence == 1.0)
    assert len(text) <= 10
    if text[0] not in "<>":
        assert float(text.removesuffix(" %")) <= confidence * 100 * (1 + 1e-15)
        assert confidence * 100 - float(text.removesuffix(" %")) <= 0.1 + 1e-12


@given(st.floats(0, 1, width=32))
def test_numbers_of_other_sizes_are_read_as_they_are(confidence):
    import numpy as np

    assert format_confidence(np.float32(confidence)) == format_confidence(float(confidence))


@given(PROBABILITIES, PROBABILITIES)
def test_nines_grow_with_the_confidence(one, other):
    low, high = sorted((one, other))
    assert 0 <= nines(low) <= nines(high) <= 16


def test_nines_count_nines():
    assert [nines(value) for value in (0.0, 0.9, 0.99, 0.9999)] == pytest.approx([0, 1, 2, 4])
    assert nines(1.0) == 16
    assert nines(-0.3) == nines(math.nan) == 0


def test_a_similarity_is_a_cosine():
    assert format_score(-0.12345, "similarity") == "−0.123"
    assert format_score(0.5, "similarity") == "0.500"
    assert format_score(0.5, "sigmoid") == format_confidence(0.5)


@pytest.mark.parametrize(
    ("words", "short"),
    [
        ("lenet", "lenet"),
        ("onnx:net.onnx", "onnx:net.onnx"),
        ("onnx:/home/me/models/net/model.onnx", "onnx:net/model.onnx"),
        ("ensemble:onnx:/a/b/c/one.onnx+onnx:/a/b/c/two.onnx", "ensemble:onnx:c/one.onnx+onnx:c/two.onnx"),
        ("foolery evolve -c lenet --out /tmp/me/runs/one", "foolery evolve -c lenet --out runs/one"),
        (
            "foolery reproduce --classifier photos=onnx:/a/b/c/d.onnx",
            "foolery reproduce --classifier photos=onnx:c/d.onnx",
        ),
        ("--card photos=/tmp/a/b.json", "--card photos=a/b.json"),
        ("parquet:cifar10/{train,test}.parquet", "parquet:cifar10/{train,test}.parquet"),
    ],
)
def test_paths_keep_their_last_two_parts(words, short):
    assert shorten(words) == short


def test_counts_durations_and_shares_are_easy_to_read():
    counts = [format_count(value) for value in (0, 999, 40200, 1234567.8, None, math.nan)]
    assert counts == ["0", "999", "40,200", "1,234,568", "–", "–"]
    durations = [format_duration(value) for value in (0.0, 4.24, 119.99, 200, 7500, None)]
    assert durations == ["0.0 s", "4.2 s", "120.0 s", "3 min 20 s", "2 h 5 min", "–"]
    shares = [format_percent(value) for value in (0.0, 1e-6, 0.1234, 0.99999, 1.0, None, math.nan)]
    assert shares == ["0 %", "0.1 %", "12.3 %", "99.9 %", "100 %", "–", "–"]
    assert (format_percent(0.129, 0), format_percent(0.012, 2)) == ("13 %", "1.20 %")
    assert with_narrow_spaces("99.9 % of 10") == "99.9\u202f% of 10"
