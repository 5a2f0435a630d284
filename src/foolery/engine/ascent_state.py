"""Ascent state: where the rows of an interrupted ascent stand, as a file beside its run file.

A run file has the champions, rounded to 8 bits; the rows themselves are real numbers and go on from where
they are. The file is named by its generation and written before the checkpoint that it belongs to, so at
any moment one fits the run file.
"""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from foolery.errors import FooleryError, UsageError
from foolery.files import atomic


def state_file(folder: Path, generation: int) -> Path:
    """``ascent-G.npz``."""
    return folder / f"ascent-{generation}.npz"


def write_state(folder: Path, generation: int, arrays: dict[str, NDArray[Any]]) -> None:
    """Write the state after ``generation``; the file is never half written.

    Raises:
        FooleryError: no space is left, or the folder cannot be written.
    """
    file = state_file(folder, generation)
    try:
        with atomic(file) as part, part.open("wb") as stream:
            np.savez(stream, allow_pickle=False, **arrays)
    except OSError as error:
        raise FooleryError(f"{file}: could not be written ({error.strerror})") from error


def read_state(folder: Path | None, generation: int) -> dict[str, NDArray[Any]]:
    """The state after ``generation``.

    Raises:
        UsageError: where there is none that fits.
    """
    file = state_file(folder or Path(), generation)
    try:
        with np.load(file, allow_pickle=False) as arrays:
            return {name: arrays[name] for name in arrays.files}
    except (OSError, ValueError, zipfile.BadZipFile, KeyError):
        raise UsageError(
            f"resume: {file} is missing or damaged; without it the pictures cannot go on exactly where they "
            f"were (a run that reached its last step keeps none): start again with --overwrite"
        ) from None


def delete_states(folder: Path | None, *, keep: int | None = None) -> None:
    """Remove every state file of ``folder``, except that of generation ``keep``."""
    if folder is None:
        return
    for file in folder.glob("ascent-*.npz"):
        if keep is None or file != state_file(folder, keep):
            file.unlink(missing_ok=True)
