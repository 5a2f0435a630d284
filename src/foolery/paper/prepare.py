"""Prepare: all that the named reproductions need is found or loaded before any of them runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

from foolery.classifiers import load_classifier
from foolery.classifiers.base import Classifier
from foolery.data import open_data
from foolery.data.labelled import LabelledData
from foolery.errors import UsageError, nearest
from foolery.paper.experiment import (
    ClassifierSlot,
    Context,
    DataSlot,
    Reproduction,
    check_amount,
)

FIRST = ""
"""Role of a classifier or data reference that was given without one."""


@dataclass(frozen=True)
class Wishes:
    """What the user asked for.

    Attributes:
        scale: of every reproduction.
        seeds: of every reproduction; its own number at full scale if None.
        classifiers: role to reference. Under ``FIRST`` stands one for the classifier that an experiment
            cannot do without and has none for, else for its first one.
        cards: role to the card of its classifier.
        data: role to data reference, with ``FIRST`` likewise.
        device: for every classifier.
    """

    scale: float = 1.0
    seeds: int | None = None
    classifiers: Mapping[str, str] = field(default_factory=dict)
    cards: Mapping[str, Path] = field(default_factory=dict)
    data: Mapping[str, str] = field(default_factory=dict)
    device: str = "auto"


@dataclass(frozen=True)
class Prepared:
    """A reproduction with all it needs.

    Attributes:
        references: role to classifier reference, as given or by default.
        cards: role to card file, where one was given.
        data: role to data reference.
    """

    reproduction: Reproduction
    context: Context
    references: Mapping[str, str]
    cards: Mapping[str, Path]
    data: Mapping[str, str]


def prepare(
    reproductions: Sequence[Reproduction],
    wishes: Wishes,
    work: Path,
    *,
    command: str = "python",
    say: Callable[[str], None] = lambda line: None,
    progress: Callable[[str, int, int], None] = lambda label, done, total: None,
) -> list[Prepared]:
    """Check and load what ``reproductions`` need.

    Args:
        reproductions: in the order in which they will run.
        wishes: of the user.
        work: folder for runs and records, shared by all.
        command: as it was typed.
        say: passed on in the contexts.
        progress: likewise.

    Raises:
        UsageError: one line with everything that is missing, of all reproductions.
    """
    check_amount(wishes.scale, wishes.seeds)
    _check_roles(reproductions, wishes)
    shop = _Shop(wishes)
    found, problems = [], []
    for each in reproductions:
        problems += [problem for problem in _missing_packages(each) if problem not in problems]
        classifiers: dict[str, Classifier] = {}
        references: dict[str, str] = {}
        cards: dict[str, Path] = {}
        for slot in each.needs.classifiers:
            try:
                loaded = shop.classifier(each, slot)
            except UsageError as error:
                problems.append(f"{each.name}: {error}")
                continue
            if loaded is not None:
                classifiers[slot.role], references[slot.role], card = loaded
                cards |= {slot.role: card} if card is not None else {}
        data, data_references = {}, {}
        for data_slot in each.needs.data:
            try:
                opened = shop.data(each, data_slot)
            except UsageError as error:
                problems.append(f"{each.name}: {error}")
                continue
            if opened is not None:
                data[data_slot.role], data_references[data_slot.role] = opened
        seeds = each.seeds if wishes.seeds is None else wishes.seeds
        context = Context(
            work=work,
            scale=wishes.scale,
            seeds=seeds,
            full=each.is_full(wishes.scale, seeds),
            classifiers=classifiers,
            data=data,
            command=command,
            say=say,
            progress=progress,
        )
        found.append(Prepared(each, context, references, cards, data_references))
    if problems:
        raise UsageError("; ".join(problems))
    return found


def target(slots: Sequence[ClassifierSlot] | Sequence[DataSlot]) -> str | None:
    """The role that a reference without one is for; None where there are no slots."""
    open_ones = [slot.role for slot in slots if slot.default is None]
    return next(iter([*open_ones, *(slot.role for slot in slots)]), None)


def _missing_packages(each: Reproduction) -> list[str]:
    return [
        f"{each.name}: {package} is not installed; run: pip install 'foolery[{extra}]'"
        for package, extra in each.needs.packages
        if find_spec(package) is None
    ]


def _check_roles(reproductions: Sequence[Reproduction], wishes: Wishes) -> None:
    """Every role that the user named is one that an experiment has."""
    for option, given, slots in (
        ("--classifier", wishes.classifiers, [each.needs.classifiers for each in reproductions]),
        ("--card", wishes.cards, [each.needs.classifiers for each in reproductions]),
        ("--data", wishes.data, [each.needs.data for each in reproductions]),
    ):
        known = sorted({slot.role for each in slots for slot in each})
        for role in given:
            if role == FIRST and not known:
                raise UsageError(f"{option}: {', '.join(each.name for each in reproductions)} takes none")
            if role not in (FIRST, *known):
                raise UsageError(f"{option}: no experiment here has {role!r}; {nearest(role, known)}")


class _Shop:
    """Loads each reference once."""

    def __init__(self, wishes: Wishes) -> None:
        self._wishes = wishes
        self._classifiers: dict[tuple[str, str, Path | None], Classifier] = {}
        self._data: dict[tuple[str, str], LabelledData] = {}

    def classifier(
        self, each: Reproduction, slot: ClassifierSlot
    ) -> tuple[Classifier, str, Path | None] | None:
        """Classifier, reference and card for a slot; None where it stays empty, as it may."""
        wishes, role = self._wishes, self._role(slot.role, target(each.needs.classifiers))
        reference = wishes.classifiers.get(role, slot.default)
        card = wishes.cards.get(role) if role in wishes.classifiers else None
        if reference is None:
            if not slot.required:
                return None
            raise UsageError(
                f"needs {slot.about}; name one with --classifier {slot.role}=REF "
                f"(and its card, where it has none beside it, with --card {slot.role}=FILE)"
            )
        key = (reference, slot.backend, card)
        if key not in self._classifiers:
            backend = "auto" if ":" in reference else slot.backend  # other forms have one back end each
            self._classifiers[key] = load_classifier(
                reference, backend=backend, card=card, device=wishes.device
            )
        return self._classifiers[key], reference, card

    def data(self, each: Reproduction, slot: DataSlot) -> tuple[LabelledData, str] | None:
        """Data and reference for a slot; None where it stays empty, as it may."""
        role = self._role(slot.role, target(each.needs.data), data=True)
        reference = self._wishes.data.get(role, slot.default)
        if reference is None:
            if not slot.required:
                return None
            raise UsageError(f"needs {slot.about}; name them with --data {slot.role}=DATA")
        key = (reference, slot.split)
        if key not in self._data:
            self._data[key] = open_data(reference, slot.split)
        return self._data[key], reference

    def _role(self, role: str, first: str | None, *, data: bool = False) -> str:
        """Where the wish for ``role`` stands: under its own name, or under ``FIRST``."""
        given = self._wishes.data if data else self._wishes.classifiers
        return FIRST if role not in given and role == first and FIRST in given else role
