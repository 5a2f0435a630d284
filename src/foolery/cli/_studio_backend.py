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
    from foolery.studio.protocols import PredictorOutput


@dataclass(frozen=True)
class LoadedPredictor:
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

    def predict(self, picture: bytes) -> PredictorOutput:
        """Fit a picture as labelled pictures are fitted, and classify it.

        Raises:
            UsageError: for what is no picture, or is damaged.
        """
        from foolery.classifiers.scores import confidence
        from foolery.data.decode import decode, strict_size
        from foolery.data.fit import fit
        from foolery.studio.protocols import PredictorOutput

        with strict_size():
            canvas = fit(decode(picture, "from the page"), self.canvas)
        return PredictorOutput(canvas, confidence(self.classifier.scores(canvas[None]), self.kind)[0])


def load_predictors(
    references: Sequence[str], backend: str, card: Path | None, device: str
) -> tuple[list[LoadedPredictor], str]:
    """The classifiers that were named, then foolery's own; and why there are none, if so.

    Raises:
        UsageError: where one that was named cannot be loaded.
    """
    from foolery.classifiers.builtin import names

    predictors = [
        LoadedPredictor(load(each, backend, card, device, None, False, None)) for each in references
    ]
    reason = ""
    for name in (FIRST, *names()):
        if name not in {predictor.name for predictor in predictors}:
            try:
                predictors.append(LoadedPredictor(load(name, backend, None, device, None, False, None)))
            except MissingExtraError as error:
                reason = reason or str(error)
    if not predictors:
        note(f"note: {reason}")
    return predictors, reason


def render_genomes(settings: RunSettings, genomes: Sequence[bytes]) -> Canvases:
    """``(N, C, H, W) uint8``: genomes of a run drawn."""
    from foolery.engine.run import run_encoding

    encoding = run_encoding(settings)
    canvases: Canvases = encoding.render(encoding.unpack(list(genomes)))
    return canvases


def report_builder(predictors: Sequence[LoadedPredictor]) -> Callable[[Path], Mapping[str, bytes]]:
    """Makes reports; the classifier of a run or audit is asked only where it is one of ``predictors``."""

    def report(folder: Path, /) -> Mapping[str, bytes]:
        from foolery.classifiers.wrappers.metered import Budget
        from foolery.report.model import make_run_report
        from foolery.report.model.discover import artifact_kind
        from foolery.report.run_page import report_files
        from foolery.runs import open_run_file

        kind, budget = artifact_kind(folder), Budget(queries=QUERIES, seconds=SECONDS)
        if kind == "audit":
            return _audit_report(folder, predictors, budget)
        if kind == "contest":
            return _arms_race_report(folder)
        run = open_run_file(folder)
        return report_files(
            [make_run_report(run, _classifier_of(predictors, run.settings.fingerprint), budget=budget)]
        )

    return report


def _classifier_of(predictors: Sequence[LoadedPredictor], fingerprint: str) -> Classifier | None:
    return next(
        (predictor.classifier for predictor in predictors if predictor.fingerprint == fingerprint), None
    )


def _audit_report(folder: Path, predictors: Sequence[LoadedPredictor], budget: Budget) -> Mapping[str, bytes]:
    from foolery.audit.schema import read_audit
    from foolery.report.audit_page import audit_files
    from foolery.report.model.audit import make_audit_report

    classifier = _classifier_of(predictors, read_audit(folder).classifier.fingerprint)
    return audit_files(make_audit_report(folder, classifier, budget=budget))


def _arms_race_report(folder: Path) -> Mapping[str, bytes]:
    from foolery.hardening.rounds import read_arms_race
    from foolery.report.arms_race_page import arms_race_files

    return arms_race_files(read_arms_race(folder))
