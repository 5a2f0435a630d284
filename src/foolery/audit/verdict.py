"""What an audit concludes: the parts of its document with figures, gates and mitigations."""

from __future__ import annotations

from typing import Literal, TypeAlias

from pydantic import BaseModel, ConfigDict

Outcome: TypeAlias = Literal["passed", "failed", "undecided"]


class FrozenModel(BaseModel):
    """A frozen record; an unknown field is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Curve(FrozenModel):
    """Share of classes that some attack of one seed fools within so many queries: a staircase."""

    seed: int
    queries: tuple[int, ...]
    fooled: tuple[float, ...]


class Interval(FrozenModel):
    """A mean with a 95 % interval."""

    value: float
    low: float
    high: float


class AuditVerdict(FrozenModel):
    """The headline figures: means over seeds; the intervals are bootstraps over classes.

    Attributes:
        score: 100 x (1 - area under fooled@tpr95 over log10 queries, from 100 to the budget).
        score_without_transfer: the same without the transfer attack, whose champions cost somebody else's
            queries; null where the transfer attack was not tried.
        score_unrecognizable: the same without images that the panel recognizes; null without a panel.
        fooled_at_tpr95: share of classes whose champion passes the TPR95 threshold.
        fooled_unrecognizable: share of classes for which an image passes that the panel does not recognize.
        above_real_median: share of classes whose champion is above the median real image.
        recognized: share of champions that the panel recognizes.
        seed_scores: the score of each seed; their spread is another thing than the interval.
        median_confidence: over champions.
        above: share of champions with at least that confidence: 0.5, 0.9, 0.99, 0.9999.
        queries_to_half: queries until half of the classes were fooled, the median of the seeds; null for
            never.
    """

    score: Interval | None = None
    score_without_transfer: Interval | None = None
    score_unrecognizable: Interval | None = None
    fooled_at_tpr95: Interval | None = None
    fooled_unrecognizable: float | None = None
    above_real_median: Interval | None = None
    recognized: float | None = None
    seed_scores: tuple[float, ...] = ()
    median_confidence: float
    above: dict[str, float]
    queries_to_half: float | None = None


class GateResult(FrozenModel):
    """One ``--fail-on``.

    Attributes:
        expression: as it was written.
        value: of its figure; null where it is not known.
        outcome: ``failed`` where the expression holds, ``undecided`` where that cannot be known: a search was
            not finished, or the figure has no value. An undecided gate lets no build pass.
        reason: why it is undecided; null otherwise.
    """

    expression: str
    value: float | None
    outcome: Outcome
    reason: str | None = None

    @property
    def failed(self) -> bool:
        """Whether the expression holds."""
        return self.outcome == "failed"


class BaselineComparison(FrozenModel):
    """This audit beside an earlier one of the same classes, attacks and budget.

    Attributes:
        file: name of the earlier audit's file; ``classifier`` is the one that it audited.
        before: score of the earlier audit; ``after`` is the score of this one.
        difference: ``after - before``, with a 95 % interval of a paired bootstrap over classes.
        outcome: ``failed`` where the interval lies wholly below 0, ``undecided`` where the two did not spend
            the same.
        reason: why it is undecided; null otherwise.
    """

    file: str
    classifier: str
    before: float
    after: float
    difference: Interval
    outcome: Outcome
    reason: str | None = None

    @property
    def regression(self) -> bool:
        """Whether the classifier is worse than the earlier one."""
        return self.outcome == "failed"


class Mitigation(FrozenModel):
    """One figure of one mitigation, without it and with it.

    Attributes:
        mitigation: for instance ``reject below TPR95`` or ``ensemble lenet-b``.
        figure: what is compared, in words.
        before: the figure without the mitigation; null where it could not be had.
        after: the figure with it.
        cost: what the mitigation costs, in words.
    """

    mitigation: str
    figure: str
    before: float | None
    after: float | None
    cost: str
