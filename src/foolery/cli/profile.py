"""Profile: where the time of a search went, in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

_WHAT = {
    "vary": "parents to children (sum over lanes)",
    "render": "children to pictures (sum over lanes)",
    "classify": "pictures to scores (sum over lanes)",
    "tell": "parents chosen, champions replaced",
    "write": "the run file, beside the search",
}


def profile(summaries: Iterable[Mapping[str, object]]) -> list[str]:
    """A line for every stage, over all runs; none where none of them recorded its stages, as an ascent."""
    totals = dict.fromkeys(_WHAT, 0.0)
    for summary in summaries:
        stages = summary.get("stages")
        if isinstance(stages, Mapping):
            for name in totals:
                totals[name] += float(stages[name])
    whole = sum(totals.values())
    if whole <= totals["write"]:
        return []
    lines = (
        f"{name:<9}{seconds:8.2f} s {100 * seconds / whole:5.1f} %  {_WHAT[name]}"
        for name, seconds in totals.items()
    )
    return [f"{'' if number else 'spent':<12}{line}" for number, line in enumerate(lines)]
