"""Contest: the page of an arms race between a network and the search that fools it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from foolery.report.html import page_files
from foolery.report.run_view import Fact
from foolery.report.svg_plot import Plot, Tick, band, confidence_axis, line
from foolery.report.wording import number
from foolery.text import format_confidence

if TYPE_CHECKING:
    from foolery.hardening.rounds import Round, Standing


_MADE = {
    "class": "In each round a network is trained from scratch on real pictures and on the fooling images of "
    "all rounds before, as a class of their own, and is then fooled again.",
    "acet": "In each round the network is trained further on real pictures and on noise that is optimised to "
    "fool it, and is then fooled again.",
    "fine-tune": "In each round the network is trained further, with the fooling images of all rounds before "
    "as a class of their own, and is then fooled again.",
}
_NAMES = {
    "start": "first network",
    "first_runs": "runs in the first round",
    "runs": "runs in each later one",
    "reported": "runs that are reported",
    "generations": "generations of a run",
    "batch": "children a generation",
    "copies": "copies of a fooling image",
    "iterations": "steps of training",
    "side": "side of the canvas",
}


def contest_files(standing: Standing) -> dict[str, bytes]:
    """The page, as ``index.html``, and the files beside it: name to content."""
    settings = standing.contest.model_dump(exclude_none=True)
    return page_files(
        "contest.html",
        title=contest_finding(standing),
        name=standing.name,
        made=_MADE[standing.contest.method],
        done=len(standing.rounds),
        planned=standing.contest.rounds,
        facts=[
            Fact(_NAMES.get(name, name), str(told)) for name, told in settings.items() if told is not None
        ],
        plot=rounds_plot(standing.rounds) if standing.rounds else None,
    )


def contest_finding(standing: Standing) -> str:
    """One sentence: what the first and the last network are certain of."""
    who = standing.contest.architecture
    if not standing.rounds:
        return f"No round is done yet for {who}"
    first, last = standing.rounds[0], standing.rounds[-1]
    if first is last:
        return f"The first {who} is fooled with a median confidence of {format_confidence(first.confidence)}"
    return (
        f"The median confidence in fooling images goes from {format_confidence(first.confidence)} to "
        f"{format_confidence(last.confidence)} in {last.number} rounds of {who}"
    )


def rounds_plot(rounds: tuple[Round, ...]) -> Plot:
    """Median and quartiles of the confidence in fooling images, round by round (paper, 3.6)."""
    sure = np.array([each.confidence for each in rounds])
    low, high = np.array([each.quartiles for each in rounds]).T
    axis = confidence_axis(np.concatenate([sure, low, high]))
    along = np.linspace(0, 1, len(rounds)) if len(rounds) > 1 else np.array([0.5])
    return Plot(
        name="rounds",
        title="Confidence in fooling images, round by round",
        about=(
            f"The median goes from {format_confidence(sure[0])} in round {rounds[0].number} to "
            f"{format_confidence(sure[-1])} in round {rounds[-1].number}."
        ),
        up=axis.ticks,
        across=tuple(
            Tick(float(place), str(each.number)) for place, each in zip(along, rounds, strict=True)
        ),
        unit="round",
        shapes=(
            band("inner", along, axis.place(low), axis.place(high)),
            line("median", along, axis.place(sure)),
        ),
        legend=(("median", "median"), ("inner", "half of the images")),
        head=("round", "median", "lower quarter", "upper quarter", "first generation",
              "test error", "real ones taken for fooling images", "learnt from", "runs"),
        rows=tuple(_row(each) for each in rounds),
    )  # fmt: skip


def _row(done: Round) -> tuple[str, ...]:
    sure = (done.confidence, *done.quartiles, done.first_confidence)
    shares = (done.error, done.real_as_fooling)
    return (
        str(done.number),
        *(format_confidence(value) for value in sure),
        *(f"{100 * value:.2f} %" for value in shares),
        number(done.pictures),
        number(done.runs),
    )
