"""What the studio classifies, renders and reports with; made here, so that it knows no classifier."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from foolery.cli._options import load
from foolery.cli._output import note
from foolery.errors import MissingExtraError, UsageError

FIRST = "lenet"  # of foolery's own
MOST_WORK = 2e10  # links times pixels: some 20 s
QUERIES, SECONDS = 5000, 5.0  # for one report, for which predictions wait

if TYPE_CHECKING:
    from foolery.canvas import Canvases, CanvasShape
    from foolery.classifiers.base import Classifier, Kind
    from foolery.runs import RunSettings
    from foolery.studio.protocols import PredictorOutput


@dataclass(frozen=True)
class LoadedPredictor:
    """A loaded classifier as pages use it."""

    classifier: Classifier

    @property
    def name(self) -> str:
        """Its reference."""
        return self.classifier.description.name

    @property
    def canvas(self) -> CanvasShape:
        """Shape of its input."""
        return self.classifier.description.canvas

    @property
    def classes(self) -> tuple[str, ...]:
        """One name for every class."""
        return self.classifier.description.classes

    @property
    def kind(self) -> Kind:
        """What its scores are."""
        return self.classifier.description.kind

    @property
    def fingerprint(self) -> str:
        """Of weights, preprocessing and class names."""
        return self.classifier.description.fingerprint

    @property
    def notes(self) -> tuple[str, ...]:
        """Notes about it, one sentence each."""
        return self.classifier.description.notes

    def predict(self, image: bytes) -> PredictorOutput:
        """Fit an image as labelled images are fitted, and classify it.

        Raises:
            UsageError: for what is no image, or is damaged.
        """
        from foolery.classifiers.scores import confidence
        from foolery.data.decode import decode, strict_size
        from foolery.data.fitting import fit
        from foolery.studio.protocols import PredictorOutput

        with strict_size():
            canvas = fit(decode(image, "from the page", upright=self.canvas.upright), self.canvas)
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

    check_work(settings, sum(map(len, genomes)))
    encoding = run_encoding(settings)
    canvases: Canvases = encoding.render(encoding.unpack(list(genomes)))
    return canvases


def check_work(settings: RunSettings, genome_bytes: int) -> None:
    """Raise UsageError where drawing genomes of so many bytes would keep everybody waiting.

    A CPPN is drawn link by link, each of which takes a pass over all pixels.
    """
    _, height, width = settings.canvas
    if settings.encoding == "cppn" and genome_bytes / 12 * height * width > MOST_WORK:
        raise UsageError(
            f"run: its CPPNs have {genome_bytes:,} bytes for {height} x {width} pixels, which takes too long "
            "for the studio; foolery report draws them"
        )


def report_builder(predictors: Sequence[LoadedPredictor]) -> Callable[[Path], Mapping[str, bytes]]:
    """Makes reports; the classifier of a run or audit is asked only where it is one of ``predictors``."""
    by_fingerprint = {each.fingerprint: each.classifier for each in predictors}

    def report(folder: Path, /) -> Mapping[str, bytes]:
        from foolery.classifiers.wrappers.metered import Budget
        from foolery.report import ReportOptions, open_artifact
        from foolery.runs import open_live_run
        from foolery.runs.database import RUN_DB

        if (folder / RUN_DB).is_file():
            with open_live_run(folder) as live:
                check_work(live.settings, live.genome_bytes())
        options = ReportOptions(
            find_classifier=lambda name, fingerprint, classes: (by_fingerprint.get(fingerprint), ""),
            budget=Budget(queries=QUERIES, seconds=SECONDS),
        )
        return open_artifact(folder).report_files(options)

    return report
