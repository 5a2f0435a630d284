"""Card: the README of a fooling set, with the front matter that Hugging Face reads."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

from foolery.fooling_sets.image import ABOUT, COLUMNS

if TYPE_CHECKING:
    from foolery.fooling_sets.write import FoolingSet

_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))
_SHOWN = 20  # runs in the table

_LOAD = {
    "folder": (
        "from torchvision.datasets import ImageFolder",
        "",
        'train = ImageFolder("train", allow_empty=True)  # classes without a picture keep their number',
    ),
    "parquet": ("from datasets import load_dataset", "", 'train = load_dataset(".", split="train")'),
}


def card(made: FoolingSet) -> str:
    """The whole file."""
    return "\n".join(["---", *_front(made), "---", "", *_text(made)]) + "\n"


def _front(made: FoolingSet) -> Iterator[str]:
    total = sum(made.images.values())
    yield f"pretty_name: {json.dumps(_title(made), ensure_ascii=False)}"
    yield "license: unknown"
    yield from ("task_categories:", "- image-classification")
    yield from ("tags:", "- fooling-images", "- robustness", "- out-of-distribution")
    yield from ("size_categories:", f"- {next((name for most, name in _SIZES if total < most), '1M<n<10M')}")
    yield from ("configs:", "- config_name: default", "  data_files:")
    for split in made.images:
        yield f"  - split: {split}"
        yield f"    path: {f'{split}/**' if made.form == 'folder' else f'data/{split}-*.parquet'}"
    if made.form == "parquet":
        yield from ("dataset_info:", "  features:", "  - name: image", "    dtype: image")
        for name, kind in COLUMNS.items():
            yield f"  - name: {name}"
            if name != "label":
                yield f"    dtype: {kind}"
                continue
            yield from ("    dtype:", "      class_label:", "        names:")
            for index, label in enumerate(made.classes):
                yield f"          '{index}': {json.dumps(label, ensure_ascii=False)}"


def _title(made: FoolingSet) -> str:
    names = list(dict.fromkeys(str(run["classifier"]) for run in made.runs if run["classifier"]))
    shown = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    return f"Pictures that fool {shown}"


def _text(made: FoolingSet) -> Iterator[str]:
    total = sum(made.images.values())
    yield f"# {_title(made)}"
    yield ""
    yield (
        f"{total:,} pictures of nothing, each labelled with the class that an image classifier sees in it, "
        "made by `foolery export`. **A label is what the classifier said, not what is shown**: nobody has "
        "looked whether a person would agree."
    )
    yield ""
    yield "| split | pictures | runs | classes without a picture |"
    yield "| --- | ---: | ---: | ---: |"
    for split, count in made.images.items():
        runs = sum(run["split"] == split for run in made.runs)
        yield f"| {split} | {count:,} | {runs} | {made.empty[split]} of {len(made.classes)} |"
    yield ""
    if len(made.images) == 1:
        yield "There is no split: all pictures come from one search, or one split was asked for."
    else:
        yield "The split is by run: no search has pictures in both, since champions of one run are relatives."
    yield (
        f"{made.duplicates:,} pictures with the same pixels as another one were left out (the most certain "
        f"stays), {made.contested:,} of them found for another class; {made.uncertain:,} were not certain "
        "enough."
    )
    yield from ("", "## Reading it", "", "```python", *_LOAD[made.form], "```", "")
    yield from ("| column | meaning |", "| --- | --- |")
    for name in COLUMNS:
        yield f"| `{name}` | {ABOUT[name]} |"
    yield from ("", "## How it was made", "", "| run | split | pictures | classifier | command |")
    yield "| --- | --- | ---: | --- | --- |"
    for run in made.runs[:_SHOWN]:
        cells = (run["run"], run["split"], run["images"], run["classifier"], f"`{run['command']}`")
        yield f"| {' | '.join(str(cell).replace('|', '/') for cell in cells)} |"
    if len(made.runs) > _SHOWN:
        yield ""
        yield f"and {len(made.runs) - _SHOWN} more, in `fooling_set.json`."
    yield from ("", "## License", "", "Not stated: whoever made the pictures says it here and above.")
