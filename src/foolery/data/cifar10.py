"""CIFAR-10: 50 000 and 10 000 images of ten classes, RGB, 32 x 32 (Krizhevsky, 2009).

The official binary version: one byte of label, then 3 x 32 x 32 bytes of pixels, for each image.
"""

from __future__ import annotations

import hashlib
import io
import tarfile
import zlib
from pathlib import Path

import numpy as np

from foolery.data.download import MAX_DOWNLOAD, data_folders, download
from foolery.data.labelled import LabelledImages
from foolery.errors import UsageError
from foolery.untrusted import UnreadableError, read_bytes

CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")

ARCHIVE = "cifar-10-binary.tar.gz"
FOLDER = "cifar-10-batches-bin"
_MIRRORS = (f"https://www.cs.toronto.edu/~kriz/{ARCHIVE}", f"https://cave.cs.toronto.edu/kriz/{ARCHIVE}")
_RECORD = 1 + 3 * 32 * 32
#: SHA-256 of the files in the archive, and the archive's own.
_SHA256 = {
    "data_batch_1.bin": "cee916563c9f80d84e3cc88e17fdc0941787f1244f00a67874d45b261883ada5",
    "data_batch_2.bin": "a591ca11fa1708a91ee40f54b3da4784ccd871ecf2137de63f51ada8b3fa57ed",
    "data_batch_3.bin": "bbe8596564c0f86427f876058170b84dac6670ddf06d79402899d93ceea26f67",
    "data_batch_4.bin": "014e562d6e23c72197cc727519169a60359f5eccd8945ad5a09d710285ff4e48",
    "data_batch_5.bin": "755304fc0b379caeae8c14f0dac912fbc7d6cd469eb67a1029a08a39453a9add",
    "test_batch.bin": "8e2eb146ae340b09e24670f29cabc6326dba54da8789dab6768acf480273f65b",
}
_ARCHIVE_SHA256 = "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd"


def open_cifar10(_location: str, split: str) -> LabelledImages:
    """The ``train`` (50 000) or ``test`` (10 000) images, ``(N, 3, 32, 32) uint8``.

    Looked for in ``cifar10`` below the data folders, as the archive or its ``.bin`` files, then downloaded.

    Raises:
        UsageError: where the files are damaged, or are nowhere and cannot be downloaded.
    """
    batches = [name for name in _SHA256 if name.startswith("data" if split == "train" else "test")]
    content = b"".join(_contents(batches))
    return records(content)


def records(content: bytes) -> LabelledImages:
    """The images of one or more ``.bin`` files.

    Raises:
        UsageError: where the length or a label cannot be right.
    """
    if not content or len(content) % _RECORD:
        raise UsageError(f"data cifar10: expected records of {_RECORD} bytes, got {len(content)} bytes")
    table = np.frombuffer(content, np.uint8).reshape(-1, _RECORD)
    return LabelledImages(table[:, 1:].reshape(-1, 3, 32, 32), table[:, 0].astype(np.int64), CLASSES)


def _contents(names: list[str]) -> list[bytes]:
    for folder in (each / "cifar10" for each in data_folders()):
        for below in (folder, folder / FOLDER):
            if all((below / name).is_file() for name in names):
                return [_check_digest(_read(below / name), name, str(below / name)) for name in names]
        if (folder / ARCHIVE).is_file():
            return _unpack(_read(folder / ARCHIVE), names, folder / ARCHIVE)
    archive = download(
        f"cifar10/{ARCHIVE}", _MIRRORS, lambda data, where: _check_digest(data, ARCHIVE, where), "170 MB"
    )
    return _unpack(archive, names, Path(ARCHIVE))


def _read(path: Path) -> bytes:
    try:
        return read_bytes(path, MAX_DOWNLOAD)
    except UnreadableError as error:
        raise UsageError(f"data cifar10: {error}") from None


def _unpack(archive: bytes, names: list[str], source: Path) -> list[bytes]:
    """Members of the archive, read in memory: no path of the archive is used."""
    members: dict[str, bytes] = {}
    try:
        with tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz") as tar:
            for member in tar:
                if member.offset_data + member.size > MAX_DOWNLOAD:  # to pass over it would unpack it
                    raise tarfile.ReadError(f"it unpacks to more than {MAX_DOWNLOAD:,} bytes")
                name = member.name.rpartition("/")[2]
                if name in names and member.isfile() and member.size <= 10_000 * _RECORD:
                    file = tar.extractfile(member)
                    members[name] = _check_digest(file.read() if file else b"", name, f"{source}: {name}")
    except (tarfile.TarError, OSError, EOFError, zlib.error) as error:
        raise UsageError(f"{source}: not a whole archive ({error}); delete it to have it fetched") from None
    missing = [name for name in names if name not in members]
    if missing:
        raise UsageError(f"{source}: has no {missing[0]}; delete it to have it fetched")
    return [members[name] for name in names]


def _check_digest(content: bytes, name: str, source: str) -> bytes:
    digest, expected = hashlib.sha256(content).hexdigest(), _SHA256.get(name, _ARCHIVE_SHA256)
    if digest != expected:
        raise UsageError(
            f"{source}: its content has SHA-256 {digest[:16]}…, expected {expected[:16]}…; "
            "delete it to have it fetched"
        )
    return content
