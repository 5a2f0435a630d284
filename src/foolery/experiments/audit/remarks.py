"""Remarks: what the attacks of an audit say beside each other, in sentences."""

from __future__ import annotations

from foolery.experiments.audit.attack import STARTER
from foolery.experiments.audit.document import Audit
from foolery.experiments.nonsense import baselines


def remarks(found: Audit) -> tuple[str, ...]:
    """Whether a search was needed at all; nothing where there is nothing to say."""
    drawn = {baseline.name for baseline in baselines()}
    tried = [attack for attack in found.attacks if attack.fooled_at_keep95 is not None]
    plain = [attack for attack in tried if attack.name in drawn]
    searched = [attack for attack in tried if attack.name not in drawn and attack.name != STARTER]
    if not plain or not searched:
        return ()
    best = max(plain, key=lambda attack: attack.fooled_at_keep95 or 0.0)
    top = max(searched, key=lambda attack: attack.fooled_at_keep95 or 0.0)
    if not best.fooled_at_keep95 or best.fooled_at_keep95 < (top.fooled_at_keep95 or 0.0):
        return ()
    return (
        f"No search is needed: {best.queries:,} pictures of {best.name} fool {best.fooled_at_keep95:.0%} of "
        f"the classes, the best search ({top.name}) {top.fooled_at_keep95:.0%}.",
    )
