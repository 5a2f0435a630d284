"""Schedule: what every attack of an audit may spend, from what those before it left."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from math import inf
from pathlib import Path

from foolery.audit.attacks.base import Scene
from foolery.audit.config import Order
from foolery.audit.schema import Audit


def hopeless(order: Order, scene: Scene, queries: int) -> dict[int, str]:
    """Attacks of one seed that cannot be tried with ``queries``, by place, and why.

    The share of each goes to the others, which may then have enough, so the last one is given up first.
    """
    reasons: dict[int, str] = {}
    while True:
        for place, share in reversed(_planned(order, queries, reasons)):
            reason = order.attacks[place].hopeless(scene, share)
            if reason is not None:
                reasons[place] = reason
                break
        else:
            return reasons


def _planned(order: Order, queries: int, without: Container[int]) -> list[tuple[int, int]]:
    """Place and share of every attack but some, if each spends what it can."""
    left, shares = queries, []
    places = [place for place in range(len(order.attacks)) if place not in without]
    for at, place in enumerate(places):
        attack = order.attacks[place]
        share = int(left * attack.weight / sum(order.attacks[other].weight for other in places[at:]))
        share = share if attack.most is None else min(share, attack.most)
        left -= share
        shares.append((place, share))
    return shares


def queries_for(order: Order, found: Audit, position: int) -> int:
    """Queries of the attack at ``position``: its weight's part of what its seed has left."""
    size = len(order.attacks)
    first = position - position % size
    spent = sum(attack.queries for attack in found.attacks[first:position])
    share = int((found.budget.queries - spent) * _part(order, found, position))
    most = order.attacks[position % size].most
    return share if most is None else min(share, most)


def seconds_for(order: Order, found: Audit, position: int, elapsed: float) -> float:
    """Seconds of it: its part of what its seed has left of the seed's part."""
    if found.budget.seconds is None:
        return inf
    seeds = order.seeds - position // len(order.attacks)
    return max(0.1, (found.budget.seconds - elapsed) / seeds * _part(order, found, position))


def _part(order: Order, found: Audit, position: int) -> float:
    """Of the weights of all attacks of this seed from ``position`` on that are not skipped."""
    place = position % len(order.attacks)
    others = zip(order.attacks[place + 1 :], found.attacks[position + 1 :], strict=False)
    weight = order.attacks[place].weight
    return weight / (weight + sum(attack.weight for attack, mine in others if mine.status != "skipped"))


FILE = "spent.txt"


@dataclass(frozen=True)
class Spending:
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
