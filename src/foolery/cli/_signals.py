"""Signals: Ctrl-C, SIGTERM and SIGHUP end a command the same way, with what there is saved.

The first of them raises a KeyboardInterrupt, on which everything that runs saves itself. While that is under
way, others are noted and wait; only one that comes ``PATIENCE`` seconds later breaks it off, and then nothing
is called saved.

Nothing is raised within an import: a half-imported library says something wrong of itself, for instance that
it is not installed. And somebody may swallow what was raised: Python itself does so in callbacks. So a thread
looks again every ``INTERVAL`` seconds: it is raised as soon as the import is over, and once more where nobody
is at work on it.
"""

from __future__ import annotations

import _thread
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from foolery.cli.start import NOTHING_WRITTEN, end_early, ending_signals

PATIENCE = 5.0  # seconds
INTERVAL = 0.25  # seconds
#: Within these files nothing is raised: imports would fail with another error, and llvmlite is called by
#: compiled code, which can only throw away what is raised.
_UNINTERRUPTED = ("<frozen importlib", f"{os.sep}llvmlite{os.sep}")


class InterruptionError(KeyboardInterrupt):
    """A signal that ends the command.

    Attributes:
        exit_code: 128 and the signal's number: 130 for Ctrl-C, 143 for SIGTERM, 129 for SIGHUP.
    """

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.exit_code = 128 + number


class _Interruption:
    """When the first signal came and which it was, and what became of it."""

    first: float | None = None
    number = 0
    raised = False
    looking = False  # the next signal is a look at what became of the first
    over = False
    broken_off = False
    noted = False


_state = _Interruption()


@contextmanager
def ended_by_signals() -> Iterator[None]:
    """Within it signals end the command; those that were ignored, as by ``nohup``, stay ignored."""
    vars(_state).clear()
    before: dict[signal.Signals, Any] = {}
    unraisable = sys.unraisablehook
    # What a callback swallows is raised again, and need not be shown.
    sys.unraisablehook = lambda what: (
        None if issubclass(what.exc_type, InterruptionError) else unraisable(what)
    )
    if threading.current_thread() is threading.main_thread():
        for number in ending_signals():
            if signal.getsignal(number) is not signal.SIG_IGN:
                before[number] = signal.signal(number, _handle)
    try:
        yield
    finally:
        interruption_over()
        sys.unraisablehook = unraisable
        if _state.first is None:  # else the process is about to end, and nothing more may break into that
            for number, handler in before.items():
                signal.signal(number, signal.SIG_IGN if handler is end_early else handler)


def end_in_peace() -> None:
    """After an interruption: no further signal changes the exit code while Python itself ends.

    Python puts the default handlers back as it ends, and these kill.
    """
    if _state.first is not None and threading.current_thread() is threading.main_thread():
        for number in ending_signals():
            signal.signal(number, signal.SIG_IGN)


def interruption_over() -> None:
    """What runs has been saved, and nothing is raised any more."""
    _state.over = True


def interruption_code() -> int | None:
    """The exit code of the first signal, whatever became of it; None where none came."""
    return None if _state.first is None else 128 + _state.number


def _handle(number: int, frame: FrameType | None) -> None:
    if _state.looking:
        _state.looking = False
        _raise_unless_at_work(frame)
        return
    now = time.monotonic()
    if _state.first is None:
        _state.first, _state.number = now, number
        _thread.start_new_thread(_look_again, (number, now))  # takes no lock that the main thread may hold
        _raise_unless_at_work(frame)
    elif now - _state.first > PATIENCE and not _state.over:
        _state.broken_off = _state.raised
        _state.raised = True
        raise InterruptionError(number)
    else:
        os.write(2, b"saving ...\n")  # a stream may be in the middle of a line


def _raise_unless_at_work(frame: FrameType | None) -> None:
    """Raise, unless an import or a compiler is under way, or somebody is at work on what was raised."""
    if _state.over or _is_uninterrupted(frame) or (_state.raised and _at_work()):
        return
    _state.raised = True
    raise InterruptionError(_state.number)


def _is_uninterrupted(frame: FrameType | None) -> bool:
    while frame is not None:
        if any(part in frame.f_code.co_filename for part in _UNINTERRUPTED):
            return True
        frame = frame.f_back
    return False


def _at_work() -> bool:
    """Whether an ``except``, a ``finally`` or the end of a ``with`` deals with the interruption just now."""
    error = sys.exc_info()[1]
    while error is not None:
        if isinstance(error, InterruptionError):
            return True
        error = error.__context__
    return False


def _look_again(number: int, first: float) -> None:
    """Look every so often what became of the ``first`` signal, as long as it has not ended the command."""
    time.sleep(INTERVAL)
    while _state.first == first and not _state.over:
        _state.looking = True
        if hasattr(signal, "pthread_kill"):  # wakes a main thread that waits
            signal.pthread_kill(threading.main_thread().ident or 0, number)
        else:
            _thread.interrupt_main(signal.Signals(number))
        time.sleep(INTERVAL)


@contextmanager
def saying_what_became_of(folder: Path | str | None) -> Iterator[None]:
    """Say what is true of ``folder`` where a signal ends what is within."""
    try:
        yield
    except KeyboardInterrupt:
        print(interruption_note(folder), file=sys.stderr, flush=True)
        raise


def interruption_note(folder: Path | str | None) -> str:
    """What is true of ``folder`` after an interruption, and how to go on."""
    _state.noted = True
    place = Path(folder or "")
    if folder is None or not (place.is_dir() and any(place.iterdir())):
        return NOTHING_WRITTEN
    if _state.broken_off:
        return (
            f"interrupted while saving; {folder} is as of its last checkpoint: repeat the command with "
            "--resume to continue"
        )
    return f"interrupted; {folder} is saved: repeat the command with --resume to continue"


def is_noted() -> bool:
    """Whether it was said what became of the interrupted work."""
    return _state.noted
