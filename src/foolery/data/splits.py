"""Splits: which folders are for training and which for testing, whatever they are called."""

from __future__ import annotations

import re
from collections.abc import Sequence

from foolery.data.folder_tree import Folder

#: What a split is called, the preferred role first: many data sets keep their test labels to themselves.
ROLES = {"train": ("train",), "test": ("test", "validation")}
_WORDS = {
    "train": ("train", "training", "trainset", "traindata", "trn"),
    "test": ("test", "testing", "testset", "testdata", "tst", "eval", "evaluation", "holdout"),
    "validation": ("val", "valid", "validation", "validate", "valset", "dev", "devel", "development"),
}
_ROLE_OF = {word: role for role, words in _WORDS.items() for word in words}


def split_role(name: str) -> str | None:
    """``train``, ``test`` or ``validation`` for what a split may be called; None for other names.

    Example:
        >>> split_role("Training"), split_role("seg_test"), split_role("val2017"), split_role("cat")
        ('train', 'test', 'validation', None)
    """
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    words = [word.rstrip("0123456789") for word in re.split(r"[^A-Za-z0-9]+", spaced)]
    roles = {_ROLE_OF[word.casefold()] for word in words if word.casefold() in _ROLE_OF}
    return roles.pop() if len(roles) == 1 else None


def split_folders(folder: Folder) -> dict[str, list[Folder]]:
    """The splits in ``folder``, by role; empty where it has none, but classes.

    A folder is a split where its name says so and it holds folders of images. One alone is a class that
    happens to be called ``train``, where two or more of its neighbours hold images themselves.
    """
    named = [(split_role(each.name), each) for each in folder.folders]
    splits: dict[str, list[Folder]] = {}
    for role, each in named:
        if role is not None and _holds_classes(each):
            splits.setdefault(role, []).append(each)
    others = {role for role, each in named if role is not None and each.holds_images}
    neighbours = sum(role is None and bool(each.listing.images) for role, each in named)
    if not splits or (len(others) == 1 and neighbours >= 2):
        return {}
    return splits


def choose_split(splits: dict[str, list[Folder]], split: str) -> Folder | None:
    """The folder that is read for ``train`` or ``test``; None where there is none.

    Of several with the same role the plainest name comes first: ``test`` before ``test_small``.
    """
    for role in ROLES[split]:
        folders = splits.get(role, [])
        if folders:
            return min(folders, key=lambda each: (len(each.name), each.name))
    return None


def _holds_classes(folder: Folder) -> bool:
    return not folder.listing.images and any(each.holds_images for each in folder.folders)


def names_of(splits: dict[str, list[Folder]]) -> Sequence[str]:
    """The names of all splits, sorted."""
    return sorted(each.name for folders in splits.values() for each in folders)
