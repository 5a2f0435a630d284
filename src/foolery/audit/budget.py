"""Schedule: what every attack of an audit may spend, from what those before it left."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from math import inf
from pathlib import Path

from foolery.audit.attacks.base import AttackContext
from foolery.audit.config import AuditConfig
from foolery.audit.schema import Audit


def unavailable_at_start(config: AuditConfig, context: AttackContext, queries: int) -> dict[int, str]:
    """Attacks of one seed that cannot be tried with ``queries``, by place, and why.

    The share of each goes to the others, which may then have enough, so the last one is given up first.
    """
    reasons: dict[int, str] = {}
    while True:
        for place, share in reversed(_planned_shares(config, queries, reasons)):
            reason = config.attacks[place].unavailable_at_start(context, share)
            if reason is not None:
                reasons[place] = reason
                break
        else:
            return reasons


def _planned_shares(config: AuditConfig, queries: int, excluded: Container[int]) -> list[tuple[int, int]]:
    """Place and share of every attack but some, if each spends what it can."""
    left, shares = queries, []
    places = [place for place in range(len(config.attacks)) if place not in excluded]
    for at, place in enumerate(places):
        attack = config.attacks[place]
        share = int(left * attack.weight / sum(config.attacks[other].weight for other in places[at:]))
        share = share if attack.max_queries is None else min(share, attack.max_queries)
        left -= share
        shares.append((place, share))
    return shares


def queries_for(config: AuditConfig, audit: Audit, position: int) -> int:
    """Queries of the attack at ``position``: its weight's part of what its seed has left."""
    size = len(config.attacks)
    first = position - position % size
    spent = sum(attack.queries for attack in audit.attacks[first:position])
    share = int((audit.budget.queries - spent) * _fraction(config, audit, position))
    limit = config.attacks[position % size].max_queries
    return share if limit is None else min(share, limit)


def seconds_for(config: AuditConfig, audit: Audit, position: int, elapsed: float) -> float:
    """Seconds of it: its part of what its seed has left of the seed's part."""
    if audit.budget.seconds is None:
        return inf
    seeds = config.seeds - position // len(config.attacks)
    return max(0.1, (audit.budget.seconds - elapsed) / seeds * _fraction(config, audit, position))


def _fraction(config: AuditConfig, audit: Audit, position: int) -> float:
    """Of the weights of all attacks of this seed from ``position`` on that are not skipped."""
    place = position % len(config.attacks)
    others = zip(config.attacks[place + 1 :], audit.attacks[position + 1 :], strict=False)
    weight = config.attacks[place].weight
    return weight / (weight + sum(attack.weight for attack, record in others if record.status != "skipped"))


FILE = "spent.txt"


@dataclass(frozen=True)
class QueryCounter:
    """A number in a file of an attack's folder."""

    folder: Path

    def write(self, queries: int) -> None:
        """Keep it; nothing is lost where a half-written one is read as 0."""
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / FILE).write_text(f"{queries}\n", encoding="ascii")

    def read(self) -> int:
        """The last one; 0 where there is none."""
        try:
            return int((self.folder / FILE).read_text(encoding="ascii"))
        except (OSError, ValueError):
            return 0
