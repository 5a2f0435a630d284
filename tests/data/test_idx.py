import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from foolery.data.idx import read_idx
from foolery.errors import UsageError


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
