"""``summary.md``: an audit on a page of Markdown, for a pull request; the command prints the same lines."""

from __future__ import annotations

from collections.abc import Mapping
from math import exp
from pathlib import Path

from foolery.audit.advice import next_steps, standing_lines
from foolery.audit.notes import per_class
from foolery.audit.schema import AttackRecord, Audit, AuditedChampion, ReferenceStatistics
from foolery.audit.storage import SUMMARY
from foolery.audit.verdict import AuditVerdict, Detection, Interval, Mitigation, Outcome
from foolery.files import write_atomic
from foolery.text import format_confidence, format_percent

_CHAMPIONS = 12
TPR = 0.95
MAX_LOG_ODDS = 20.0  # beyond, a factor says no more than the margin
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
    advice = advice_lines(audit)
    if advice:
        lines += ["", "### What now", "", *(f"- {line}" for line in advice)]
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
    score = None if audit.verdict is None else headline_score(audit.verdict)
    return "no score" if score is None else f"score {score.value:.1f}"


def headline_score(verdict: AuditVerdict) -> Interval | None:
    """The score; of an audit of an earlier schema the one that it has."""
    if verdict.score is None and verdict.previous is not None:
        return verdict.previous.score
    return verdict.score


def verdict_lines(audit: Audit) -> list[str]:
    """The verdict, one line each."""
    lines = [] if audit.protocol is None else [f"protocol {audit.protocol}"]
    lines += [] if audit.verdict is None else _figure_lines(audit, audit.verdict)
    if audit.reference is not None:
        reference = audit.reference
        lines.append(
            f"reference data: {reference.images} images of {reference.data} ({reference.split} split"
            f"{per_class(reference)}), "
            f"accuracy {format_percent(reference.accuracy)}; TPR95 threshold: {reference.measure} "
            f"{reference.threshold:.4g}"
        )
        lines += threshold_lines(reference)
    budget = audit.budget
    repeated = f", at most {budget.repeated:,} of them twice after an interruption" if budget.repeated else ""
    lines.append(f"{budget.spent:,} queries in {budget.elapsed:.0f} s{repeated}; budget {budget.requested}")
    return lines


def _figure_lines(audit: Audit, verdict: AuditVerdict) -> list[str]:
    lines = []
    if verdict.score is not None:
        sources = "classes and seeds" if audit.budget.seeds > 1 else "classes, one seed"
        best = "" if verdict.best_attack is None else f", best single attack {verdict.best_attack}"
        lines.append(f"score {format_interval(verdict.score, 1)} of 100 (95 % interval over {sources}){best}")
        if len(verdict.seed_scores) > 1:
            scores = ", ".join(f"{score:.1f}" for score in verdict.seed_scores)
            lines.append(f"score of each seed: {scores}")
    lines += _attacker_lines(verdict)
    if verdict.score_with_transfer is not None:
        interval = format_interval(verdict.score_with_transfer, 1)
        lines.append(f"score where stored champions of other networks may be the best attack {interval}")
    if verdict.score_unrecognizable is not None:
        interval = format_interval(verdict.score_unrecognizable, 1)
        lines.append(f"score without images that the panel recognizes {interval}")
    if verdict.detection is not None:
        lines += detection_lines(verdict.detection)
    classes = f"of {len(audit.targets)} classes"
    if verdict.fooled_at_tpr95 is not None:
        share = format_share_interval(verdict.fooled_at_tpr95)
        lines.append(f"fooled@tpr95 {share} {classes} by the best single attack")
    if verdict.fooled_by_any is not None:
        lines.append(f"fooled@tpr95 {format_share_interval(verdict.fooled_by_any)} {classes} by any attack")
    if verdict.above_real_median is not None:
        lines.append(f"above-real-median {format_share_interval(verdict.above_real_median)}")
    if verdict.previous is not None:
        interval = format_interval(verdict.previous.score, 1)
        lines.append(f"previous score {interval}: the score of earlier versions, for this version alone")
    above = ", ".join(f"{format_percent(share, 0)} at {level}" for level, share in verdict.above.items())
    lines.append(
        f"median confidence of the champions {format_confidence(verdict.median_confidence)} ({above})"
    )
    if verdict.recognized is not None:
        caution = ": they may show the class, or the panel may share the flaw" if verdict.recognized else ""
        lines.append(
            f"{format_percent(verdict.recognized, 0)} of the champions are recognized by the panel "
            f"({', '.join(audit.panel)}{_misses(audit)}){caution}"
        )
    return lines


def threshold_lines(reference: ReferenceStatistics) -> list[str]:
    """What passing the TPR95 threshold means for this classifier."""
    threshold = reference.threshold_at(TPR)
    if threshold is None:
        return []
    odds = ""
    if reference.measure == "margin" and threshold.value < MAX_LOG_ODDS:
        odds = f", the class {exp(threshold.value):,.3g} times as likely as its best rival"
    return [
        f"to fool at TPR95 means: cannot be rejected at a price of 5 % of the real images{odds}; in "
        f"confidence the same price is a threshold of {format_confidence(threshold.confidence)}. It does not "
        "mean: is convinced"
    ]


def _misses(audit: Audit) -> str:
    misses = audit.panel_misses
    return "" if misses is None else f", which misses {format_percent(misses, 0)} of the real images"


def _attacker_lines(verdict: AuditVerdict) -> list[str]:
    names = {
        "quickest-per-class": "of the quickest attack per class",
        "all-in-order": "of all attacks in their order",
    }
    return [
        f"score {names[one.name]} {format_interval(one.score, 1)}"
        for one in verdict.attackers
        if one.name in names
    ]


def detection_lines(detection: Detection) -> list[str]:
    """Real images against champions, in the figures of out-of-distribution detection."""
    rates = ", ".join(
        f"{'–' if rate is None else format_percent(rate.value, 0)} at TPR {tpr} %"
        for tpr, rate in detection.fpr.items()
    )
    auroc = format_interval(detection.auroc, 3)
    return [f"AUROC of real images against champions {auroc}, AUPR {detection.aupr:.3f}; FPR {rates}"]


def advice_lines(audit: Audit) -> list[str]:
    """Where it stands among known networks, and what to do next."""
    return [*standing_lines(audit), *next_steps(audit)] if audit.state == "finished" else []


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
        f"{one.cost}{_how(one)}"
        for one in audit.mitigations
    ]


def _how(mitigation: Mitigation) -> str:
    """Thresholds and code, where it has some."""
    words = "" if mitigation.threshold is None else f"; threshold {mitigation.threshold:.4g}"
    if mitigation.confidence_threshold is not None:
        words += f", or for as many real images a confidence of {mitigation.confidence_threshold:.6g}"
    return words + (f"; {'; '.join(mitigation.code)}" if mitigation.code else "")


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
    rows = [
        "| mitigation | figure | before | after | cost | how |",
        "| --- | --- | ---: | ---: | --- | --- |",
    ]
    for one in audit.mitigations:
        before, after = _number(one.before), _number(one.after)
        how = _cell(_how(one).removeprefix("; "))
        cells = (_cell(one.mitigation), _cell(one.figure), before, after, _cell(one.cost), how)
        rows.append(f"| {' | '.join(cells)} |")
    return rows


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").replace("<", "&lt;").split())
