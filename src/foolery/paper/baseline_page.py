"""Baseline page: the tables, the picture and the words about the searches that are compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from foolery.paper.experiment import Table
from foolery.paper.plot import Line, lines
from foolery.paper.search_baselines import Measured, medians, to_mean
from foolery.text import format_confidence, nines

if TYPE_CHECKING:
    from PIL.Image import Image

CAPTION = (
    "Median champion confidence over evaluations, the middle of all runs. The vertical axis counts nines: "
    "1 is 90 %, 4 is 99.99 %."
)
NOTES = (
    "One search for each class: populations of 100, the best 60 stay, 40 children a generation, parents by "
    "rank (coefficient 1.1). Its searches share the evaluations, so each of ten classes gets a tenth of "
    "them. Novelty: population 400, distance between vectors of probabilities, eight nearest, archive "
    "threshold from 0.6; its champions are the best that it happened to meet. The follow-up paper gave one "
    "class of ImageNet's thousand 200 000 evaluations, a tenth of what MAP-Elites spent on all of them; "
    "here the evaluations are equal.",
    "pyribs' settings: batch 30, noise of sigma 0.5 on every pixel, starting from gray, a child goes to "
    "the cell of the class that the network believes most. An empty cell counts as 0. The published 0.939 "
    "is that of its own LeNet-5.",
)
_RULES = {"argmax-cell": "the cell of its argmax", "map-elites": "every class"}
_VARIATIONS = {"gaussian": "noise on every pixel", "direct": "polynomial, one pixel in ten"}


def figures(found: Measured) -> dict[str, Any]:
    """All of it in JSON values, without the curves."""
    return {
        "equal_evaluations": {
            f"{search}, {encoding}": _short(tracks) for (encoding, search), tracks in found.equal.items()
        },
        "tests": {
            f"map-elites over {other}, {encoding}": {"u": test.u, "p": test.p, "share": test.share}
            for (encoding, other), test in found.tests.items()
        },
        "tutorial": _short(found.tutorial),
        "rule_and_variation": {
            f"{search}, {encoding}": _short(tracks) for (encoding, search), tracks in found.ablation.items()
        },
    }


def tables(found: Measured) -> tuple[Table, ...]:
    """Equal evaluations; which part matters; the tutorial."""
    return _equal(found), _ablation(found), _tutorial(found)


def picture(found: Measured) -> Image:
    """The curves of equal evaluations."""
    drawn = []
    for (encoding, search), tracks in found.equal.items():
        xs = [float(point[0]) for point in tracks[0]["curve"]]
        ys = np.median([[nines(point[1]) for point in each["curve"]] for each in tracks], axis=0)
        drawn.append(Line(f"{search}, {encoding}", tuple(xs), tuple(ys.tolist())))
    return lines(drawn, across="evaluations", up="nines")


def grouped(number: float) -> str:
    """``40 200``."""
    return f"{number:,.0f}".replace(",", " ")


def _short(tracks: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [{name: value for name, value in each.items() if name != "curve"} for each in tracks]


def _equal(found: Measured) -> Table:
    rows = []
    for (encoding, search), tracks in found.equal.items():
        test, goal = found.tests.get((encoding, search)), to_mean(tracks)
        rows.append(
            (
                encoding,
                search,
                grouped(tracks[0]["evaluations"]),
                format_confidence(float(np.median(medians(tracks)))),
                format_confidence(float(np.median([each["least"] for each in tracks]))),
                f"{grouped(float(np.median(goal)))} ({len(goal)} of {len(tracks)} runs)" if goal else "never",
                "–" if test is None else str(test),
            )
        )
    heads = (
        "encoding",
        "search",
        "evaluations",
        "median",
        "lowest class",
        "to mean 0.939",
        "MAP-Elites against it",
    )
    runs = len(next(iter(found.equal.values())))
    return Table(f"Equal evaluations, {runs} runs of each", heads, tuple(rows))


def _ablation(found: Measured) -> Table:
    rows = tuple(
        (
            _RULES[search],
            _VARIATIONS[encoding],
            grouped(tracks[0]["evaluations"]),
            f"{float(np.median([each['mean'] for each in tracks])):.4f}",
            f"{min(each['filled'] for each in tracks)} to {max(each['filled'] for each in tracks)}",
        )
        for (encoding, search), tracks in found.ablation.items()
    )
    runs = len(next(iter(found.ablation.values())))
    heads = ("a child competes in", "variation", "evaluations", "mean confidence", "cells filled")
    return Table(f"Which part matters, batch 30, median of {runs} runs", heads, rows)


def _tutorial(found: Measured) -> Table:
    rows = tuple(
        (
            str(seed),
            grouped(each["evaluations"]),
            f"{each['mean']:.4f}",
            f"{each['least']:.4f}",
            str(each["filled"]),
        )
        for seed, each in enumerate(found.tutorial)
    )
    return Table("pyribs' tutorial", ("seed", "evaluations", "mean", "lowest", "cells filled"), rows)
