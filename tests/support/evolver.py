"""A search in a process of its own that can be told to die, by SIGKILL, at a given moment.

usage: python evolver.py FOLDER ENCODING GENERATIONS SEED WHEN
WHEN: ``never``; ``time:G:S``, S seconds after generation G; ``store:C:K``, inside the transaction of the
C-th checkpoint, before its K-th statement. Every generation that ends is printed.
"""

import os
import signal
import sqlite3
import sys
import threading
import time
from pathlib import Path

from foolery.engine.evolution import evolve
from foolery.runs.pending_records import PendingRecords


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def main() -> None:
    folder, encoding, generations, seed, when = sys.argv[1:]
    kind, _, rest = when.partition(":")
    if kind == "store":
        checkpoint, statement = map(int, rest.split(":"))
        die_inside(checkpoint, statement)

    def watch(progress) -> None:
        print(progress.generation, flush=True)
        if kind == "time" and progress.generation == int(rest.split(":")[0]):
            threading.Thread(target=lambda: (time.sleep(float(rest.split(":")[1])), die())).start()

    evolve(
        "lenet",
        encoding=encoding,
        generations=int(generations),
        batch=40,
        seed=int(seed),
        out=Path(folder),
        checkpoint_every=5,
        on_progress=watch,
    )


def die_inside(checkpoint: int, statement: int) -> None:
    """Count the statements that SQLite itself reports while the given checkpoint is being stored."""
    real, done = PendingRecords.store, [0]

    def store(self: PendingRecords, connection: sqlite3.Connection, *others) -> None:
        done[0] += 1
        if done[0] == checkpoint:
            left = [statement]

            def seen(_sql: str) -> None:
                left[0] -= 1
                if left[0] == 0:
                    die()

            connection.set_trace_callback(seen)
        real(self, connection, *others)

    PendingRecords.store = store  # type: ignore[method-assign]


if __name__ == "__main__":
    main()
