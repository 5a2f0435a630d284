"""The result of a run: its champions, rendered, and all that a page or a notebook shows of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

import numpy as np

from foolery.canvas import Canvases, CanvasShape, to_image
from foolery.encodings import Encoding, make_encoding
from foolery.errors import UsageError
from foolery.results import Result
from foolery.runs import History, Provenance, RunFile, RunSettings, open_run_file
from foolery.text import THRESHOLDS

if TYPE_CHECKING:
    from PIL.Image import Image

    from foolery.classifiers.base import Description


def run_summary(run: RunFile, name: str) -> dict[str, object]:
    """The summary of a run, as JSON values."""
    settings, history = run.settings, run.history
    confidences = np.array([champion.confidence for champion in run.champions])
    queries = int(history.queries[-1]) if len(history) else 0
    seconds = float(run.seconds)
    measured = len(confidences) > 0
    return {
        "run": name,
        "status": run.status,
        "classifier": settings.classifier,
        "fingerprint": settings.fingerprint,
        "backend": settings.backend,
        "search": settings.search,
        "search_options": dict(settings.search_options),
        "encoding": settings.encoding,
        "encoding_options": dict(settings.encoding_options),
        "seed": settings.seed,
        "batch": settings.batch,
        "generations": int(history.generation[-1]) if len(history) else 0,
        "queries": queries,
        "seconds": round(seconds, 3),
        "queries_per_second": round(queries / seconds, 1) if seconds > 0 else None,
        "timings": _timings(run),
        "improvements": int(history.improvements[-1]) if len(history) else 0,
        "median_confidence": float(np.median(confidences)) if measured else None,
        "mean_confidence": float(confidences.mean()) if measured else None,
        "min_confidence": float(confidences.min()) if measured else None,
        "qd_score": float(confidences.sum()) if measured else None,
        "fooled": {str(bound): int((confidences >= bound).sum()) for bound in THRESHOLDS},
        "champions": [
            {
                "class": settings.classes[settings.cells[champion.cell]],
                "confidence": champion.confidence,
                "generation": champion.generation,
            }
            for champion in run.champions
        ],
        "events": [{"generation": event.generation, "text": event.text} for event in run.events],
    }


def _timings(run: RunFile) -> dict[str, float] | None:
    """Seconds of work in each stage of the search; None where an older foolery recorded none."""
    if not len(run.timings):
        return None
    return {name: round(seconds, 4) for name, seconds in asdict(run.timings.total).items()}


@dataclass(frozen=True)
class Champion:
    """The best individual that a run found for one class.

    Attributes:
        index: of its class in the classifier's output.
        label: the class name.
        confidence: the probability that the classifier gives the class, or the cosine.
        score: of the classifier for that class; for a softmax the natural logarithm of the confidence.
        generation: in which it was born.
        individual: its number: how many images were classified before it.
        canvas: ``(C, H, W) uint8``.
        canvas_hash: SHA-256 of the canvas.
        genome: packed.
    """

    index: int
    label: str
    confidence: float
    score: float
    generation: int
    individual: int
    canvas: Canvases
    canvas_hash: str
    genome: bytes

    def image(self) -> Image:
        """The canvas as a PIL image of mode L or RGB."""
        return to_image(self.canvas)


@dataclass(frozen=True, repr=False)
class RunResult(Result):
    """A run with its champions.

    Attributes:
        name: of the run's folder.
        path: of the run's folder, or None for a run held in memory.
        status: ``running``, ``interrupted`` or ``finished``.
        champions: class name to champion, in the order of the cells.
        summary: the JSON object of the command line (``run``, ``queries``, ``median_confidence`` …).
    """

    name: str
    path: Path | None
    status: str
    settings: RunSettings
    provenances: tuple[Provenance, ...]
    history: History
    champions: Mapping[str, Champion]
    summary: Mapping[str, object]

    def __repr__(self) -> str:
        """One line: what was searched, how far it came; for the prompt of Python."""
        median = self.summary.get("median_confidence")
        value = f", median {median:.4%}" if isinstance(median, float) else ""
        where = "" if self.path is None else f", {self.path}"
        settings = self.settings
        return (
            f"<RunResult {settings.classifier}, {settings.encoding}, seed {settings.seed}, {self.status}: "
            f"{len(self.champions)} champions{value}{where}>"
        )

    def to_dict(self) -> dict[str, Any]:
        """The summary, as JSON values."""
        return dict(self.summary)

    def _repr_html_(self) -> str:
        """The champions, for Jupyter."""
        from foolery.engine.notebook import notebook_html

        return notebook_html(self)


class RunResults(Result, Sequence[RunResult]):
    """Runs that differ in their seeds; each is opened, and its champions rendered, when it is asked for.

    Args:
        runs: their folders, or run files that are held in memory.
    """

    def __init__(self, runs: Sequence[Path | RunFile]) -> None:
        self._runs = tuple(runs)

    def __len__(self) -> int:
        return len(self._runs)

    @overload
    def __getitem__(self, index: int) -> RunResult: ...
    @overload
    def __getitem__(self, index: slice) -> RunResults: ...
    def __getitem__(self, index: int | slice) -> RunResult | RunResults:
        """One run, or some of them."""
        if isinstance(index, slice):
            return RunResults(self._runs[index])
        return make_run_result(_run_file(self._runs[index]))

    @cached_property
    def summaries(self) -> tuple[Mapping[str, object], ...]:
        """The summary of every run, as ``RunResult.summary``, without rendering its champions."""
        return tuple(run_summary(run, _name(run)) for run in map(_run_file, self._runs))

    def to_dict(self) -> dict[str, Any]:
        """The summaries, as JSON values."""
        return {"runs": [dict(summary) for summary in self.summaries]}

    def _repr_html_(self) -> str:
        """One line for each run, for Jupyter."""
        from foolery.engine.notebook import runs_html

        return runs_html(self.summaries)


def open_run(path: Path | str) -> RunResult:
    """The run in a folder (or of a ``run.db``), also while it is being written.

    Example:
        >>> import foolery
        >>> run = foolery.evolve("lenet", generations=2, batch=20, out="runs/first")
        >>> foolery.open_run("runs/first").champions.keys() == run.champions.keys()
        True

    Raises:
        UsageError: where there is no run, or a damaged one.
    """
    return make_run_result(open_run_file(Path(path)))


def make_run_result(run: RunFile) -> RunResult:
    """The result of a run file, its champions rendered.

    Raises:
        UsageError: where a genome is not valid, or was rendered by another version of the renderer.
    """
    settings = run.settings
    encoding = run_encoding(settings)
    folder = None if run.path is None else run.path.resolve().parent
    name = _name(run)
    genomes = encoding.unpack([row.genome for row in run.champions])
    canvases = encoding.render(genomes)
    labels = [settings.classes[settings.cells[row.cell]] for row in run.champions]
    champions = {
        label: Champion(
            index=settings.cells[row.cell],
            label=label,
            confidence=row.confidence,
            score=row.score,
            generation=row.generation,
            individual=row.individual,
            canvas=canvas,
            canvas_hash=row.canvas_hash,
            genome=row.genome,
        )
        for label, row, canvas in zip(labels, run.champions, canvases, strict=True)
    }
    return RunResult(
        name=name,
        path=folder,
        status=run.status,
        settings=settings,
        provenances=tuple(run.provenances),
        history=run.history,
        champions=champions,
        summary=run_summary(run, name),
    )


def settings_against(description: Description, encoding: Encoding[Any], **fields: Any) -> RunSettings:
    """Settings of a run of ``encoding`` against the classifier of ``description``.

    Args:
        description: of the classifier.
        encoding: of the genomes.
        fields: the others of ``RunSettings``: the search with its options, cells, seed and sizes.
    """
    return RunSettings(
        encoding=encoding.name,
        encoding_options=dict(encoding.options),
        renderer=encoding.renderer_version,
        canvas=encoding.canvas.axes,
        classifier=description.name,
        fingerprint=description.fingerprint,
        backend=description.backend,
        forward=dict(description.forward),
        kind=description.kind,
        classes=description.classes,
        **fields,
    )


def run_encoding(settings: RunSettings) -> Encoding[Any]:
    """The encoding of a run.

    Raises:
        UsageError: where this version renders its genomes differently.
    """
    encoding = make_encoding(settings.encoding, CanvasShape(*settings.canvas), settings.encoding_options)
    if encoding.renderer_version != settings.renderer:
        raise UsageError(
            f"run: its genomes were rendered by version {settings.renderer} of {settings.encoding}, this "
            f"foolery has version {encoding.renderer_version}; use the foolery that its provenance names"
        )
    return encoding


def _run_file(run: Path | RunFile) -> RunFile:
    return open_run_file(run) if isinstance(run, Path) else run


def _name(run: RunFile) -> str:
    """That of its folder."""
    return "run" if run.path is None else run.path.resolve().parent.name
