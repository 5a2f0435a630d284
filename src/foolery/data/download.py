"""Store: where data files lie, and how they get there, each with a pinned checksum."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import sys
import zlib
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from http.client import HTTPException
from pathlib import Path

from foolery.errors import UsageError
from foolery.files import write_atomic
from foolery.untrusted import UnreadableError, read_bytes

MAX_DOWNLOAD = 2**28
"""Bytes of a file of a data set, packed and unpacked: the largest, of CIFAR-10, has 184 million."""
TIMEOUT = 20.0  # seconds without a response after which a mirror counts as unreachable


@dataclass(frozen=True)
class StoredFile:
    """A gzip file of a data set.

    Attributes:
        path: below the data folder, for instance ``mnist/train-labels-idx1-ubyte.gz``.
        sha256: of the decompressed content, so that any compressor will do.
        mirrors: addresses to download it from, the first one preferred.
    """

    path: str
    sha256: str
    mirrors: Sequence[str]


def data_folders() -> tuple[Path, ...]:
    """Where data is looked for: ``FOOLERY_DATA`` where it is set, then the user's cache folder."""
    setting = os.environ.get("FOOLERY_DATA")
    return (Path(setting).expanduser(), _cache()) if setting else (_cache(),)


def stored_content(file: StoredFile) -> bytes:
    """The decompressed content of ``file``, downloaded into the first folder where no folder has it.

    Raises:
        UsageError: where the file is damaged, or is nowhere and cannot be downloaded.
    """
    for folder in data_folders():
        path = folder / file.path
        if path.is_file():
            try:
                compressed = read_bytes(path, MAX_DOWNLOAD)
            except UnreadableError as error:
                raise UsageError(f"data {error}") from None
            return _decompress_checked(compressed, file, str(path))
    return _decompress_checked(
        download(file.path, file.mirrors, partial(_check_compressed, file)), file, file.path
    )


def _cache() -> Path:
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or "~/AppData/Local"
    elif sys.platform == "darwin":
        base = "~/Library/Caches"
    else:
        base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    try:
        return Path(base).expanduser() / "foolery"
    except RuntimeError:  # a user without a home, as in containers
        return Path(os.environ.get("TMPDIR", "/tmp")) / "foolery"


def _decompress_checked(compressed: bytes, file: StoredFile, source: str) -> bytes:
    try:
        with gzip.open(io.BytesIO(compressed)) as stream:
            data = stream.read(MAX_DOWNLOAD + 1)
        if len(data) > MAX_DOWNLOAD:
            raise EOFError(f"it unpacks to more than {MAX_DOWNLOAD:,} bytes")
    except (OSError, EOFError, zlib.error) as error:
        raise UsageError(f"{source}: not a whole gzip file ({error}); delete it to have it fetched") from None
    digest = hashlib.sha256(data).hexdigest()
    if digest != file.sha256:
        raise UsageError(
            f"{source}: its content has SHA-256 {digest[:16]}…, expected {file.sha256[:16]}…; "
            "delete it to have it fetched"
        )
    return data


def _check_compressed(file: StoredFile, compressed: bytes, source: str) -> bytes:
    _decompress_checked(compressed, file, source)
    return compressed


def download(
    path: str, mirrors: Sequence[str], check: Callable[[bytes, str], bytes], size: str | None = None
) -> bytes:
    """A file from the first mirror that gives what ``check`` lets through; kept in the first data folder.

    Args:
        path: below the data folder.
        mirrors: addresses, the first one preferred.
        check: returns the content, or raises UsageError; its second argument names the address.
        size: printed on standard error before a long download.

    Raises:
        UsageError: where no mirror has it; says where to put the file by hand.
    """
    from urllib.request import build_opener

    # The opener of urlopen is made once, with the proxies of that moment.
    opener = build_opener()
    failures: list[str] = []
    for address in mirrors:
        try:
            with opener.open(address, timeout=TIMEOUT) as response:
                if size is not None:
                    print(f"downloading {address} ({size})", file=sys.stderr, flush=True)
                content = check(response.read(MAX_DOWNLOAD + 1), address)
        except (OSError, HTTPException, UsageError) as error:
            failures.append(str(error) or type(error).__name__)
        else:
            with suppress(OSError):  # a folder that cannot be written to is no obstacle
                write_atomic(data_folders()[0] / path, content)
            return content
    name = path.partition("/")[0]
    raise UsageError(
        f"data {name}: {Path(path).name} is not in {' or '.join(map(str, data_folders()))} and could not be "
        f"downloaded ({failures[-1]}); put the files into a folder {name} and set FOOLERY_DATA to its parent"
    )
