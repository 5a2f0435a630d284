"""``summary.md``: an audit on a page of Markdown, for a pull request; the command prints the same lines."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from foolery.audit.schema import AttackRecord, Audit, AuditedChampion
from foolery.audit.storage import SUMMARY
from foolery.audit.verdict import AuditVerdict, Interval, Outcome
from foolery.files import write_atomic
from foolery.text import format_confidence, format_percent

_CHAMPIONS = 12
_WORDS: Mapping[Outcome, str] = {"failed": "FAIL", "passed": "pass", "undecided": "undecided"}


def write_summary(audit: Audit, folder: Path) -> Path:
    """Write ``summary.md`` into ``folder``."""
    file = folder / SUMMARY
    write_atomic(file, summary_markdown(audit))
    return file


def summary_markdown(audit: Audit) -> str:
    """The page."""
    lines = [f"## Audit of `{audit.classifier.name}`: {headline(audit)}", ""]
    lines += [f"- {line}" for line in verdict_lines(audit)]
    if audit.gates or audit.comparison:
        lines += ["", "### Gates", "", *(f"- {line}" for line in gate_lines(audit))]
    lines += ["", "### Attacks", "", *_attack_table(audit)]
    if audit.champions:
        lines += ["", "### Champions", "", *_champion_table(audit)]
    if audit.mitigations:
        lines += ["", "### Mitigations", "", *_mitigation_table(audit)]
    if audit.notes:
        lines += ["", "### Notes", "", *(f"- {note}" for note in audit.notes)]
    return "\n".join(lines) + "\n"


def headline(audit: Audit) -> str:
    """A few words: passed, failed, or how it stands."""
    if audit.state != "finished":
        return f"{audit.state}, {audit.budget.spent:,} queries so far"
    if audit.gates or audit.comparison:
        return audit.outcome
    score = audit.verdict.score if audit.verdict is not None else None
    return "no score" if score is None else f"score {score.value:.1f}"


def verdict_lines(audit: Audit) -> list[str]:
    """The verdict, one line each."""
    lines = [] if audit.verdict is None else _figure_lines(audit, audit.verdict)
    if audit.reference is not None:
        reference = audit.reference
        lines.append(
            f"reference data: {reference.images} images of {reference.data}, accuracy "
            f"{format_percent(reference.accuracy)}; TPR95 threshold: {reference.measure} "
            f"{reference.threshold:.4g}"
        )
    budget = audit.budget
    repeated = f", at most {budget.repeated:,} of them twice after an interruption" if budget.repeated else ""
    lines.append(f"{budget.spent:,} queries in {budget.elapsed:.0f} s{repeated}; budget {budget.requested}")
    return lines


def _figure_lines(audit: Audit, verdict: AuditVerdict) -> list[str]:
    lines = []
    if verdict.score is not None:
        lines.append(f"score {format_interval(verdict.score, 1)} of 100 (95 % interval over classes)")
        if len(verdict.seed_scores) > 1:
            scores = ", ".join(f"{score:.1f}" for score in verdict.seed_scores)
            lines.append(f"score of each seed: {scores} (chance in the search)")
    if verdict.score_without_transfer is not None:
        lines.append(
            f"score without the transfer attack {format_interval(verdict.score_without_transfer, 1)}"
        )
    if verdict.score_unrecognizable is not None:
        interval = format_interval(verdict.score_unrecognizable, 1)
        lines.append(f"score without images that the panel recognizes {interval}")
    if verdict.fooled_at_tpr95 is not None:
        lines.append(
            f"fooled@tpr95 {format_share_interval(verdict.fooled_at_tpr95)} of {len(audit.targets)} classes"
        )
    if verdict.above_real_median is not None:
        lines.append(f"above-real-median {format_share_interval(verdict.above_real_median)}")
    above = ", ".join(f"{format_percent(share, 0)} at {level}" for level, share in verdict.above.items())
    lines.append(
        f"median confidence of the champions {format_confidence(verdict.median_confidence)} ({above})"
    )
    if verdict.recognized is not None:
        caution = ": they may show the class, or the panel may share the flaw" if verdict.recognized else ""
        lines.append(
            f"{format_percent(verdict.recognized, 0)} of the champions are recognized by the panel "
            f"({', '.join(audit.panel)}){caution}"
        )
    return lines


def gate_lines(audit: Audit) -> list[str]:
    """Each gate, and the comparison with an earlier audit."""
    lines = []
    for gate in audit.gates:
        value = "not known" if gate.value is None else f"{gate.value:.4g}"
        why = "" if gate.reason is None else f" ({gate.reason})"
        lines.append(f"{_WORDS[gate.outcome]}: fail on `{gate.expression}`, and it is {value}{why}")
    if audit.comparison is not None:
        one = audit.comparison
        why = "" if one.reason is None else f" ({one.reason})"
        lines.append(
            f"{_WORDS[one.outcome]}: score {one.before:.1f} before ({one.file}, {one.classifier}), "
            f"{one.after:.1f} now, difference {format_interval(one.difference, 1)}{why}"
        )
    return lines


def mitigation_lines(audit: Audit) -> list[str]:
    """The mitigations, one figure a line."""
    return [
        f"{one.mitigation}: {one.figure}: {_number(one.before)} before, {_number(one.after)} after; cost: "
        f"{one.cost}"
        for one in audit.mitigations
    ]


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3g}"


def format_interval(interval: Interval, decimals: int) -> str:
    """``71.3 (64.0 to 78.1)``."""
    value, low, high = (f"{each:.{decimals}f}" for each in (interval.value, interval.low, interval.high))
    return f"{value} ({low} to {high})"


def format_share_interval(interval: Interval) -> str:
    """``80 % (50 % to 100 %)``."""
    value, low, high = (format_percent(each, 0) for each in (interval.value, interval.low, interval.high))
    return f"{value} ({low} to {high})"


def _attack_table(audit: Audit) -> list[str]:
    rows = [
        "| attack | queries | fooled@tpr95 | median confidence | |",
        "| --- | ---: | ---: | ---: | --- |",
    ]
    seeds = audit.budget.seeds > 1
    for attack in audit.attacks:
        name = f"{attack.name} (seed {attack.seed})" if seeds else attack.name
        fooled = format_percent(attack.fooled_at_tpr95, 0)
        confidence = "–" if attack.median_confidence is None else format_confidence(attack.median_confidence)
        rows.append(f"| {name} | {attack.queries:,} | {fooled} | {confidence} | {_status(attack)} |")
    return rows


def _status(attack: AttackRecord) -> str:
    if attack.status == "finished" and attack.ended == "time":
        return "unfinished: the time was up"
    if attack.status == "skipped":
        return f"skipped: {_cell(attack.reason or '')}"
    return "" if attack.status == "finished" else attack.status


def _champion_table(audit: Audit) -> list[str]:
    ranked = sorted(audit.champions, key=lambda champion: -champion.value)[:_CHAMPIONS]
    rows = [
        "| class | confidence | attack | first fooled after | recognized by | image |",
        "| --- | ---: | --- | ---: | ---: | --- |",
    ]
    rows += [_champion_row(champion) for champion in ranked]
    more = len(audit.champions) - len(ranked)
    return [*rows, "", f"… and {more} more."] if more else rows


def _champion_row(champion: AuditedChampion) -> str:
    fooled = [queries for queries in champion.queries_to_fool if queries is not None]
    when = f"{min(fooled):,} queries" if fooled else "never"
    panel = format_percent(champion.recognized_by, 0)
    confidence = format_confidence(champion.confidence)
    cells = (_cell(champion.label), confidence, champion.attack, when, panel, f"`{champion.image}`")
    return f"| {' | '.join(cells)} |"


def _mitigation_table(audit: Audit) -> list[str]:
    rows = ["| mitigation | figure | before | after | cost |", "| --- | --- | ---: | ---: | --- |"]
    for one in audit.mitigations:
        before, after = _number(one.before), _number(one.after)
        cells = (_cell(one.mitigation), _cell(one.figure), before, after, _cell(one.cost))
        rows.append(f"| {' | '.join(cells)} |")
    return rows


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").replace("<", "&lt;").split())
