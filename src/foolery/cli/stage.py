"""Stage: where a demo is watched, digit by digit on a terminal and line by line elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeAlias

from foolery.cli._output import console, is_live
from foolery.cli._run_summary import CERTAIN
from foolery.text import format_confidence

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

    from foolery.engine.progress import Progress

Watch: TypeAlias = "Callable[[Progress], None]"

REDRAWS = 8  # a second
PACED = 100  # generations that are shown slowly enough to be watched …
PACE = 1 / 20  # … in seconds for each
HEADING = 3  # lines
SECONDS_BETWEEN_LINES = 2.0
COMPILING = "starting (the first time, Numba compiles: up to 30 s) …"


@contextmanager
def stage(title: str) -> Iterator[Watch]:
    """What a search tells after every generation is shown while the block runs; ``title`` stands above."""
    screen = console()
    if not is_live(screen):
        print(f"{title}: {COMPILING}", flush=True)
        yield plain_lines(title)
        return
    from rich.live import Live
    from rich.spinner import Spinner

    waiting = Spinner("dots", f"{title}: {COMPILING}")
    with Live(waiting, console=screen, refresh_per_second=REDRAWS, transient=True) as live:
        yield drawn(title, screen, live.update)


def drawn(title: str, screen: Console, update: Callable[[RenderableType], None]) -> Watch:
    """Draws all champions, at most ``REDRAWS`` times a second; the first generations pass slowly."""
    drawn_at = passed_at = -1.0

    def watch(progress: Progress) -> None:
        nonlocal drawn_at, passed_at
        if progress.generation < PACED:
            time.sleep(max(0.0, passed_at + PACE - time.monotonic()))
        passed_at = time.monotonic()
        if passed_at - drawn_at < 1 / REDRAWS:
            return
        drawn_at = passed_at
        update(panel(f"{title}: {state(progress)}", progress, screen))

    return watch


def plain_lines(title: str) -> Watch:
    """Prints a line every ``SECONDS_BETWEEN_LINES``, the first generation's at once."""
    last = -SECONDS_BETWEEN_LINES

    def watch(progress: Progress) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last < SECONDS_BETWEEN_LINES:
            return
        last = now
        print(f"{title}: {state(progress)}", flush=True)

    return watch


def state(progress: Progress) -> str:
    """A search in a line."""
    certain = int((progress.confidences >= CERTAIN).sum())
    images = f"{progress.queries:,}".replace(",", " ")
    median = format_confidence(progress.moment.median)
    return (
        f"generation {progress.generation}, {images} images, median {median}, "
        f"{certain} of {len(progress.labels)} digits at {format_confidence(CERTAIN)}"
    )


def panel(heading: str, progress: Progress, screen: Console) -> RenderableType:
    """The champions below a heading."""
    from rich.console import Group
    from rich.text import Text

    from foolery.report.terminal import digits_panel

    digits = digits_panel(
        progress.labels,
        progress.canvases(),
        progress.confidences,
        width=screen.width,
        height=screen.height - HEADING,
    )
    return Group(Text(heading, style="bold"), digits)
