"""Attacks: all that an audit tries, in order, each with its share of the budget.

Shares are of what is left, so that what one attack does not use goes to those after it. What others found
comes first, searches after what needs none, the paper's search first; whoever needs gradients comes last.
"""

from __future__ import annotations

from foolery.audit.attacks.base import Attack
from foolery.audit.attacks.searches import EvolutionAttack, GradientAscentAttack
from foolery.audit.attacks.single_shot import SyntheticAttack, TransferAttack
from foolery.data.synthetic import synthetic_kinds
from foolery.errors import UsageError, did_you_mean

_SYNTHETIC_WEIGHT = 10.0


def all_attacks() -> tuple[Attack, ...]:
    """All attacks, in the order in which an audit tries them."""
    weight = _SYNTHETIC_WEIGHT / len(synthetic_kinds())
    return (
        TransferAttack(5.0),
        *(SyntheticAttack(images, weight) for images in synthetic_kinds()),
        EvolutionAttack("cppn", "evolution of CPPNs, the paper's regular images", "cppn", 40.0),
        EvolutionAttack("sparse", "evolution of a few colored squares on one color", "sparse", 5.0),
        EvolutionAttack("direct", "evolution of single pixels, the paper's irregular images", "direct", 15.0),
        GradientAscentAttack("ascent", "gradient ascent on pixels", None, 15.0),
        GradientAscentAttack("ascent-cppn", "gradient ascent through evolved CPPNs", "cppn", 10.0),
    )


def select_attacks(names: list[str] | None) -> tuple[Attack, ...]:
    """Those called ``names``, in the order of an audit; all if None. ``baselines`` stands for all of these.

    Raises:
        UsageError: for an unknown name.
    """
    attacks = all_attacks()
    if names is None:
        return attacks
    synthetic = {attack.name for attack in attacks if isinstance(attack, SyntheticAttack)}
    selected = {one for name in names for one in (synthetic if name == "baselines" else {name})}
    for name in selected - {attack.name for attack in attacks}:
        raise UsageError(
            f"--attacks: {name!r} is unknown; {did_you_mean(name, ['baselines', *(a.name for a in attacks)])}"
        )
    if not selected:
        raise UsageError("--attacks: expected at least one name")
    return tuple(attack for attack in attacks if attack.name in selected)
