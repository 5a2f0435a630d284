"""Data references: the names by which labelled images are opened, on the command line and in code."""

from __future__ import annotations

from pathlib import Path

from foolery.data.labelled import LabelledData, check_split
from foolery.data.opened import opening, tell_opened
from foolery.errors import UsageError
from foolery.install import shell_words
from foolery.registry import Entry, Registry

DATA = Registry(
    "data",
    "foolery.data",
    (
        Entry(
            "mnist",
            "handwritten digits, gray 28 x 28, 60 000 to train and 10 000 to test",
            "foolery.data.mnist:open_mnist",
        ),
        Entry(
            "cifar10",
            "photos of ten classes, RGB 32 x 32, 50 000 to train and 10 000 to test",
            "foolery.data.cifar10:open_cifar10",
        ),
        Entry(
            "folder",
            "image files, one folder for each class (below train and test, where DIR has those)",
            "foolery.data.image_folder:open_folder",
            form="folder:DIR",
        ),
        Entry(
            "parquet",
            "Hugging Face datasets; FILE,FILE, train-*.parquet and {train,test}.parquet too",
            "foolery.data.parquet:open_parquet",
            extra="dataset",
            form="parquet:FILE",
        ),
        Entry(
            "csv",
            "a table of paths and labels, and of splits where it has them",
            "foolery.data.image_table:open_table",
            form="csv:FILE",
        ),
        Entry(
            "tar",
            "WebDataset shards, or packed class folders; shard-{000..011}.tar and a folder of shards too",
            "foolery.data.tar_shards:open_tar",
            form="tar:FILE",
        ),
    ),
)
"""A target takes what follows the colon of a reference (empty where nothing does) and ``train`` or ``test``,
and gives ``LabelledData``."""


def list_data() -> dict[str, str]:
    """Every form of data reference with one line about it."""
    return {entry.usage: entry.about for entry in DATA.entries()}


def load_data(reference: str, split: str = "test") -> LabelledData:
    """The labelled images that ``reference`` names.

    Example::

        digits = foolery.load_data("mnist")           # downloaded on first use
        len(digits), digits.classes[:3]               # 10000, ('0', '1', '2')

    Args:
        reference: ``mnist``, ``cifar10``, ``folder:DIR``, ``parquet:FILE``, or a plugin's.
        split: ``train`` or ``test``; for folders and files without splits both are all images.

    Raises:
        UsageError: for unknown names, and where the data cannot be had.
        MissingExtraError: for Parquet files without pyarrow.
    """
    check_split(split)
    name, colon, location = reference.partition(":")
    if name not in DATA:
        hint = _path_without_scheme(reference)
        raise UsageError(f"data: {reference!r} is unknown; {hint or DATA.suggestion(reference)}")
    entry = DATA.entry(name)
    takes_location = ":" in entry.usage
    if takes_location and not location:
        raise UsageError(f"data: {reference!r} names no file; write {entry.usage}")
    if colon and not takes_location:
        raise UsageError(f"data: {reference!r} is unknown; {name} is written alone")
    with opening(reference):
        data: LabelledData = DATA.load(name)(location, split)
    tell_opened(reference, data)
    return data


def _path_without_scheme(reference: str) -> str:
    """What to write instead, where ``reference`` is a path as it stands; else empty."""
    path = Path(reference).expanduser()
    if path.is_dir():
        return f"it is a folder: write {shell_words([f'folder:{reference}'])}"
    scheme = {".parquet": "parquet", ".csv": "csv", ".tsv": "csv", ".tar": "tar"}.get(path.suffix.lower())
    return f"it is a file: write {shell_words([f'{scheme}:{reference}'])}" if scheme else ""
