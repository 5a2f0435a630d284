"""An audit beside an earlier one of the same classes, attacks and budget."""

from __future__ import annotations

from math import sqrt

import numpy as np
from numpy.typing import NDArray

from foolery.audit.intervals import difference_spread
from foolery.audit.reference import ReferenceData
from foolery.audit.schema import AttackRecord, Audit
from foolery.audit.verdict import BaselineComparison, Interval, Outcome
from foolery.classifiers.wrappers.metered import Budget
from foolery.errors import UsageError
from foolery.install import shell_words

MIN_SEEDS = 2  # of each of two audits that are compared


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
    if earlier.verdict is None or not earlier.verdict.class_scores:
        raise UsageError(
            "--baseline: it was made by an earlier version, whose score is another one; make it again: "
            f"{earlier.command}"
        )
    if earlier.protocol != planned.protocol:
        raise UsageError(
            f"--baseline: its protocol is {earlier.protocol or 'none'}, that of this audit "
            f"{planned.protocol or 'none'}; make a comparable one: "
            f"{_comparable_command(earlier, planned, reference)}"
        )
    for name, audit in (("the earlier audit", earlier), ("this one", planned)):
        if audit.budget.seeds < MIN_SEEDS:
            raise UsageError(
                f"--baseline: {name} has one seed, and so says nothing about chance in the search; give both "
                "--seeds 3"
            )
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


def _comparable_command(earlier: Audit, planned: Audit, reference: ReferenceData) -> str:
    """What makes an audit of the earlier classifier that compares with this one."""
    words = ["foolery", "audit", earlier.classifier.name, "--data", reference.name]
    if planned.protocol is not None:
        return shell_words([*words, "--protocol", planned.protocol])
    attacks = ",".join(dict.fromkeys(attack.name for attack in planned.attacks))
    budget, seeds = planned.budget.requested, max(MIN_SEEDS, planned.budget.seeds)
    return shell_words([*words, "--budget", budget, "--seeds", str(seeds), "--attacks", attacks])


def compare_with(earlier: Audit, current: Audit, file: str) -> BaselineComparison:
    """Scores of both, class by class.

    The interval is of ``difference_spread``: classes are paired, so that what makes a class easy for either
    does not count, and chance in the search is that between the seeds of each. It is a regression where the
    whole interval of the difference is below 0, and undecided where the two did not spend the same.

    Args:
        earlier: the audit to compare with.
        current: this one.
        file: name of the earlier audit.

    Raises:
        UsageError: where one of the two has no score.
    """
    order = [earlier.targets.index(label) for label in current.targets]
    before, after = _class_scores(earlier)[:, order], _class_scores(current)
    estimate = difference_spread(before, after)
    half = estimate.quantile * sqrt(estimate.variance)
    difference = Interval(
        value=estimate.mean,
        low=estimate.mean - half,
        high=estimate.mean + half,
    )
    reason = spent_otherwise(earlier, current)
    outcome: Outcome = "failed" if difference.high < 0.0 else "passed"
    return BaselineComparison(
        file=file,
        classifier=earlier.classifier.name,
        before=float(before.mean()),
        after=float(after.mean()),
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


def _class_scores(audit: Audit) -> NDArray[np.float64]:
    """``(S, T)``: the score of each seed and target."""
    if audit.verdict is None or not audit.verdict.class_scores:
        raise UsageError("--baseline: this audit has no score; give --data DATA")
    return np.array(audit.verdict.class_scores)
