"""Summary of runs, as lines for people and as figures over several runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from foolery.cli._next import next_command
from foolery.text import THRESHOLDS, VERY_CONFIDENT, format_confidence, format_count, format_duration

if TYPE_CHECKING:
    from foolery.engine.run import RunResult
    from foolery.runs import RunSettings


MARKS = (50, 200)  # generations that the paper reports (sections 3.1 and 3.2)
_VERY = format_confidence(VERY_CONFIDENT)


def lines(run: RunResult) -> list[str]:
    """A run in a few lines."""
    settings, summary = run.settings, run.summary
    confidences = [champion.confidence for champion in run.champions.values()]
    result = [
        f"run         {run.path or run.name} ({run.status})",
        f"search      {_search(settings)} against {settings.classifier} ({settings.backend}), "
        f"seed {settings.seed}, batch {settings.batch}",
        f"reached     generation {summary['generations']}, {format_count(summary['queries'])} queries "
        f"in {format_duration(summary['seconds'])} ({format_count(summary['queries_per_second'])}/s)",
        *_events(summary.get("events")),
    ]
    if not confidences:
        return [*result, "champions   none yet"]
    confident = sum(confidence >= VERY_CONFIDENT for confidence in confidences)
    return [
        *result,
        f"champions   {len(confidences)}: median confidence {format_confidence(median(confidences))}, "
        f"lowest {format_confidence(min(confidences))}",
        f"fooled      {confident} of {len(confidences)} classes with {_VERY} or more",
    ]


def lines_of_many(summaries: Sequence[Mapping[str, Any]], folder: Path) -> list[str]:
    """Runs that differ in their seeds alone in a few lines."""
    first, count = summaries[0], len(summaries)
    queries, seconds = (sum(each[name] for each in summaries) for name in ("queries", "seconds"))
    medians = [each["median_confidence"] for each in summaries if each["median_confidence"] is not None]
    result = [
        f"runs        {folder / first['run']}" + (f" to {summaries[-1]['run']}" if count > 1 else ""),
        f"search      {first['encoding']} against {first['classifier']} ({first['backend']}), "
        f"batch {first['batch']}",
        f"reached     {_generations([each['generations'] for each in summaries])}, "
        f"{format_count(queries)} queries in {format_duration(seconds)} "
        f"({format_count(queries / seconds if seconds else None)}/s)",
    ]
    if medians:
        lowest, middle, highest = map(format_confidence, (min(medians), median(medians), max(medians)))
        confident = sum(each >= VERY_CONFIDENT for each in medians)
        result += [
            f"champions   median confidences of the runs: {lowest} to {highest}, median {middle}",
            f"fooled      {confident} of {count} runs have a median of {_VERY} or more",
        ]
    return [*result, f"next        {next_command('show', folder)}/seed-*"]


def median_at(run: RunResult) -> dict[str, float]:
    """Median confidence of the champions at the paper's generations, where recorded, and at the last."""
    history = run.history
    medians = {
        str(mark): float(history.median[history.generation == mark][0])
        for mark in MARKS
        if (history.generation == mark).any()
    }
    return medians | ({"last": float(history.median[-1])} if len(history) else {})


def over_runs(medians: Sequence[Mapping[str, float]]) -> dict[str, object]:
    """For each generation: lowest, median and highest over the runs, and how many reach a threshold."""
    marks: dict[str, object] = {}
    for mark in (*map(str, MARKS), "last"):
        values = [each[mark] for each in medians if mark in each]
        if values:
            marks[mark] = {
                "runs": len(values),
                "min": min(values),
                "median": median(values),
                "max": max(values),
                "at_least": {str(bound): sum(v >= bound for v in values) for bound in THRESHOLDS},
            }
    return {"runs": len(medians), "median_at": marks}


def _events(events: object) -> list[str]:
    """One line for each event of a run."""
    entries = events if isinstance(events, list) else []
    return [f"event       generation {event['generation']}: {event['text']}" for event in entries]


def _generations(reached: Sequence[int]) -> str:
    first, last = min(reached), max(reached)
    return f"generation {first}" if first == last else f"generations {first} to {last}"


def _search(settings: RunSettings) -> str:
    """The encoding of an evolved run; preset and start of an ascent."""
    if settings.search != "ascent":
        return settings.encoding
    options = settings.search_options
    through = f" through {options['through']}" if "through" in options else ""
    return f"ascent{through}, {options.get('preset')}, from {options.get('start')},"


_WHAT = {
    "vary": "parents to children (sum over workers)",
    "render": "children to images (sum over workers)",
    "classify": "images to scores (sum over workers)",
    "tell": "choosing parents, replacing champions",
    "write": "the run file, beside the search",
}


def profile(summaries: Iterable[Mapping[str, object]]) -> list[str]:
    """A line for every stage, over all runs; none where no run recorded its timings, as an ascent."""
    totals = dict.fromkeys(_WHAT, 0.0)
    for summary in summaries:
        timings = summary.get("timings")
        if isinstance(timings, Mapping):
            for name in totals:
                totals[name] += float(timings[name])
    whole = sum(totals.values())
    if whole <= totals["write"]:
        return []
    lines = (
        f"{name:<9}{seconds:8.2f} s {100 * seconds / whole:5.1f} %  {_WHAT[name]}"
        for name, seconds in totals.items()
    )
    return [f"{'' if number else 'spent':<12}{line}" for number, line in enumerate(lines)]
