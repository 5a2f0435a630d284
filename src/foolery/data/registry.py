"""Data references: the names by which labelled pictures are opened, on the command line and in code."""

from __future__ import annotations

from pathlib import Path

from foolery.data.labelled import LabelledData, check_split
from foolery.errors import UsageError, did_you_mean


def list_data() -> dict[str, str]:
    """Every form of data reference with one line about it."""
    return {
        "mnist": "handwritten digits, gray 28 x 28, 60 000 to train and 10 000 to test",
        "cifar10": "photos of ten classes, RGB 32 x 32, 50 000 to train and 10 000 to test",
        "folder:DIR": "picture files, one folder for each class (below train and test, where DIR has those)",
        "parquet:FILE": "Hugging Face datasets; FILE,FILE, train-*.parquet and {train,test}.parquet too",
    }


def load_data(reference: str, split: str = "test") -> LabelledData:
    """The labelled pictures that ``reference`` names.

    Args:
        reference: ``mnist``, ``cifar10``, ``folder:DIR`` or ``parquet:FILE``.
        split: ``train`` or ``test``; for folders and files without splits both are all pictures.

    Raises:
        UsageError: for unknown names, and where the data cannot be had.
        MissingExtraError: for Parquet files without pyarrow.
    """
    check_split(split)
    scheme, colon, rest = reference.partition(":")
    if colon and scheme in ("folder", "parquet") and not rest:
        raise UsageError(f"data: {reference!r} names no file; write {scheme}:PATH")
    if reference == "mnist":
        from foolery.data.mnist import open_mnist

        return open_mnist(split)
    if reference == "cifar10":
        from foolery.data.cifar10 import open_cifar10

        return open_cifar10(split)
    if colon and scheme == "folder":
        from foolery.data.image_folder import open_folder

        return open_folder(Path(rest).expanduser(), split)
    if colon and scheme == "parquet":
        from foolery.data.parquet import open_parquet

        return open_parquet(rest, split)
    hint = _path_without_scheme(reference)
    raise UsageError(f"data: unknown {reference!r}; {hint or did_you_mean(reference, list(list_data()))}")


def _path_without_scheme(reference: str) -> str:
    """What to write instead, where ``reference`` is a path as it stands; else empty."""
    path = Path(reference).expanduser()
    if path.is_dir():
        return f"it is a folder: write folder:{reference}"
    return f"it is a file: write parquet:{reference}" if path.suffix == ".parquet" else ""
