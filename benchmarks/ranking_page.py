"""The page and the raw figures of ``ranking.py``."""

from __future__ import annotations

import json
from collections.abc import Sequence
from math import sqrt
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from foolery.audit.intervals import difference_spread
from foolery.audit.markdown import format_interval
from foolery.audit.verdict import AuditVerdict
from foolery.text import format_percent

Row: TypeAlias = dict[str, Any]
#: Rows that are to have the score of their control: nothing about what fools them was changed.
UNCHANGED = "unchanged"
#: What stands above the tables.
ABOUT = (
    "All attacks of digits-1, three seeds. The networks that foolery ships are audited as they are; the",
    "others are fine-tuned from them, 400 iterations of 32 images: CEDA asks for uniform predictions on",
    "low-pass noise, ACET on the same noise made convincing by gradient ascent, adversarial training for",
    "the right label on images that gradient ascent moved by at most 51 of 255 levels, label smoothing",
    "leaves a tenth to all classes, and `lenet, plain` is fine-tuned without any of it. “With stored",
    "champions” and “quickest per class” are explained in [the score](../how-to/the-score.md).",
)


def difference(row: Row, control: Row) -> tuple[float, float]:
    """The score of a network less that of its control, and half of the interval."""
    before, after = (np.array(one["verdict"]["class_scores"]) for one in (control, row))
    estimate = difference_spread(before, after)
    return estimate.mean, estimate.quantile * sqrt(estimate.variance)


def score_table(rows: Sequence[Row]) -> list[str]:
    """Networks by their score, the least first."""
    lines = [
        "| network | training | accuracy | score | best attack | with stored champions | quickest per class "
        "| AUROC | FPR at TPR 80, 90, 95, 99 % |",
        "| --- | --- | ---: | ---: | --- | ---: | ---: | ---: | --- |",
    ]
    verdicts = [AuditVerdict.model_validate(row["verdict"]) for row in rows]
    for row, verdict in sorted(zip(rows, verdicts, strict=True), key=lambda pair: _score(pair[1])):
        quickest = next(one.score for one in verdict.attackers if one.name == "quickest-per-class")
        cells = [
            "–" if one is None else format_interval(one, 1)
            for one in (verdict.score, verdict.score_with_transfer, quickest)
        ]
        found = verdict.detection
        auroc = "–" if found is None else f"{found.auroc.value:.2f}"
        rates = "–" if found is None else ", ".join(
            format_percent(None if one is None else one.value, 0) for one in found.fpr.values()
        )  # fmt: skip
        lines.append(
            f"| {row['name']} | {row['training']} | {format_percent(row['accuracy'])} | {cells[0]} | "
            f"{verdict.best_attack} | {cells[1]} | {cells[2]} | {auroc} | {rates} |"
        )
    return lines


def _score(verdict: AuditVerdict) -> float:
    return 101.0 if verdict.score is None else verdict.score.value


def difference_table(rows: Sequence[Row]) -> list[str]:
    """Every network beside the one that it was made from, or compares with."""
    named = {row["name"]: row for row in rows}
    lines = ["| network | beside | difference | 95 % interval |", "| --- | --- | ---: | --- |"]
    for row in rows:
        if row["control"] != row["name"] and row["control"] in named:
            mean, half = difference(row, named[row["control"]])
            interval = f"{mean - half:+.1f} to {mean + half:+.1f}"
            lines.append(f"| {row['name']} | {row['control']} | {mean:+.1f} | {interval} |")
    return lines


def page(rows: Sequence[Row], command: str) -> str:
    """All tables."""
    trained = [row for row in rows if row["training"] != UNCHANGED]
    changed = [row for row in rows if row["training"] == UNCHANGED]
    return "\n".join(
        [
            "# Networks by their score",
            "",
            f"Made by `{command}`; raw figures: [ranking.json](ranking.json).",
            *ABOUT,
            "",
            *score_table(trained),
            "",
            "Differences, classes paired, as `--baseline` has them:",
            "",
            *difference_table(trained),
            "",
            "Changes that leave every decision, and the order of all images, as they are:",
            "",
            *score_table(changed),
            "",
            *difference_table([*rows[:1], *changed]),
            "",
        ]
    )


def write_pages(rows: list[Row], docs: Path | None, command: str) -> None:
    """Write both files into ``docs``, or print the page."""
    if docs is None:
        print(page(rows, command))
        return
    text = json.dumps({"command": command, "networks": rows}, separators=(",", ":"))
    (docs / "ranking.json").write_text(text + "\n", encoding="utf-8")
    (docs / "ranking.md").write_text(page(rows, command), encoding="utf-8")
