"""Data on the command line: the first lines of output say what was read, and what was left out."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from threading import Timer
from typing import TYPE_CHECKING

from foolery.cli._output import note
from foolery.text import format_count
from foolery.untrusted import escaped

if TYPE_CHECKING:
    from foolery.data import LabelledData

_PATIENCE = 2.0  # seconds after which reading says how far it is; then after twice as many


@dataclass
class Announcer:
    """Says once of each data set that a command opens what was found in it.

    Attributes:
        as_json: whether standard output is for one JSON object, so that it is said on standard error.
        printed: what has been said already.
        wait: seconds after which listing is said to take long.
    """

    as_json: bool
    printed: set[tuple[str, ...]] = field(default_factory=set)
    wait: float = _PATIENCE

    def opening(self, reference: str) -> AbstractContextManager[None]:
        """Says so where listing takes long."""
        return patience(f"listing {escaped(reference)}", self.wait)

    def opened(self, reference: str, data: LabelledData, classes: Sequence[str] | None) -> None:
        """Print the lines of ``data``, unless they were printed before."""
        self.say(reference, data, None if classes is None else _by_position(data, classes))

    def say(self, reference: str, data: LabelledData, by_position: str | None = None) -> None:
        """Print the lines of ``data``; the first says what was taken ``by_position`` alone."""
        from foolery.data.contents import contents_lines

        lines = contents_lines(data, escaped(reference))
        if by_position:
            lines[0] += f"; {by_position}"
        if tuple(lines) in self.printed:
            return
        self.printed.add(tuple(lines))
        print(*lines, sep="\n", file=sys.stderr if self.as_json else sys.stdout, flush=True)


@contextmanager
def announced_after(reference: str, split: str, *, as_json: bool) -> Iterator[AnnouncedData]:
    """The data that ``reference`` names, announced when the block ends, be it by an error."""
    from foolery.data import load_data
    from foolery.data.opened import on_open

    with on_open(None), patience(f"listing {escaped(reference)}"):
        opened = AnnouncedData(load_data(reference, split))
    try:
        yield opened
    finally:
        Announcer(as_json).say(reference, opened.data, opened.by_position)


@contextmanager
def patience(what: str, seconds: float = _PATIENCE) -> Iterator[None]:
    """Says on standard error what is being done, once it takes more than so many seconds."""
    timer = Timer(seconds, note, [f"{what} …"])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _by_position(data: LabelledData, classes: Sequence[str]) -> str | None:
    from foolery.data import match_classes
    from foolery.data.class_matching import position_note
    from foolery.errors import UsageError

    try:
        return position_note(match_classes(data.classes, classes), data.classes, classes)
    except UsageError:  # said in full by whoever needs the match
        return None


@contextmanager
def announcing(*, as_json: bool) -> Iterator[None]:
    """Within it every data set that is opened is announced."""
    from foolery.data.opened import on_open

    with on_open(Announcer(as_json)):
        yield


@dataclass
class AnnouncedData:
    """Opened data, and what turned out about it before it was announced.

    Attributes:
        data: that was opened.
        by_position: what was taken by position alone; empty where nothing was.
    """

    data: LabelledData
    by_position: str = ""


@dataclass
class ReadingProgress:
    """Says on standard error how many images were read, once that takes more than two seconds."""

    start: float = field(default_factory=time.perf_counter)
    wait: float = _PATIENCE

    def __call__(self, done: int, total: int) -> None:
        """Told of every batch."""
        passed = time.perf_counter() - self.start
        if passed > self.wait and done < total:
            self.wait = 2 * passed
            note(f"read {format_count(done)} of {format_count(total)} images, {done / passed:,.0f} images/s")
