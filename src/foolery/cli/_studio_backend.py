"""Eyes: how the studio's pages ask, draw and report; made here, so that the studio knows no classifier."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from foolery.cli._options import load
from foolery.cli._output import note
from foolery.errors import MissingExtraError

FIRST = "lenet"  # of foolery's own
QUERIES, SECONDS = 5000, 5.0  # for one report; whoever draws a digit meanwhile waits so long

if TYPE_CHECKING:
    from foolery.canvas import Canvases, CanvasShape
    from foolery.classifiers.base import Classifier, Kind
    from foolery.classifiers.wrappers.metered import Budget
    from foolery.runs.records import RunSettings
    from foolery.studio.protocols import View


@dataclass(frozen=True)
class LoadedEye:
    """A loaded classifier as a page asks it."""

    classifier: Classifier

    @property
    def name(self) -> str:
        """As it was named."""
        return self.classifier.description.name

    @property
    def canvas(self) -> CanvasShape:
        """What it sees."""
        return self.classifier.description.canvas

    @property
    def classes(self) -> tuple[str, ...]:
        """One name for every class."""
        return self.classifier.description.classes

    @property
    def kind(self) -> Kind:
        """What its answers are."""
        return self.classifier.description.kind

    @property
    def fingerprint(self) -> str:
        """Of weights, preprocessing and class names."""
        return self.classifier.description.fingerprint

    @property
    def notes(self) -> tuple[str, ...]:
        """What has to be known of it."""
        return self.classifier.description.notes

    def look(self, picture: bytes) -> View:
        """Fit a picture as labelled pictures are fitted, and classify it.

        Raises:
            UsageError: for what is no picture, or is damaged.
        """
        from foolery.classifiers.scores import confidence
        from foolery.data.decode import decode, strict_size
        from foolery.data.fit import fit
        from foolery.studio.protocols import View

        with strict_size():
            canvas = fit(decode(picture, "from the page"), self.canvas)
        return View(canvas, confidence(self.classifier.scores(canvas[None]), self.kind)[0])


def open_eyes(
    references: Sequence[str], backend: str, card: Path | None, device: str
) -> tuple[list[LoadedEye], str]:
    """The classifiers that were named, then foolery's own; and why there are none, if so.

    Raises:
        UsageError: where one that was named cannot be loaded.
    """
    from foolery.classifiers.builtin import names

    eyes = [LoadedEye(load(each, backend, card, device, None, False, None)) for each in references]
    why = ""
    for name in (FIRST, *names()):
        if name not in {eye.name for eye in eyes}:
            try:
                eyes.append(LoadedEye(load(name, backend, None, device, None, False, None)))
            except MissingExtraError as error:
                why = why or str(error)
    if not eyes:
        note(f"note: {why}")
    return eyes, why


def paint(settings: RunSettings, genomes: Sequence[bytes]) -> Canvases:
    """``(N, C, H, W) uint8``: genomes of a run drawn."""
    from foolery.engine.run import encoding_of

    encoding = encoding_of(settings)
    drawn: Canvases = encoding.render(encoding.unpack(list(genomes)))
    return drawn


def reporter(eyes: Sequence[LoadedEye]) -> Callable[[Path], Mapping[str, bytes]]:
    """Makes reports; the classifier of a run or audit is asked only where it is one of ``eyes``."""

    def report(folder: Path, /) -> Mapping[str, bytes]:
        from foolery.classifiers.wrappers.metered import Budget
        from foolery.report.model import display_of
        from foolery.report.model.discover import kind_of
        from foolery.report.run_page import report_files
        from foolery.runs import open_run_file

        kind, budget = kind_of(folder), Budget(queries=QUERIES, seconds=SECONDS)
        if kind == "audit":
            return _audit_report(folder, eyes, budget)
        if kind == "contest":
            return _contest_report(folder)
        run = open_run_file(folder)
        return report_files([display_of(run, _known(eyes, run.settings.fingerprint), budget=budget)])

    return report


def _known(eyes: Sequence[LoadedEye], fingerprint: str) -> Classifier | None:
    return next((eye.classifier for eye in eyes if eye.fingerprint == fingerprint), None)


def _audit_report(folder: Path, eyes: Sequence[LoadedEye], budget: Budget) -> Mapping[str, bytes]:
    from foolery.audit.schema import read_audit
    from foolery.report.audit_page import audit_files
    from foolery.report.model.audit import display_audit

    classifier = _known(eyes, read_audit(folder).classifier.fingerprint)
    return audit_files(display_audit(folder, classifier, budget=budget))


def _contest_report(folder: Path) -> Mapping[str, bytes]:
    from foolery.hardening.rounds import standing_of
    from foolery.report.arms_race_page import contest_files

    return contest_files(standing_of(folder))
