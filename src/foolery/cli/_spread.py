"""Commands in parts: a command with many seeds or pieces, spread over processes or a cluster.

Each part is the command itself with fewer seeds, or a shard of it; it continues where it was.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from foolery.cli._options import real_number
from foolery.cli._output import note
from foolery.errors import UsageError
from foolery.shards import parse_shard

if TYPE_CHECKING:
    from foolery.sweep import EngineChoice
    from foolery.sweep.outcome import Job

MAX_SEEDS_PER_PART = 50
PARTS_ON_A_CLUSTER = 16

OnOption = Annotated[
    str | None,
    typer.Option(
        "--on",
        metavar="local:N|ray",
        help="Spread the work over N processes or a Ray cluster; the same command goes on with it.",
    ),
]
CpusOption = Annotated[
    float,
    typer.Option(
        "--cpus-per-shard", metavar="X", parser=real_number, help="With --on ray: processors of a part."
    ),
]
GpusOption = Annotated[
    float,
    typer.Option("--gpus-per-shard", metavar="X", parser=real_number, help="With --on ray: GPUs of a part."),
]


def parts_of(seed: int, seeds: int, parts: int) -> list[tuple[int, int]]:
    """First seed and number of seeds of each part, none longer than ``MAX_SEEDS_PER_PART``."""
    size = max(1, min(MAX_SEEDS_PER_PART, -(-seeds // parts)))
    return [(seed + at, min(size, seeds - at)) for at in range(0, seeds, size)]


def part_count(choice: EngineChoice | None, shard: str | None) -> int:
    """How many parts to make at least, where there are as many seeds or pieces."""
    count = 1 if shard is None else parse_shard(shard).count
    if choice is not None:
        count *= PARTS_ON_A_CLUSTER if choice.name == "ray" else choice.count
    return count


def without_options(words: Sequence[str], options: Mapping[str, bool]) -> list[str]:
    """A command line without ``options``; the value says whether the option takes one."""
    left: list[str] = []
    skipped = False
    for word in words:
        name, equals, _ = word.partition("=")
        if skipped:
            skipped = False
        elif name in options:
            skipped = options[name] and not equals
        else:
            left.append(word)
    return left


#: Of a spread command, which its parts must not have.
SPREAD_OPTIONS = {
    "--on": True,
    "--cpus-per-shard": True,
    "--gpus-per-shard": True,
    "--shard": True,
    "--seeds": True,
    "--seed": True,
    "--json": False,
    "--events": False,
    "--resume": False,
    "--profile": False,
}


def work_through(jobs: Sequence[Job], choice: EngineChoice, folder: Path) -> None:
    """Do all jobs, and hold the folder meanwhile.

    Raises:
        UsageError: another driver works on the folder.
        SweepError: some are not done; the message says why.
    """
    from foolery.sweep.driver import JobQueue
    from foolery.sweep.engines import open_engine
    from foolery.sweep.sweeping import LOGS, lock_board, raise_failures

    lock = lock_board(folder, None)
    try:
        failures = JobQueue(open_engine(choice, folder / LOGS, len(jobs)), note).run(jobs)
    except KeyboardInterrupt:
        note(f"interrupted; {folder} is saved: the same command continues")
        raise
    finally:
        lock.release()
    raise_failures(failures)


def check_spread(seeds: int | None, *, overwrite: bool = False) -> None:
    """Raise UsageError where there is nothing to spread, or what is there would be replaced."""
    if seeds is None:
        raise UsageError("--on: spreads many seeds; give --seeds N too")
    if seeds < 1:
        raise UsageError(f"--seeds: expected at least 1, got {seeds}")
    if overwrite:
        raise UsageError("--overwrite: a spread command goes on with what is there; name another --out")
