"""What every attack of an audit may spend, from what those before it left."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass, replace
from math import inf
from pathlib import Path

from foolery.audit.attacks import PlannedAttack
from foolery.audit.attacks.base import AttackContext
from foolery.audit.schema import Audit
from foolery.untrusted import read_bytes


def unavailable_at_start(
    attacks: Sequence[PlannedAttack], context: AttackContext, queries: int
) -> dict[int, str]:
    """Attacks of one seed that cannot be tried with ``queries``, by position, and why.

    The share of each goes to the others, which may then have enough, so the last one is given up first.
    """
    reasons: dict[int, str] = {}
    while True:
        shares = planned_shares(attacks, queries, reasons)
        earlier = [attacks[position].name for position, _ in shares]
        for place, (position, share) in reversed(list(enumerate(shares))):
            alone = replace(context, queries=share, earlier=earlier[:place])
            reason = attacks[position].attack.unavailable(alone)
            if reason is not None:
                reasons[position] = reason
                break
        else:
            return reasons


def planned_shares(
    attacks: Sequence[PlannedAttack], queries: int, excluded: Container[int]
) -> list[tuple[int, int]]:
    """Position and share of every attack but some, if each spends what it can."""
    left, shares = queries, []
    positions = [position for position in range(len(attacks)) if position not in excluded]
    for place, position in enumerate(positions):
        attack = attacks[position]
        share = int(left * attack.weight / sum(attacks[other].weight for other in positions[place:]))
        share = share if attack.max_queries is None else min(share, attack.max_queries)
        left -= share
        shares.append((position, share))
    return shares


def queries_for(attacks: Sequence[PlannedAttack], audit: Audit, position: int) -> int:
    """Queries of the attack at ``position`` in ``audit``: its part of what its seed has left.

    Args:
        attacks: of one seed.
        audit: with what every attack of every seed has spent.
        position: among the attacks of ``audit``.
    """
    first = position - position % len(attacks)
    spent = sum(attack.queries for attack in audit.attacks[first:position])
    share = int((audit.budget.queries - spent) * _fraction(attacks, audit, position))
    limit = attacks[position - first].max_queries
    return share if limit is None else min(share, limit)


def seconds_for(attacks: Sequence[PlannedAttack], audit: Audit, position: int, elapsed: float) -> float:
    """Seconds of it: its part of what its seed has left of the seed's part; 0 or less where nothing is left.

    Args:
        attacks: of one seed.
        audit: with what every attack of every seed has spent.
        position: among the attacks of ``audit``.
        elapsed: seconds that the audit took so far, and those that are kept for what comes after its attacks.
    """
    if audit.budget.seconds is None:
        return inf
    seeds = audit.budget.seeds - position // len(attacks)
    left = (audit.budget.seconds - elapsed) / seeds
    return left * _fraction(attacks, audit, position)


def _fraction(attacks: Sequence[PlannedAttack], audit: Audit, position: int) -> float:
    """Its weight over those of all attacks of this seed from ``position`` on that are not skipped."""
    place = position % len(attacks)
    later = zip(attacks[place + 1 :], audit.attacks[position + 1 :], strict=False)
    weight = attacks[place].weight
    return weight / (weight + sum(other.weight for other, record in later if record.status != "skipped"))


@dataclass(frozen=True)
class QueryCounter:
    """What an attack has reported: a file in its folder, so that an interruption can be accounted for."""

    folder: Path
    name: str = "spent.txt"

    def write(self, queries: int, batch: int) -> None:
        """Keep what was spent and the size of the next batch; nothing is lost where a half is read as 0."""
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / self.name).write_text(f"{queries} {batch}\n", encoding="ascii")

    def read(self) -> tuple[int, int | None]:
        """Both numbers as they were last written; None for a batch that schema 1 did not write."""
        try:
            queries, *batch = read_bytes(self.folder / self.name, 100).decode("ascii").split()
            return int(queries), int(batch[0]) if batch else None
        except ValueError:  # among them those of a file that is not read
            return 0, 0
