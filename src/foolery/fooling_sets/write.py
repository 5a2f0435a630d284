"""Make: a fooling set from runs and audits, in a folder of pictures or in Parquet files.

``fooling_set.json`` beside the pictures has the runs with their commands, the counts, and the list of files;
from the list an earlier set is removed before another is written in its place.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from foolery.errors import UsageError, nearest
from foolery.fooling_sets.collect import FoolingImage, Source, gather
from foolery.fooling_sets.layout import card, layout_of

TRAIN, TEST = "train", "test"


def check_share(test: float) -> float:
    """``test``; raises UsageError unless it is at least 0 and less than 1."""
    if not 0 <= test < 1:
        raise UsageError(f"--test: expected a share of runs from 0 to less than 1, got {test:g}")
    return test


def split_of(sources: Sequence[Source], test: float) -> list[str]:
    """``train`` or ``test`` for each of ``sources``.

    Sources that have a search in common fall on the same side: champions of one run are relatives, and a
    network that trained on some would be tested on their siblings. Which ones are for testing depends on the
    searches alone, not on their order or their names. Of two searches or more, one at least is on each side;
    one alone is for training.

    Args:
        sources: to be split.
        test: share of searches for testing; 0 for none.
    """
    groups = together(sources)
    order = sorted(set(groups), key=lambda group: _draw(sources, groups, group))
    count = min(len(order) - 1, max(1, round(check_share(test) * len(order)))) if test else 0
    tested = set(order[:count])
    return [TEST if group in tested else TRAIN for group in groups]


def together(sources: Sequence[Source]) -> list[int]:
    """A number for each source, equal where a chain of common searches joins two."""
    groups = list(range(len(sources)))
    owner: dict[str, int] = {}
    for number, source in enumerate(sources):
        for search in source.searches:
            old, new = groups[owner.setdefault(search, number)], groups[number]
            groups = [new if group == old else group for group in groups]
    return groups


def _draw(sources: Sequence[Source], groups: Sequence[int], group: int) -> str:
    marks = {
        mark
        for place, source in zip(groups, sources, strict=True)
        if place == group
        for mark in source.searches
    }
    return hashlib.sha256(min(marks).encode()).hexdigest()


Form = Literal["folder", "parquet"]
FORMS: tuple[str, ...] = get_args(Form)
MANIFEST, CARD = "fooling_set.json", "README.md"


@dataclass(frozen=True)
class FoolingSet:
    """What was written.

    Attributes:
        out: the folder.
        form: ``folder`` or ``parquet``.
        classes: of the classifiers, all the same.
        images: number of pictures in ``train`` and in ``test``.
        duplicates: pictures that were left out because an equal one is there.
        contested: of these, equal ones that had been found for another class.
        uncertain: champions that were left out because of their confidence.
        runs: one row for each: ``run``, ``split``, ``images``, ``command`` and more.
        empty: for each split that has pictures, how many classes have none in it.
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

    def facts(self) -> dict[str, object]:
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
    to: str = "folder",
    test: float = 0.2,
    least: float = 0.0,
    overwrite: bool = False,
) -> FoolingSet:
    """Write the champions of runs and audits as one data set.

    Args:
        paths: folders of runs and of audits, or folders with such below them.
        out: the folder to write into; it is made.
        to: ``folder``, PNG files in one folder for each class; or ``parquet``.
        test: share of runs that is for testing.
        least: confidence that a champion must have.
        overwrite: replace an earlier set there. Files of others stay, unless they have the same names.

    Raises:
        UsageError: where there is nothing to export, the classifiers have different classes, or ``out`` is
            not empty and ``overwrite`` is not given.
        MissingExtraError: for Parquet without pyarrow.
    """
    folder = Path(out)
    if to not in FORMS:
        raise UsageError(f"--to: unknown {to!r}; {nearest(to, list(FORMS))}")
    check_share(test)
    if not 0 <= least <= 1:
        raise UsageError(f"--at-least: expected a confidence from 0 to 1, got {least:g}")
    layout = layout_of(to)
    if (
        folder.exists()
        and (not folder.is_dir() or any(folder.iterdir()))
        and not (overwrite and folder.is_dir())
    ):
        raise UsageError(f"--out: {folder} exists and is not empty; name another folder or give --overwrite")
    sources = named(gather([Path(path) for path in paths]))
    classes = _classes(sources)
    splits = split_of(sources, test)
    kept, duplicates, contested, uncertain = _distinct(sources, least)
    if not kept:
        raise UsageError(f"RUN: no champion has a confidence of {least:g} or more; lower --at-least")
    side = {
        source.images[0].run: split for source, split in zip(sources, splits, strict=True) if source.images
    }
    parts = {name: [one for one in kept if side[one.run] == name] for name in (TRAIN, TEST)}
    parts = {name: images for name, images in parts.items() if images}
    made = FoolingSet(
        out=folder,
        form=to,
        classes=classes,
        images={name: len(images) for name, images in parts.items()},
        duplicates=duplicates,
        contested=contested,
        uncertain=uncertain,
        runs=tuple(_said(source, split, kept) for source, split in zip(sources, splits, strict=True)),
        empty={name: len(classes) - len({one.label for one in images}) for name, images in parts.items()},
    )
    try:
        _remove(folder)
        folder.mkdir(parents=True, exist_ok=True)
        # first of all, so that a set of which only a part was written can be removed too
        _write(folder, {**made.facts(), "files": [CARD, *layout.files(parts, classes)]})
        layout.write(folder, parts, classes)
        (folder / CARD).write_text(card(made), encoding="utf-8")
    except OSError as error:
        raise UsageError(f"--out: cannot write to {folder}: {error.strerror or error}") from error
    return made


def named(sources: Sequence[Source]) -> list[Source]:
    """The same, each with a name of its own: as many of the last parts of its path as that takes."""
    from dataclasses import replace

    seeds = Counter(source.path.resolve() for source in sources)
    found = []
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
        found.append(replace(source, images=tuple(one.of_run(name) for one in source.images)))
    return found


def _classes(sources: Sequence[Source]) -> tuple[str, ...]:
    first = sources[0]
    for source in sources[1:]:
        if source.classes != first.classes:
            raise UsageError(
                f"RUN: {source.path} has other classes ({len(source.classes)}) than {first.path} "
                f"({len(first.classes)}); export them to sets of their own"
            )
    return first.classes


def _distinct(sources: Sequence[Source], least: float) -> tuple[list[FoolingImage], int, int, int]:
    """Certain pictures, each once; numbers of equal ones, of these of another class, and of uncertain ones.

    Of equal pictures the most certain stays, the first of them where they are equally certain.
    """
    every = [one for source in sources for one in source.images]
    certain = [one for one in every if one.confidence >= least]
    best: dict[str, FoolingImage] = {}
    for one in certain:
        held = best.setdefault(one.canvas_hash, one)
        if one.confidence > held.confidence:
            best[one.canvas_hash] = one
    contested = sum(one.label != best[one.canvas_hash].label for one in certain)
    return list(best.values()), len(certain) - len(best), contested, len(every) - len(certain)


def _said(source: Source, split: str, kept: Sequence[FoolingImage]) -> dict[str, object]:
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


def _write(folder: Path, said: Mapping[str, object]) -> None:
    (folder / MANIFEST).write_text(json.dumps(said, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _remove(folder: Path) -> None:
    """Remove the set that is in ``folder``, if there is one, and nothing else."""
    file = folder / MANIFEST
    if not file.is_file():
        return
    try:
        files = [str(name) for name in json.loads(file.read_text(encoding="utf-8"))["files"]]
    except (ValueError, KeyError, TypeError):
        raise UsageError(
            f"--out: {file} is damaged, so the set there cannot be replaced; delete it"
        ) from None
    within = folder.resolve()
    for name in files:
        path = (folder / name).resolve()
        if within in path.parents:
            path.unlink(missing_ok=True)
            for parent in path.parents:
                if parent == within or not parent.is_dir() or any(parent.iterdir()):
                    break
                parent.rmdir()
    file.unlink()
