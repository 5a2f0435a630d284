"""What an audit concludes: the parts of its document with figures, gates and mitigations."""

from __future__ import annotations

from typing import Literal, TypeAlias

from pydantic import BaseModel, ConfigDict

Outcome: TypeAlias = Literal["passed", "failed", "undecided"]


class FrozenModel(BaseModel):
    """A frozen record; an unknown field is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Curve(FrozenModel):
    """Share of classes that some attack of one seed fools within so many queries: a staircase."""

    seed: int
    queries: tuple[int, ...]
    fooled: tuple[float, ...]


class Interval(FrozenModel):
    """A figure with a 95 % interval; ``foolery.audit.intervals`` says of what kind."""

    value: float
    low: float
    high: float


class Detection(FrozenModel):
    """Real images against the champions of one attacker within so many queries.

    Attributes:
        queries: of one seed.
        auroc: probability that a real image has a larger measure than a champion.
        aupr: area under precision and recall, real images being what is to be found, both sides weighing
            the same.
        fpr: share of classes whose champion passes the threshold, for ``80``, ``90``, ``95`` and ``99``
            percent of the real images; null where there are too few of these.
    """

    queries: int
    auroc: Interval
    aupr: float
    fpr: dict[str, Interval | None]


class AttackerFigures(FrozenModel):
    """What one attacker achieves, see ``foolery.audit.attackers``.

    Attributes:
        name: of the attacker.
        attack: the attack that ``best-single`` chose; null for others.
        score: under this attacker.
        detection: after 100 queries, 1000 and so on, and with the whole budget.
    """

    name: Literal["best-single", "quickest-per-class", "all-in-order"]
    attack: str | None
    score: Interval
    detection: tuple[Detection, ...]


class PreviousScore(FrozenModel):
    """The score of schema 2, kept beside the new one for one version.

    It is 100 x (1 - area under fooled@tpr95 over log10 queries, from 100 to the budget) for the quickest
    attack per class, with bootstraps over classes.

    Attributes:
        score: of all attacks.
        score_without_transfer: without the transfer attack; null where that was not tried.
        score_unrecognizable: without images that the panel recognizes; null without a panel.
        seed_scores: the score of each seed.
    """

    score: Interval
    score_without_transfer: Interval | None = None
    score_unrecognizable: Interval | None = None
    seed_scores: tuple[float, ...] = ()


class AuditVerdict(FrozenModel):
    """The headline figures: means over seeds.

    Figures that compare with real images are those of the best single attack, each of the one that is best
    at it. The transfer attack is none of these, unless it alone was tried: its champions cost somebody
    else's queries, and which there are changes from version to version.

    Attributes:
        score: 100 x (1 - mean price), over classes and over log queries from 1 to the budget, of the best
            single attack's champions: what share of the real images is lost by rejecting one, on a
            logarithmic scale from 1 % to all; null for audits of earlier schemas.
        score_with_transfer: the same where the transfer attack may be the best single one; null where it was
            not tried, or alone.
        score_unrecognizable: the same without classes whose champion of the attack the panel recognizes; null
            without a panel.
        fooled_at_tpr95: share of classes that the best single attack fools at the TPR95 threshold.
        fooled_by_any: share of classes that any attack fools there.
        fooled_unrecognizable: share of classes for which an image passes that the panel does not recognize.
        above_real_median: share of classes whose champion is above the median real image.
        fooled_at_class_tpr95: share of classes whose champion passes the threshold that 95 % of the real
            images of its own class pass, of the classes that have such a threshold; null where none has.
        recognized: share of champions that the panel recognizes.
        seed_scores: the score of each seed.
        class_scores: ``(S, T)``, of each seed and each target, 0 to 100; the score is their mean.
        attackers: the best single attack, the quickest attack per class, and all attacks in their order.
        previous: the score of schema 2.
        median_confidence: over champions.
        above: share of champions with at least that confidence: 0.5, 0.9, 0.99, 0.9999.
        queries_to_half: queries until half of the classes were fooled by the quickest attack for each, the
            median of the seeds; null for never.
    """

    score: Interval | None = None
    score_with_transfer: Interval | None = None
    score_unrecognizable: Interval | None = None
    fooled_at_tpr95: Interval | None = None
    fooled_by_any: Interval | None = None
    fooled_unrecognizable: float | None = None
    above_real_median: Interval | None = None
    fooled_at_class_tpr95: Interval | None = None
    recognized: float | None = None
    seed_scores: tuple[float, ...] = ()
    class_scores: tuple[tuple[float, ...], ...] = ()
    attackers: tuple[AttackerFigures, ...] = ()
    previous: PreviousScore | None = None
    median_confidence: float
    above: dict[str, float]
    queries_to_half: float | None = None

    @property
    def best_attack(self) -> str | None:
        """The attack by which the classifier has its score."""
        return next((one.attack for one in self.attackers if one.name == "best-single"), None)

    @property
    def detection(self) -> Detection | None:
        """The best single attack with the whole budget."""
        return next((one.detection[-1] for one in self.attackers if one.name == "best-single"), None)


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
        difference: ``after - before``, with a 95 % interval over classes and seeds.
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
        threshold: of the measure, below which an image is rejected; null for other mitigations.
        confidence_threshold: the confidence that as many real images do not reach.
        code: two lines of Python that do it.
    """

    mitigation: str
    figure: str
    before: float | None
    after: float | None
    cost: str
    threshold: float | None = None
    confidence_threshold: float | None = None
    code: tuple[str, ...] = ()
