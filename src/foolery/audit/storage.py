"""The folder of an audit: its document is read and written here, and the folder begun or given up."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from foolery.audit import schema_1, schema_2, schema_3
from foolery.audit.schema import FILE, SCHEMA, Audit
from foolery.errors import UsageError
from foolery.files import check_no_links, write_atomic
from foolery.runs.database import RunLock
from foolery.untrusted import UnreadableError, read_json

CHAMPIONS = "champions"
RUNS = "runs"
MITIGATIONS = "mitigations"
SUMMARY = "summary.md"
LOCK = "audit.lock"


def write_audit(audit: Audit, folder: Path) -> Path:
    """Write ``audit.json`` into ``folder``; a reader sees the old file or the new one, never half of it."""
    file = folder / FILE
    write_atomic(file, audit.model_dump_json(by_alias=True, indent=1) + "\n")
    return file


def open_audit(path: Path | str) -> Audit:
    """The audit in a folder, or in an ``audit.json``, of this version or an earlier one.

    Args:
        path: of the folder or of the file.

    Raises:
        UsageError: where there is none, or one that this version cannot read.

    Example:
        >>> open_audit("nowhere")
        Traceback (most recent call last):
        foolery.errors.UsageError: audit: nowhere does not exist; foolery audit writes one
    """
    file = Path(path) / FILE if Path(path).is_dir() else Path(path)
    if not file.exists():
        raise UsageError(f"audit: {file} does not exist; foolery audit writes one")
    try:
        document = read_json(file)
    except UnreadableError as error:
        raise UsageError(f"audit: {error}") from None
    version = document.get("schema") if isinstance(document, dict) else None
    if isinstance(version, int) and version > SCHEMA:
        raise UsageError(f"audit: {file} has schema {version}, this foolery reads up to {SCHEMA}; update it")
    try:
        audit = Audit.model_validate(upgraded(document))
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise UsageError(f"audit: {file} is no audit: {place or 'file'}: {first['msg']}") from None
    return audit.placed_in(file.parent)


def upgraded(document: Any) -> Any:
    """The document of any earlier schema as one of this schema; what is no such document stays as it is."""
    for version, upgrade in ((1, schema_1.upgrade), (2, schema_2.upgrade), (3, schema_3.upgrade)):
        if isinstance(document, dict) and document.get("schema") == version:
            document = upgrade(document)
    return document


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Within it no other process writes an audit into ``folder``, which is made.

    Raises:
        UsageError: where another one does, or the folder cannot be made or written.
    """
    is_new = not folder.exists()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(
            f"--out: {folder} cannot be made a folder ({error.strerror}); name another one"
        ) from None
    lock = RunLock(folder, LOCK, "audit")
    try:
        yield
    finally:
        lock.release()
        if is_new:
            with suppress(OSError):  # it is kept unless it is empty
                folder.rmdir()


def _is_free(folder: Path) -> bool:
    """Whether nothing is in a folder but what a killed audit left before its first document."""
    if not folder.exists():
        return True
    left = (FILE + ".part", LOCK)
    return folder.is_dir() and all(path.name in left for path in folder.iterdir())


def prepare_folder(folder: Path, *, overwrite: bool) -> None:
    """Make the folder of a new audit; an earlier audit in it is removed where ``overwrite`` is given.

    Raises:
        UsageError: where the folder is in use otherwise.
    """
    if (folder / FILE).exists() and overwrite:
        check_no_links(folder)
        for name in (RUNS, CHAMPIONS, MITIGATIONS, "helps"):  # the last is what schema 1 calls mitigations
            shutil.rmtree(folder / name, ignore_errors=True)
        for name in (FILE, SUMMARY):
            (folder / name).unlink(missing_ok=True)
    elif not _is_free(folder):
        raise UsageError(
            f"--out: {folder} is not empty; name another folder, or give --resume or --overwrite"
        )
    folder.mkdir(parents=True, exist_ok=True)


def keep_light(folder: Path) -> None:
    """Remove the files of all attacks of a finished audit; images and documents stay."""
    for audit in (folder, *(folder / MITIGATIONS).glob("*/")):
        shutil.rmtree(audit / RUNS, ignore_errors=True)


def discard_folder(folder: Path) -> None:
    """Remove an audit that could not begin, so that the same command can be given again, mended."""
    (folder / FILE).unlink(missing_ok=True)
    with suppress(OSError):
        folder.rmdir()
