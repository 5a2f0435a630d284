"""Sentences about an audit: its notes, which a reader has to know, and lines of progress."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

from foolery.audit.attacks.transfer import TRANSFER
from foolery.audit.detection import TPRS, min_images
from foolery.audit.intervals import exact_share
from foolery.audit.schema import AttackRecord, Audit, BudgetRecord, ReferenceStatistics
from foolery.data.synthetic import synthetic_kinds
from foolery.text import format_percent


def start_notes(*, reference: bool, queries: bool, panel: bool, excluded: Sequence[str]) -> tuple[str, ...]:
    """What can be said before anything was measured.

    Args:
        reference: whether there is reference data.
        queries: whether the budget limits the queries.
        panel: whether there is a panel.
        excluded: names of the classes that are not attacked.
    """
    notes = []
    if not reference:
        notes.append("There is no score: it needs labelled real images to compare with (--data).")
    if not queries:
        notes.append(
            "The budget is a time, so the number of queries depends on the machine: scores from other "
            "machines do not compare."
        )
    if not panel:
        notes.append("Whether the champions are recognizable was not checked: there is no panel (--panel).")
    if excluded:
        notes.append(f"Excluded, and in no figure: {', '.join(excluded)}.")
    return tuple(notes)


def final_notes(audit: Audit, test_error: float | None = None) -> tuple[str, ...]:
    """Whether a search was needed, whether time and real images did; nothing where all is well.

    Args:
        audit: at its end.
        test_error: of the classifier, as its card says; None where it does not.
    """
    return (
        *_no_search_needed_note(audit),
        *_time_limit_note(audit),
        *([] if audit.reference is None else reference_notes(audit.reference, test_error)),
    )


def reference_notes(reference: ReferenceStatistics, test_error: float | None = None) -> tuple[str, ...]:
    """What the real images do not do for.

    Args:
        reference: of the audit.
        test_error: of the classifier, as its card says; None where it does not.
    """
    notes = []
    low, _ = exact_share(reference.correct, reference.images)
    if reference.split == "train" or (test_error is not None and low > 1.0 - test_error):
        why = "they are the train split"
        if reference.split != "train":
            why = (
                f"it classifies {format_percent(reference.accuracy)} of them rightly, with 95 % coverage at "
                f"least {format_percent(low)}, where its card says "
                f"{format_percent(1.0 - (test_error or 0.0))}"
            )
        notes.append(
            f"The real images look like training images: {why}. Of these a network is surer, so thresholds "
            "are too high, and the score is too good."
        )
    missing = [tpr for tpr in TPRS if reference.thresholds and reference.threshold_at(tpr) is None]
    if missing:
        names = ", ".join(f"TPR {100 * tpr:.0f} %" for tpr in missing)
        notes.append(
            f"{reference.correct} real images that are classified rightly are too few for a threshold at "
            f"{names}: {min_images(missing[-1])} are needed."
        )
    return tuple(notes)


def _time_limit_note(audit: Audit) -> tuple[str, ...]:
    budget = audit.budget
    if not audit.unfinished:
        return ()
    return (
        f"The audit is unfinished: its time was up after {budget.spent:,} of "
        f"{budget.queries * budget.seeds:,} queries, before {', '.join(audit.unfinished)} came to an end. A "
        "class that would be fooled later counts as not fooled, so the score is too high: more time can only "
        "lower it.",
    )


def _no_search_needed_note(audit: Audit) -> tuple[str, ...]:
    synthetic = {kind.name for kind in synthetic_kinds()}
    tried = [attack for attack in audit.attacks if attack.fooled_at_tpr95 is not None]
    single_shot = [attack for attack in tried if attack.name in synthetic]
    searches = [attack for attack in tried if attack.name not in synthetic and attack.name != TRANSFER]
    if not single_shot or not searches:
        return ()
    best = max(single_shot, key=lambda attack: attack.fooled_at_tpr95 or 0.0)
    top = max(searches, key=lambda attack: attack.fooled_at_tpr95 or 0.0)
    if not best.fooled_at_tpr95 or best.fooled_at_tpr95 < (top.fooled_at_tpr95 or 0.0):
        return ()
    return (
        f"No search is needed: {best.queries:,} synthetic images ({best.name}) fool "
        f"{format_percent(best.fooled_at_tpr95, 0)} of the classes, the best search ({top.name}) "
        f"{format_percent(top.fooled_at_tpr95, 0)}.",
    )


def budget_line(budget: BudgetRecord, *, gated: bool = False, networks: int = 0) -> str:
    """The first line of progress: how fast, how much, how long, and what gates can know with that.

    Args:
        budget: of the audit.
        gated: whether a build depends on it.
        networks: that are audited as mitigations.
    """
    queries = budget.queries * budget.seeds * (1 + networks) - budget.spent
    seeds = "" if budget.seeds == 1 else f" for each of {budget.seeds} seeds"
    seeds += "" if not networks else f" and {1 + networks} networks, mitigations among them"
    start = (
        f"measured {budget.rate:,.0f} images/s; budget {budget.queries:,} queries{seeds}: about "
        f"{_duration(queries / budget.rate)} or more"
    )
    left = inf if budget.seconds is None else budget.seconds - budget.elapsed
    if queries / budget.rate <= left:
        return f"{start}; gates can be decided" if gated else start
    share = format_percent(left * budget.rate / (budget.queries * budget.seeds * (1 + networks)), 0)
    limit = f"{start}; its limit of {_duration(left)} ends it after about {share} of them"
    outcome = ": gates can fail and cannot pass, what has not failed by then is undecided" if gated else ""
    return limit + outcome


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"


def reference_line(reference: ReferenceStatistics) -> str:
    """A line of progress: what the classifier does with real images."""
    by_position = (
        "" if reference.matched_by == "name" else " (classes matched by their position: no name agrees)"
    )
    return (
        f"{reference.images} real images ({reference.split} split{per_class(reference)}): accuracy "
        f"{format_percent(reference.accuracy)}{by_position}; "
        f"TPR95 threshold: {reference.measure} {reference.threshold:.4g}"
    )


def per_class(reference: ReferenceStatistics) -> str:
    """``, 12 to 20 a class``: how many real images were classified; empty for audits of earlier schemas."""
    counts = [count for count in reference.class_images if count]
    if not counts:
        return ""
    least, most = min(counts), max(counts)
    return f", {least} a class" if least == most else f", {least} to {most} a class"


def progress_line(audit: Audit, name: str, queries: int, share: int) -> str:
    """A line of progress: where an attack stands, and the whole audit."""
    budget = audit.budget
    spent = budget.spent + queries
    left = max(0.0, (budget.queries * budget.seeds - spent) / budget.rate)
    if budget.seconds is not None:
        left = min(left, max(0.0, budget.seconds - budget.elapsed))
    whole = format_percent(min(1.0, spent / (budget.queries * budget.seeds)), 0)
    return f"{name}: {queries:,} of {share:,} queries; {whole} of the audit, about {_duration(left)} left"


def attack_line(attack: AttackRecord) -> str:
    """A line of progress: an attack that has ended."""
    fooled = (
        ""
        if attack.fooled_at_tpr95 is None
        else f", {format_percent(attack.fooled_at_tpr95, 0)} fooled@tpr95"
    )
    confidence = attack.median_confidence
    median = "" if confidence is None else f", median confidence {confidence:.4f}"
    return f"{attack.name}: {attack.queries:,} queries, {attack.seconds:.1f} s{fooled}{median}"
