"""External weights: the files that an ONNX file points to, found without the ``onnx`` package.

An ONNX file is a protocol buffer; the few field numbers below are those of ``onnx.proto3``.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from foolery.errors import UsageError

# message -> field number -> the message in that field, as far as tensors can lie below it
_BELOW = {
    "model": {7: "graph", 25: "function"},
    "graph": {1: "node", 5: "tensor", 15: "sparse"},
    "function": {7: "node"},
    "node": {5: "attribute"},
    "attribute": {5: "tensor", 6: "graph", 10: "tensor", 11: "graph", 22: "sparse", 23: "sparse"},
    "sparse": {1: "tensor", 2: "tensor"},
    "tensor": {13: "entry"},
}
_BYTES = {0: None, 1: 8, 2: None, 5: 4}  # wire type -> length, where it is fixed
_DEEPEST = 64


def external_files(graph: Path) -> list[Path]:
    """The weights files that an ONNX file points to, sorted by name, each once.

    Raises:
        UsageError: where the file is no ONNX file, or points to a file that is missing or outside its folder.
    """
    try:
        locations = sorted(set(_locations(memoryview(graph.read_bytes()), "model", 0)))
    except OSError as error:
        raise UsageError(f"classifier onnx: cannot read {graph}: {error.strerror}") from None
    except (ValueError, IndexError):
        raise UsageError(f"classifier onnx: {graph} is not an ONNX file") from None
    folder = graph.resolve().parent
    files = []
    for location in locations:
        path = folder / location
        if not path.resolve().is_relative_to(folder):
            raise UsageError(f"classifier onnx: {graph} points outside its folder, to {location!r}")
        if not path.is_file():
            raise UsageError(f"classifier onnx: {graph} needs {location!r} beside it, which is missing")
        files.append(path)
    return files


def _locations(message: memoryview, kind: str, depth: int) -> Iterator[str]:
    if depth > _DEEPEST:
        raise ValueError("nested too deeply")
    if kind == "entry":
        pair = {number: bytes(value).decode() for number, value in _fields(message)}
        if pair.get(1) == "location":
            yield pair.get(2, "")
        return
    for number, value in _fields(message):
        below = _BELOW[kind].get(number)
        if below is not None:
            yield from _locations(value, below, depth + 1)


def _fields(message: memoryview) -> Iterator[tuple[int, memoryview]]:
    """Number and content of every field with a length; the others are passed over."""
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        wire = key & 7
        if wire not in _BYTES:
            raise ValueError(f"wire type {wire}")
        if wire == 0:
            _, at = _varint(message, at)
            continue
        length = _BYTES[wire]
        if length is None:
            length, at = _varint(message, at)
        if at + length > len(message):
            raise ValueError("cut off")
        if wire == 2:
            yield key >> 3, message[at : at + length]
        at += length


def _varint(message: memoryview, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = message[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
        if shift > 63:
            raise ValueError("a number is too long")
