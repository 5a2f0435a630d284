"""Which engine works: ``local:N``, or ``ray``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from foolery.errors import MissingExtraError, UsageError
from foolery.sweep.local import LocalProcesses
from foolery.sweep.outcome import Engine

MAX_PROCESSES = 1024


@dataclass(frozen=True)
class EngineChoice:
    """An engine by name.

    Attributes:
        count: of local processes.
        cpus, gpus: that each job takes of a cluster.
    """

    name: Literal["local", "ray"]
    count: int = 1
    cpus: float = 1.0
    gpus: float = 0.0

    @classmethod
    def parse(cls, text: str, cpus: float = 1.0, gpus: float = 0.0) -> EngineChoice:
        """``local:2`` or ``ray``.

        Raises:
            UsageError: for anything else, and for an engine that is not installed.
        """
        if cpus <= 0 or gpus < 0:
            raise UsageError(
                f"--cpus-per-shard: expected more than 0 processors and no fewer than 0 GPUs, got {cpus:g} "
                f"and {gpus:g}"
            )
        if text == "ray":
            if find_spec("ray") is None:
                raise MissingExtraError("ray", "ray", "work on a cluster (--on ray)")
            return cls("ray", cpus=cpus, gpus=gpus)
        match = re.fullmatch(r"local:(\d{1,6})", text)
        if match is None or not 1 <= int(match[1]) <= MAX_PROCESSES:
            raise UsageError(
                f"--on: expected local:N, with 1 to {MAX_PROCESSES} processes, or ray, got {text!r}"
            )
        return cls("local", int(match[1]), cpus, gpus)


def open_engine(choice: EngineChoice, logs: Path, jobs: int) -> Engine:
    """The engine; of local processes no more than there are jobs."""
    if choice.name == "ray":
        from foolery.sweep.ray_cluster import RayCluster

        return RayCluster(choice.cpus, choice.gpus)
    return LocalProcesses(min(choice.count, jobs), logs)
