"""Remarks: what the attacks of an audit say beside each other, in sentences."""

from __future__ import annotations

from foolery.audit.attacks.base import STARTER
from foolery.audit.schema import Audit
from foolery.data.synthetic import baselines

_MUCH = 0.8  # of the queries


def remarks(found: Audit) -> tuple[str, ...]:
    """Whether a search was needed at all, and whether the time was too short; nothing where all is well."""
    return *_no_search_needed(found), *_time_was_up(found)


def _time_was_up(found: Audit) -> tuple[str, ...]:
    budget = found.budget
    queries = budget.queries * budget.seeds
    if budget.seconds is None or budget.elapsed < _MUCH * budget.seconds or budget.spent >= _MUCH * queries:
        return ()
    return (
        f"The time was up after {budget.spent:,} of {queries:,} queries. What would fall later counts as not "
        "fooled, so the score is too good: more time can only lower it.",
    )


def _no_search_needed(found: Audit) -> tuple[str, ...]:
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
