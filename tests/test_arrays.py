"""Arrays in a stranger's files: compared with the file's size before anything is unpacked or made."""

import io
import json
import struct
import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pytest

from foolery.arrays import MAX_HEADER, read_array, read_arrays, read_safetensors_header
from foolery.untrusted import UnreadableError


def npy(array: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


def header_of(shape: str, kind: str = "|u1") -> bytes:
    """The header of an ``.npy`` file that claims a shape."""
    text = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}}}\n".encode()
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text


def bomb(file: Path, megabytes: int) -> Path:
    """An ``.npz`` file with one array of zeros, a thousandth of its size."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("a.npy", "w") as member:
        member.write(header_of(f"({megabytes * 2**20},)"))
        for _ in range(megabytes):
            member.write(bytes(2**20))
    return file


def safetensors(file: Path, header: object, content: bytes = b"", length: int | None = None) -> Path:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    file.write_bytes((len(text) if length is None else length).to_bytes(8, "little") + text + content)
    return file


@pytest.mark.parametrize("order", ["C", "F"])
def test_an_array_is_read_as_numpy_wrote_it(tmp_path, order):
    array = np.asarray(np.arange(24, dtype=np.int16).reshape(2, 3, 4), order=order)
    (tmp_path / "a.npy").write_bytes(npy(array))
    np.savez(tmp_path / "a.npz", one=array)
    for read in (read_array(tmp_path / "a.npy", 1000), read_arrays(tmp_path / "a.npz", 1000)["one"]):
        assert read.dtype == np.int16
        assert np.array_equal(read, array)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (header_of("(99999999999,)"), "it is not as large as (99999999999,) uint8 has to be"),
        (header_of("(4,)") + b"12345", "it is not as large as (4,)"),
        (header_of("(-4, -1)") + b"1234", "it is not as large as"),
        (npy(np.array(["a", "b"])), "it is not as large as"),
        (header_of("(1,)", "|O") + b"x" * 8, "it is not as large as"),
        (header_of("(" * 3000), "damaged"),
        (b"\x93NUMPY\x03\x00abc", "arrays of version (3, 0) are not read"),
        (b"no array", "damaged"),
        (b"", "damaged"),
    ],
)
def test_an_array_that_is_none_is_one_line(tmp_path, content, reason):
    (tmp_path / "a.npy").write_bytes(content)
    with pytest.raises(UnreadableError) as refused:
        read_array(tmp_path / "a.npy", 10_000)
    assert reason in refused.value.reason
    assert "\n" not in str(refused.value)


def test_what_would_unpack_to_much_is_refused_before_it_is_unpacked(tmp_path):
    file = bomb(tmp_path / "a.npz", 200)
    assert file.stat().st_size < 2**18
    tracemalloc.start()
    with pytest.raises(UnreadableError, match=r"1 arrays of 209,71\d,\d+ bytes, at most 100 of 1,000,000"):
        read_arrays(file, 1_000_000)
    assert tracemalloc.get_traced_memory()[1] < 2**21
    tracemalloc.stop()
    assert len(read_arrays(file, 2**28)["a"]) == 200 * 2**20


def test_a_header_of_safetensors_is_read_and_its_metadata_left_out(tmp_path):
    entry = {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}
    file = safetensors(tmp_path / "a", {"__metadata__": {"a": "b"}, "w": entry}, bytes(24))
    assert read_safetensors_header(file) == {"w": entry}


def test_what_the_library_writes_is_read(tmp_path):
    numpy = pytest.importorskip("safetensors.numpy")
    tensors = {kind: np.zeros((3, 2), kind) for kind in ("float32", "float16", "int64", "uint8", "bool")}
    (tmp_path / "a").write_bytes(numpy.save(tensors | {"none": np.zeros((0, 4), "float32")}))
    assert {name: entry["shape"] for name, entry in read_safetensors_header(tmp_path / "a").items()} == (
        {name: [3, 2] for name in tensors} | {"none": [0, 4]}
    )


WHOLE = {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ({"w": {**WHOLE, "data_offsets": [0, 9]}}, "entry for the tensor 'w' does not fit the file"),
        ({"w": {**WHOLE, "data_offsets": [8, 16]}}, "does not fit"),
        ({"w": {**WHOLE, "shape": [10**18, 10**18]}}, "does not fit"),
        ({"w": {**WHOLE, "shape": [-2]}}, "does not fit"),
        ({"w": {**WHOLE, "shape": [True, 2]}}, "does not fit"),
        ({"w": {**WHOLE, "dtype": "F" + "9" * 5000}}, "does not fit"),
        ({"w": {**WHOLE, "dtype": 32}}, "does not fit"),
        ({"w\x1b[2J": 5}, r"the tensor 'w\x1b[2J' does not fit"),
        ([], "its header is no JSON object"),
        (b"[" * 5000 + b"]" * 5000, "its header is no JSON that is read"),
        (b'{"w": 1e999}', "is too large"),
        (b"{}  \xff", "no JSON that is read"),
    ],
)
def test_a_header_of_safetensors_that_does_not_fit_is_one_line(tmp_path, header, reason):
    file = safetensors(tmp_path / "a", header, bytes(8))
    with pytest.raises(UnreadableError) as refused:
        read_safetensors_header(file)
    assert reason in refused.value.reason


@pytest.mark.parametrize("length", [0, 11, 2**63, MAX_HEADER + 1])
def test_the_length_of_a_header_is_bounded_by_the_file_and_by_a_limit(tmp_path, length):
    file = safetensors(tmp_path / "a", b"{}", bytes(8), length)
    with pytest.raises(UnreadableError, match=r"its header has [\d,]+ bytes, expected 2 to 10"):
        read_safetensors_header(file)
