"""Compare: an audit beside an earlier one of the same classes, attacks and budget."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from foolery.audit.config import ReferenceData
from foolery.audit.schema import Audit, BaselineComparison
from foolery.audit.scoring import areas, bootstrap
from foolery.classifiers.wrappers.metered import Budget
from foolery.errors import UsageError


def check_comparable(earlier: Audit, planned: Audit, reference: ReferenceData | None) -> None:
    """Raise UsageError unless scores of the two mean the same; called before anything is asked.

    Args:
        earlier: the audit to compare with.
        planned: this one.
        reference: real ones of this one.
    """
    if reference is None:
        raise UsageError("--baseline: compares scores, and there is none without --data")
    if earlier.state != "finished" or earlier.yardstick is None:
        raise UsageError("--baseline: expected a finished audit with a score (one that had --data)")
    if sorted(earlier.targets) != sorted(planned.targets):
        raise UsageError("--baseline: the earlier audit is of other classes")
    if earlier.budget.asked != planned.budget.asked:
        raise UsageError(
            f"--baseline: its budget was {earlier.budget.asked}, this one is {planned.budget.asked}: scores "
            f"of two budgets do not compare"
        )
    if Budget.parse(earlier.budget.asked).queries is None:
        raise UsageError(
            "--baseline: a budget of time alone gives scores that do not compare; add queries to it"
        )
    data = (reference.reference, reference.split)
    if data != (earlier.yardstick.data, earlier.yardstick.split):
        raise UsageError(
            f"--baseline: its real pictures were {earlier.yardstick.data} ({earlier.yardstick.split}), these "
            f"are {data[0]} ({data[1]}): give the same --data"
        )
    before, now = ({attack.name for attack in one.attacks} for one in (earlier, planned))
    if before != now:
        raise UsageError(
            f"--baseline: its attacks were others: {', '.join(sorted(before ^ now))} on one side only; give "
            f"the same --attacks"
        )


def compare_with(earlier: Audit, current: Audit, file: str) -> BaselineComparison:
    """Scores of both, class by class.

    The interval resamples classes, the same ones in both, so that what makes a class easy for either does not
    count. It is a regression where the whole interval of the difference is below 0.

    Raises:
        UsageError: where ``current`` has no score.
    """
    if current.yardstick is None:
        raise UsageError("--baseline: this audit has no score; give --data DATA")
    order = [earlier.targets.index(label) for label in current.targets]
    before, after = _areas(earlier)[order], _areas(current)
    difference = bootstrap(before - after, scale=100.0)
    return BaselineComparison(
        file=file,
        classifier=earlier.classifier.name,
        before=100.0 * (1.0 - float(before.mean())),
        after=100.0 * (1.0 - float(after.mean())),
        difference=difference,
        regression=difference.high < 0.0,
    )


def skipped_on_one_side(earlier: Audit, current: Audit) -> tuple[str, ...]:
    """A sentence about attacks that could be tried on one side only; nothing where there are none."""
    before, after = (
        {one.name for one in audit.attacks if one.status == "skipped"} for audit in (earlier, current)
    )
    if before == after:
        return ()
    names = ", ".join(sorted(before ^ after))
    return (f"The earlier audit and this one do not compare quite: one of them had to skip {names}.",)


def _areas(audit: Audit) -> NDArray[np.float64]:
    """``(T,)``: of each target, the mean over seeds."""
    place = {index: at for at, index in enumerate(audit.target_indices)}
    queries_to_fool = np.full((audit.budget.seeds, len(place)), np.inf)
    for champion in audit.champions:
        for seed, at in enumerate(champion.passed_at):
            if at is not None:
                queries_to_fool[seed, place[champion.index]] = at
    mean: NDArray[np.float64] = areas(queries_to_fool, audit.budget.queries).mean(axis=0)
    return mean
