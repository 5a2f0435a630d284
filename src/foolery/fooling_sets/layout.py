"""Layout: how the files of a fooling set lie in its folder."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from foolery.analysis.export import safe_name
from foolery.errors import MissingExtraError
from foolery.fooling_sets.image import COLUMNS, FoolingImage

Parts = Mapping[str, Sequence[FoolingImage]]
"""``train`` and ``test`` to their pictures; a split without any is left out."""

NAMES, ROWS, KEEP = "classes.json", "metadata.jsonl", ".gitkeep"
SHARD, GROUP = 5000, 100  # pictures of a Parquet file, and of a part of it that is read at once


class Layout(Protocol):
    """One way to lay files out."""

    def files(self, parts: Parts, classes: Sequence[str]) -> list[str]:
        """Paths, relative to the folder, of everything that ``write`` writes."""
        ...

    def write(self, folder: Path, parts: Parts, classes: Sequence[str]) -> None:
        """Write it; raises OSError where that fails."""
        ...


def layout_of(form: str) -> Layout:
    """``folder`` or ``parquet``; raises MissingExtraError where a package for it is missing."""
    if form == "folder":
        return Pictures()
    try:
        import pyarrow.parquet  # noqa: F401
    except ImportError:
        raise MissingExtraError("pyarrow", "dataset", "write Parquet files") from None
    return Parquet()


class Pictures:
    """``train/0007_seven/HASH.png``: one folder for each class, as torchvision's ImageFolder has it.

    Every class of the classifier has a folder, with or without pictures, so that the numbers that a reader
    gives to sorted folders are the classifier's own. ``metadata.jsonl`` has a row for each picture of its
    split, as ``datasets`` reads it, and ``classes.json`` the class names.
    """

    def files(self, parts: Parts, classes: Sequence[str]) -> list[str]:
        """Paths, relative to the folder."""
        found = [NAMES]
        for split, images in parts.items():
            found.append(f"{split}/{ROWS}")
            found += [f"{split}/{folder_name(one.label, classes)}/{one.file}" for one in images]
            found += [f"{split}/{name}/{KEEP}" for name in empty_folders(images, classes)]
        return found

    def write(self, folder: Path, parts: Parts, classes: Sequence[str]) -> None:
        """Write it."""
        table = [[folder_name(index, classes), label] for index, label in enumerate(classes)]
        (folder / NAMES).write_text(json.dumps(table, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        for split, images in parts.items():
            for index in range(len(classes)):
                (folder / split / folder_name(index, classes)).mkdir(parents=True, exist_ok=True)
            for name in empty_folders(images, classes):
                (folder / split / name / KEEP).touch()
            rows = []
            for one in images:
                file = f"{folder_name(one.label, classes)}/{one.file}"
                (folder / split / file).write_bytes(one.png)
                rows.append(json.dumps({"file_name": file, **one.row()}, ensure_ascii=False))
            (folder / split / ROWS).write_text("\n".join(rows) + "\n", encoding="utf-8")


class Parquet:
    """``data/train-00000-of-00001.parquet``: PNG files in a column, as ``datasets`` writes them."""

    def files(self, parts: Parts, classes: Sequence[str]) -> list[str]:
        """Paths, relative to the folder."""
        return [name for split, images in parts.items() for name, _ in shards(split, images)]

    def write(self, folder: Path, parts: Parts, classes: Sequence[str]) -> None:
        """Write it."""
        import pyarrow
        import pyarrow.parquet

        known = schema(classes)
        for split, images in parts.items():
            for name, mine in shards(split, images):
                rows = [{"image": {"bytes": one.png, "path": one.file}, **one.row()} for one in mine]
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                table = pyarrow.Table.from_pylist(rows, schema=known)
                pyarrow.parquet.write_table(table, folder / name, row_group_size=GROUP)


def schema(classes: Sequence[str]) -> Any:
    """The Arrow schema, with the features of ``datasets`` in its metadata."""
    import pyarrow

    image = pyarrow.struct([("bytes", pyarrow.binary()), ("path", pyarrow.string())])
    types = {"float64": pyarrow.float64()}
    columns = [(name, types.get(kind) or getattr(pyarrow, kind)()) for name, kind in COLUMNS.items()]
    said = json.dumps({"info": {"features": features(classes)}})
    return pyarrow.schema([("image", image), *columns], metadata={"huggingface": said})


def features(classes: Sequence[str]) -> dict[str, dict[str, object]]:
    """What ``datasets`` calls the features: column to its kind."""
    plain: dict[str, dict[str, object]] = {
        name: {"dtype": kind, "_type": "Value"} for name, kind in COLUMNS.items()
    }
    return {"image": {"_type": "Image"}, **plain, "label": {"names": list(classes), "_type": "ClassLabel"}}


def shards(split: str, images: Sequence[FoolingImage]) -> list[tuple[str, Sequence[FoolingImage]]]:
    """File names, and the pictures of each."""
    count = -(-len(images) // SHARD)
    return [
        (f"data/{split}-{at:05d}-of-{count:05d}.parquet", images[at * SHARD : (at + 1) * SHARD])
        for at in range(count)
    ]


def folder_name(index: int, classes: Sequence[str]) -> str:
    """``0007_seven``: folders in sorted order are classes in their own."""
    return safe_name(index, classes[index]).removesuffix(".png")


def empty_folders(images: Sequence[FoolingImage], classes: Sequence[str]) -> list[str]:
    """Of the classes that have no picture."""
    there = {one.label for one in images}
    return [folder_name(index, classes) for index in range(len(classes)) if index not in there]
