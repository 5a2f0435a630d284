"""``foolery demo``: ten fooling images for a digit classifier, in under a minute."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import numpy as np
import typer

from foolery.cli._next import next_command
from foolery.cli._options import command_line, real_number, whole_number
from foolery.cli._output import console, is_live, open_page
from foolery.cli._progress import live_view
from foolery.errors import UsageError
from foolery.files import is_vacant
from foolery.text import VERY_CONFIDENT, format_confidence, format_count

if TYPE_CHECKING:
    from foolery.classifiers.base import Classifier
    from foolery.engine.run import RunResult

TITLES = {"cppn": "patterns (cppn)", "direct": "noise (direct)"}
GENERATIONS = 5000
WARM_UP_GENERATIONS = 3  # generations after which everything that Numba compiles has run
SEED = 9  # all ten digits get there in seconds, and none looks like one; some seeds draw a ring for 0
OTHER_LINES = 6  # lines of the last screen around the images
MIN_PANEL_HEIGHT = 17  # lines of a panel: two rows of five


def demo(
    context: typer.Context,
    out: Annotated[
        Path, typer.Option("--out", "-o", metavar="DIR", help="A taken folder gets a number.")
    ] = Path("foolery-demo"),
    seconds: Annotated[
        float,
        typer.Option(
            "--seconds-per-encoding",
            metavar="S",
            parser=real_number,
            help="Stop each search after S.",
        ),
    ] = 20.0,
    seed: Annotated[
        int, typer.Option("--seed", metavar="N", parser=whole_number, help="The seed of everything random.")
    ] = SEED,
    browse: Annotated[bool, typer.Option("--open", help="Open the gallery in the browser.")] = False,
) -> None:
    """Evolve ten fooling images for a digit classifier, and write the report.

    A network that reads digits with an error below 1 % is fooled twice: with patterns, then with noise.
    """
    if not 0 < seconds <= 3600:
        raise UsageError(f"--seconds-per-encoding: expected a number from 0 to 3600, got {seconds:g}")
    from foolery.classifiers import load_classifier
    from foolery.report import make_run_report, write_report
    from foolery.rng import check_seed

    check_seed(seed)
    classifier = load_classifier("lenet")
    folder = free_folder(out)
    runs = [
        run_search(classifier, encoding, folder / encoding, seconds=seconds, seed=seed, command=context)
        for encoding in TITLES
    ]
    reports = [make_run_report(run, classifier) for run in runs]
    page = write_report(reports, folder / "gallery").resolve()
    for run in runs:
        print_result(run)
    print(f"Next: {next_command('evolve', '--help')}")
    print(f"      {next_command('show', folder / 'cppn')}")
    print(f"Gallery: {page}", flush=True)
    if browse:
        open_page(page.as_uri())


def free_folder(wanted: Path) -> Path:
    """``wanted``, or the first of ``wanted-2``, ``wanted-3`` … that is not there or is empty."""
    numbered = (wanted.with_name(f"{wanted.name}-{number}") for number in itertools.count(2))
    return next(filter(is_vacant, itertools.chain([wanted], numbered)))


def run_search(
    classifier: Classifier, encoding: str, out: Path, *, seconds: float, seed: int, command: typer.Context
) -> RunResult:
    """Evolve on the screen until every class has a very confident champion, or the time is up.

    The first generations are evolved twice: once before the time counts, for Numba to compile what they need.
    """
    from foolery.classifiers.wrappers.metered import Budget
    from foolery.engine.evolution import evolve

    with live_view(TITLES[encoding]) as on_progress:
        evolve(classifier, encoding=encoding, generations=WARM_UP_GENERATIONS, seed=seed)
        return evolve(
            classifier,
            encoding=encoding,
            generations=GENERATIONS,
            seed=seed,
            out=out,
            until=VERY_CONFIDENT,
            budget=Budget(seconds=seconds),
            on_progress=on_progress,
            command=command_line(command),
        )


def print_result(run: RunResult) -> None:
    """The champions as they are at the end."""
    champions = run.champions.values()
    confidences = np.array([champion.confidence for champion in champions])
    confident = int((confidences >= VERY_CONFIDENT).sum())
    title = TITLES[run.settings.encoding]
    lowest = "" if confident == len(champions) else f" (lowest {format_confidence(confidences.min())})"
    print(
        f"{title}: {confident} of {len(champions)} digits at {format_confidence(VERY_CONFIDENT)} or more"
        f"{lowest}, {format_count(run.summary['queries'])} images"
    )
    screen = console()
    if is_live(screen):
        from foolery.report import progress_panel

        canvases = np.stack([champion.canvas for champion in champions])
        height = max(MIN_PANEL_HEIGHT, (screen.height - OTHER_LINES) // len(TITLES))
        panel = progress_panel(list(run.champions), canvases, confidences, width=screen.width, height=height)
        screen.print(panel)
