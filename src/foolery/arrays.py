"""Arrays: numbers in files that a stranger may have written: ``.npz``, ``.npy``, headers of ``.safetensors``.

Sizes are taken from headers and compared with the file before anything is unpacked or read.
"""

from __future__ import annotations

import io
import math
import os
import re
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from foolery.untrusted import UnreadableError, check_regular, parse_json, read_bytes, shortened

if TYPE_CHECKING:
    from zipfile import ZipFile, ZipInfo

    from numpy.typing import NDArray

MAX_ARRAYS = 100  # of one ``.npz`` file
MAX_TENSORS = 100_000  # of one safetensors file
MAX_HEADER = 16 * 2**20  # bytes of a safetensors header
_LENGTH = 8  # bytes in which a safetensors file has the length of its header


def read_arrays(path: Path, limit: int) -> dict[str, NDArray[Any]]:
    """The arrays in an ``.npz`` file, by name; numbers alone, of at most ``limit`` bytes together.

    Sizes are taken from the headers before anything is unpacked: a small file can unpack to an enormous one.

    Raises:
        UnreadableError: for anything else, and where an array is not as large as its header says.
    """
    import zipfile

    try:
        check_regular(path)
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            total = sum(member.file_size for member in members)
            if len(members) > MAX_ARRAYS or total > limit:
                raise UnreadableError(
                    path,
                    f"{len(members)} arrays of {total:,} bytes, at most {MAX_ARRAYS} of {limit:,} are read",
                )
            return {
                member.filename.removesuffix(".npy"): _read_array(archive, member, path) for member in members
            }
    except UnreadableError:
        raise
    except OSError as error:
        raise UnreadableError(path, error.strerror or str(error)) from None
    except Exception as error:  # zipfile and numpy raise what they like for damaged files
        raise UnreadableError(path, f"damaged ({shortened(str(error)) or type(error).__name__})") from None


def _read_array(archive: ZipFile, member: ZipInfo, path: Path) -> NDArray[Any]:
    with archive.open(member) as file:
        return _array_in(file, member.file_size, path, f"{member.filename!a}")


def read_array(path: Path, limit: int) -> NDArray[Any]:
    """The array in an ``.npy`` file of at most ``limit`` bytes; numbers alone.

    Raises:
        UnreadableError: for anything else, and where it is not as large as its header says.
    """
    content = read_bytes(path, limit)
    try:
        return _array_in(io.BytesIO(content), len(content), path, "the array")
    except UnreadableError:
        raise
    except Exception as error:  # numpy raises what it likes for damaged headers
        raise UnreadableError(path, f"damaged ({shortened(str(error)) or type(error).__name__})") from None


def _array_in(file: IO[bytes], size: int, path: Path, name: str) -> NDArray[Any]:
    """The array in the ``size`` bytes of ``file``; nothing is made before its header has been checked."""
    import numpy as np
    from numpy.lib import format as layout

    version = layout.read_magic(file)
    if version not in ((1, 0), (2, 0)):
        raise UnreadableError(path, f"{name}: arrays of version {version} are not read")
    read_header = layout.read_array_header_1_0 if version == (1, 0) else layout.read_array_header_2_0
    shape, is_fortran, dtype = read_header(file)
    expected = math.prod(shape) * dtype.itemsize
    if dtype.kind not in "biuf" or min(shape, default=0) < 0 or expected != size - file.tell():
        raise UnreadableError(path, f"{name}: it is not as large as {shape} {dtype} has to be")
    flat = np.frombuffer(bytearray(file.read(expected)), dtype)
    return flat.reshape(shape, order="F" if is_fortran else "C")


def read_safetensors_header(path: Path) -> dict[str, Any]:
    """Tensor name to ``dtype``, ``shape`` and ``data_offsets`` in a safetensors file; they fit its size.

    Nothing of the tensors is read. ``data_offsets`` begin after the header.

    Raises:
        UnreadableError: for a header that is damaged, longer than 16 MiB, or names bytes that are not there.
    """
    try:
        check_regular(path)
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            length = int.from_bytes(file.read(_LENGTH), "little")
            if not 2 <= length <= min(MAX_HEADER, size - _LENGTH):
                raise UnreadableError(
                    path,
                    f"its header has {length:,} bytes, expected 2 to {min(MAX_HEADER, size - _LENGTH):,}",
                )
            header = parse_json(file.read(length))
    except OSError as error:
        raise UnreadableError(path, error.strerror or str(error)) from None
    except UnreadableError:
        raise
    except ValueError as error:
        raise UnreadableError(path, f"its header is no JSON that is read: {error}") from None
    if not isinstance(header, dict):
        raise UnreadableError(path, "its header is no JSON object")
    tensors = {name: entry for name, entry in header.items() if name != "__metadata__"}
    if len(tensors) > MAX_TENSORS:
        raise UnreadableError(path, f"it has {len(tensors):,} tensors, at most {MAX_TENSORS:,} are read")
    wrong = next((n for n, entry in tensors.items() if not _fits(entry, size - _LENGTH - length)), None)
    if wrong is not None:
        raise UnreadableError(
            path, f"its header's entry for the tensor {shortened(wrong)!a} does not fit the file"
        )
    return tensors


def _fits(entry: object, size: int) -> bool:
    """Whether an entry of a header names as many bytes as its shape takes, within ``size``."""
    if not isinstance(entry, dict):
        return False
    kind, shape, places = entry.get("dtype"), entry.get("shape"), entry.get("data_offsets")
    if not (
        isinstance(kind, str) and isinstance(shape, list) and isinstance(places, list) and len(places) == 2
    ):
        return False
    if not all(type(each) is int and each >= 0 for each in (*shape, *places)):
        return False
    bits = re.fullmatch(r"[A-Z]+(\d+).*", kind)
    width = 8 if kind == "BOOL" else int(bits[1]) if bits is not None and len(bits[1]) <= 3 else 0
    return bool(places[0] <= places[1] <= size and math.prod(shape) * width == (places[1] - places[0]) * 8)
