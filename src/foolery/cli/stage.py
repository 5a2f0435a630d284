"""Stage: where a demo is watched, digit by digit on a terminal and line by line elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeAlias

from foolery.cli.output import console, is_live
from foolery.cli.summary import percent

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

    from foolery.experiments.progress import Progress

Watch: TypeAlias = "Callable[[Progress], None]"

CERTAIN = 0.9999
REDRAWS = 8  # a second
SECONDS_BETWEEN_LINES = 2.0
COMPILING = "Numba compiles foolery's kernels: once on a machine, up to 20 seconds …"


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
    """Draws all champions, at most ``REDRAWS`` times a second."""
    last = -1.0

    def watch(progress: Progress) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last < 1 / REDRAWS:
            return
        last = now
        update(panel(f"{title}: {state(progress)}", progress, screen.width))

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
    return (
        f"generation {progress.generation}, {images} images, median {percent(progress.moment.median)}, "
        f"{certain} of {len(progress.labels)} digits at {CERTAIN:.2%}"
    )


def panel(heading: str, progress: Progress, width: int) -> RenderableType:
    """The champions below a heading."""
    from rich.console import Group
    from rich.text import Text

    from foolery.report.terminal import digits_panel

    digits = digits_panel(progress.labels, progress.canvases(), progress.confidences, width=width)
    return Group(Text(heading, style="bold"), digits)
