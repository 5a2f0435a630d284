"""Three attackers: who uses the attacks of an audit, and pays for which queries.

``best-single`` chooses one attack, whichever does best over all classes, and has its queries alone; the
headline figures are this attacker's. ``quickest-per-class`` is an oracle that knows for each class which
attack is the quickest. ``all-in-order`` makes every attack in the order of the audit and pays for all of
them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from foolery.audit.attacks.base import AttackResult
from foolery.audit.detection import mean_prices
from foolery.audit.trace import Trace, merged

AttackerName: TypeAlias = Literal["best-single", "quickest-per-class", "all-in-order"]


@dataclass(frozen=True)
class AttackRun:
    """One attack: its name, its seed by number from 0, and its result."""

    attack: str
    seed: int
    result: AttackResult


@dataclass(frozen=True)
class Attacker:
    """One attacker.

    Attributes:
        name: see this file.
        attack: the one attack of ``best-single``; None for others.
        traces: what it has found, for each seed.
    """

    name: AttackerName
    attack: str | None
    traces: tuple[Trace, ...]

    def table(self, real: NDArray[np.float64], classes: int, queries: int) -> NDArray[np.float64]:
        """``(S, K) float64``: see ``mean_prices``."""
        return np.stack([mean_prices(trace, real, classes, queries) for trace in self.traces])

    def values(self, classes: int, queries: float) -> NDArray[np.float64]:
        """``(S, K) float64``: the measure of the best image within ``queries``; -inf for none."""
        return np.stack([trace.best(classes, queries) for trace in self.traces])


def single_attackers(attack_runs: Sequence[AttackRun], seeds: int) -> tuple[Attacker, ...]:
    """An attacker for each attack, in their order."""
    names = dict.fromkeys(run.attack for run in attack_runs)
    return tuple(
        Attacker(
            "best-single",
            name,
            tuple(
                merged([run.result.trace for run in attack_runs if (run.attack, run.seed) == (name, seed)])
                for seed in range(seeds)
            ),
        )
        for name in names
    )


def best_single(
    attackers: Sequence[Attacker],
    real: NDArray[np.float64],
    targets: NDArray[np.int64],
    classes: int,
    queries: int,
) -> Attacker:
    """The attacker with the largest mean price over seeds and targets; of equal ones the first."""
    means = [one.table(real, classes, queries)[:, targets].mean() for one in attackers]
    return attackers[int(np.argmax(means))]


def quickest_per_class(attack_runs: Sequence[AttackRun], seeds: int) -> Attacker:
    """For each class whatever attack is the quickest, each from its own start."""
    traces = (merged([run.result.trace for run in attack_runs if run.seed == seed]) for seed in range(seeds))
    return Attacker("quickest-per-class", None, tuple(traces))


def all_in_order(attack_runs: Sequence[AttackRun], seeds: int) -> Attacker:
    """All attacks one after the other; what an attack starts from was paid for before it."""
    traces = []
    for seed in range(seeds):
        spent, parts = 0, []
        for run in attack_runs:
            if run.seed == seed:
                parts.append(run.result.trace.later(spent - run.result.start_queries))
                spent += run.result.queries
        traces.append(merged(parts))
    return Attacker("all-in-order", None, tuple(traces))
