"""Attacks: all that an audit tries, in order, each with its share of the budget.

Shares are of what is left, so that what one attack does not use goes to those after it. What others found
comes first, searches after what needs none, the paper's search first; whoever needs gradients comes last.
"""

from __future__ import annotations

from foolery.audit.attacks.base import Attack
from foolery.audit.attacks.searches import Ascent, Evolution
from foolery.audit.attacks.single_shot import Drawing, Starters
from foolery.data.synthetic import baselines
from foolery.errors import UsageError, nearest

_SHARE_OF_BASELINES = 10.0


def known_attacks() -> tuple[Attack, ...]:
    """All attacks, in the order in which an audit tries them."""
    each = _SHARE_OF_BASELINES / len(baselines())
    return (
        Starters(5.0),
        *(Drawing(baseline, each) for baseline in baselines()),
        Evolution("cppn", "evolution of CPPNs, the paper's regular images", "cppn", 40.0),
        Evolution("sparse", "evolution of a few colored squares on one color", "sparse", 5.0),
        Evolution("direct", "evolution of single pixels, the paper's irregular images", "direct", 15.0),
        Ascent("ascent", "gradient ascent on pixels", None, 15.0),
        Ascent("ascent-cppn", "gradient ascent through evolved CPPNs", "cppn", 10.0),
    )


def chosen_attacks(names: list[str] | None) -> tuple[Attack, ...]:
    """Those called ``names``, in the order of an audit; all if None. ``baselines`` stands for all of these.

    Raises:
        UsageError: for an unknown name.
    """
    known = known_attacks()
    if names is None:
        return known
    drawn = {attack.name for attack in known if isinstance(attack, Drawing)}
    wanted = {one for name in names for one in (drawn if name == "baselines" else {name})}
    for name in wanted - {attack.name for attack in known}:
        raise UsageError(
            f"--attacks: {name!r} is unknown; {nearest(name, ['baselines', *(a.name for a in known)])}"
        )
    if not wanted:
        raise UsageError("--attacks: expected at least one name")
    return tuple(attack for attack in known if attack.name in wanted)
