"""An arms race between a network and the search that fools it, as a page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from foolery.report.artifact import ArtifactCard, Kind, ReportOptions
from foolery.report.html import Fact, page_files
from foolery.report.svg_plot import Plot, Tick, band, confidence_axis, line
from foolery.text import format_confidence, format_count, format_percent

if TYPE_CHECKING:
    from foolery.hardening import ArmsRace, Round

_METHODS = {
    "class": "In each round a network is trained from scratch on real images and on the fooling images of "
    "all earlier rounds, as a class of their own, and is then fooled again.",
    "acet": "In each round the network is trained further on real images and on noise that is optimized to "
    "fool it, and is then fooled again.",
    "fine-tune": "In each round the network is trained further, with the fooling images of all earlier "
    "rounds as a class of their own, and is then fooled again.",
}
_NAMES = {
    "start": "starting network",
    "first_runs": "runs in the first round",
    "runs": "runs in later rounds",
    "reported_runs": "runs reported",
    "generations": "generations per run",
    "batch": "offspring per generation",
    "copies": "copies of each fooling image",
    "iterations": "training steps",
    "side": "canvas side",
}


@dataclass(frozen=True)
class ArmsRaceArtifact:
    """An arms race as lists and reports show it."""

    kind: ClassVar[Kind] = "arms-race"

    folder: Path

    @property
    def files(self) -> Sequence[Path]:
        """Its settings, and its rounds."""
        from foolery.hardening.config import config_file
        from foolery.hardening.rounds import round_files

        return (config_file(self.folder), *round_files(self.folder))

    def card(self) -> ArtifactCard:
        """What a list shows of it."""
        progress = self._read()
        config, finished = progress.config, len(progress.rounds)
        return ArtifactCard(
            name=progress.name,
            kind=self.kind,
            about=f"Arms race, {config.architecture}, {config.encoding}",
            headline=arms_race_headline(progress),
            state=f"{finished} of {config.rounds} rounds finished",
            running=False,
            attention=finished < config.rounds,
        )

    def report_files(self, options: ReportOptions) -> dict[str, bytes]:
        """Its page, as ``index.html``, and everything beside it: name to content."""
        return arms_race_files(self._read(), single_file=options.single_file)

    def _read(self) -> ArmsRace:
        from foolery.hardening import read_arms_race

        return read_arms_race(self.folder)


def arms_race_files(progress: ArmsRace, *, single_file: bool = False) -> dict[str, bytes]:
    """The page, as ``index.html``, and the files beside it: name to content."""
    settings = progress.config.model_dump(exclude_none=True)
    return page_files(
        "arms_race.html",
        single_file=single_file,
        title=arms_race_headline(progress),
        name=progress.name,
        method=_METHODS[progress.config.method],
        finished=len(progress.rounds),
        planned=progress.config.rounds,
        facts=[
            Fact(_NAMES.get(name, name), format_count(value) if type(value) is int else str(value))
            for name, value in settings.items()
        ],
        plot=rounds_plot(progress.rounds) if progress.rounds else None,
    )


def arms_race_headline(progress: ArmsRace) -> str:
    """One sentence: the confidence of the first and of the last network in fooling images."""
    architecture = progress.config.architecture
    if not progress.rounds:
        return f"No round of {architecture} is finished yet"
    first, last = progress.rounds[0], progress.rounds[-1]
    start, end = format_confidence(first.median_confidence), format_confidence(last.median_confidence)
    if first is last:
        return f"The median confidence in fooling images is {start} for the first {architecture}"
    return (
        f"The median confidence in fooling images goes from {start} to {end} in {last.number} rounds of "
        f"{architecture}"
    )


def rounds_plot(rounds: tuple[Round, ...]) -> Plot:
    """Median and quartiles of the confidence in fooling images, round by round (paper, 3.6)."""
    medians = np.array([each.median_confidence for each in rounds])
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
        legend=(("median", "median"), ("inner", "middle 50 % of images")),
        head=("round", "median", "lower quartile", "upper quartile", "first generation",
              "test error", "real classified as fooling", "training images", "runs"),
        rows=tuple(_row(each) for each in rounds),
    )  # fmt: skip


def _row(round_: Round) -> tuple[str, ...]:
    confidences = (round_.median_confidence, *round_.quartiles, round_.first_generation_median)
    return (
        str(round_.number),
        *map(format_confidence, confidences),
        *(format_percent(share, 2) for share in (round_.test_error, round_.real_as_fooling)),
        format_count(round_.training_images),
        format_count(round_.runs),
    )
