"""Start: what runs first in the process of a command, so that a signal is met from the beginning.

The command line itself takes a tenth of a second to import, so this file imports next to nothing.
"""

from __future__ import annotations

import os
import signal

NAMES = ("SIGINT", "SIGTERM", "SIGHUP")  # the last is not known on Windows
NOTHING_WRITTEN = "interrupted before anything was written"


def main() -> None:
    """The ``foolery`` command."""
    for number in ending_signals():
        if signal.getsignal(number) is not signal.SIG_IGN:  # as ``nohup`` has it
            signal.signal(number, end_early)
    from foolery.cli.main import main as command

    command()


def ending_signals() -> list[signal.Signals]:
    """Those that end a command."""
    return [getattr(signal, name) for name in NAMES if hasattr(signal, name)]


def end_early(number: int, frame: object) -> None:
    """End the process at once: no command has begun, so there is nothing to save."""
    os.write(2, f"{NOTHING_WRITTEN}\n".encode())
    os._exit(128 + number)
