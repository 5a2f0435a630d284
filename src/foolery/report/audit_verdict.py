"""Verdict: what an audit found, as the texts, tables and the curve that its page shows first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import log10
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from foolery.report.run_view import Fact
from foolery.report.svg_plot import Plot, Tick, line, linear_axis
from foolery.report.wording import duration, number
from foolery.text import format_score

if TYPE_CHECKING:
    from foolery.audit.schema import AttackRecord, Audit, GateResult, Interval, Mitigation

FIRST_QUERIES = 100  # queries at which the score's area begins
_MAX_STEPS = 400  # steps of a curve


@dataclass(frozen=True)
class GateRow:
    """One condition of the audit: how it was written, and what came of it."""

    expression: str
    passed: bool
    said: str


@dataclass(frozen=True)
class PageTable:
    """A table with a heading and a sentence about it; ``prose`` is the style of cells with sentences."""

    title: str
    about: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    style: str = ""


@dataclass(frozen=True)
class AuditSection:
    """The first section of an audit's page.

    Attributes:
        why: what the figures are measured by, in a sentence or two.
        figures: the headline figures.
        curve: classes fooled over queries; None without data.
        tables: attacks, what helps.
        notes: what a reader has to know.
    """

    why: str
    figures: tuple[Fact, ...]
    gates: tuple[GateRow, ...]
    curve: Plot | None
    tables: tuple[PageTable, ...]
    notes: tuple[str, ...]


def audit_section(audit: Audit, notes: Sequence[str] = ()) -> AuditSection:
    """All that is said of an audit before its pictures."""
    tables = [_attacks(audit)] + ([_mitigations(audit)] if audit.helps else [])
    return AuditSection(
        why=_method(audit),
        figures=_figures(audit),
        gates=(*(_gate(gate) for gate in audit.gates), *_comparison(audit)),
        curve=curve_plot(audit) if any(curve.queries for curve in audit.curves) else None,
        tables=tuple(tables),
        notes=(*audit.notes, *notes),
    )


def audit_headline(audit: Audit, name: str) -> str:
    """One sentence: what came of it."""
    verdict, yardstick = audit.verdict, audit.yardstick
    if verdict is None:
        return f"The audit of {name} has no result yet"
    if yardstick is None or verdict.fooled_at_keep95 is None:
        best = (
            f"the best pictures have a median confidence of {_confidence(verdict.median_confidence, audit)}"
        )
        return f"{name}, audited without real pictures: {best}"
    share = verdict.fooled_at_keep95.value
    total = len(audit.targets)
    return (
        f"{name} takes pictures of nothing for real ones in {number(round(share * total))} of "
        f"{number(total)} classes"
    )


def _method(audit: Audit) -> str:
    yardstick = audit.yardstick
    if yardstick is None:
        return "No real pictures were given, so there is no yardstick and no score."
    return (
        f"Measured by {number(yardstick.right)} real pictures of {yardstick.data} that the classifier gets "
        f"right ({percent(yardstick.accuracy)} of {number(yardstick.images)}). A picture fools it where it "
        "passes the threshold that keeps 95 % of these. The score is 100 where no class is fooled, and 0 "
        "where every class is at once."
    )


def _figures(audit: Audit) -> tuple[Fact, ...]:
    verdict, facts = audit.verdict, []
    if verdict is not None:
        facts += _scores(verdict.score, "score of 100")
        facts += _scores(verdict.score_of_nonsense, "score of what a panel rejects")
        facts += _scores(verdict.score_of_search, "score without other networks' champions")
        facts += _shares(verdict.fooled_at_keep95, "fooled at keep95")
        facts += _shares(verdict.beats_real, "beat the median real one")
        if verdict.recognised is not None:
            facts.append(Fact("recognised by a panel", percent(verdict.recognised)))
        facts.append(Fact("median confidence", _confidence(verdict.median_confidence, audit)))
        if verdict.queries_to_half is not None:
            facts.append(Fact("queries to half", number(verdict.queries_to_half)))
    facts.append(Fact("queries spent", number(audit.budget.spent)))
    facts.append(Fact("time", duration(audit.budget.elapsed)))
    return tuple(facts)


def _gate(gate: GateResult) -> GateRow:
    text = "nothing is known of it" if gate.value is None else f"it is {gate.value:.4g}"
    return GateRow(f"fail on {gate.expression}", not gate.failed, text)


def _comparison(audit: Audit) -> tuple[GateRow, ...]:
    compared = audit.compared
    if compared is None:
        return ()
    change = compared.difference
    return (
        GateRow(
            f"no worse than {compared.file}",
            not compared.regression,
            f"score {compared.before:.1f} before ({compared.classifier}), {compared.after:.1f} now: "
            f"{_signed(change.value)} ({_signed(change.low)} to {_signed(change.high)})",
        ),
    )


def _attacks(audit: Audit) -> PageTable:
    return PageTable(
        title="Attacks",
        about="Each by itself: the classes of which it has a picture that passes, and its best pictures.",
        head=("attack", "seed", "queries", "time", "fooled at keep95", "beats real", "median confidence"),
        rows=tuple(_attack(attack, audit) for attack in audit.attacks),
    )


def _attack(attack: AttackRecord, audit: Audit) -> tuple[str, ...]:
    state = "" if attack.status == "finished" else f", {attack.status}"
    reason = f": {attack.reason}" if attack.reason else ""
    confidence = attack.median_confidence
    return (
        f"{attack.name}{state}{reason}",
        str(attack.seed),
        number(attack.queries),
        duration(attack.seconds),
        _optional_percent(attack.fooled_at_keep95),
        _optional_percent(attack.beats_real),
        "–" if confidence is None else _confidence(confidence, audit),
    )


def _mitigations(audit: Audit) -> PageTable:
    def told(each: Mitigation, value: float | None) -> str:
        return "–" if value is None else f"{value:.1f}" if each.what.startswith("score") else percent(value)

    return PageTable(
        title="What helps",
        about="Measured on this classifier, under a fresh attack.",
        head=("measure", "before", "after", "compared", "cost"),
        rows=tuple(
            (each.measure, told(each, each.before), told(each, each.after), each.what, each.cost)
            for each in audit.helps
        ),
        style="prose",
    )


def curve_plot(audit: Audit) -> Plot:
    """Share of the classes fooled at keep95 over queries, on a scale of powers of ten."""
    last = max(audit.budget.queries, FIRST_QUERIES * 10)
    width = log10(last / FIRST_QUERIES)
    style = "median" if len(audit.curves) == 1 else "least"
    shapes = []
    axis = linear_axis(np.array([0.0, 100.0]))
    for curve in audit.curves:
        queries, fooled = _staircase(curve.queries, curve.fooled, last)
        along = np.clip(np.log10(np.maximum(queries, FIRST_QUERIES) / FIRST_QUERIES) / width, 0.0, 1.0)
        shapes.append(line(style, along, axis.place(100 * fooled)))
    powers = [10**power for power in range(2, int(log10(last)) + 1)]
    rows = [
        (f"{number(at)}", *(percent(_at(curve.queries, curve.fooled, at)) for curve in audit.curves))
        for at in sorted({*powers, last})
    ]
    ends = [curve.fooled[-1] for curve in audit.curves if curve.fooled]
    return Plot(
        name="curve",
        title="Classes fooled over queries",
        about=f"Within {number(audit.budget.queries)} queries: " + ", ".join(map(percent, ends)) + ".",
        up=tuple(Tick(tick.place, f"{tick.label} %") for tick in axis.ticks),
        across=tuple(Tick(log10(power / FIRST_QUERIES) / width, number(power)) for power in powers),
        unit="queries of one seed",
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
    return [Fact(f"{name} ({percent(interval.low)} to {percent(interval.high)})", percent(interval.value))]


def percent(share: float) -> str:
    """``12.3 %``; only what is all is ``100 %``, and only nothing ``0 %``."""
    if share in (0.0, 1.0):
        return f"{share:.0%}".replace("%", " %")
    return f"{min(max(100 * share, 0.1), 99.9):.1f} %"


def _optional_percent(share: float | None) -> str:
    return "–" if share is None else percent(share)


def _confidence(value: float, audit: Audit) -> str:
    return format_score(value, audit.classifier.kind)


def _signed(value: float) -> str:
    return f"{value:+.1f}".replace("-", "−")
