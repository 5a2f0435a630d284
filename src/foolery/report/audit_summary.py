"""The result of an audit: the texts, tables and the curve that its page shows first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import log10
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from foolery.report.html import Fact
from foolery.report.svg_plot import Plot, Tick, line, linear_axis
from foolery.text import format_count, format_duration, format_percent, format_score

if TYPE_CHECKING:
    from foolery.audit.schema import AttackRecord, Audit, ReferenceStatistics
    from foolery.audit.verdict import GateResult, Interval, Mitigation, Outcome

FIRST_QUERIES = 100  # queries at which the score's area begins
_MAX_STEPS = 400  # steps of a curve


@dataclass(frozen=True)
class GateRow:
    """One condition of the audit: how it was written, and what came of it."""

    expression: str
    outcome: Outcome
    text: str


@dataclass(frozen=True)
class PageTable:
    """A table with a heading and a sentence about it.

    ``prose`` is the style of cells with sentences; ``code`` says that the last column is lines of code.
    """

    title: str
    about: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    style: str = ""
    code: bool = False


@dataclass(frozen=True)
class AuditSection:
    """The first section of an audit's page.

    Attributes:
        method: what the figures are measured by, in a sentence or two.
        figures: the headline figures.
        curve: classes fooled over queries; None without data.
        advice: where it stands among known networks, and what to do next.
        tables: attacks, mitigations.
        notes: what a reader has to know.
    """

    method: str
    figures: tuple[Fact, ...]
    gates: tuple[GateRow, ...]
    advice: tuple[str, ...]
    curve: Plot | None
    tables: tuple[PageTable, ...]
    notes: tuple[str, ...]


def audit_section(audit: Audit, notes: Sequence[str] = ()) -> AuditSection:
    """Everything that the page of an audit shows before its images."""
    from foolery.audit.markdown import advice_lines

    tables = [*_detection(audit), _attacks(audit)] + ([_mitigations(audit)] if audit.mitigations else [])
    return AuditSection(
        method=_method(audit),
        figures=_figures(audit),
        gates=(*(_gate(gate) for gate in audit.gates), *_comparison(audit)),
        advice=tuple(f"{line[:1].upper()}{line[1:]}." for line in advice_lines(audit)),
        curve=curve_plot(audit) if any(curve.queries for curve in audit.curves) else None,
        tables=tuple(tables),
        notes=tuple(f"{note.rstrip('.')}." for note in (*audit.notes, *notes)),
    )


def audit_headline(audit: Audit, name: str) -> str:
    """One sentence: what came of it."""
    verdict, reference = audit.verdict, audit.reference
    if verdict is None:
        return f"The audit of {name} has no result yet"
    if reference is None or verdict.fooled_by_any is None:
        confidence = _confidence(verdict.median_confidence, audit)
        return (
            f"{name}, audited without reference data: the champions have a median confidence of {confidence}"
        )
    total = len(audit.targets)
    fooled = round(verdict.fooled_by_any.value * total)
    return f"{name} is fooled in {format_count(fooled)} of {format_count(total)} classes"


def _method(audit: Audit) -> str:
    from foolery.audit.notes import per_class

    reference = audit.reference
    if reference is None:
        return "No reference data were given, so there is no threshold and no score."
    return (
        f"Reference data: {format_count(reference.correct)} real images of {reference.data} that the "
        f"classifier labels correctly ({format_percent(reference.accuracy)} of "
        f"{format_count(reference.images)}; {reference.split} split{per_class(reference)}). An image fools "
        f"the classifier if it passes the TPR95 threshold, as 95 % of these do.{_meaning(reference)} The "
        "score is 100 if rejecting the images of the best single attack costs less than 1 % of the real "
        "images, and 0 if from the first query on it costs all of them."
    )


def _meaning(reference: ReferenceStatistics) -> str:
    """A sentence or two, after a space."""
    from foolery.audit.markdown import threshold_lines

    return "".join(f" {line[:1].upper()}{line[1:]}." for line in threshold_lines(reference))


def _figures(audit: Audit) -> tuple[Fact, ...]:
    verdict, facts = audit.verdict, []
    if verdict is not None:
        facts += _scores(verdict.score, "score of 100")
        facts += _scores(verdict.score_unrecognizable, "score, unrecognizable images")
        facts += _scores(verdict.score_with_transfer, "score with transfer attack")
        for attacker in verdict.attackers:
            if attacker.name != "best-single":
                facts += _scores(attacker.score, f"score, {attacker.name.replace('-', ' ')}")
        facts += _shares(verdict.fooled_at_tpr95, "fooled at TPR95 by the best attack")
        facts += _shares(verdict.fooled_by_any, "fooled at TPR95 by any attack")
        facts += _shares(verdict.above_real_median, "above real median")
        if verdict.recognized is not None:
            facts.append(Fact("recognized by the panel", format_percent(verdict.recognized)))
        if audit.panel_misses is not None:
            facts.append(Fact("real images that the panel misses", format_percent(audit.panel_misses)))
        facts.append(Fact("median confidence", _confidence(verdict.median_confidence, audit)))
        if verdict.queries_to_half is not None:
            facts.append(Fact("queries to half of the classes", format_count(verdict.queries_to_half)))
    facts.append(Fact("queries", format_count(audit.budget.spent)))
    facts.append(Fact("time", format_duration(audit.budget.elapsed)))
    return tuple(facts)


def _gate(gate: GateResult) -> GateRow:
    text = "no value" if gate.value is None else f"value {gate.value:.4g}"
    return GateRow(f"fail on {gate.expression}", gate.outcome, _with_reason(text, gate.reason))


def _comparison(audit: Audit) -> tuple[GateRow, ...]:
    comparison = audit.comparison
    if comparison is None:
        return ()
    change = comparison.difference
    return (
        GateRow(
            f"no worse than {comparison.file}",
            comparison.outcome,
            _with_reason(
                f"score {comparison.before:.1f} before ({comparison.classifier}), "
                f"{comparison.after:.1f} now: {_signed(change.value)} "
                f"({_signed(change.low)} to {_signed(change.high)})",
                comparison.reason,
            ),
        ),
    )


def _with_reason(text: str, reason: str | None) -> str:
    return text if reason is None else f"{text}: {reason}"


def _detection(audit: Audit) -> list[PageTable]:
    attackers = () if audit.verdict is None else audit.verdict.attackers
    best = next((one for one in attackers if one.name == "best-single"), None)
    if best is None:
        return []
    return [
        PageTable(
            title="Real images against champions",
            about=f"The best single attack, {best.attack}, in the figures of out-of-distribution detection.",
            head=("queries", "AUROC", "AUPR", *(f"FPR at TPR {tpr} %" for tpr in best.detection[0].fpr)),
            rows=tuple(
                (
                    format_count(one.queries),
                    f"{one.auroc.value:.3f}",
                    f"{one.aupr:.3f}",
                    *(format_percent(None if rate is None else rate.value) for rate in one.fpr.values()),
                )
                for one in best.detection
            ),
        )
    ]


def _attacks(audit: Audit) -> PageTable:
    seeds = audit.budget.seeds
    return PageTable(
        title="Attacks",
        about="Each attack by itself."
        if seeds == 1
        else f"Each attack by itself: queries and time of all {seeds} seeds together, means of the figures.",
        head=("attack", "queries", "time", "fooled at TPR95", "above real median", "median confidence"),
        rows=tuple(
            _attack([one for one in audit.attacks if one.name == name], audit)
            for name in dict.fromkeys(attack.name for attack in audit.attacks)
        ),
    )


def _attack(attacks: Sequence[AttackRecord], audit: Audit) -> tuple[str, ...]:
    """One row: an attack with all its seeds."""
    states = dict.fromkeys(
        f"{attack.status}: {attack.reason}" if attack.reason else attack.status
        for attack in attacks
        if attack.status != "finished"
    )
    confidence = _mean([attack.median_confidence for attack in attacks])
    return (
        ", ".join([attacks[0].name, *states]),
        format_count(sum(attack.queries for attack in attacks)),
        format_duration(sum(attack.seconds for attack in attacks)),
        format_percent(_mean([attack.fooled_at_tpr95 for attack in attacks])),
        format_percent(_mean([attack.above_real_median for attack in attacks])),
        "–" if confidence is None else _confidence(confidence, audit),
    )


def _mean(values: Sequence[float | None]) -> float | None:
    there = [value for value in values if value is not None]
    return sum(there) / len(there) if there else None


def _mitigations(audit: Audit) -> PageTable:
    return PageTable(
        title="Mitigations",
        about="Measured on this classifier, under the attacks of the audit.",
        head=("mitigation", "before", "after", "metric", "cost", "how"),
        rows=tuple(
            (
                each.mitigation,
                _metric(each, each.before),
                _metric(each, each.after),
                each.figure,
                each.cost,
                "\n".join(each.code),
            )
            for each in audit.mitigations
        ),
        style="prose",
        code=True,
    )


def _metric(mitigation: Mitigation, value: float | None) -> str:
    if value is not None and mitigation.figure.startswith("score"):
        return f"{value:.1f}"
    return format_percent(value)


def curve_plot(audit: Audit) -> Plot:
    """Share of the classes fooled at TPR95 over queries, on a logarithmic scale."""
    last = max(audit.budget.queries, FIRST_QUERIES * 10)
    width = log10(last / FIRST_QUERIES)
    style = "median" if len(audit.curves) == 1 else "min"
    shapes = []
    axis = linear_axis(np.array([0.0, 100.0]))
    for curve in audit.curves:
        queries, fooled = _staircase(curve.queries, curve.fooled, last)
        along = np.clip(np.log10(np.maximum(queries, FIRST_QUERIES) / FIRST_QUERIES) / width, 0.0, 1.0)
        shapes.append(line(style, along, axis.place(100 * fooled)))
    powers = [10**power for power in range(2, int(log10(last)) + 1)]
    rows = [
        (
            f"{format_count(at)}",
            *(format_percent(_at(curve.queries, curve.fooled, at)) for curve in audit.curves),
        )
        for at in sorted({*powers, last})
    ]
    ends = [curve.fooled[-1] for curve in audit.curves if curve.fooled]
    return Plot(
        name="curve",
        title="Classes fooled over queries",
        about=f"Within {format_count(audit.budget.queries)} queries: "
        + ", ".join(map(format_percent, ends))
        + ".",
        up=tuple(Tick(tick.place, f"{tick.label} %") for tick in axis.ticks),
        across=tuple(Tick(log10(power / FIRST_QUERIES) / width, format_count(power)) for power in powers),
        unit="queries per seed",
        shapes=tuple(shapes),
        legend=(),
        head=("queries", *(f"seed {curve.seed}" for curve in audit.curves)),
        rows=tuple(rows),
    )


def _staircase(
    queries: Sequence[int], fooled: Sequence[float], last: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Corners of the steps, from the first query to the last."""
    across, up, before = [float(FIRST_QUERIES)], [0.0], 0.0
    step = max(1, len(queries) // _MAX_STEPS)
    for at, share in list(zip(queries, fooled, strict=True))[::step]:
        across += [float(at), float(at)]
        up += [before, share]
        before = share
    final = fooled[-1] if fooled else 0.0
    return np.array([*across, float(last)]), np.array([*up, final])


def _at(queries: Sequence[int], fooled: Sequence[float], when: int) -> float:
    return max((share for at, share in zip(queries, fooled, strict=True) if at <= when), default=0.0)


def _scores(interval: Interval | None, name: str) -> list[Fact]:
    if interval is None:
        return []
    return [Fact(f"{name} ({interval.low:.1f} to {interval.high:.1f})", f"{interval.value:.1f}")]


def _shares(interval: Interval | None, name: str) -> list[Fact]:
    if interval is None:
        return []
    return [
        Fact(
            f"{name} ({format_percent(interval.low)} to {format_percent(interval.high)})",
            format_percent(interval.value),
        )
    ]


def _confidence(value: float, audit: Audit) -> str:
    return format_score(value, audit.classifier.kind)


def _signed(value: float) -> str:
    return f"{value:+.1f}".replace("-", "−")
