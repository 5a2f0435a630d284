"""Summary: the JSON object that the command line prints of a search."""

from __future__ import annotations

from dataclasses import asdict

import numpy as np

from foolery.runs import RunFile

THRESHOLDS = ("0.5", "0.9", "0.99", "0.9999")


def summary(run: RunFile, name: str) -> dict[str, object]:
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
        "stages": _stages(run),
        "jumps": int(history.jumps[-1]) if len(history) else 0,
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
        "events": [{"generation": event.generation, "what": event.what} for event in run.events],
    }


def _stages(run: RunFile) -> dict[str, float] | None:
    """Seconds of work in each stage of the search; None where an older foolery recorded none."""
    if not len(run.stages):
        return None
    return {name: round(seconds, 4) for name, seconds in asdict(run.stages.total).items()}
