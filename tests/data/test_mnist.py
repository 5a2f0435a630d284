""""""

from __future__ import annotations

import gzip
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from foolery.data import load_data
from foolery.data.mnist import read_idx
from foolery.errors import UsageError

TEST_COUNTS = [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
TRAIN_COUNTS = [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]


def test_both_splits_are_the_official_digits(mnist, mnist_train):
    assert mnist.canvases.shape == (10_000, 1, 28, 28)
    assert mnist_train.canvases.shape == (60_000, 1, 28, 28)
    assert np.bincount(mnist.labels).tolist() == TEST_COUNTS
    assert np.bincount(mnist_train.labels).tolist() == TRAIN_COUNTS
    assert mnist.classes == tuple("0123456789")
    assert mnist.labels[:5].tolist() == [7, 2, 1, 0, 4]


def test_digits_are_white_on_black(mnist):
    assert (mnist.canvases[:, :, 0] == 0).mean() > 0.99
    assert mnist.canvases.max() == 255


def test_other_content_under_the_right_name_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "mnist").mkdir()
    (tmp_path / "mnist" / "t10k-images-idx3-ubyte.gz").write_bytes(gzip.compress(b"\0\0\x08\1\0\0\0\0"))
    monkeypatch.setenv("FOOLERY_DATA", str(tmp_path))
    with pytest.raises(UsageError, match=r"t10k-images-idx3-ubyte\.gz.*SHA-256"):
        load_data("mnist", "test")


def written(array: np.ndarray) -> bytes:
    return bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()


@given(arrays(np.uint8, array_shapes(max_dims=4, max_side=6, min_side=0)))
def test_reads_what_was_written(array):
    assert np.array_equal(read_idx(written(array), "file"), array)


@given(st.binary(max_size=40).filter(lambda content: content[:3] != b"\0\0\x08"))
def test_any_other_content_is_refused_by_name(content):
    with pytest.raises(UsageError, match=r"^digits\.gz: "):
        read_idx(content, "digits.gz")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "not an IDX file of bytes"),
        (b"\0\0\x0d\1\0\0\0\0", "not an IDX file of bytes"),
        (b"\0\0\x08\2\0\0\0\1", "cut off after 8 bytes"),
        (b"\0\0\x08\1\0\0\0\3ab", r"states \(3,\), but 2 bytes follow"),
    ],
)
def test_says_what_is_wrong(content, said):
    with pytest.raises(UsageError, match=said):
        read_idx(content, "file")
