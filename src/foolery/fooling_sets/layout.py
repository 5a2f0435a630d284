"""Layout: how the files of a fooling set lie in its folder."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from foolery.analysis.champion_files import class_file_name
from foolery.errors import MissingExtraError
from foolery.files import atomic, check_unlinked, write_inside
from foolery.fooling_sets.collect import COLUMN_MEANINGS, COLUMNS, FoolingImage

if TYPE_CHECKING:
    from foolery.fooling_sets.write import FoolingSet


_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))
_SHOWN = 20  # runs in the table

_LOAD = {
    "folder": (
        "from torchvision.datasets import ImageFolder",
        "",
        'train = ImageFolder("train", allow_empty=True)  # classes without an image keep their number',
    ),
    "parquet": ("from datasets import load_dataset", "", 'train = load_dataset(".", split="train")'),
}


def dataset_card(dataset: FoolingSet) -> str:
    """The whole file."""
    return "\n".join(["---", *_metadata(dataset), "---", "", *_body(dataset)]) + "\n"


def _metadata(dataset: FoolingSet) -> Iterator[str]:
    total = sum(dataset.images.values())
    yield f"pretty_name: {json.dumps(_title(dataset), ensure_ascii=False)}"
    yield "license: unknown"
    yield from ("task_categories:", "- image-classification")
    yield from ("tags:", "- fooling-images", "- robustness", "- out-of-distribution")
    yield from ("size_categories:", f"- {next((name for most, name in _SIZES if total < most), '1M<n<10M')}")
    yield from ("configs:", "- config_name: default", "  data_files:")
    for split in dataset.images:
        yield f"  - split: {split}"
        yield f"    path: {f'{split}/**' if dataset.form == 'folder' else f'data/{split}-*.parquet'}"
    if dataset.form == "parquet":
        yield from ("dataset_info:", "  features:", "  - name: image", "    dtype: image")
        for name, kind in COLUMNS.items():
            yield f"  - name: {name}"
            if name != "label":
                yield f"    dtype: {kind}"
                continue
            yield from ("    dtype:", "      class_label:", "        names:")
            for index, label in enumerate(dataset.classes):
                yield f"          '{index}': {json.dumps(label, ensure_ascii=False)}"


def _title(dataset: FoolingSet) -> str:
    names = list(dict.fromkeys(str(run["classifier"]) for run in dataset.runs if run["classifier"]))
    shown = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    return f"Images that fool {shown}"


def _body(dataset: FoolingSet) -> Iterator[str]:
    total = sum(dataset.images.values())
    yield f"# {_title(dataset)}"
    yield ""
    yield (
        f"{total:,} unrecognizable images, each labelled with the class that an image classifier sees in it, "
        "made by `foolery export`. **A label is the prediction of a classifier, not what the image shows**: "
        "nobody has checked whether a person would agree."
    )
    yield ""
    yield "| split | images | runs | classes without an image |"
    yield "| --- | ---: | ---: | ---: |"
    for split, count in dataset.images.items():
        runs = sum(run["split"] == split for run in dataset.runs)
        yield f"| {split} | {count:,} | {runs} | {dataset.empty[split]} of {len(dataset.classes)} |"
    yield ""
    if len(dataset.images) == 1:
        yield "There is no split: all images come from one search, or no test split was asked for."
    else:
        yield "The split is by run: no search has images in both, since champions of one run are relatives."
    yield (
        f"{dataset.duplicates:,} images with the same pixels as another one were removed (the most "
        f"confident one stays), {dataset.contested:,} of them found for another class; "
        f"{dataset.uncertain:,} were below the confidence asked for."
    )
    yield from ("", "## Reading it", "", "```python", *_LOAD[dataset.form], "```", "")
    yield from ("| column | meaning |", "| --- | --- |")
    for name in COLUMNS:
        yield f"| `{name}` | {COLUMN_MEANINGS[name]} |"
    yield from ("", "## How it was made", "", "| run | split | images | classifier | command |")
    yield "| --- | --- | ---: | --- | --- |"
    for run in dataset.runs[:_SHOWN]:
        cells = (run["run"], run["split"], run["images"], run["classifier"], f"`{run['command']}`")
        yield f"| {' | '.join(str(cell).replace('|', '/') for cell in cells)} |"
    if len(dataset.runs) > _SHOWN:
        yield ""
        yield f"and {len(dataset.runs) - _SHOWN} more, in `fooling_set.json`."
    yield from ("", "## License", "", "Not stated: whoever publishes the images states it here and above.")


SplitImages = Mapping[str, Sequence[FoolingImage]]
"""``train`` and ``test`` to their images; a split without any is left out."""

CLASSES_FILE, METADATA_FILE, KEEP_FILE = "classes.json", "metadata.jsonl", ".gitkeep"
SHARD_SIZE, ROW_GROUP_SIZE = 5000, 100  # images of a Parquet file, and of a part of it that is read at once


class SetLayout(Protocol):
    """One way to lay files out."""

    def files(self, splits: SplitImages, classes: Sequence[str]) -> list[str]:
        """Paths, relative to the folder, of everything that ``write`` writes."""
        ...

    def write(self, folder: Path, splits: SplitImages, classes: Sequence[str]) -> None:
        """Write it; raises OSError where that fails."""
        ...


def set_layout(form: str) -> SetLayout:
    """``folder`` or ``parquet``; raises MissingExtraError where a package for it is missing."""
    if form == "folder":
        return FolderLayout()
    try:
        import pyarrow.parquet  # noqa: F401
    except ImportError:
        raise MissingExtraError("pyarrow", "dataset", "write Parquet files") from None
    return ParquetLayout()


class FolderLayout:
    """``train/0007_seven/HASH.png``: one folder for each class, as torchvision's ImageFolder has it.

    Every class of the classifier has a folder, with or without images, so that the numbers that a reader
    gives to sorted folders are the classifier's own. ``metadata.jsonl`` has a row for each image of its
    split, as ``datasets`` reads it, and ``classes.json`` the class names.
    """

    def files(self, splits: SplitImages, classes: Sequence[str]) -> list[str]:
        """Paths, relative to the folder."""
        names = [CLASSES_FILE]
        for split, images in splits.items():
            names.append(f"{split}/{METADATA_FILE}")
            names += [f"{split}/{folder_name(one.label, classes)}/{one.file}" for one in images]
            names += [f"{split}/{name}/{KEEP_FILE}" for name in empty_folders(images, classes)]
        return names

    def write(self, folder: Path, splits: SplitImages, classes: Sequence[str]) -> None:
        """Write it."""
        table = [[folder_name(index, classes), label] for index, label in enumerate(classes)]
        write_inside(folder, CLASSES_FILE, json.dumps(table, indent=1, ensure_ascii=False) + "\n")
        for split, images in splits.items():
            for name in empty_folders(images, classes):
                write_inside(folder, f"{split}/{name}/{KEEP_FILE}", b"")
            rows = []
            for one in images:
                file = f"{folder_name(one.label, classes)}/{one.file}"
                write_inside(folder, f"{split}/{file}", one.png)
                rows.append(json.dumps({"file_name": file, **one.row()}, ensure_ascii=False))
            write_inside(folder, f"{split}/{METADATA_FILE}", "\n".join(rows) + "\n")


class ParquetLayout:
    """``data/train-00000-of-00001.parquet``: PNG files in a column, as ``datasets`` writes them."""

    def files(self, splits: SplitImages, classes: Sequence[str]) -> list[str]:
        """Paths, relative to the folder."""
        return [name for split, images in splits.items() for name, _ in shards(split, images)]

    def write(self, folder: Path, splits: SplitImages, classes: Sequence[str]) -> None:
        """Write it."""
        import pyarrow
        import pyarrow.parquet

        arrow_schema = schema(classes)
        for split, images in splits.items():
            for name, mine in shards(split, images):
                rows = [{"image": {"bytes": one.png, "path": one.file}, **one.row()} for one in mine]
                check_unlinked(folder, [name])
                table = pyarrow.Table.from_pylist(rows, schema=arrow_schema)
                with atomic(folder / name) as part:
                    pyarrow.parquet.write_table(table, part, row_group_size=ROW_GROUP_SIZE)


def schema(classes: Sequence[str]) -> Any:
    """The Arrow schema, with the features of ``datasets`` in its metadata."""
    import pyarrow

    image = pyarrow.struct([("bytes", pyarrow.binary()), ("path", pyarrow.string())])
    types = {"float64": pyarrow.float64()}
    columns = [(name, types.get(kind) or getattr(pyarrow, kind)()) for name, kind in COLUMNS.items()]
    features_json = json.dumps({"info": {"features": features(classes)}})
    return pyarrow.schema([("image", image), *columns], metadata={"huggingface": features_json})


def features(classes: Sequence[str]) -> dict[str, dict[str, object]]:
    """What ``datasets`` calls the features: column to its kind."""
    plain: dict[str, dict[str, object]] = {
        name: {"dtype": kind, "_type": "Value"} for name, kind in COLUMNS.items()
    }
    return {"image": {"_type": "Image"}, **plain, "label": {"names": list(classes), "_type": "ClassLabel"}}


def shards(split: str, images: Sequence[FoolingImage]) -> list[tuple[str, Sequence[FoolingImage]]]:
    """File names, and the images of each."""
    count = -(-len(images) // SHARD_SIZE)
    return [
        (f"data/{split}-{at:05d}-of-{count:05d}.parquet", images[at * SHARD_SIZE : (at + 1) * SHARD_SIZE])
        for at in range(count)
    ]


def folder_name(index: int, classes: Sequence[str]) -> str:
    """``0007_seven``: folders in sorted order are classes in their own."""
    return class_file_name(index, classes[index]).removesuffix(".png")


def empty_folders(images: Sequence[FoolingImage], classes: Sequence[str]) -> list[str]:
    """Of the classes that have no image."""
    labels = {one.label for one in images}
    return [folder_name(index, classes) for index in range(len(classes)) if index not in labels]
