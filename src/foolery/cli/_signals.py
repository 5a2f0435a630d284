"""Signals: Ctrl-C, SIGTERM and SIGHUP end a command the same way, with what there is saved.

The first of them raises a KeyboardInterrupt, on which everything that runs saves itself. While that is under
way, others are noted and wait; only one that comes ``PATIENCE`` seconds later breaks it off, and then nothing
is called saved.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

NAMES = ("SIGINT", "SIGTERM", "SIGHUP")  # the last is not known on Windows
PATIENCE = 5.0  # seconds


class InterruptionError(KeyboardInterrupt):
    """A signal that ends the command.

    Attributes:
        exit_code: 128 and the signal's number: 130 for Ctrl-C, 143 for SIGTERM, 129 for SIGHUP.
    """

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.exit_code = 128 + number


class _Interruption:
    """When the first signal came, and whether saving was broken off."""

    first: float | None = None
    broken_off = False


_state = _Interruption()


@contextmanager
def ended_by_signals() -> Iterator[None]:
    """Within it signals end the command; those that were ignored, as by ``nohup``, stay ignored."""
    _state.first, _state.broken_off = None, False
    before = {}
    if threading.current_thread() is threading.main_thread():
        for number in (getattr(signal, name) for name in NAMES if hasattr(signal, name)):
            if signal.getsignal(number) is not signal.SIG_IGN:
                before[number] = signal.signal(number, _handle)
    try:
        yield
    finally:
        if _state.first is None:  # else the process is about to end, and nothing more may break into that
            for number, handler in before.items():
                signal.signal(number, handler)


def end_in_peace() -> None:
    """After an interruption: no further signal changes the exit code while Python itself ends.

    Python puts the default handlers back as it ends, and these kill.
    """
    if _state.first is not None and threading.current_thread() is threading.main_thread():
        for number in (getattr(signal, name) for name in NAMES if hasattr(signal, name)):
            signal.signal(number, signal.SIG_IGN)


def _handle(number: int, _: FrameType | None) -> None:
    now = time.monotonic()
    if _state.first is None:
        _state.first = now
        raise InterruptionError(number)
    if now - _state.first > PATIENCE:
        _state.broken_off = True
        raise InterruptionError(number)
    os.write(2, b"saving ...\n")  # a stream may be in the middle of a line


def interruption_note(folder: Path | str | None) -> str:
    """What is true of ``folder`` after an interruption, and how to go on."""
    place = Path(folder or "")
    if folder is None or not (place.is_dir() and any(place.iterdir())):
        return "interrupted before anything was written"
    if _state.broken_off:
        return (
            f"interrupted while saving; {folder} is as of its last checkpoint: repeat the command with "
            "--resume to continue"
        )
    return f"interrupted; {folder} is saved: repeat the command with --resume to continue"
