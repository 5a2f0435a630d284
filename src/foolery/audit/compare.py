"""An audit beside an earlier one of the same classes, attacks and budget."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from foolery.audit.reference import ReferenceData
from foolery.audit.schema import AttackRecord, Audit
from foolery.audit.scoring import areas, bootstrap
from foolery.audit.verdict import BaselineComparison, Outcome
from foolery.classifiers.wrappers.metered import Budget
from foolery.errors import UsageError


def check_comparable(earlier: Audit, planned: Audit, reference: ReferenceData | None) -> None:
    """Raise UsageError unless scores of the two mean the same; called before anything is scored.

    Args:
        earlier: the audit to compare with.
        planned: this one.
        reference: real images of this one.
    """
    if reference is None:
        raise UsageError("--baseline: compares scores, and there is none without --data")
    if earlier.state != "finished" or earlier.reference is None:
        raise UsageError("--baseline: expected a finished audit with a score (one that had --data)")
    if sorted(earlier.targets) != sorted(planned.targets):
        raise UsageError("--baseline: the earlier audit is of other classes")
    before, now = earlier.budget.requested, planned.budget.requested
    if before != now:
        raise UsageError(
            f"--baseline: its budget was {before}, this one is {now}: scores of two budgets do not compare"
        )
    if Budget.parse(before).queries is None:
        raise UsageError(
            "--baseline: a budget of time alone gives scores that do not compare; add queries to it"
        )
    if (reference.name, reference.split) != (earlier.reference.data, earlier.reference.split):
        raise UsageError(
            f"--baseline: its data were {earlier.reference.data} ({earlier.reference.split}), these are "
            f"{reference.name} ({reference.split}): give the same --data"
        )
    different = {attack.name for attack in earlier.attacks} ^ {attack.name for attack in planned.attacks}
    if different:
        raise UsageError(
            f"--baseline: its attacks were others: {', '.join(sorted(different))} on one side only; give the "
            f"same --attacks"
        )


def compare_with(earlier: Audit, current: Audit, file: str) -> BaselineComparison:
    """Scores of both, class by class.

    The interval resamples classes, the same ones in both, so that what makes a class easy for either does not
    count. It is a regression where the whole interval of the difference is below 0, and undecided where the
    two did not spend the same.

    Args:
        earlier: the audit to compare with.
        current: this one.
        file: name of the earlier audit.

    Raises:
        UsageError: where ``current`` has no score.
    """
    if current.reference is None:
        raise UsageError("--baseline: this audit has no score; give --data DATA")
    order = [earlier.targets.index(label) for label in current.targets]
    before, after = _areas(earlier)[order], _areas(current)
    difference = bootstrap(before - after, scale=100.0)
    reason = spent_otherwise(earlier, current)
    outcome: Outcome = "failed" if difference.high < 0.0 else "passed"
    return BaselineComparison(
        file=file,
        classifier=earlier.classifier.name,
        before=100.0 * (1.0 - float(before.mean())),
        after=100.0 * (1.0 - float(after.mean())),
        difference=difference,
        outcome=outcome if reason is None else "undecided",
        reason=reason,
    )


def spent_otherwise(earlier: Audit, current: Audit) -> str | None:
    """Why what was spent does not compare, whatever was asked for; None where it does."""
    for name, audit in (("the earlier audit", earlier), ("this audit", current)):
        if audit.unfinished:
            return (
                f"the time was up before these attacks of {name} were finished: {', '.join(audit.unfinished)}"
            )
        if audit.budget.seconds is not None and any(attack.ended is None for attack in _tried(audit)):
            return f"{name} had a limit of time, and does not say whether it was enough"
    before, after = (
        {attack.name for attack in audit.attacks if attack.status == "skipped"}
        for audit in (earlier, current)
    )
    if before != after:
        return f"one of the two had to skip {', '.join(sorted(before ^ after))}"
    return None


def _tried(audit: Audit) -> list[AttackRecord]:
    return [attack for attack in audit.attacks if attack.status != "skipped"]


def _areas(audit: Audit) -> NDArray[np.float64]:
    """``(T,)``: the area of each target, the mean over seeds."""
    column = {index: at for at, index in enumerate(audit.target_indices)}
    queries_to_fool = np.full((audit.budget.seeds, len(column)), np.inf)
    for champion in audit.champions:
        for seed, queries in enumerate(champion.queries_to_fool):
            if queries is not None:
                queries_to_fool[seed, column[champion.index]] = queries
    mean: NDArray[np.float64] = areas(queries_to_fool, audit.budget.queries).mean(axis=0)
    return mean
