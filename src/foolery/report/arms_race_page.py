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
    from foolery.hardening.rounds import ArmsRaceProgress, Round


_METHODS = {
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


def arms_race_files(progress: ArmsRaceProgress) -> dict[str, bytes]:
    """The page, as ``index.html``, and the files beside it: name to content."""
    settings = progress.config.model_dump(exclude_none=True)
    return page_files(
        "contest.html",
        title=arms_race_headline(progress),
        name=progress.name,
        made=_METHODS[progress.config.method],
        done=len(progress.rounds),
        planned=progress.config.rounds,
        facts=[
            Fact(_NAMES.get(name, name), str(value)) for name, value in settings.items() if value is not None
        ],
        plot=rounds_plot(progress.rounds) if progress.rounds else None,
    )


def arms_race_headline(progress: ArmsRaceProgress) -> str:
    """One sentence: what the first and the last network are certain of."""
    architecture = progress.config.architecture
    if not progress.rounds:
        return f"No round is done yet for {architecture}"
    first, last = progress.rounds[0], progress.rounds[-1]
    if first is last:
        median = format_confidence(first.confidence)
        return f"The first {architecture} is fooled with a median confidence of {median}"
    return (
        f"The median confidence in fooling images goes from {format_confidence(first.confidence)} to "
        f"{format_confidence(last.confidence)} in {last.number} rounds of {architecture}"
    )


def rounds_plot(rounds: tuple[Round, ...]) -> Plot:
    """Median and quartiles of the confidence in fooling images, round by round (paper, 3.6)."""
    medians = np.array([each.confidence for each in rounds])
    low, high = np.array([each.quartiles for each in rounds]).T
    axis = confidence_axis(np.concatenate([medians, low, high]))
    along = np.linspace(0, 1, len(rounds)) if len(rounds) > 1 else np.array([0.5])
    return Plot(
        name="rounds",
        title="Confidence in fooling images, round by round",
        about=(
            f"The median goes from {format_confidence(medians[0])} in round {rounds[0].number} to "
            f"{format_confidence(medians[-1])} in round {rounds[-1].number}."
        ),
        up=axis.ticks,
        across=tuple(
            Tick(float(place), str(each.number)) for place, each in zip(along, rounds, strict=True)
        ),
        unit="round",
        shapes=(
            band("inner", along, axis.place(low), axis.place(high)),
            line("median", along, axis.place(medians)),
        ),
        legend=(("median", "median"), ("inner", "half of the images")),
        head=("round", "median", "lower quarter", "upper quarter", "first generation",
              "test error", "real ones taken for fooling images", "learnt from", "runs"),
        rows=tuple(_row(each) for each in rounds),
    )  # fmt: skip


def _row(round_: Round) -> tuple[str, ...]:
    confidences = (round_.confidence, *round_.quartiles, round_.first_confidence)
    shares = (round_.error, round_.real_as_fooling)
    return (
        str(round_.number),
        *(format_confidence(value) for value in confidences),
        *(f"{100 * value:.2f} %" for value in shares),
        number(round_.pictures),
        number(round_.runs),
    )
