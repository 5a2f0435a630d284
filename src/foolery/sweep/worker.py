"""A worker process: reads tasks as lines of JSON from standard input, and answers with how they ended.

Where the driver is gone, standard input ends, and so does the work, with what there is saved.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from queue import SimpleQueue
from types import FrameType
from typing import Any

from foolery.sweep.outcome import PieceOutcome
from foolery.sweep.tasks import perform

READY = {"ready": True}


def main() -> None:
    """Answer every task until standard input ends."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what anything prints goes to the log
    tasks: SimpleQueue[dict[str, Any] | None] = SimpleQueue()
    busy = threading.Event()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # of the terminal; the driver says what is to be done
    signal.signal(signal.SIGTERM, _interrupt)
    threading.Thread(target=_read, args=(tasks, busy), name="foolery-tasks", daemon=True).start()
    _answer(answers, READY)
    while (task := tasks.get()) is not None:
        busy.set()
        try:
            outcome = perform(task)
        except KeyboardInterrupt:
            outcome = PieceOutcome("interrupted")
        busy.clear()
        _answer(answers, vars(outcome))
        if outcome.ending == "interrupted":
            return


def _read(tasks: SimpleQueue[dict[str, Any] | None], busy: threading.Event) -> None:
    for line in sys.stdin:
        tasks.put(json.loads(line))
    tasks.put(None)
    if busy.is_set():
        os.kill(os.getpid(), signal.SIGTERM)


def _interrupt(number: int, _: FrameType | None) -> None:
    signal.signal(number, signal.SIG_IGN)  # once is enough; saving is not broken off
    raise KeyboardInterrupt


def _answer(answers: Any, content: dict[str, Any]) -> None:
    try:
        answers.write(json.dumps(content) + "\n")
        answers.flush()
    except BrokenPipeError:  # the driver is gone
        os._exit(0)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
