"""Attacks: everything that an audit tries, in this order.

An attack from outside, by an entry point of the group ``foolery.attacks``, is tried where it is named.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from foolery.audit.attacks.base import Attack, AttackBudget, AttackContext, AttackResult
from foolery.audit.attacks.searches import AscentAttack, EvolutionAttack
from foolery.audit.attacks.single_shot import score_images
from foolery.audit.attacks.synthetic import SyntheticAttack
from foolery.audit.attacks.transfer import TRANSFER, TransferAttack
from foolery.audit.schema_1 import ATTACKS as OLD_NAMES
from foolery.data.synthetic import synthetic_kinds
from foolery.errors import UsageError
from foolery.registry import Entry, Registry

__all__ = [
    "ATTACKS", "SYNTHETIC", "TRANSFER", "Attack", "AttackBudget", "AttackContext", "AttackResult",
    "PlannedAttack", "score_images", "select_attacks",
]  # fmt: skip

SYNTHETIC = "synthetic"
"""Stands for the synthetic images of every kind."""


@dataclass(frozen=True)
class _Row:
    """One line of the table.

    Attributes:
        name: in reports and in ``--attacks``.
        weight: its part of the queries that are left is its weight over that of all attacks not yet tried.
        max_queries: the most queries that it can use; None for any number.
        about: one line for reports.
        attack: the attack itself.
    """

    name: str
    weight: float
    max_queries: int | None
    about: str
    attack: Attack


_KINDS = tuple(kind.name for kind in synthetic_kinds())
#: What others have found comes first, the paper's search before others, what needs gradients last.
_TABLE = (
    _Row(TRANSFER, 5.0, None, "champions that were evolved on other networks", TransferAttack()),
    *(
        _Row(kind.name, 10.0 / len(_KINDS), 125, kind.about, SyntheticAttack(kind))
        for kind in synthetic_kinds()
    ),
    _Row("cppn", 40.0, None, "evolution of CPPNs, the paper's regular images",
         EvolutionAttack("cppn", "cppn")),
    _Row("sparse", 5.0, None, "evolution of a few colored squares on one color",
         EvolutionAttack("sparse", "sparse")),
    _Row("direct", 15.0, None, "evolution of single pixels, the paper's irregular images",
         EvolutionAttack("direct", "direct")),
    _Row("ascent", 15.0, None, "gradient ascent on pixels", AscentAttack("ascent")),
    _Row("ascent-cppn", 10.0, None, "gradient ascent through evolved CPPNs",
         AscentAttack("ascent-cppn", start="cppn")),
)  # fmt: skip
_SHIPPED = {row.name: row for row in _TABLE}
_OTHER_WEIGHT = 10.0

ATTACKS = Registry("attack", "foolery.attacks", [Entry(row.name, row.about, row.attack) for row in _TABLE])


@dataclass(frozen=True)
class PlannedAttack:
    """An attack, with its part of the budget; ``weight`` and ``max_queries`` as in the table of attacks."""

    attack: Attack
    about: str = ""
    weight: float = _OTHER_WEIGHT
    max_queries: int | None = None

    @property
    def name(self) -> str:
        """Name of the attack."""
        return self.attack.name


def select_attacks(names: Sequence[str | Attack] | None = None) -> tuple[PlannedAttack, ...]:
    """Attacks by name, in the order in which an audit tries them; all that foolery brings if None.

    Args:
        names: ``synthetic`` stands for synthetic images of every kind. An attack itself may stand for a name.

    Raises:
        UsageError: for an unknown name, and for none at all.
    """
    if names is None:
        return tuple(_planned(name) for name in _SHIPPED)
    others = [one for one in names if not isinstance(one, str)]
    wanted = {one for name in names if isinstance(name, str) for one in _expanded(name)}
    ordered = [name for name in ATTACKS.names() if name in wanted]
    if not ordered and not others:
        raise UsageError("--attacks: expected at least one name")
    return (*map(_planned, ordered), *map(PlannedAttack, others))


def _expanded(name: str) -> tuple[str, ...]:
    if name == SYNTHETIC:
        return _KINDS
    if name in OLD_NAMES and name not in ATTACKS:
        raise UsageError(f"--attacks: {name!r} is called {OLD_NAMES[name]!r} now")
    if name not in ATTACKS:
        raise UsageError(f"--attacks: {name!r} is unknown; {ATTACKS.suggestion(name, SYNTHETIC)}")
    return (ATTACKS.entry(name).name,)


def _planned(name: str) -> PlannedAttack:
    target = ATTACKS.load(name)
    attack: Attack = target() if isinstance(target, type) else target
    row = _SHIPPED.get(name)
    if row is None:
        return PlannedAttack(attack, ATTACKS.entry(name).about)
    return PlannedAttack(attack, row.about, row.weight, row.max_queries)
