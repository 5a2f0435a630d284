"""One search against a classifier, from its start to the recorded end: ``evolve`` and ``ascend``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from foolery.lazy import attach

if TYPE_CHECKING:
    from foolery.engine.ascent import ascend as ascend
    from foolery.engine.breeding import Breeding as Breeding
    from foolery.engine.breeding import enter_archive as enter_archive
    from foolery.engine.evolution import evolve as evolve
    from foolery.engine.progress import OnProgress as OnProgress
    from foolery.engine.progress import Progress as Progress
    from foolery.engine.run import Champion as Champion
    from foolery.engine.run import RunResult as RunResult
    from foolery.engine.run import RunResults as RunResults
    from foolery.engine.run import make_run_result as make_run_result
    from foolery.engine.run import open_run as open_run

__all__ = [
    "Breeding",
    "Champion",
    "OnProgress",
    "Progress",
    "RunResult",
    "RunResults",
    "ascend",
    "enter_archive",
    "evolve",
    "make_run_result",
    "open_run",
]

__getattr__, __dir__ = attach(
    __name__,
    {
        "Breeding": "foolery.engine.breeding",
        "Champion": "foolery.engine.run",
        "OnProgress": "foolery.engine.progress",
        "Progress": "foolery.engine.progress",
        "RunResult": "foolery.engine.run",
        "RunResults": "foolery.engine.run",
        "ascend": "foolery.engine.ascent",
        "enter_archive": "foolery.engine.breeding",
        "evolve": "foolery.engine.evolution",
        "make_run_result": "foolery.engine.run",
        "open_run": "foolery.engine.run",
    },
)
