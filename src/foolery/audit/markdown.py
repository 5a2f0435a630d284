"""Summary: an audit in a page of Markdown, for a pull request."""

from __future__ import annotations

from pathlib import Path

from foolery.audit.attacks.base import STARTER
from foolery.audit.schema import Attack, Audit, Champion, Interval
from foolery.data.synthetic import baselines
from foolery.text import format_confidence

_MUCH = 0.8  # of the queries


def remarks(found: Audit) -> tuple[str, ...]:
    """Whether a search was needed at all, and whether the time was too short; nothing where all is well."""
    return *_no_search_needed(found), *_time_was_up(found)


def _time_was_up(found: Audit) -> tuple[str, ...]:
    budget = found.budget
    queries = budget.queries * budget.seeds
    if budget.seconds is None or budget.elapsed < _MUCH * budget.seconds or budget.spent >= _MUCH * queries:
        return ()
    return (
        f"The time was up after {budget.spent:,} of {queries:,} queries. What would fall later counts as not "
        "fooled, so the score is too good: more time can only lower it.",
    )


def _no_search_needed(found: Audit) -> tuple[str, ...]:
    drawn = {baseline.name for baseline in baselines()}
    tried = [attack for attack in found.attacks if attack.fooled_at_keep95 is not None]
    plain = [attack for attack in tried if attack.name in drawn]
    searched = [attack for attack in tried if attack.name not in drawn and attack.name != STARTER]
    if not plain or not searched:
        return ()
    best = max(plain, key=lambda attack: attack.fooled_at_keep95 or 0.0)
    top = max(searched, key=lambda attack: attack.fooled_at_keep95 or 0.0)
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
    file.write_text(summary_of(audit), encoding="utf-8")
    return file


def summary_of(audit: Audit) -> str:
    """The page."""
    lines = [f"## Audit of `{audit.classifier.name}`: {headline(audit)}", ""]
    lines += [f"- {line}" for line in facts(audit)]
    if audit.gates or audit.compared:
        lines += ["", "### Gates", "", *(f"- {line}" for line in verdicts(audit))]
    lines += ["", "### Attacks", "", *_attacks(audit)]
    if audit.champions:
        lines += ["", "### Champions", "", *_champions(audit)]
    if audit.helps:
        lines += ["", "### What helps", "", *_helps(audit)]
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


def facts(audit: Audit) -> list[str]:
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
        real = audit.yardstick
        lines.append(
            f"yardstick: {real.images} pictures of {real.data}, accuracy {real.accuracy:.1%}; 95 % of the "
            f"right answers have a {real.measure} of {real.threshold:.4g} or more"
        )
    again = f", at most {budget.repeated:,} of them twice after an interruption" if budget.repeated else ""
    lines.append(f"{budget.spent:,} queries in {budget.elapsed:.0f} s{again}; budget {budget.asked}")
    return lines


def verdicts(audit: Audit) -> list[str]:
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


def remedies(audit: Audit) -> list[str]:
    """What helps, one line each."""
    return [
        f"{one.measure}: {one.what}: {_told(one.before)} before, {_told(one.after)} after; cost: {one.cost}"
        for one in audit.helps
    ]


def _told(value: float | None) -> str:
    return "–" if value is None else f"{value:.3g}"


def interval(one: Interval, decimals: int) -> str:
    """``71.3 (64.0 to 78.1)``."""
    return f"{one.value:.{decimals}f} ({one.low:.{decimals}f} to {one.high:.{decimals}f})"


def shares(one: Interval) -> str:
    """``80 % (50 % to 100 %)``."""
    return f"{100 * one.value:.0f} % ({100 * one.low:.0f} % to {100 * one.high:.0f} %)"


def _attacks(audit: Audit) -> list[str]:
    rows = [
        "| attack | queries | fooled@keep95 | median confidence | |",
        "| --- | ---: | ---: | ---: | --- |",
    ]
    seeds = audit.budget.seeds > 1
    for attack in audit.attacks:
        name = f"{attack.name} (seed {attack.seed})" if seeds else attack.name
        fooled = "–" if attack.fooled_at_keep95 is None else f"{100 * attack.fooled_at_keep95:.0f} %"
        sure = "–" if attack.median_confidence is None else format_confidence(attack.median_confidence)
        rows.append(f"| {name} | {attack.queries:,} | {fooled} | {sure} | {_said(attack)} |")
    return rows


def _said(attack: Attack) -> str:
    if attack.status == "skipped":
        return f"skipped: {_cell(attack.reason or '')}"
    return "" if attack.status == "finished" else attack.status


def _champions(audit: Audit) -> list[str]:
    ranked = sorted(audit.champions, key=lambda champion: -champion.value)[:_CHAMPIONS]
    rows = [
        "| class | confidence | attack | first fooled after | recognised by | picture |",
        "| --- | ---: | --- | ---: | ---: | --- |",
    ]
    rows += [_champion(champion) for champion in ranked]
    more = len(audit.champions) - len(ranked)
    return [*rows, "", f"… and {more} more."] if more else rows


def _champion(one: Champion) -> str:
    times = [at for at in one.passed_at if at is not None]
    when = f"{min(times):,} queries" if times else "never"
    panel = "–" if one.recognised_by is None else f"{100 * one.recognised_by:.0f} %"
    sure = format_confidence(one.confidence)
    return f"| {_cell(one.label)} | {sure} | {one.attack} | {when} | {panel} | `{one.image}` |"


def _helps(audit: Audit) -> list[str]:
    rows = ["| measure | figure | before | after | cost |", "| --- | --- | ---: | ---: | --- |"]
    for one in audit.helps:
        before, after = _told(one.before), _told(one.after)
        rows.append(f"| {_cell(one.measure)} | {_cell(one.what)} | {before} | {after} | {_cell(one.cost)} |")
    return rows


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").replace("<", "&lt;").split())
