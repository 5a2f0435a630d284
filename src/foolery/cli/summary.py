"""Summary: what a run has reached, as lines for people and as figures over several runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median
from typing import TYPE_CHECKING

from foolery.experiments.certainty import format_confidence

if TYPE_CHECKING:
    from foolery.experiments.exhibit import Exhibit

MARKS = (50, 200)  # generations that the paper reports (sections 3.1 and 3.2)
CERTAIN = 0.9999  # of the paper (section 3.1)
THRESHOLDS = (0.5, 0.9, 0.99, 0.999, CERTAIN)


def lines(exhibit: Exhibit) -> list[str]:
    """A run in a few lines."""
    settings, summary = exhibit.settings, exhibit.summary
    confidences = [champion.confidence for champion in exhibit.champions.values()]
    said = [
        f"run         {exhibit.path or exhibit.name} ({exhibit.status})",
        f"search      {settings.encoding} against {settings.classifier} ({settings.backend}), "
        f"seed {settings.seed}, batch {settings.batch}",
        f"reached     generation {summary['generations']}, {_count(summary['queries'])} queries "
        f"in {_seconds(summary['seconds'])} s ({_count(summary['queries_per_second'])} a second)",
    ]
    if not confidences:
        return [*said, "champions   none yet"]
    certain = sum(confidence >= CERTAIN for confidence in confidences)
    return [
        *said,
        f"champions   {len(confidences)}: median confidence {format_confidence(median(confidences))}, "
        f"least {format_confidence(min(confidences))}",
        f"fooled      {certain} of {len(confidences)} classes with {format_confidence(CERTAIN)} or more",
    ]


def median_at(exhibit: Exhibit) -> dict[str, float]:
    """Median confidence of the champions at the paper's generations, where recorded, and at the last."""
    history = exhibit.history
    found = {
        str(mark): float(history.median[history.generation == mark][0])
        for mark in MARKS
        if (history.generation == mark).any()
    }
    return found | ({"last": float(history.median[-1])} if len(history) else {})


def over_runs(medians: Sequence[Mapping[str, float]]) -> dict[str, object]:
    """Over several runs, for each generation: least, median and most, and how many reach a threshold."""
    marks: dict[str, object] = {}
    for mark in (*map(str, MARKS), "last"):
        values = [each[mark] for each in medians if mark in each]
        if values:
            marks[mark] = {
                "runs": len(values),
                "least": min(values),
                "median": median(values),
                "most": max(values),
                "at_least": {str(bound): sum(v >= bound for v in values) for bound in THRESHOLDS},
            }
    return {"runs": len(medians), "median_at": marks}


def _count(number: object) -> str:
    return f"{number:,.0f}".replace(",", " ") if isinstance(number, int | float) else "-"


def _seconds(number: object) -> str:
    return f"{number:.1f}" if isinstance(number, int | float) else "-"
