"""Audit every shipped network, and the ImageNet networks that docs/cards has cards for.

An audit that was interrupted goes on when the same is called again, and one that is finished is not done
again; delete its folder to have it again. MNIST, CIFAR-10, the networks and one photo of each class lie in
FOOLERY_DATA; what is missing is left out.

usage: python benchmarks/audits.py all|NAME… [--quick] [--budget QUERIES] [--out DIR] [--write [DOCS]]

Each network is audited under the protocol of its classes (digits-1, cifar-1, imagenet-1; with --quick
digits-quick-1 and so on); --budget takes the place of the protocol, for a trial. With --write,
docs/results/audits.json and audits.md are written after each audit, with whatever audits there are, and
foolery's own table of known networks (src/foolery/audit/known_audits.json).
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from foolery.audit import open_audit
from foolery.audit.markdown import format_interval, format_share_interval
from foolery.audit.schema import FILE, Audit
from foolery.classifiers import builtin
from foolery.text import format_percent

ROOT = Path(__file__).parents[1]
CARDS = ROOT / "docs" / "cards"
#: How the networks were trained, as the table says it.
TRAINING = {"lenet-acet": "ACET", "digits-vae": "generative"} | dict.fromkeys(
    ("digits-knn", "cifar-knn"), "nearest neighbors"
)
PROCESSOR = "processor-seconds.txt"
DOCS = ROOT / "docs" / "results"
KNOWN = ROOT / "src" / "foolery" / "audit" / "known_audits.json"
DIGITS = tuple("0123456789")
CIFAR = "cifar10/{train,test}.parquet"


@dataclass(frozen=True)
class Target:
    """A network: its name, the words of the command that audits it, the same as shown, and its protocol."""

    name: str
    words: tuple[str, ...]
    shown: str
    protocol: str

    @property
    def quick(self) -> Target:
        """The same under the quick protocol."""
        return replace(self, protocol=self.protocol.replace("-1", "-quick-1"))

    def folder(self, out: Path) -> Path:
        """Of its audit."""
        return out / f"{self.name}-{self.protocol}"


def targets() -> list[Target]:
    """All that can be audited here."""
    networks, folder = [], Path(os.environ.get("FOOLERY_DATA", ""))
    for name in builtin.names():
        data, shown, protocol = "mnist", "mnist", "digits-1"
        if builtin.card_of(name).classes != DIGITS:
            data, shown, protocol = f"parquet:{folder / CIFAR}", f"'parquet:{CIFAR}'", "cifar-1"
        command = f"foolery audit {name} --data {shown}"
        networks.append(Target(name, (name, "--data", data), command, protocol))
    photos = folder / "imagenet-samples" / "samples.parquet"
    for card in sorted(CARDS.glob("*.card.json")):
        name = card.name.removesuffix(".card.json")
        graph = folder / "models" / name / "model.onnx"
        if graph.is_file() and photos.is_file():
            words = (f"onnx:{graph}", "--card", str(card), "--data", f"parquet:{photos}")
            shown = f"foolery audit onnx:{name}/model.onnx --card {card.name} --data parquet:samples.parquet"
            networks.append(Target(name, words, shown, "imagenet-1"))
    return networks


def audited(target: Target, budget: int | None, out: Path) -> Audit | None:
    """The audit of ``target``: the finished one in its folder, or a new one; None where it failed."""
    folder = target.folder(out)
    earlier = open_audit(folder) if (folder / FILE).is_file() else None
    frozen = ["--protocol", target.protocol] if budget is None else ["--budget", str(budget)]
    if earlier is not None and earlier.state == "finished":
        return earlier
    again = [] if earlier is None else ["--resume"]
    words = ["audit", *target.words, *frozen, "--keep", "light", "--out", str(folder), *again]
    print(f"== {target.name} {target.protocol}", flush=True)
    before = _processor_seconds()
    done = subprocess.run([sys.executable, "-m", "foolery", *words], stdout=subprocess.DEVNULL, check=False)
    if done.returncode != 0:
        return None
    (folder / PROCESSOR).write_text(f"{_processor_seconds() - before:.1f}\n", encoding="ascii")
    return open_audit(folder)


def _processor_seconds() -> float:
    """Of all commands so far, of all their threads."""
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime


def row(target: Target, audit: Audit) -> dict[str, Any]:
    """What the results keep of an audit."""
    verdict, real = audit.verdict, audit.reference
    if verdict is None or real is None:
        raise SystemExit(f"{target.name}: has no score")
    return {
        "name": target.name,
        "command": f"{target.shown} {_frozen(audit)}",
        "protocol": audit.protocol,
        "training": TRAINING.get(target.name, "plain"),
        "classes": len(audit.classifier.classes),
        "accuracy": real.accuracy,
        "threshold": real.threshold,
        "budget": audit.budget.queries,
        "queries": audit.budget.spent,
        "seconds": audit.budget.elapsed,
        "processor_seconds": _kept_processor_seconds(audit.folder),
        "rate": audit.budget.rate,
        "verdict": verdict.model_dump(mode="json", exclude={"class_scores"}),
        "panel": list(audit.panel),
        "attacks": [
            attack.model_dump(mode="json", include={
                "name", "status", "reason", "queries", "seconds", "fooled_at_tpr95", "median_confidence",
            })
            for attack in audit.attacks
        ],
        "versions": audit.versions,
    }  # fmt: skip


def _kept_processor_seconds(folder: Path) -> float | None:
    """Of the command that ended the audit; one that went on after an interruption says too little."""
    file = folder / PROCESSOR
    return float(file.read_text(encoding="ascii")) if file.is_file() else None


def _frozen(audit: Audit) -> str:
    return f"--budget {audit.budget.requested}" if audit.protocol is None else f"--protocol {audit.protocol}"


def page(rows: list[tuple[dict[str, Any], Audit]]) -> str:
    """Both tables."""
    lines = [
        "# Audits",
        "",
        "`foolery audit` of the shipped networks and of the ImageNet networks in `docs/cards`, by",
        "`python benchmarks/audits.py all --write`. The columns are explained in",
        "[the score](../how-to/the-score.md). Scores compare within one protocol. The photos of ImageNet at",
        "hand appear to be training images: thresholds are too high there, and scores too good.",
        "Minutes are by the clock, of one thread on two cores that many other programs shared; beside them",
        "stand those that the processor worked. Both hold the real images, the panel and compilation.",
        "",
        "| network | training | accuracy | protocol | score | with stored champions | "
        "unrecognizable | AUROC | FPR at TPR 80, 90, 95, 99 % | fooled by any | previous score | minutes | "
        "of the processor |",
        "| --- | --- | ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
        *(line for figures, audit in rows if (line := verdict_line(figures, audit))),
        "",
        "fooled@tpr95 of each attack alone (– where it could not be tried):",
        "",
        *attack_table(rows),
        "",
        "Commands:",
        "",
        "```sh",
        *(figures["command"] for figures, _ in rows),
        "```",
        "",
    ]
    return "\n".join(lines)


def verdict_line(figures: dict[str, Any], audit: Audit) -> str:
    """One row of the first table; empty without a score."""
    verdict = audit.verdict
    if verdict is None or verdict.score is None or verdict.fooled_by_any is None:
        return ""
    with_transfer, unrecognizable = (
        "–" if one is None else format_interval(one, 1)
        for one in (verdict.score_with_transfer, verdict.score_unrecognizable)
    )
    detection, previous, spent = verdict.detection, verdict.previous, figures["processor_seconds"]
    rates = "–" if detection is None else ", ".join(
        format_percent(None if one is None else one.value, 0) for one in detection.fpr.values()
    )  # fmt: skip
    return (
        f"| {figures['name']} | {figures['training']} | {format_percent(figures['accuracy'])} | "
        f"{figures['protocol'] or figures['budget']} | {format_interval(verdict.score, 1)} | "
        f"{with_transfer} | {unrecognizable} | "
        f"{'–' if detection is None else format_interval(detection.auroc, 3)} | {rates} | "
        f"{format_share_interval(verdict.fooled_by_any)} | "
        f"{'–' if previous is None else f'{previous.score.value:.1f}'} | {figures['seconds'] / 60:.1f} | "
        f"{'–' if spent is None else f'{spent / 60:.1f}'} |"
    )


def _column(figures: dict[str, Any]) -> str:
    return f"{figures['name']}, quick" if "quick" in (figures["protocol"] or "") else str(figures["name"])


def _alone(audit: Audit) -> dict[str, float | None]:
    """The mean over seeds of what each attack fools; None where it could not be tried."""
    shares: dict[str, list[float]] = {attack.name: [] for attack in audit.attacks}
    for attack in audit.attacks:
        if attack.fooled_at_tpr95 is not None:
            shares[attack.name].append(attack.fooled_at_tpr95)
    return {name: sum(each) / len(each) if each else None for name, each in shares.items()}


def attack_table(rows: list[tuple[dict[str, Any], Audit]]) -> list[str]:
    """A row for each attack, a column for each network."""
    alone = [_alone(audit) for _, audit in rows]
    attacks = dict.fromkeys(name for column in alone for name in column)
    lines = [
        f"| attack | {' | '.join(_column(figures) for figures, _ in rows)} |",
        "| --- |" + " ---: |" * len(rows),
    ]
    for name in attacks:
        shares = (column.get(name) for column in alone)
        lines.append(f"| {name} | " + " | ".join(format_percent(share, 0) for share in shares) + " |")
    return lines


def main() -> int:
    """Audit; write both files after each audit, or print the page."""
    plain = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, usage=argparse.SUPPRESS, formatter_class=plain)
    parser.add_argument("names", nargs="*", metavar="NAME", help="networks, or all")
    parser.add_argument("--quick", action="store_true", help="under the quick protocols")
    parser.add_argument("--budget", type=int, help="in place of the protocols, for a trial")
    parser.add_argument("--out", type=Path, default=Path("runs") / "audits")
    parser.add_argument("--write", type=Path, nargs="?", const=DOCS, metavar="DOCS")
    given = parser.parse_args()
    if not given.names:
        print("nothing to do without a name, or all; --help says more")
        return 0
    known = targets()
    chosen = [target for target in known if "all" in given.names or target.name in given.names]
    unknown = set(given.names) - {"all"} - {target.name for target in known}
    if unknown:
        parser.error(f"unknown {', '.join(sorted(unknown))}; here are {', '.join(t.name for t in known)}")
    failed = []
    chosen = [target.quick if given.quick else target for target in chosen]
    for target in chosen:
        if audited(target, given.budget, given.out) is None:
            failed.append(target.name)
        if given.write is not None:
            write(finished(known, given.out), given.write)
    if given.write is None:
        print(page(finished(chosen, given.out)))
    if failed:
        print(f"failed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


def finished(known: list[Target], out: Path) -> list[tuple[dict[str, Any], Audit]]:
    """The rows of all audits in ``out`` that have come to their end."""
    rows = []
    for target in (each for one in known for each in dict.fromkeys((one, one.quick))):
        if (target.folder(out) / FILE).is_file():
            audit = open_audit(target.folder(out))
            if audit.state == "finished":
                rows.append((row(target, audit), audit))
    return rows


def write(rows: list[tuple[dict[str, Any], Audit]], docs: Path) -> None:
    """Both files."""
    text = json.dumps({"audits": [figures for figures, _ in rows]}, indent=1)
    (docs / "audits.json").write_text(text + "\n", encoding="utf-8")
    (docs / "audits.md").write_text(page(rows), encoding="utf-8")
    if docs == DOCS:
        KNOWN.write_text(known(rows), encoding="utf-8")


def known(rows: list[tuple[dict[str, Any], Audit]]) -> str:
    """What foolery says of these networks beside other audits of the same protocol."""
    lines = []
    for figures, audit in rows:
        score = None if audit.verdict is None else audit.verdict.score
        if score is not None and audit.protocol is not None:
            one = {"protocol": audit.protocol, "network": figures["name"], "training": figures["training"]}
            one |= {name: round(getattr(score, name), 2) for name in ("low", "high")}
            lines.append(json.dumps(one | {"score": round(score.value, 2)}))
    return "[\n " + ",\n ".join(lines) + "\n]\n"


if __name__ == "__main__":
    sys.exit(main())
