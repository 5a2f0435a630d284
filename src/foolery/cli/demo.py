"""``foolery demo``: ten digits that are none, in under a minute."""

from __future__ import annotations

import itertools
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import numpy as np
import typer

from foolery.cli.output import console, is_live
from foolery.cli.stage import CERTAIN, Watch, stage
from foolery.cli.summary import percent
from foolery.cli.words import command_line, real, whole
from foolery.errors import UsageError

if TYPE_CHECKING:
    from foolery.classifiers.contract import Classifier
    from foolery.experiments.exhibit import Exhibit
    from foolery.experiments.progress import Progress

ENCODINGS = {"cppn": "patterns (cppn)", "direct": "noise (direct)"}
GENERATIONS = 5000
LEAST_SECONDS = 3.0  # of search, however long the compilation took


class TimeIsUp(KeyboardInterrupt):
    """Ends a search as Ctrl-C does, with everything saved."""


def demo(
    context: typer.Context,
    out: Annotated[
        Path, typer.Option("--out", "-o", metavar="DIR", help="A taken folder gets a number.")
    ] = Path("foolery-demo"),
    seconds: Annotated[
        float, typer.Option("--seconds-per-encoding", metavar="S", parser=real, help="Stop after these.")
    ] = 20.0,
    seed: Annotated[int, typer.Option("--seed", metavar="N", parser=whole)] = 0,
) -> None:
    """Watch ten digits evolve that are none, then open the gallery.

    A network that reads digits with an error below 1 % is fooled twice: with patterns, then with noise.
    """
    if not 0 < seconds <= 3600:
        raise UsageError(f"--seconds-per-encoding: expected a number from 0 to 3600, got {seconds:g}")
    from foolery.classifiers import load_classifier
    from foolery.report import write_report

    classifier = load_classifier("lenet")
    folder = free_folder(out)
    exhibits = [
        perform(classifier, encoding, folder / encoding, seconds=seconds, seed=seed, command=context)
        for encoding in ENCODINGS
    ]
    print(f"Gallery: {write_report(exhibits, folder / 'gallery')}")
    for exhibit in exhibits:
        print_finale(exhibit)
    print("Next: foolery evolve --help, foolery show " + str(folder / "cppn"))


def free_folder(wanted: Path) -> Path:
    """``wanted``, or the first of ``wanted-2``, ``wanted-3`` … that is not there or is empty."""
    numbered = (wanted.with_name(f"{wanted.name}-{number}") for number in itertools.count(2))
    return next(
        folder
        for folder in itertools.chain([wanted], numbered)
        if not folder.exists() or (folder.is_dir() and not any(folder.iterdir()))
    )


def perform(
    classifier: Classifier, encoding: str, out: Path, *, seconds: float, seed: int, command: typer.Context
) -> Exhibit:
    """Evolve in front of whoever looks on, until every digit is certain or the time is up."""
    from foolery.experiments.evolve import evolve
    from foolery.experiments.exhibit import open_run

    try:
        with stage(ENCODINGS[encoding]) as watch:
            return evolve(
                classifier,
                encoding=encoding,
                generations=GENERATIONS,
                seed=seed,
                out=out,
                until=CERTAIN,
                watch=limited(watch, seconds),
                command=command_line(command),
            )
    except TimeIsUp:
        return open_run(out)


def limited(watch: Watch, seconds: float) -> Watch:
    """As ``watch``, but the search ends when ``seconds`` have passed since now."""
    end = time.monotonic() + seconds
    first: float | None = None

    def watch_the_clock(progress: Progress) -> None:
        nonlocal first
        now = time.monotonic()
        first = now if first is None else first
        watch(progress)
        if now > max(end, first + min(LEAST_SECONDS, seconds)):
            raise TimeIsUp

    return watch_the_clock


def print_finale(exhibit: Exhibit) -> None:
    """The champions as they are at the end."""
    champions = exhibit.champions.values()
    confidences = np.array([champion.confidence for champion in champions])
    certain = int((confidences >= CERTAIN).sum())
    title = ENCODINGS[exhibit.settings.encoding]
    print(
        f"{title}: {certain} of {len(champions)} digits at {CERTAIN:.2%} or more "
        f"after {exhibit.summary['queries']} images; least {percent(float(confidences.min()))}"
    )
    screen = console()
    if is_live(screen):
        from foolery.report.terminal import digits_panel

        canvases = np.stack([champion.canvas for champion in champions])
        screen.print(digits_panel(list(exhibit.champions), canvases, confidences, width=screen.width))
