"""Layout: which folders of a data set are its classes, below splits, wrappers and what else lies there."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from foolery.data.folder_tree import Folder
from foolery.data.splits import choose_split, names_of, split_folders, split_role
from foolery.errors import UsageError
from foolery.untrusted import escaped

_WRAPPERS = 4  # folders with nothing but one folder in them that are opened, at most
_SHOWN = 4
#: Folders in a class's folder that hold its images, and others beside them that hold no photos.
_IMAGES = frozenset(("images", "image", "imgs", "img", "photos", "jpegimages", "pictures"))
_NO_PHOTOS = frozenset(
    (
        "mask",
        "masks",
        "annotation",
        "annotations",
        "label",
        "labels",
        "ground_truth",
        "groundtruth",
        "segmentation",
        "segmentations",
        "heatmap",
        "heatmaps",
    )
)


@dataclass
class Layout:
    """Where the images of a split lie.

    Attributes:
        root: of the class folders; file names are told below it.
        classes: name and folders of each class, one folder unless each class has splits of its own.
        left_out: files and folders that are not read, by reason.
        notes: what was decided, one sentence each.
    """

    root: str
    classes: list[tuple[str, list[Folder]]]
    left_out: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)


def find_layout(location: str, split: str) -> Layout:
    """The class folders of ``location`` for ``train`` or ``test``.

    Raises:
        UsageError: where there are none, or no such split, or it cannot be told which folders are classes.
    """
    tree = Layout(location, [])
    folder = _unwrapped(Folder(location), tree)
    splits = split_folders(folder)
    if splits:
        folder = _of_split(folder, splits, split, location, tree)
    tree.root = folder.path
    by_class = not splits and _classes_with_splits(folder)
    for each in folder.folders:
        if by_class:
            _add_split_of_class(each, split, tree)
        elif _is_copy(each, folder):
            _leave_out(tree, each, "a copy of the folders beside it")
        elif each.holds_files and not each.holds_images and not _has_unread_images(each):
            _leave_out(tree, each, "no images in it")
        else:
            tree.classes.append((each.name, [each]))
    tree.left_out.update(folder.listing.left_out)
    if folder.listing.images and tree.classes:
        tree.left_out["images that lie in no class folder"] += len(folder.listing.images)
    _refuse_groups(tree, location)
    return tree


def photos_of(folder: Folder) -> tuple[list[Folder], Counter[str]]:
    """The folders of a class with images in them, and what is left out below it."""
    names = {each.name.casefold() for each in folder.folders}
    skipped = {each for each in names if each in _NO_PHOTOS} if names & _IMAGES else set()
    places, left_out = [folder], Counter(folder.listing.left_out)
    for each in folder.folders:
        if each.name.casefold() in skipped:
            left_out[f"folders of {each.name.casefold()} beside the images"] += 1
            continue
        below, more = photos_of(each)
        places.extend(below)
        left_out.update(more)
    return places, left_out


def _unwrapped(folder: Folder, tree: Layout) -> Folder:
    """``folder``, or what it wraps: a single folder that holds the splits or the classes."""
    for _ in range(_WRAPPERS):
        filled = [each for each in folder.folders if each.holds_images]
        if len(filled) != 1 or folder.listing.images or filled[0].listing.images:
            break
        if not _same_name(folder, filled[0]) and (
            split_folders(folder) or not _is_wrapper(filled[0], _WRAPPERS)
        ):
            break
        tree.left_out.update(folder.listing.left_out)
        folder = filled[0]
        tree.notes.append(f"the classes lie in {escaped(folder.name)}")
    return folder


def _is_wrapper(only: Folder, depth: int) -> bool:
    """Whether the only folder with images holds splits or classes, and is no class itself."""
    if only.listing.images or not depth:
        return False
    filled = [each for each in only.folders if each.holds_images]
    if len(filled) == 1 and not split_folders(only):
        return _is_wrapper(filled[0], depth - 1)
    return bool(filled)


def _same_name(folder: Folder, only: Folder) -> bool:
    return only.name.casefold() == os.path.basename(os.path.abspath(folder.path)).casefold()


def _of_split(
    folder: Folder, splits: dict[str, list[Folder]], split: str, location: str, tree: Layout
) -> Folder:
    chosen = choose_split(splits, split)
    if chosen is None:
        raise UsageError(_no_split(folder, splits, split, location))
    tree.notes.append(f"read from {escaped(chosen.name)}, one of the splits {_listed(names_of(splits))}")
    beside = [each for each in folder.folders if all(each not in group for group in splits.values())]
    for each in beside:
        if each.holds_files:
            _leave_out(tree, each, "beside the splits")
    tree.left_out.update(folder.listing.left_out)
    if folder.listing.images:
        tree.left_out["images beside the splits"] += len(folder.listing.images)
    return _unwrapped(chosen, tree)


def _no_split(folder: Folder, splits: dict[str, list[Folder]], split: str, location: str) -> str:
    has = f"data folder:{escaped(location)}: it has no {split}; it has {_listed(names_of(splits))}"
    other = "train" if split == "test" else "test"
    remedy = f"; --split {other} reads that" if choose_split(splits, other) is not None else ""
    for each in folder.folders:
        if split_role(each.name) == split and each.holds_images:
            images = sum(len(below.listing.images) for below in each.walk())
            return f"{has}, and {images} images of no class in {escaped(each.name)}{remedy}"
    return has + remedy


def _classes_with_splits(folder: Folder) -> bool:
    """Whether every class has splits of its own."""
    filled = [each for each in folder.folders if each.holds_images]
    return len(filled) >= 2 and all(
        not each.listing.images
        and len({split_role(below.name) for below in each.folders if below.holds_images} - {None}) >= 2
        for each in filled
    )


def _add_split_of_class(folder: Folder, split: str, tree: Layout) -> None:
    splits: dict[str, list[Folder]] = {}
    for each in folder.folders:
        role = split_role(each.name)
        if role is not None:
            splits.setdefault(role, []).append(each)
    chosen = choose_split(splits, split)
    if chosen is None and folder.holds_images:
        raise UsageError(
            f"data {escaped(folder.path)}: it has no {split}; it has {_listed(names_of(splits))}"
        )
    tree.classes.append((folder.name, [] if chosen is None else [chosen]))
    note = "each class has splits of its own"
    if note not in tree.notes:
        tree.notes.append(note)


def _is_copy(each: Folder, folder: Folder) -> bool:
    """Whether a folder holds folders of the same names as those beside it."""
    if each.listing.images:
        return False
    beside = {other.name.casefold() for other in folder.folders if other is not each and other.holds_images}
    inside = {below.name.casefold() for below in each.folders if below.holds_images}
    return len(inside) >= 2 and len(inside & beside) * 2 > len(inside)


def _has_unread_images(folder: Folder) -> bool:
    return any(
        "which is not read" in reason or "for which Pillow" in reason or "not the file itself" in reason
        for each in folder.walk()
        for reason in each.listing.left_out
    )


def _refuse_groups(tree: Layout, location: str) -> None:
    """Raise UsageError where what would be classes all hold the same folders: those are the classes then."""
    groups = [folders[0] for _, folders in tree.classes if len(folders) == 1]
    if len(groups) < 2 or len(groups) < len(tree.classes) or any(each.listing.images for each in groups):
        return
    inside = [{below.name for below in each.folders if below.holds_images} for each in groups]
    names = set.intersection(*inside)
    usual = {name for name in names if name.casefold() in _IMAGES | _NO_PHOTOS or split_role(name)}
    if len(names - usual) < 2 or any(len(each) > 2 * len(names) for each in inside):
        return
    raise UsageError(
        f"data folder:{escaped(location)}: {_listed([each.name for each in groups])} all hold the folders "
        f"{_listed(sorted(names))}: which are the classes? Give folder:{escaped(groups[0].path)} for the "
        "inner ones; for the outer ones put the images straight into them"
    )


def _leave_out(tree: Layout, folder: Folder, why: str) -> None:
    tree.left_out[f"the folder {escaped(folder.name)} ({why})"] += 1


def _listed(names: Iterable[str]) -> str:
    every = [escaped(each) for each in names]
    return ", ".join(every[:_SHOWN]) + (f" and {len(every) - _SHOWN} more" if len(every) > _SHOWN else "")
