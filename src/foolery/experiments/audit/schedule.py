"""Schedule: what every attack of an audit may spend, from what those before it left."""

from __future__ import annotations

from math import inf

from foolery.experiments.audit.document import Audit
from foolery.experiments.audit.order import Order


def queries_for(order: Order, found: Audit, position: int) -> int:
    """Queries of the attack at ``position``: its weight's part of what its seed has left."""
    size = len(order.attacks)
    first = position - position % size
    spent = sum(attack.queries for attack in found.attacks[first:position])
    share = int((found.budget.queries - spent) * _part(order, position))
    most = order.attacks[position % size].most
    return share if most is None else min(share, most)


def seconds_for(order: Order, found: Audit, position: int, elapsed: float) -> float:
    """Seconds of it: its part of what its seed has left of the seed's part."""
    if found.budget.seconds is None:
        return inf
    seeds = order.seeds - position // len(order.attacks)
    return max(0.1, (found.budget.seconds - elapsed) / seeds * _part(order, position))


def _part(order: Order, position: int) -> float:
    weights = [attack.weight for attack in order.attacks[position % len(order.attacks) :]]
    return weights[0] / sum(weights)
