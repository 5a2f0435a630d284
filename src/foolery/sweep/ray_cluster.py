"""Ray: the cluster at ``RAY_ADDRESS``, or one that is started in this process and ends with it.

Ray holds nothing: a task's arguments are names, its answer is how it ended, and what it finds lies in files.
"""

from __future__ import annotations

import os
import re
import signal
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

from foolery.errors import FooleryError, UsageError
from foolery.processors import processor_count
from foolery.sweep.outcome import Job, PieceOutcome

GRACE = 30.0  # seconds that tasks may take to save what they have
_RESOURCES_EVERY = 5.0
_ANSWER = 10.0


def perform_remotely(task: Mapping[str, Any], threads: int) -> dict[str, str]:
    """What a worker of Ray does: a task, with so many threads; the answer has the fields of its outcome."""
    os.environ.setdefault("FOOLERY_THREADS", str(threads))
    from foolery.sweep.tasks import perform

    return dict(vars(perform(task)))


class RayCluster:
    """An engine of all nodes of a cluster.

    Args:
        cpus: processors that each job takes; whole ones are its threads.
        gpus: that each job takes; 0.5 puts two of them on one.

    Raises:
        UsageError: no cluster is at ``RAY_ADDRESS``, it has another Python or Ray, or nodes too small.
    """

    def __init__(self, cpus: float, gpus: float) -> None:
        import ray

        self._ray: Any = ray
        self._cpus, self._gpus = cpus, gpus
        self._numbers: dict[Any, int] = {}
        self._slots, self._asked_at = 0, -_RESOURCES_EVERY
        self._begun = not ray.is_initialized()
        if self._begun:
            self._connect()
        options = {"max_retries": 0, "num_cpus": cpus, "num_gpus": gpus}
        self._perform = ray.remote(**options)(perform_remotely)
        if not self._count_slots():
            self.stop()
            raise UsageError(
                f"--on ray: no node of the cluster has {cpus:g} processors and {gpus:g} GPUs; ask for fewer "
                "with --cpus-per-shard and --gpus-per-shard"
            )

    def _connect(self) -> None:
        address = os.environ.get("RAY_ADDRESS")
        where: dict[str, Any] = (
            {"address": address} if address else {"address": "local", "num_cpus": processor_count()}
        )
        if address:
            _check_answers(address)
        try:
            with _signals_kept():
                self._ray.init(**where, log_to_driver=False, include_dashboard=False, logging_level="ERROR")
        except (ConnectionError, ValueError, TimeoutError) as error:
            raise UsageError(f"--on ray: no cluster is at RAY_ADDRESS={address}: {_line(error)}") from None
        except RuntimeError as error:
            if "ersion mismatch" in str(error):
                raise UsageError(
                    f"--on ray: the cluster at {address} has another Python or Ray than this process, use "
                    f"the same: {_line(error)}"
                ) from None
            raise FooleryError(f"--on ray: {_line(error)}") from None

    @property
    def slots(self) -> int:
        """As many as the nodes that are there now have room for, and one at least."""
        now = time.monotonic()
        if now - self._asked_at >= _RESOURCES_EVERY:
            self._slots, self._asked_at = self._count_slots(), now
        return max(1, self._slots)

    def _count_slots(self) -> int:
        count = 0
        for node in self._ray.nodes():
            if node["Alive"]:
                resources = node["Resources"]
                room = int(resources.get("CPU", 0) / self._cpus + 1e-9)
                if self._gpus:
                    room = min(room, int(resources.get("GPU", 0) / self._gpus + 1e-9))
                count += room
        return count

    def start(self, number: int, job: Job) -> None:
        """Hand a job to the cluster, which finds a place for it."""
        self._numbers[self._perform.remote(dict(job.task), max(1, int(self._cpus)))] = number

    def wait(self, seconds: float) -> list[tuple[int, PieceOutcome]]:
        """The jobs that ended; after so many seconds at the latest, with none."""
        if not self._numbers:
            time.sleep(seconds)
            return []
        ended, _ = self._ray.wait(list(self._numbers), num_returns=1, timeout=seconds)
        if ended:
            ended, _ = self._ray.wait(list(self._numbers), num_returns=len(self._numbers), timeout=0)
        return [(self._numbers.pop(reference), self._outcome(reference)) for reference in ended]

    def _outcome(self, reference: Any) -> PieceOutcome:
        errors = self._ray.exceptions
        try:
            return PieceOutcome(**self._ray.get(reference))
        except errors.RayTaskError as error:
            missing = (
                "foolery is not installed there, or not the same one: " if "No module" in str(error) else ""
            )
            return PieceOutcome("refused" if missing else "failed", f"{missing}{_last_line(error)}")
        except (errors.RuntimeEnvSetupError, errors.TaskUnschedulableError) as error:
            return PieceOutcome("failed", _line(error))
        except errors.RayError as error:
            return PieceOutcome("died", f"its worker is gone ({type(error).__name__})")

    def stop(self) -> None:
        """End all tasks, which save what they have, and the cluster where this process began it."""
        references = list(self._numbers)
        self._numbers.clear()
        for reference in references:
            with suppress(Exception):
                self._ray.cancel(reference, force=False)
        if references:
            with suppress(Exception):
                self._ray.wait(references, num_returns=len(references), timeout=GRACE)
            for reference in references:
                with suppress(Exception):
                    self._ray.cancel(reference, force=True)
        if self._begun:
            self._ray.shutdown()


def _check_answers(address: str) -> None:
    """Raise UsageError where nobody answers at ``HOST:PORT``; Ray itself would try for minutes."""
    match = re.fullmatch(r"(?:ray://)?([^/:]+):(\d+)", address)
    if match is None:  # ``auto``, ``local`` and what else Ray knows
        return
    try:
        socket.create_connection((match[1], int(match[2])), _ANSWER).close()
    except (OSError, OverflowError) as error:
        raise UsageError(f"--on ray: no cluster is at RAY_ADDRESS={address}: {_line(error)}") from None


@contextmanager
def _signals_kept() -> Iterator[None]:
    """Ray puts a handler of its own in the place of ours, which would end this process without a word."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:300]


def _last_line(error: Exception) -> str:
    return next((line.strip() for line in reversed(str(error).splitlines()) if line.strip()), "no message")
