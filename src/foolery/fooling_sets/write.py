"""A fooling set from runs and audits, in a folder of images or in Parquet files.

``fooling_set.json`` beside the images has the runs with their commands, the counts, and the list of files;
from the list an earlier set is removed before another is written in its place.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from foolery.errors import UsageError, did_you_mean
from foolery.files import check_unlinked, filled, is_vacant, write_inside
from foolery.fooling_sets.collect import FoolingImage, ImageSource, collect_sources
from foolery.fooling_sets.layout import dataset_card, set_layout
from foolery.results import Result
from foolery.untrusted import read_json

TRAIN, TEST = "train", "test"


def check_share(test_share: float) -> float:
    """``test_share``; raises UsageError unless it is at least 0 and less than 1."""
    if not 0 <= test_share < 1:
        raise UsageError(f"--test-share: expected a share of runs from 0 to less than 1, got {test_share:g}")
    return test_share


def split_sources(sources: Sequence[ImageSource], test_share: float) -> list[str]:
    """``train`` or ``test_share`` for each of ``sources``.

    Sources that have a search in common fall on the same side: champions of one run are relatives, and a
    network that trained on some would be tested on their siblings. Which ones are for testing depends on the
    searches alone, not on their order or their names. Of two searches or more, one at least is on each side;
    one alone is for training.

    Args:
        sources: to be split.
        test_share: share of searches for testing; 0 for none.
    """
    groups = search_groups(sources)
    order = sorted(set(groups), key=lambda group: _group_key(sources, groups, group))
    count = min(len(order) - 1, max(1, round(check_share(test_share) * len(order)))) if test_share else 0
    tested = set(order[:count])
    return [TEST if group in tested else TRAIN for group in groups]


def search_groups(sources: Sequence[ImageSource]) -> list[int]:
    """A number for each source, equal where a chain of common searches joins two."""
    groups = list(range(len(sources)))
    owner: dict[str, int] = {}
    for number, source in enumerate(sources):
        for search in source.search_ids:
            old, new = groups[owner.setdefault(search, number)], groups[number]
            groups = [new if group == old else group for group in groups]
    return groups


def _group_key(sources: Sequence[ImageSource], groups: Sequence[int], group: int) -> str:
    ids = {
        mark
        for place, source in zip(groups, sources, strict=True)
        if place == group
        for mark in source.search_ids
    }
    return hashlib.sha256(min(ids).encode()).hexdigest()


Form = Literal["folder", "parquet"]
FORMS: tuple[str, ...] = get_args(Form)
MANIFEST_FILE, CARD_FILE = "fooling_set.json", "README.md"


@dataclass(frozen=True)
class FoolingSet(Result):
    """What was written.

    Attributes:
        out: the folder.
        form: ``folder`` or ``parquet``.
        classes: of the classifiers, all the same.
        images: number of images in ``train`` and in ``test``.
        duplicates: images that were left out because an equal one is in the set.
        contested: of these, equal ones that had been found for another class.
        uncertain: champions that were left out because of their confidence.
        runs: one row for each: ``run``, ``split``, ``images``, ``command`` and more.
        empty: for each split that has images, how many classes have none in it.
    """

    out: Path
    form: str
    classes: tuple[str, ...]
    images: Mapping[str, int]
    duplicates: int
    contested: int
    uncertain: int
    runs: tuple[Mapping[str, object], ...]
    empty: Mapping[str, int]

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it; without the folder."""
        return {
            "foolery_fooling_set": 1,
            "form": self.form,
            "images": dict(self.images),
            "classes": len(self.classes),
            "classes_without_images": dict(self.empty),
            "duplicates_removed": self.duplicates,
            "of_these_for_another_class": self.contested,
            "less_certain_left_out": self.uncertain,
            "runs": [dict(run) for run in self.runs],
        }


def make_fooling_set(
    paths: Sequence[Path | str],
    out: Path | str,
    *,
    form: str = "folder",
    test_share: float = 0.2,
    min_confidence: float = 0.0,
    overwrite: bool = False,
) -> FoolingSet:
    """Write the champions of runs and audits as one data set.

    Args:
        paths: folders of runs and of audits, or folders with such below them.
        out: the folder to write into; it is made.
        form: ``folder``, PNG files in one folder for each class; or ``parquet``.
        test_share: share of runs that is for testing.
        min_confidence: confidence that a champion must have.
        overwrite: replace an earlier set there. Files of others stay, unless they have the same names.

    Raises:
        UsageError: where there is nothing to export, the classifiers have different classes, or ``out`` is
            not empty and ``overwrite`` is not given.
        MissingExtraError: for Parquet without pyarrow.
    """
    folder = Path(out)
    if form not in FORMS:
        raise UsageError(f"--format: unknown {form!r}; {did_you_mean(form, list(FORMS))}")
    check_share(test_share)
    if not 0 <= min_confidence <= 1:
        raise UsageError(f"--min-confidence: expected a confidence from 0 to 1, got {min_confidence:g}")
    layout = set_layout(form)
    if not is_vacant(folder) and not (overwrite and folder.is_dir()):
        raise UsageError(f"--out: {folder} exists and is not empty; name another folder or give --overwrite")
    sources = with_unique_names(collect_sources([Path(path) for path in paths]))
    classes = _classes(sources)
    splits = split_sources(sources, test_share)
    kept, duplicates, contested, uncertain = _deduplicate(sources, min_confidence)
    if not kept:
        raise UsageError(
            f"RUN: no champion has a confidence of {min_confidence:g} or more; lower --min-confidence"
        )
    split_of_run = {
        source.images[0].run: split for source, split in zip(sources, splits, strict=True) if source.images
    }
    splits_images = {name: [one for one in kept if split_of_run[one.run] == name] for name in (TRAIN, TEST)}
    splits_images = {name: images for name, images in splits_images.items() if images}
    dataset = FoolingSet(
        out=folder,
        form=form,
        classes=classes,
        images={name: len(images) for name, images in splits_images.items()},
        duplicates=duplicates,
        contested=contested,
        uncertain=uncertain,
        runs=tuple(_run_row(source, split, kept) for source, split in zip(sources, splits, strict=True)),
        empty={
            name: len(classes) - len({one.label for one in images}) for name, images in splits_images.items()
        },
    )
    try:
        _remove_old_set(folder)
        files = [CARD_FILE, *layout.files(splits_images, classes)]
        check_unlinked(folder, files)
        with filled(folder, [MANIFEST_FILE, *files]):
            # first of all, so that a set of which only a part was written can be removed too
            _write_manifest(folder, {**dataset.to_dict(), "files": files})
            layout.write(folder, splits_images, classes)
            write_inside(folder, CARD_FILE, dataset_card(dataset))
    except OSError as error:
        raise UsageError(f"--out: cannot write to {folder}: {error.strerror or error}") from error
    return dataset


def with_unique_names(sources: Sequence[ImageSource]) -> list[ImageSource]:
    """The same, each with a name of its own: as many of the last parts of its path as that takes."""
    from dataclasses import replace

    seeds = Counter(source.path.resolve() for source in sources)
    renamed = []
    for source in sources:
        path = source.path.resolve()
        others = {other.path.resolve() for other in sources} - {path}
        count = 1
        while count < len(path.parts) and any(
            other.parts[-count:] == path.parts[-count:] for other in others
        ):
            count += 1
        name = "/".join(path.parts[-count:])
        if seeds[path] > 1 and source.images:
            name += f" seed {source.images[0].seed}"
        renamed.append(replace(source, images=tuple(one.with_run(name) for one in source.images)))
    return renamed


def _classes(sources: Sequence[ImageSource]) -> tuple[str, ...]:
    first = sources[0]
    for source in sources[1:]:
        if source.classes != first.classes:
            raise UsageError(
                f"RUN: {source.path} has other classes ({len(source.classes)}) than {first.path} "
                f"({len(first.classes)}); export them to sets of their own"
            )
    return first.classes


def _deduplicate(
    sources: Sequence[ImageSource], min_confidence: float
) -> tuple[list[FoolingImage], int, int, int]:
    """Certain images, each once; numbers of equal ones, of these of another class, and of uncertain ones.

    Of equal images the most certain stays, the first of them where they are equally certain.
    """
    images = [one for source in sources for one in source.images]
    certain = [one for one in images if one.confidence >= min_confidence]
    best: dict[str, FoolingImage] = {}
    for one in certain:
        incumbent = best.setdefault(one.canvas_hash, one)
        if one.confidence > incumbent.confidence:
            best[one.canvas_hash] = one
    contested = sum(one.label != best[one.canvas_hash].label for one in certain)
    return list(best.values()), len(certain) - len(best), contested, len(images) - len(certain)


def _run_row(source: ImageSource, split: str, kept: Sequence[FoolingImage]) -> dict[str, object]:
    first = source.images[0] if source.images else None
    return {
        "run": "" if first is None else first.run,
        "split": split,
        "images": sum(first is not None and one.run == first.run for one in kept),
        "command": source.command,
        "foolery": source.foolery,
        "seed": None if first is None else first.seed,
        "classifier": "" if first is None else first.classifier,
        "fingerprint": "" if first is None else first.fingerprint,
    }


def _write_manifest(folder: Path, manifest: Mapping[str, object]) -> None:
    write_inside(folder, MANIFEST_FILE, json.dumps(manifest, indent=1, ensure_ascii=False) + "\n")


def _remove_old_set(folder: Path) -> None:
    """Remove the set that is in ``folder``, if there is one, and nothing else."""
    file = folder / MANIFEST_FILE
    if not file.is_file() or file.is_symlink():
        return
    try:
        files = [str(name) for name in read_json(file)["files"]]
    except (ValueError, KeyError, TypeError):
        raise UsageError(
            f"--out: {file} is damaged, so the set there cannot be replaced; delete it"
        ) from None
    within = folder.resolve()
    for name in files:
        path = within / name
        if not _is_below(within, path):
            continue
        path.unlink(missing_ok=True)
        for parent in path.parents:
            if parent == within or not parent.is_dir() or any(parent.iterdir()):
                break
            parent.rmdir()
    file.unlink()


def _is_below(folder: Path, path: Path) -> bool:
    """Whether ``path`` lies in ``folder``, no link on the way to it."""
    if ".." in path.parts or "\0" in str(path) or folder not in path.parents:
        return False
    return path.parent.resolve() == path.parent
