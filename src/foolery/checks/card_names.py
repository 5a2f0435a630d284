"""Card names: which class each column of an output may mean, and whether images show another order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from foolery.classifiers.class_names import distinct
from foolery.classifiers.onnx_facts import OnnxFacts
from foolery.classifiers.onnx_output import OnnxOutput
from foolery.data import match_classes
from foolery.errors import UsageError


@dataclass(frozen=True)
class Naming:
    """One way to name the columns of an output.

    Attributes:
        classes: one name for each class, in the order of the columns.
        background: leading columns that are no class.
        words: what is special about it; empty where nothing is.
    """

    classes: tuple[str, ...]
    background: int = 0
    words: str = ""


@dataclass(frozen=True)
class Names:
    """Class names for an output, before their order is known.

    Attributes:
        classes: the names.
        ordered: whether somebody gave their order: the user, or the file itself; folders have none.
        note: what the user should know about where they come from; empty where nothing is special.
        own: whether the file itself names each of its columns, so that their order is beyond doubt.
    """

    classes: tuple[str, ...]
    ordered: bool
    note: str = ""
    own: bool = False


def names_for(
    output: OnnxOutput, facts: OnnxFacts, class_names: Sequence[str] | None, data: Sequence[str]
) -> Names:
    """The names for an output: those that the user gave, else the file's own, else those of the data.

    Args:
        output: with the keys of its map, if it is one.
        facts: with the names in the file's metadata and operators.
        class_names: by the user, in the order of the outputs.
        data: class names of the labelled images.
    """
    own, numbered = _own_names(output, facts)
    if class_names is not None:
        names = distinct(list(class_names))
        if len(names) == 1 and output.columns == 1:
            others = [each for each in data if _plain(each) != _plain(names[0])]
            other = others[0] if len(others) == 1 and len(data) == 2 else f"not {names[0]}"
            return Names((other, names[0]), True, f"the only output is the probability of {names[0]!r}")
        if own and own != names and not numbered and sorted(map(_plain, own)) == sorted(map(_plain, names)):
            note = "the file's own names are in another order than those given; its own count"
            return Names(own, True, note, output.columns > 1)
        return Names(names, True)
    if own and not numbered:
        return Names(own, True, "class names are the file's own", output.columns > 1)
    if own and _named_alike(data, own):
        return Names(own, True, own=output.columns > 1)
    return Names(distinct(list(data)), ordered=False)


def _own_names(output: OnnxOutput, facts: OnnxFacts) -> tuple[tuple[str, ...], bool]:
    """Names of an output's columns that the file gives, and whether they are only numbers."""
    own = output.keys or facts.names
    if len(own) != output.columns and not (output.columns == 1 and len(own) == 2):
        return (), False
    numbered = all(each.lstrip("-").isdigit() for each in own) if output.keys else facts.numbered
    return distinct(list(own)), numbered


def _named_alike(data: Sequence[str], own: Sequence[str]) -> bool:
    try:
        return match_classes(data, own).by == "name"
    except UsageError:
        return False


def _plain(name: str) -> str:
    return " ".join(name.replace("_", " ").split()).casefold()


def namings(output: OnnxOutput, names: Names) -> list[Naming]:
    """Every way to name the columns of an output; empty where their number does not fit.

    Where nobody said the order, numbers are tried as numbers and as words; for the only output of two
    classes either one may be meant; one column more than names is a background, first or last.
    """
    orders = [Naming(names.classes)]
    if not names.ordered:
        orders += [each for each in _orders_of_numbers(names.classes) if each.classes != names.classes]
    if output.columns == len(names.classes):
        return orders
    if output.columns == len(names.classes) + 1:
        return [
            each
            for order in orders
            for each in (
                Naming(order.classes, 1, _joined(order.words, "background first")),
                Naming(
                    (*order.classes, _unused("background", order.classes)),
                    0,
                    _joined(order.words, "background last"),
                ),
            )
        ]
    if output.columns == 1 and len(names.classes) == 2:
        first, second = names.classes
        turned = Naming((second, first), 0, f"the only output is {first!r}")
        return [Naming(names.classes, 0, f"the only output is {second!r}"), turned]
    return []


def _joined(*words: str) -> str:
    return ", ".join(each for each in words if each)


def _unused(name: str, classes: Sequence[str]) -> str:
    return name if name not in classes else f"{name} (none of these)"


def _orders_of_numbers(classes: tuple[str, ...]) -> list[Naming]:
    if not all(each.isdecimal() for each in classes):
        return []
    natural = tuple(sorted(classes, key=lambda each: (int(each), each)))
    words = tuple(sorted(classes))
    return [Naming(natural, 0, "numbers in their own order"), Naming(words, 0, "numbers sorted as words")]


def best_order(
    answers: NDArray[np.int64], labels: NDArray[np.int64]
) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    """Whether each image would be right, were the names in the order that the other images show.

    Half of the images decide which answer stands for which label, the other half is judged by it, and the
    other way round; so an order that is there by chance does not help.

    Args:
        answers: ``(N,) int64``, the class that the network answered.
        labels: ``(N,) int64``, the class that the image shows.

    Returns:
        ``(N,) bool``, and ``(K,) int64`` from label to answer as all images show it, -1 where none does.
    """
    count = int(max(answers.max(initial=0), labels.max(initial=0))) + 1
    right = np.zeros(len(answers), bool)
    half = np.arange(len(answers)) % 2 == 0
    for part in (half, ~half):
        order = _assignment(answers[part], labels[part], count)
        right[~part] = order[labels[~part]] == answers[~part]
    return right, _assignment(answers, labels, count)


def _assignment(answers: NDArray[np.int64], labels: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """``(count,)``: for each label the answer that is most often given, each answer once."""
    pairs, times = np.unique(labels * count + answers, return_counts=True)
    order = np.full(count, -1, np.int64)
    taken = np.zeros(count, bool)
    for pair in pairs[np.argsort(-times, kind="stable")]:
        label, answer = divmod(int(pair), count)
        if order[label] < 0 and not taken[answer]:
            order[label], taken[answer] = answer, True
    return order
