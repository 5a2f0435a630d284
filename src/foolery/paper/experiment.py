"""The contract of a reproduction: one experiment of the paper that can be run again and judged.

A reproduction is one file with ``REPRODUCTION = Reproduction(…)`` and one line in ``registry.py``.
Its file imports nothing heavy: ``foolery reproduce --list`` reads all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from foolery.classifiers.base import Classifier
from foolery.data.labelled import LabelledData
from foolery.errors import MissingExtraError, UsageError
from foolery.paper.cost import Cost
from foolery.paper.pieces import Piece
from foolery.paper.verdicts import Amount, Claim, Finding

if TYPE_CHECKING:
    from PIL.Image import Image

    from foolery.engine.progress import Progress


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
    """What running a reproduction measured; what it means is said by ``Reproduction.judge``.

    Attributes:
        figures: raw results as JSON values (numbers, text, lists, objects); no paths of this machine.
            All that verdicts and notes need.
        tables: for the page, beside that of the findings.
        picture: RGB or gray, small enough for a page (about 1000 pixels wide); None for none.
        caption: says in a sentence what the picture shows.
        seconds: that the searches took, those of runs that were there already included; None: as measured
            around the whole.
    """

    figures: Mapping[str, Any]
    tables: tuple[ResultTable, ...] = ()
    picture: Image | None = None
    caption: str = ""
    seconds: float | None = None


@dataclass(frozen=True)
class Judgement:
    """What the figures of a reproduction mean: a pure function of them.

    Attributes:
        findings: one for each claim.
        amounts: the paper's scale beside ours; full scale is where none of ours is smaller.
        notes: paragraphs for the page: how the experiment was made, and where it differs from the paper's.
        tables: computed from the figures, after those that were measured.
    """

    findings: tuple[Finding, ...]
    amounts: tuple[Amount, ...]
    notes: tuple[str, ...] = ()
    tables: tuple[ResultTable, ...] = ()

    @property
    def full_scale(self) -> bool:
        """Whether nothing was less than the paper's."""
        return not any(amount.short for amount in self.amounts)


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
        classifiers: by role; an optional one that was not given is missing.
        data: likewise.
        command: as it was typed, for the provenance of runs.
        log: prints a line about the work.
        on_progress: called with a label, how much is done, and of how much.
    """

    work: Path
    scale: float
    seeds: int
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
        judge: figures of ``run``, as JSON has them, to findings. It sees nothing else, so that a page can be
            made again from a result that was stored.
        pieces: its parts, for experiments that can be made shard by shard.
        settings: at full scale, those that a protocol fixes before the first run; JSON values.
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
    judge: Callable[[Mapping[str, Any]], Judgement]
    pieces: Callable[[Context], Sequence[Piece]] | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)


def scale_count(count: int, scale: float, minimum: int = 1) -> int:
    """``count`` times ``scale``, rounded, at least ``minimum``."""
    return max(minimum, round(count * scale))


def check_scale(scale: float, seeds: int | None) -> None:
    """Raise UsageError for a scale or a number of seeds that makes no sense."""
    if not 0.0 < scale <= 100.0:
        raise UsageError(f"scale: expected a number above 0 and up to 100, got {scale:g}")
    if seeds is not None and not 1 <= seeds <= 10_000:
        raise UsageError(f"seeds: expected a whole number from 1 to 10000, got {seeds}")
