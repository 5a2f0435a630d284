"""Summary: an audit in a page of Markdown, for a pull request."""

from __future__ import annotations

from pathlib import Path

from foolery.audit.attacks.base import TRANSFER
from foolery.audit.schema import AttackRecord, Audit, AuditedChampion, Interval
from foolery.data.synthetic import synthetic_kinds
from foolery.text import format_confidence

_MOST_OF_BUDGET = 0.8  # of the queries


def final_notes(audit: Audit) -> tuple[str, ...]:
    """Whether a search was needed at all, and whether the time was too short; nothing where all is well."""
    return *_no_search_needed_note(audit), *_time_limit_note(audit)


def _time_limit_note(audit: Audit) -> tuple[str, ...]:
    budget = audit.budget
    queries = budget.queries * budget.seeds
    if (
        budget.seconds is None
        or budget.elapsed < _MOST_OF_BUDGET * budget.seconds
        or budget.spent >= _MOST_OF_BUDGET * queries
    ):
        return ()
    return (
        f"The time was up after {budget.spent:,} of {queries:,} queries. What would fall later counts as not "
        "fooled, so the score is too good: more time can only lower it.",
    )


def _no_search_needed_note(audit: Audit) -> tuple[str, ...]:
    synthetic = {baseline.name for baseline in synthetic_kinds()}
    tried = [attack for attack in audit.attacks if attack.fooled_at_keep95 is not None]
    single_shot = [attack for attack in tried if attack.name in synthetic]
    searches = [attack for attack in tried if attack.name not in synthetic and attack.name != TRANSFER]
    if not single_shot or not searches:
        return ()
    best = max(single_shot, key=lambda attack: attack.fooled_at_keep95 or 0.0)
    top = max(searches, key=lambda attack: attack.fooled_at_keep95 or 0.0)
    if not best.fooled_at_keep95 or best.fooled_at_keep95 < (top.fooled_at_keep95 or 0.0):
        return ()
    return (
        f"No search is needed: {best.queries:,} pictures of {best.name} fool {best.fooled_at_keep95:.0%} of "
        f"the classes, the best search ({top.name}) {top.fooled_at_keep95:.0%}.",
    )


FILE = "summary.md"
_CHAMPIONS = 12


def write_summary(audit: Audit, folder: Path) -> Path:
    """Write ``summary.md`` into ``folder``."""
    file = folder / FILE
    file.write_text(summary_markdown(audit), encoding="utf-8")
    return file


def summary_markdown(audit: Audit) -> str:
    """The page."""
    lines = [f"## Audit of `{audit.classifier.name}`: {headline(audit)}", ""]
    lines += [f"- {line}" for line in verdict_lines(audit)]
    if audit.gates or audit.compared:
        lines += ["", "### Gates", "", *(f"- {line}" for line in gate_lines(audit))]
    lines += ["", "### Attacks", "", *_attack_table(audit)]
    if audit.champions:
        lines += ["", "### Champions", "", *_champion_table(audit)]
    if audit.helps:
        lines += ["", "### What helps", "", *_mitigation_table(audit)]
    if audit.notes:
        lines += ["", "### Notes", "", *(f"- {note}" for note in audit.notes)]
    return "\n".join(lines) + "\n"


def headline(audit: Audit) -> str:
    """A few words: passed, failed, or how it stands."""
    if audit.state != "finished":
        return f"{audit.state}, {audit.budget.spent:,} queries so far"
    if audit.gates or audit.compared:
        return "passed" if audit.passed else "failed"
    score = audit.verdict.score if audit.verdict is not None else None
    return "no score" if score is None else f"score {score.value:.1f}"


def verdict_lines(audit: Audit) -> list[str]:
    """The verdict, one line each."""
    budget, verdict = audit.budget, audit.verdict
    lines = []
    if verdict is not None and verdict.score is not None:
        lines.append(f"score {interval(verdict.score, 1)} of 100 (interval: classes resampled)")
        if len(verdict.seed_scores) > 1:
            scores = ", ".join(f"{score:.1f}" for score in verdict.seed_scores)
            lines.append(f"score of each seed: {scores} (chance in the search)")
    if verdict is not None and verdict.score_of_nonsense is not None:
        lines.append(
            f"score of nonsense, without pictures that the panel recognises: "
            f"{interval(verdict.score_of_nonsense, 1)}"
        )
    if verdict is not None and verdict.score_of_search is not None:
        lines.append(
            f"score of search, without other networks' champions: {interval(verdict.score_of_search, 1)}"
        )
    if verdict is not None and verdict.fooled_at_keep95 is not None:
        lines.append(f"fooled@keep95 {shares(verdict.fooled_at_keep95)} of {len(audit.targets)} classes")
    if verdict is not None and verdict.beats_real is not None:
        lines.append(f"beats-real {shares(verdict.beats_real)}")
    if verdict is not None:
        above = ", ".join(f"{share:.0%} at {level}" for level, share in verdict.above.items())
        lines.append(
            f"median confidence of the champions {format_confidence(verdict.median_confidence)} ({above})"
        )
    if verdict is not None and verdict.recognised is not None:
        lines.append(
            f"{verdict.recognised:.0%} of the champions are recognised by the panel "
            f"({', '.join(audit.panel)})"
            + (
                ": they may show what they claim, or the panel may share the flaw"
                if verdict.recognised
                else ""
            )
        )
    if audit.yardstick is not None:
        reference = audit.yardstick
        lines.append(
            f"yardstick: {reference.images} pictures of {reference.data}, accuracy "
            f"{reference.accuracy:.1%}; 95 % of the "
            f"right answers have a {reference.measure} of {reference.threshold:.4g} or more"
        )
    repeated = f", at most {budget.repeated:,} of them twice after an interruption" if budget.repeated else ""
    lines.append(f"{budget.spent:,} queries in {budget.elapsed:.0f} s{repeated}; budget {budget.asked}")
    return lines


def gate_lines(audit: Audit) -> list[str]:
    """Each gate, and the comparison with an earlier audit."""
    lines = []
    for gate in audit.gates:
        value = "not known" if gate.value is None else f"{gate.value:.4g}"
        lines.append(f"{'FAIL' if gate.failed else 'pass'}: fail on `{gate.expression}`, and it is {value}")
    if audit.compared is not None:
        one = audit.compared
        lines.append(
            f"{'FAIL' if one.regression else 'pass'}: score {one.before:.1f} before ({one.file}, "
            f"{one.classifier}), {one.after:.1f} now, difference {interval(one.difference, 1)}"
        )
    return lines


def mitigation_lines(audit: Audit) -> list[str]:
    """What helps, one line each."""
    return [
        f"{one.measure}: {one.what}: {_figure(one.before)} before, {_figure(one.after)} after; cost: "
        f"{one.cost}"
        for one in audit.helps
    ]


def _figure(value: float | None) -> str:
    return "–" if value is None else f"{value:.3g}"


def interval(one: Interval, decimals: int) -> str:
    """``71.3 (64.0 to 78.1)``."""
    return f"{one.value:.{decimals}f} ({one.low:.{decimals}f} to {one.high:.{decimals}f})"


def shares(one: Interval) -> str:
    """``80 % (50 % to 100 %)``."""
    return f"{100 * one.value:.0f} % ({100 * one.low:.0f} % to {100 * one.high:.0f} %)"


def _attack_table(audit: Audit) -> list[str]:
    rows = [
        "| attack | queries | fooled@keep95 | median confidence | |",
        "| --- | ---: | ---: | ---: | --- |",
    ]
    seeds = audit.budget.seeds > 1
    for attack in audit.attacks:
        name = f"{attack.name} (seed {attack.seed})" if seeds else attack.name
        fooled = "–" if attack.fooled_at_keep95 is None else f"{100 * attack.fooled_at_keep95:.0f} %"
        confidence = "–" if attack.median_confidence is None else format_confidence(attack.median_confidence)
        rows.append(f"| {name} | {attack.queries:,} | {fooled} | {confidence} | {_status(attack)} |")
    return rows


def _status(attack: AttackRecord) -> str:
    if attack.status == "skipped":
        return f"skipped: {_cell(attack.reason or '')}"
    return "" if attack.status == "finished" else attack.status


def _champion_table(audit: Audit) -> list[str]:
    ranked = sorted(audit.champions, key=lambda champion: -champion.value)[:_CHAMPIONS]
    rows = [
        "| class | confidence | attack | first fooled after | recognised by | picture |",
        "| --- | ---: | --- | ---: | ---: | --- |",
    ]
    rows += [_champion_row(champion) for champion in ranked]
    more = len(audit.champions) - len(ranked)
    return [*rows, "", f"… and {more} more."] if more else rows


def _champion_row(champion: AuditedChampion) -> str:
    times = [at for at in champion.passed_at if at is not None]
    when = f"{min(times):,} queries" if times else "never"
    panel = "–" if champion.recognised_by is None else f"{100 * champion.recognised_by:.0f} %"
    confidence = format_confidence(champion.confidence)
    cells = (_cell(champion.label), confidence, champion.attack, when, panel, f"`{champion.image}`")
    return f"| {' | '.join(cells)} |"


def _mitigation_table(audit: Audit) -> list[str]:
    rows = ["| measure | figure | before | after | cost |", "| --- | --- | ---: | ---: | --- |"]
    for one in audit.helps:
        before, after = _figure(one.before), _figure(one.after)
        rows.append(f"| {_cell(one.measure)} | {_cell(one.what)} | {before} | {after} | {_cell(one.cost)} |")
    return rows


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").replace("<", "&lt;").split())
