"""Exhibit: a run's champions drawn, with everything that a page or a notebook shows of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from foolery.canvas import Canvases, CanvasShape, to_image
from foolery.encodings import Encoding, make_encoding
from foolery.errors import UsageError
from foolery.runs import RunFile, open_run_file
from foolery.runs.records import History, Provenance, RunSettings

if TYPE_CHECKING:
    from PIL.Image import Image


THRESHOLDS = ("0.5", "0.9", "0.99", "0.9999")


def run_summary(run: RunFile, name: str) -> dict[str, object]:
    """Everything that can be said of a run in numbers; JSON types only."""
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
        "stages": _timings(run),
        "jumps": int(history.improvements[-1]) if len(history) else 0,
        "median_confidence": float(np.median(confidences)) if measured else None,
        "mean_confidence": float(confidences.mean()) if measured else None,
        "min_confidence": float(confidences.min()) if measured else None,
        "qd_score": float(confidences.sum()) if measured else None,
        "fooled": {level: int((confidences >= float(level)).sum()) for level in THRESHOLDS},
        "champions": [
            {
                "class": settings.classes[settings.cells[champion.cell]],
                "confidence": champion.confidence,
                "generation": champion.generation,
            }
            for champion in run.champions
        ],
        "events": [{"generation": event.generation, "what": event.text} for event in run.events],
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
        confidence: of the classifier in that class.
        score: the number that was maximised, for a softmax the natural logarithm of the confidence.
        generation: in which it was born.
        individual: its number: how many queries were made before it.
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


@dataclass(frozen=True)
class RunResult:
    """A run as people see it.

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

    def _repr_html_(self) -> str:
        """The champions, for Jupyter."""
        from foolery.engine.notebook import notebook_html

        return notebook_html(self)


def open_run(path: Path | str) -> RunResult:
    """The exhibit of the run in a folder (or of a ``run.db``), also while it is being written.

    Raises:
        UsageError: where there is no run, or a damaged one.
    """
    return make_run_result(open_run_file(Path(path)))


def make_run_result(run: RunFile) -> RunResult:
    """Draw every champion of ``run``.

    Raises:
        UsageError: where a genome is not valid, or was drawn by another version of the renderer.
    """
    settings = run.settings
    encoding = run_encoding(settings)
    folder = None if run.path is None else run.path.resolve().parent
    name = "run" if folder is None else folder.name
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


def run_encoding(settings: RunSettings) -> Encoding[Any]:
    """The encoding that drew a run.

    Raises:
        UsageError: where this version draws its genomes differently.
    """
    encoding = make_encoding(settings.encoding, CanvasShape(*settings.canvas), settings.encoding_options)
    if encoding.renderer_version != settings.renderer:
        raise UsageError(
            f"run: its genomes were drawn by renderer {settings.renderer} of {settings.encoding}, this "
            f"foolery has {encoding.renderer_version}; use the version of foolery that its provenance names"
        )
    return encoding
