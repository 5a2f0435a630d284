"""Audit every shipped network, and the ImageNet networks that docs/cards has cards for.

Writes docs/results/audits.json and audits.md. An audit that was interrupted goes on; one that is finished is
not done again (delete its folder in runs/audits). MNIST, the networks and one photo of each class lie in
FOOLERY_DATA; what is missing is left out.

usage: python benchmarks/audits.py [--budget QUERIES] [--out DIR] [--docs DIR] [NAME…]
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from foolery.classifiers import builtin
from foolery.experiments.audit.document import FILE, Audit, read_audit
from foolery.experiments.audit.summary import interval, shares

ROOT = Path(__file__).parents[1]
CARDS = ROOT / "docs" / "cards"
BUDGET = 500_000


@dataclass(frozen=True)
class Target:
    """A network: its name in the table, and the words of the command that audit it."""

    name: str
    words: tuple[str, ...]
    shown: str


def targets() -> list[Target]:
    """All that can be audited here."""
    found = [
        Target(name, (name, "--data", "mnist"), f"foolery audit {name} --data mnist")
        for name in builtin.names()
    ]
    folder = Path(os.environ.get("FOOLERY_DATA", ""))
    photos = folder / "imagenet-samples" / "samples.parquet"
    for card in sorted(CARDS.glob("*.card.json")):
        name = card.name.removesuffix(".card.json")
        graph = folder / "models" / name / "model.onnx"
        if graph.is_file() and photos.is_file():
            words = (f"onnx:{graph}", "--card", str(card), "--data", f"parquet:{photos}")
            shown = f"foolery audit onnx:{name}/model.onnx --card {card.name} --data parquet:samples.parquet"
            found.append(Target(name, words, shown))
    return found


def audited(target: Target, budget: int, out: Path) -> Audit | None:
    """The audit of ``target``: the finished one in its folder, or a new one; None where it failed."""
    folder = out / target.name
    if (folder / FILE).is_file() and read_audit(folder).state == "finished":
        return read_audit(folder)
    again = ["--resume"] if (folder / FILE).is_file() else []
    words = ["audit", *target.words, "--budget", str(budget), "--out", str(folder), *again]
    print(f"== {target.name}", flush=True)
    done = subprocess.run([sys.executable, "-m", "foolery", *words], stdout=subprocess.DEVNULL, check=False)
    return read_audit(folder) if done.returncode == 0 else None


def row(name: str, command: str, found: Audit) -> dict[str, Any]:
    """What the results keep of an audit."""
    verdict, real = found.verdict, found.yardstick
    if verdict is None or real is None:
        raise SystemExit(f"{name}: has no score")
    return {
        "name": name,
        "command": f"{command} --budget {found.budget.asked}",
        "classes": len(found.classifier.classes),
        "accuracy": real.accuracy,
        "threshold": real.threshold,
        "queries": found.budget.spent,
        "seconds": found.budget.elapsed,
        "rate": found.budget.rate,
        "verdict": verdict.model_dump(mode="json"),
        "panel": list(found.panel),
        "attacks": [
            attack.model_dump(mode="json", include={
                "name", "status", "reason", "queries", "seconds", "fooled_at_keep95", "median_confidence",
            })
            for attack in found.attacks
        ],
        "versions": found.versions,
    }  # fmt: skip


def page(rows: list[tuple[dict[str, Any], Audit]]) -> str:
    """The table."""
    lines = [
        "# Audits",
        "",
        "`foolery audit` of the shipped networks and of the ImageNet networks in `docs/cards`, by "
        "`benchmarks/audits.py`. What the columns mean: [the score](../how-to/the-score.md). Scores "
        "compare where data, attacks and budget are the same: digits with digits, photos with photos.",
        "",
        "| network | accuracy | score | of nonsense | fooled@keep95 | beats-real | half fell after | "
        "queries | minutes |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for said, found in rows:
        verdict = found.verdict
        if verdict is None or verdict.score is None or not verdict.fooled_at_keep95 or not verdict.beats_real:
            continue
        nonsense = "–" if verdict.score_of_nonsense is None else interval(verdict.score_of_nonsense, 1)
        half = "never" if verdict.queries_to_half is None else f"{verdict.queries_to_half:,.0f}"
        lines.append(
            f"| {said['name']} | {said['accuracy']:.1%} | {interval(verdict.score, 1)} | {nonsense} | "
            f"{shares(verdict.fooled_at_keep95)} | {shares(verdict.beats_real)} | {half} | "
            f"{said['queries']:,} | {said['seconds'] / 60:.1f} |"
        )
    lines += ["", "Share of classes fooled at keep95 by each attack alone:", ""]
    names = [attack.name for attack in rows[0][1].attacks] if rows else []
    lines += [f"| attack | {' | '.join(said['name'] for said, _ in rows)} |"]
    lines += ["| --- |" + " ---: |" * len(rows)]
    for at, name in enumerate(names):
        shown = [found.attacks[at].fooled_at_keep95 for _, found in rows]
        lines.append(f"| {name} | " + " | ".join("–" if x is None else f"{x:.0%}" for x in shown) + " |")
    lines += ["", "Commands:", "", "```sh", *(said["command"] for said, _ in rows), "```", ""]
    return "\n".join(lines)


def main() -> int:
    """Audit, and write both files after each audit."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help="only these (default: all)")
    parser.add_argument("--budget", type=int, default=BUDGET)
    parser.add_argument("--out", type=Path, default=Path("runs") / "audits")
    parser.add_argument("--docs", type=Path, default=ROOT / "docs" / "results")
    given = parser.parse_args()
    rows: list[tuple[dict[str, Any], Audit]] = []
    failed = 0
    for target in targets():
        if given.names and target.name not in given.names:
            continue
        found = audited(target, given.budget, given.out)
        if found is None:
            failed += 1
            continue
        rows.append((row(target.name, target.shown, found), found))
        text = json.dumps({"budget": given.budget, "audits": [said for said, _ in rows]}, indent=1)
        (given.docs / "audits.json").write_text(text + "\n", encoding="utf-8")
        (given.docs / "audits.md").write_text(page(rows), encoding="utf-8")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
