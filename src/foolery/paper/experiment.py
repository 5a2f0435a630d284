"""The contract of a reproduction: one experiment of the paper that can be run again and judged.

A reproduction is one file with ``REPRODUCTION = Reproduction(…)`` and one line in ``registry.py``.
Its file imports nothing heavy: ``foolery reproduce --list`` reads all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from foolery.classifiers.base import Classifier
from foolery.data.labelled import LabelledData
from foolery.errors import MissingExtraError, UsageError
from foolery.paper.cost import Cost

if TYPE_CHECKING:
    from PIL.Image import Image

    from foolery.engine.progress import Progress


Verdict = Literal["holds", "holds in part", "does not hold", "not tested at full scale"]
NOT_TESTED: Verdict = "not tested at full scale"


@dataclass(frozen=True)
class Claim:
    """What the paper says.

    Attributes:
        key: a short name for JSON, for instance ``median``.
        text: the claim in a sentence or less.
        place: in the paper, for instance ``3.4, Fig. 7``.
        number: the paper's number as people write it; ``–`` where it gives none.
    """

    key: str
    text: str
    place: str
    number: str


@dataclass(frozen=True)
class Finding:
    """A claim beside what was measured.

    Attributes:
        claim: of the paper.
        measured: our number as people read it.
        verdict: ``not tested at full scale`` wherever less was run than full scale asks for.
        reason: why that verdict, and by which rule; a sentence.
    """

    claim: Claim
    measured: str
    verdict: Verdict
    reason: str


def grade(holds: object, in_part: object = False) -> Verdict:
    """``holds``, ``holds in part`` or ``does not hold``."""
    return "holds" if holds else "holds in part" if in_part else "does not hold"


def untested(claim: Claim, reason: str) -> Finding:
    """A claim that could not be measured, and why."""
    return Finding(claim, "–", NOT_TESTED, reason)


@dataclass(frozen=True)
class ResultTable:
    """A table of the page.

    Attributes:
        title: above it.
        columns: their heads.
        rows: cells as text, as many in each row as there are columns.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class ReproductionOutcome:
    """What running a reproduction gave.

    Attributes:
        findings: one for each claim.
        figures: raw results as JSON values (numbers, text, lists, objects); no paths of this machine.
        tables: for the page, beside that of the findings.
        picture: RGB or gray, small enough for a page (about 1000 pixels wide); None for none.
        caption: says in a sentence what the picture shows.
        notes: paragraphs for the page: how the experiment was made, and where it differs from the paper's.
        seconds: that the searches took, those of runs that were there already included; None: as measured
            around the whole.
        full_scale: False where less was there than full scale needs, for instance images.
    """

    findings: tuple[Finding, ...]
    figures: Mapping[str, Any]
    tables: tuple[ResultTable, ...] = ()
    picture: Image | None = None
    caption: str = ""
    notes: tuple[str, ...] = ()
    seconds: float | None = None
    full_scale: bool = True


@dataclass(frozen=True)
class ClassifierRequirement:
    """A classifier that a reproduction needs.

    Attributes:
        role: how the command line names it: ``digits`` and ``digits-b`` (two networks for MNIST), ``photos``
            and ``photos-b`` (two networks for photos of many classes); others where they are needed.
        default: a reference, or None where the user has to give one.
        about: what it must be, in a few words.
        backend: ``auto``, or ``torch`` where gradients are needed.
        required: False where the reproduction does without it.
    """

    role: str
    default: str | None
    about: str
    backend: str = "auto"
    required: bool = True


@dataclass(frozen=True)
class DataRequirement:
    """Labelled images that a reproduction needs; its fields are as in ``ClassifierRequirement``.

    Attributes:
        split: ``train`` or ``test``.
    """

    role: str
    default: str | None
    about: str
    split: str = "test"
    required: bool = True


@dataclass(frozen=True)
class Requirements:
    """What must be there before anything runs.

    Attributes:
        classifiers: by their roles.
        data: by their roles.
        packages: ``(import name, extra of foolery that brings it)``, for instance ``("scipy", "paper")``.
    """

    classifiers: tuple[ClassifierRequirement, ...] = ()
    data: tuple[DataRequirement, ...] = ()
    packages: tuple[tuple[str, str], ...] = ()


DIGITS = ClassifierRequirement("digits", "lenet", "a classifier of digits")
PHOTOS = ClassifierRequirement("photos", None, "a classifier of many classes")


@dataclass(frozen=True)
class Context:
    """What a reproduction runs with.

    Attributes:
        work: folder of what can be used again: runs lie in ``work/runs`` (see ``runs.py``), other results in
            ``work/records`` (see ``records.py``). All reproductions of one ``--out`` share it.
        scale: 1 is the paper's size; what it multiplies is the reproduction's to say.
        seeds: how many independent runs, seeds 0 to ``seeds - 1``.
        full_scale: whether this is full scale; a finding may only be judged where it is.
        classifiers: by role; an optional one that was not given is missing.
        data: likewise.
        command: as it was typed, for the provenance of runs.
        log: prints a line about the work.
        on_progress: called with a label, how much is done, and of how much.
    """

    work: Path
    scale: float
    seeds: int
    full_scale: bool
    classifiers: Mapping[str, Classifier]
    data: Mapping[str, LabelledData] = field(default_factory=dict)
    command: str = "python"
    log: Callable[[str], None] = lambda line: None
    on_progress: Callable[[str, int, int], None] = lambda label, done, total: None

    def progress_of(self, label: str) -> Callable[[Progress], None]:
        """A function for ``evolve(on_progress=…)`` that passes generations on."""
        return lambda seen: self.on_progress(label, seen.generation, seen.generations)

    def draw(self, plot: Callable[[], Image]) -> Image | None:
        """A picture of the page, or None with a line about it where a package for it is missing."""
        try:
            return plot()
        except MissingExtraError as error:
            self.log(f"the page has no picture: {error}")
            return None

    def judge(self, claim: Claim, measured: str, verdict: Verdict, reason: str) -> Finding:
        """A finding; below full scale the verdict is replaced, and the reason says what was seen."""
        if self.full_scale or verdict == NOT_TESTED:
            return Finding(claim, measured, verdict, reason)
        return Finding(claim, measured, NOT_TESTED, f"at this scale it {verdict}; {reason}")


@dataclass(frozen=True)
class Reproduction:
    """One experiment of the paper.

    Attributes:
        name: on the command line.
        title: of its page.
        place: in the paper.
        scale_multiplies: what ``--scale`` multiplies, as the end of "scale multiplies …".
        seeds: number of independent runs at full scale; what ``--seeds`` is where it is left out.
        requirements: what must be there before it runs.
        claims: of the paper.
        cost: from scale and seeds.
        run: does it; raises UsageError for what the user can mend, KeyboardInterrupt with all saved.
    """

    name: str
    title: str
    place: str
    scale_multiplies: str
    seeds: int
    requirements: Requirements
    claims: tuple[Claim, ...]
    cost: Callable[[float, int], Cost]
    run: Callable[[Context], ReproductionOutcome]

    def is_full_scale(self, scale: float, seeds: int) -> bool:
        """Whether that much is full scale."""
        return scale >= 1.0 and seeds >= self.seeds


def scale_count(count: int, scale: float, minimum: int = 1) -> int:
    """``count`` times ``scale``, rounded, at least ``minimum``."""
    return max(minimum, round(count * scale))


def check_scale(scale: float, seeds: int | None) -> None:
    """Raise UsageError for a scale or a number of seeds that makes no sense."""
    if not 0.0 < scale <= 100.0:
        raise UsageError(f"scale: expected a number above 0 and up to 100, got {scale:g}")
    if seeds is not None and not 1 <= seeds <= 10_000:
        raise UsageError(f"seeds: expected a whole number from 1 to 10000, got {seeds}")


def find_claim(claims: Sequence[Claim], key: str) -> Claim:
    """The claim of that key."""
    return next(claim for claim in claims if claim.key == key)
