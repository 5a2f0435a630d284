"""Progress: a bar on standard error with rate, time left and the current median confidence."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from foolery.cli._output import console, events_wanted, is_live, note
from foolery.text import VERY_CONFIDENT, format_confidence, format_count

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

    from foolery.engine.progress import Progress


PREPARING = "starting (the first time, Numba compiles: up to 30 s)"


@contextmanager
def search_bar(
    run: Path, *, resume: bool, opening: str | None = None
) -> Iterator[Callable[[Progress], None]]:
    """A function to be called after every generation; of a resumed run it prints where it continues.

    ``opening`` is printed once the search has really started. The bar is drawn only where standard error is a
    terminal.
    """
    screen = console(stderr=True)
    with _search_events() if events_wanted() else _search_bar(screen) as draw:
        seen: set[str] = set()

        def show(progress: Progress) -> None:
            about = progress.about
            if opening is not None and not seen:
                screen.print(opening, soft_wrap=True)
            if resume and about not in seen:
                where = f"{run}: {about}, " if about else f"{run}: continues "
                screen.print(f"{where}at generation {progress.resumed_from}", soft_wrap=True)
            seen.add(about)
            draw(progress)

        yield show
    if resume and not seen:
        note(f"{run}: nothing to do; a larger --generations extends it")


@contextmanager
def _search_events() -> Iterator[Callable[[Progress], None]]:
    """The generations of a search as one stage, or as one for every group of runs."""
    from foolery.cli._stage_bars import StageEvents
    from foolery.stages import Stage

    events, about = StageEvents("search"), None

    def write(progress: Progress) -> None:
        nonlocal about
        if progress.about != about:
            about = progress.about
            steps = progress.generations - progress.resumed_from
            events.begin(Stage(about or "search", steps, "generations"))
        events.advance(progress.generation - progress.resumed_from)

    yield write
    events.end()


@contextmanager
def _search_bar(screen: Console) -> Iterator[Callable[[Progress], None]]:
    if not is_live(screen):
        yield lambda progress: None
        return
    from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    with Bars(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[state]}"),
        TimeRemainingColumn(),
        console=screen,
        transient=True,
    ) as bars:
        task = bars.add_task(PREPARING, total=None, state="")

        def draw(progress: Progress) -> None:
            runs = f"{progress.about}, " if progress.about else ""
            bars.update(
                task,
                description=f"{runs}generation {progress.generation}/{progress.generations}",
                total=progress.generations - progress.resumed_from,
                completed=progress.generation - progress.resumed_from,
                state=f"{rate(progress):,.0f} images/s  median {format_confidence(progress.stats.median)}",
            )

        yield draw


@contextmanager
def step_bar(label: str) -> Iterator[Callable[[int, int, float], None] | None]:
    """A function of steps done, steps in all and the loss; None where standard error is no terminal."""
    screen = console(stderr=True)
    if not is_live(screen):
        yield None
        return
    from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    with Bars(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed}/{task.total}  {task.fields[state]}"),
        TimeRemainingColumn(),
        console=screen,
        transient=True,
    ) as bars:
        task = bars.add_task(label, total=None, state="")

        def show(done: int, goal: int, loss: float) -> None:
            bars.update(task, completed=done, total=goal, state=f"loss {loss:.4f}")

        yield show


def rate(progress: Progress) -> float:
    """Images classified per second since the search was started or resumed."""
    return progress.queries / max(progress.seconds, 1e-9)


OnProgress: TypeAlias = "Callable[[Progress], None]"

REDRAWS = 8  # a second
SLOW_GENERATIONS = 100  # generations that are shown slowly enough to be watched …
SECONDS_PER_SLOW_GENERATION = 1 / 20  # … in seconds for each
HEADING = 3  # lines
SECONDS_BETWEEN_LINES = 2.0
COMPILING = "starting (the first time, Numba compiles: up to 30 s) …"


@contextmanager
def live_view(title: str) -> Iterator[OnProgress]:
    """Show the progress of a search while the block runs, below ``title``."""
    screen = console()
    if not is_live(screen):
        print(f"{title}: {COMPILING}", flush=True)
        yield plain_lines(title)
        return
    from rich.live import Live
    from rich.spinner import Spinner

    waiting = Spinner("dots", f"{title}: {COMPILING}")
    with Live(waiting, console=screen, refresh_per_second=REDRAWS, transient=True) as live:
        yield live_panel(title, screen, live.update)


def live_panel(title: str, screen: Console, update: Callable[[RenderableType], None]) -> OnProgress:
    """Shows all champions, at most ``REDRAWS`` times a second; the first generations pass slowly."""
    shown_at = passed_at = -1.0

    def show(progress: Progress) -> None:
        nonlocal shown_at, passed_at
        if progress.generation < SLOW_GENERATIONS:
            time.sleep(max(0.0, passed_at + SECONDS_PER_SLOW_GENERATION - time.monotonic()))
        passed_at = time.monotonic()
        if passed_at - shown_at < 1 / REDRAWS:
            return
        shown_at = passed_at
        update(panel(title, progress, screen))

    return show


def plain_lines(title: str) -> OnProgress:
    """Prints a line every ``SECONDS_BETWEEN_LINES``, the first generation's at once."""
    last = -SECONDS_BETWEEN_LINES

    def show(progress: Progress) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last < SECONDS_BETWEEN_LINES:
            return
        last = now
        print(f"{title}: {state(progress)}", flush=True)

    return show


def state(progress: Progress) -> str:
    """The progress of a search in one line."""
    confident = int((progress.confidences >= VERY_CONFIDENT).sum())
    median = format_confidence(progress.stats.median)
    return (
        f"generation {progress.generation}, {format_count(progress.queries)} images, median {median}, "
        f"{confident} of {len(progress.labels)} digits at {format_confidence(VERY_CONFIDENT)}"
    )


def panel(title: str, progress: Progress, screen: Console) -> RenderableType:
    """The champions below two lines: the title, and how far the search is."""
    from rich.console import Group
    from rich.text import Text

    from foolery.report import progress_panel

    champions = progress_panel(
        progress.labels,
        progress.canvases(),
        progress.confidences,
        width=screen.width,
        height=screen.height - HEADING,
    )
    line = Text(state(progress), no_wrap=True, overflow="ellipsis")
    return Group(Text(title, style="bold", no_wrap=True, overflow="ellipsis"), line, champions)
