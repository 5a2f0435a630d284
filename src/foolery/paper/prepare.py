"""Prepare: all that the named reproductions need is found or loaded before any of them runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

from foolery.classifiers import load_classifier
from foolery.classifiers.base import Classifier
from foolery.data import load_data
from foolery.data.labelled import LabelledData
from foolery.data.opened import data_for
from foolery.errors import UsageError, did_you_mean
from foolery.install import install_command
from foolery.paper.experiment import (
    ClassifierRequirement,
    Context,
    DataRequirement,
    Reproduction,
    check_scale,
)

DEFAULT_ROLE = ""
"""Role of a classifier or data reference that was given without one."""


@dataclass(frozen=True)
class ReproduceOptions:
    """What the user wants.

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
class PreparedReproduction:
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


def prepare_reproductions(
    reproductions: Sequence[Reproduction],
    options: ReproduceOptions,
    work: Path,
    *,
    command: str = "python",
    log: Callable[[str], None] = lambda line: None,
    on_progress: Callable[[str, int, int], None] = lambda label, done, total: None,
) -> list[PreparedReproduction]:
    """Check and load what ``reproductions`` need.

    Args:
        reproductions: in the order in which they will run.
        options: of the user.
        work: folder for runs and records, shared by all.
        command: as it was typed.
        log: passed on in the contexts.
        on_progress: likewise.

    Raises:
        UsageError: one line with everything that is missing, of all reproductions.
    """
    check_scale(options.scale, options.seeds)
    _check_roles(reproductions, options)
    loader = _Loader(options)
    prepared, problems = [], []
    for each in reproductions:
        problems += [problem for problem in _missing_packages(each) if problem not in problems]
        classifiers: dict[str, Classifier] = {}
        references: dict[str, str] = {}
        cards: dict[str, Path] = {}
        for requirement in each.requirements.classifiers:
            try:
                loaded = loader.classifier(each, requirement)
            except UsageError as error:
                problems.append(f"{each.name}: {error}")
                continue
            if loaded is not None:
                classifiers[requirement.role], references[requirement.role], card = loaded
                cards |= {requirement.role: card} if card is not None else {}
        data, data_references = {}, {}
        for data_requirement in each.requirements.data:
            try:
                with data_for(next((one.description.classes for one in classifiers.values()), None)):
                    opened = loader.data(each, data_requirement)
            except UsageError as error:
                problems.append(f"{each.name}: {error}")
                continue
            if opened is not None:
                data[data_requirement.role], data_references[data_requirement.role] = opened
        seeds = each.seeds if options.seeds is None else options.seeds
        context = Context(
            work=work,
            scale=options.scale,
            seeds=seeds,
            classifiers=classifiers,
            data=data,
            command=command,
            log=log,
            on_progress=on_progress,
        )
        prepared.append(PreparedReproduction(each, context, references, cards, data_references))
    if problems:
        raise UsageError("; ".join(problems))
    return prepared


def default_role(requirements: Sequence[ClassifierRequirement] | Sequence[DataRequirement]) -> str | None:
    """The role that a reference without one is for; None where nothing is required."""
    without_default = [each.role for each in requirements if each.default is None]
    return next(iter([*without_default, *(each.role for each in requirements)]), None)


def _missing_packages(each: Reproduction) -> list[str]:
    return [
        f"{each.name}: {package} is not installed; run: {install_command(extra)}"
        for package, extra in each.requirements.packages
        if find_spec(package) is None
    ]


def _check_roles(reproductions: Sequence[Reproduction], options: ReproduceOptions) -> None:
    """Every role that the user named is one that an experiment has."""
    for option, references, requirements in (
        ("--classifier", options.classifiers, [each.requirements.classifiers for each in reproductions]),
        ("--card", options.cards, [each.requirements.classifiers for each in reproductions]),
        ("--data", options.data, [each.requirements.data for each in reproductions]),
    ):
        roles = sorted({one.role for each in requirements for one in each})
        for role in references:
            if role == DEFAULT_ROLE and not roles:
                raise UsageError(f"{option}: {', '.join(each.name for each in reproductions)} takes none")
            if role not in (DEFAULT_ROLE, *roles):
                raise UsageError(f"{option}: no experiment here has {role!r}; {did_you_mean(role, roles)}")


class _Loader:
    """Loads each reference once."""

    def __init__(self, options: ReproduceOptions) -> None:
        self._options = options
        self._classifiers: dict[tuple[str, str, Path | None], Classifier] = {}
        self._data: dict[tuple[str, str], LabelledData] = {}

    def classifier(
        self, each: Reproduction, requirement: ClassifierRequirement
    ) -> tuple[Classifier, str, Path | None] | None:
        """Classifier, reference and card of a role; None where it is optional and not given."""
        options, role = (
            self._options,
            self._role(requirement.role, default_role(each.requirements.classifiers)),
        )
        reference = options.classifiers.get(role, requirement.default)
        card = options.cards.get(role) if role in options.classifiers else None
        if reference is None:
            if not requirement.required:
                return None
            raise UsageError(
                f"needs {requirement.about}; name one with --classifier {requirement.role}=REF "
                f"(and its card, where it has none beside it, with --card {requirement.role}=FILE)"
            )
        key = (reference, requirement.backend, card)
        if key not in self._classifiers:
            backend = (
                "auto" if ":" in reference else requirement.backend
            )  # other forms have one back end each
            self._classifiers[key] = load_classifier(
                reference, backend=backend, card=card, device=options.device
            )
        return self._classifiers[key], reference, card

    def data(self, each: Reproduction, requirement: DataRequirement) -> tuple[LabelledData, str] | None:
        """Data and reference of a role; None where it is optional and not given."""
        role = self._role(requirement.role, default_role(each.requirements.data), data=True)
        reference = self._options.data.get(role, requirement.default)
        if reference is None:
            if not requirement.required:
                return None
            raise UsageError(f"needs {requirement.about}; name them with --data {requirement.role}=DATA")
        key = (reference, requirement.split)
        if key not in self._data:
            self._data[key] = load_data(reference, requirement.split)
        return self._data[key], reference

    def _role(self, role: str, default: str | None, *, data: bool = False) -> str:
        """Under which role the reference for ``role`` was given: its own, or ``DEFAULT_ROLE``."""
        references = self._options.data if data else self._options.classifiers
        return (
            DEFAULT_ROLE
            if role not in references and role == default and DEFAULT_ROLE in references
            else role
        )
