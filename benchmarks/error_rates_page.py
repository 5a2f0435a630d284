"""The page and the raw figures of ``error_rates.py``: comparisons of the audits that are there."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from math import sqrt
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from foolery.audit.attacks.transfer import TRANSFER
from foolery.audit.intervals import difference_spread, exact_share
from foolery.text import format_percent

Row: TypeAlias = dict[str, Any]
Pair: TypeAlias = tuple[Row, Row]
RESAMPLES = 2000
#: What is compared, in words; the first one is the score.
DEFINITIONS = {
    "score": "the score",
    "with": "the score with stored champions",
    "per class": "the best attack for each class and seed",
}
#: Kinds of networks with what an alarm about them is.
EXPECTED = {
    "label noise": "is asked for where the score falls",
    "pruned": "is asked for where the score falls",
    "8-bit weights": "is false",
    "temperature": "is false",
    "slow": "is false",
}
REFUSED = ("rounded", "first answer alone")
#: What stands above the tables.
ABOUT = (
    "Made by `python benchmarks/error_rates.py DIR --write`; figures of every audit, with the score of",
    "every attack, seed and class: [error-rates.json](error-rates.json). A pair is compared as",
    "`--baseline` compares it; an alarm is a difference whose 95 % interval lies wholly below 0. Goals:",
    "alarms in at most 5 % of the pairs without a difference, in at least 90 % of those with one.",
    "",
    "Plain networks are `perceptron`s of different training seeds (1500 iterations). Others are hardened",
    "(600 iterations of ACET), trained with 30 % of the labels drawn at random, have 90 % of each layer's",
    "weights set to 0, weights rounded to 8 bits, or logits divided by 10, or answer slowly. Rounded",
    "probabilities have four decimals. Intervals are exact ones of independent pairs, and of resampled",
    "networks for pairs of twins, which share them; 0 % to 0 %, where no pair of twins raised an alarm,",
    "says less than it seems: with twenty networks that are ten independent pairs, up to 31 %.",
    "",
    "Whether a network is easier to fool after label noise or pruning is not known beforehand: it is",
    "asked for images made from nothing, relative to its own real images. An alarm is due only where the",
    "mean difference says so. The score is that of the best single attack without stored champions;",
    "beside it stand what the two other definitions would have said.",
)


def table(row: Row, definition: str) -> NDArray[np.float64]:
    """``(S, T)``: scores of seeds and classes under a definition."""
    tables = {name: np.array(one) for name, one in row["tables"].items()}
    if definition != "with":
        tables = {name: one for name, one in tables.items() if name != TRANSFER}
    if definition == "per class":
        least: NDArray[np.float64] = np.min(list(tables.values()), axis=0)
        return least
    return min(tables.values(), key=lambda one: float(one.mean()))


def difference(pair: Pair, definition: str) -> tuple[float, float]:
    """The difference of two scores, new less old, and half of its interval, as ``--baseline`` has them."""
    estimate = difference_spread(*(table(row, definition) for row in pair))
    return estimate.mean, estimate.quantile * sqrt(estimate.variance)


def alarms(pairs: Sequence[Pair], definition: str) -> NDArray[np.bool_]:
    """Whether each pair is a regression."""
    differences = [difference(pair, definition) for pair in pairs]
    return np.array([mean + half < 0.0 for mean, half in differences], np.bool_)


def comparison(name: str, pairs: Sequence[Pair], definition: str) -> Row:
    """One line of the table; the interval is exact, for independent pairs."""
    raised = alarms(pairs, definition)
    low, high = exact_share(int(raised.sum()), len(raised))
    differences = [difference(pair, definition) for pair in pairs]
    return {
        "pairs": name,
        "definition": definition,
        "count": len(pairs),
        "alarms": int(raised.sum()),
        "low": low,
        "high": high,
        "mean_difference": float(np.mean([mean for mean, _ in differences])),
        "mean_half_interval": float(np.mean([half for _, half in differences])),
    }


def twin_comparison(twins: Sequence[Row], definition: str) -> Row:
    """All ordered pairs of twins; the interval is of resampled networks, since pairs share them."""
    count = len(twins)
    raised = np.zeros((count, count))
    for (first, one), (second, other) in itertools.permutations(enumerate(twins), 2):
        raised[first, second] = alarms([(one, other)], definition)[0]
    drawn = np.random.default_rng(0).integers(0, count, (RESAMPLES, count))
    shares = []
    for rows in drawn:
        apart = rows[:, None] != rows[None, :]
        shares.append(float(raised[np.ix_(rows, rows)][apart].mean()) if apart.any() else 0.0)
    low, high = np.quantile(shares, [0.025, 0.975])
    pairs = list(itertools.permutations(twins, 2))
    return comparison("twin, then another twin", pairs, definition) | {"low": float(low), "high": float(high)}


def summarize(rows: Sequence[Row], protocol: str) -> Row:
    """All comparisons of one protocol."""
    of_kind: dict[str, dict[int, Row]] = {}
    for row in rows:
        if row["protocol"] == protocol:
            of_kind.setdefault(row["kind"], {})[row["at"]] = row
    plain = of_kind.get("plain", {})
    comparisons = []
    for definition in DEFINITIONS:
        if len(plain) > 1:
            comparisons.append(twin_comparison(list(plain.values()), definition))
        safer = of_kind.get("hardened", {})
        same = [(row, plain[at]) for at, row in safer.items() if at in plain]
        other = [(row, plain[at + 1]) for at, row in safer.items() if at + 1 in plain]
        for name, pairs in (
            ("hardened, then its plain twin", same),
            ("hardened, then another plain twin", other),
        ):
            comparisons += [comparison(name, pairs, definition)] if pairs else []
        for kind in EXPECTED:
            changed = [(plain[at], row) for at, row in of_kind.get(kind, {}).items() if at in plain]
            comparisons += [comparison(f"plain, then {kind}", changed, definition)] if changed else []
    refusals = {
        kind: [row["refused"] for row in of_kind.get(kind, {}).values()]
        for kind in REFUSED
        if kind in of_kind
    }
    return {
        "protocol": protocol,
        "networks": {kind: _network_line(list(of_kind[kind].values())) for kind in of_kind},
        "comparisons": comparisons,
        "refused": {
            kind: [sum(one is not None for one in all_), len(all_)] for kind, all_ in refusals.items()
        },
        "reasons": {kind: next((one for one in all_ if one), None) for kind, all_ in refusals.items()},
    }


def _network_line(rows: Sequence[Row]) -> Row:
    scored = [row for row in rows if row["refused"] is None]
    if not scored:
        return {"count": len(rows)}
    return {
        "count": len(rows),
        "accuracy": float(np.mean([row["accuracy"] for row in scored])),
        "processor_seconds": float(np.mean([row["processor_seconds"] for row in scored])),
        "training_processor_seconds": float(np.mean([row["training_processor_seconds"] for row in scored])),
        **{
            name: [round(float(table(row, name).mean()), 2) for row in scored] for name in DEFINITIONS
        },
    }  # fmt: skip


def network_table(found: Row) -> list[str]:
    """What the networks are like."""
    lines = [
        "| networks | how many | accuracy | score, from least to most | with stored champions |",
        "| --- | ---: | ---: | --- | --- |",
    ]
    for kind, line in found["networks"].items():
        if "accuracy" in line:
            spans = (f"{min(line[name]):.1f} to {max(line[name]):.1f}" for name in ("score", "with"))
            accuracy = format_percent(line["accuracy"])
            lines.append(f"| {kind} | {line['count']} | {accuracy} | {' | '.join(spans)} |")
    return lines


def comparison_table(found: Row, definition: str) -> list[str]:
    """How often there is an alarm."""
    lines = [
        "| baseline, then new | pairs | alarms | 95 % interval | mean difference | ± |",
        "| --- | ---: | ---: | --- | ---: | ---: |",
    ]
    for row in found["comparisons"]:
        if row["definition"] == definition:
            share = format_percent(row["alarms"] / row["count"])
            lines.append(
                f"| {row['pairs']} | {row['count']} | {row['alarms']} ({share}) | "
                f"{format_percent(row['low'])} to {format_percent(row['high'])} | "
                f"{row['mean_difference']:+.1f} | {row['mean_half_interval']:.1f} |"
            )
    return lines


def page(summaries: Sequence[Row]) -> str:
    """Every table."""
    lines = ["# How often a comparison with a baseline is wrong", "", *ABOUT, ""]
    for found in summaries:
        lines += [f"## {found['protocol']}", "", *network_table(found), ""]
        for definition, words in DEFINITIONS.items():
            lines += [f"By {words}:", "", *comparison_table(found, definition), ""]
        for kind, (count, total) in found["refused"].items():
            lines += [f"{kind}: {count} of {total} audits were refused: “{found['reasons'][kind]}”.", ""]
    return "\n".join(lines)


def write_pages(rows: Sequence[Row], docs: Path | None) -> None:
    """Write both files into ``docs``, or print the page; the figures of every audit are in the JSON."""
    protocols = dict.fromkeys(row["protocol"] for row in rows)
    summaries = [summarize(rows, protocol) for protocol in protocols]
    if docs is None:
        print(page(summaries))
        return
    text = json.dumps({"summaries": summaries, "rows": rows}, separators=(",", ":"))
    (docs / "error-rates.json").write_text(text + "\n", encoding="utf-8")
    (docs / "error-rates.md").write_text(page(summaries), encoding="utf-8")
