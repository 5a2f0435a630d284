"""Does the score rank a network that was trained against optimised noise above its plain twin?

Three plain networks of three training seeds, and a hardened twin of each, are audited with attacks that the
training did not use: synthetic images and evolution, neither gradient ascent nor champions of other networks.

usage: python benchmarks/acet_twins.py DIR [--budget QUERIES] [--seeds N] [--out DIR] [--write [DOCS]]

DIR holds what these commands make (extra torch; about half an hour a seed on 4 cores):

    foolery harden lenet --method acet --rounds 2 --runs 5 -n 100 --seed 0 --out DIR/0
    foolery harden lenet-b --method acet --rounds 2 --runs 5 -n 100 --seed 1 --out DIR/1
    foolery train lenet --seed 2 --name lenet-c --out DIR
    foolery harden torch:DIR/lenet-c.safetensors --method acet --rounds 2 --runs 5 -n 100 --seed 2 --out DIR/2

An audit that is there is not done again; one that was interrupted goes on.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from foolery.audit import open_audit
from foolery.audit.markdown import format_interval
from foolery.audit.schema import FILE, Audit
from foolery.text import format_percent

ROOT = Path(__file__).parents[1]
ATTACKS = "synthetic,cppn,sparse,direct"
TWINS = ("0", "1", "2")
ROUNDS = {"plain": "round-01", "hardened": "round-02"}


def audited(graph: Path, folder: Path, given: argparse.Namespace) -> Audit:
    """The finished audit of ``graph`` in ``folder``."""
    earlier = open_audit(folder) if (folder / FILE).is_file() else None
    if earlier is not None and earlier.state == "finished":
        return earlier
    words = [
        "audit", f"onnx:{graph}", "--data", "mnist", "--attacks", ATTACKS, "--budget", str(given.budget),
        "--seeds", str(given.seeds), "--out", str(folder), *([] if earlier is None else ["--resume"]),
    ]  # fmt: skip
    print(f"== {graph}", flush=True)
    subprocess.run([sys.executable, "-m", "foolery", *words], stdout=subprocess.DEVNULL, check=True)
    return open_audit(folder)


def figures(audit: Audit) -> dict[str, Any]:
    """What the results keep of an audit."""
    verdict, real = audit.verdict, audit.reference
    if verdict is None or real is None:
        raise SystemExit(f"{audit.classifier.name}: has no score")
    return {
        "fingerprint": audit.classifier.fingerprint,
        "accuracy": real.accuracy,
        "verdict": verdict.model_dump(mode="json"),
        "queries": audit.budget.spent,
        "seconds": audit.budget.elapsed,
    }


def page(pairs: list[dict[str, Audit]], given: argparse.Namespace) -> str:
    """The table, and how many pairs the score ranks rightly."""
    lines = [
        "# Plain networks and their hardened twins",
        "",
        "Each hardened network is its plain twin fine-tuned to be uniform about noise that gradient ascent",
        "made convincing (ACET). Both are audited with attacks that this training did not use:",
        f"`--attacks {ATTACKS}`,",
        f"budget {given.budget:,}, {given.seeds} seeds; scores are means, scores of the seeds beside them.",
        "",
        "| training seed | network | accuracy | score | of each seed | unrecognizable | fooled@tpr95 |",
        "| --- | --- | ---: | ---: | --- | ---: | ---: |",
    ]
    rightly = 0
    for seed, pair in zip(TWINS, pairs, strict=True):
        for kind, audit in pair.items():
            verdict, real = audit.verdict, audit.reference
            if verdict is None or real is None or verdict.score is None or verdict.fooled_at_tpr95 is None:
                raise SystemExit(f"{kind} twin {seed}: has no score")
            unrecognizable = (
                "–" if verdict.score_unrecognizable is None else f"{verdict.score_unrecognizable.value:.1f}"
            )
            of_seeds = ", ".join(f"{each:.1f}" for each in verdict.seed_scores)
            lines.append(
                f"| {seed} | {kind} | {format_percent(real.accuracy)} | "
                f"{format_interval(verdict.score, 1)} | {of_seeds} | "
                f"{unrecognizable} | {format_percent(verdict.fooled_at_tpr95.value, 0)} |"
            )
        plain, hardened = (pair[kind].verdict for kind in ("plain", "hardened"))
        rightly += bool(plain and hardened and max(plain.seed_scores) < min(hardened.seed_scores))
    lines += [
        "",
        f"In {rightly} of {len(pairs)} pairs every seed of the hardened network scores above every seed of",
        "the plain one. Three pairs decide little: a sign test over them cannot come below p = 0.25, and the "
        "attacks were",
        "chosen so that the training had not used them. By every attack of `digits-1` the one hardened",
        "network that is shipped stands above its plain twin ([the score](../how-to/the-score.md)), by less.",
        "",
        "`python benchmarks/acet_twins.py DIR --write` makes this table; its help has the commands that make",
        "the networks.",
        "",
    ]
    return "\n".join(lines)


def main() -> int:
    """Audit all six; write both files, or print the page."""
    plain = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, usage=argparse.SUPPRESS, formatter_class=plain)
    parser.add_argument("networks", type=Path, nargs="?", metavar="DIR")
    parser.add_argument("--budget", type=int, default=20_000)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--out", type=Path, default=Path("runs") / "acet-twins")
    parser.add_argument("--write", type=Path, nargs="?", const=ROOT / "docs" / "results", metavar="DOCS")
    given = parser.parse_args()
    if given.networks is None:
        print("nothing to do without DIR; --help has the commands that make it")
        return 0
    pairs = [
        {
            kind: audited(
                given.networks / seed / folder / "network.onnx", given.out / f"{seed}-{kind}", given
            )
            for kind, folder in ROUNDS.items()
        }
        for seed in TWINS
    ]
    text = page(pairs, given)
    if given.write is None:
        print(text)
        return 0
    said = {
        "attacks": ATTACKS,
        "budget": given.budget,
        "seeds": given.seeds,
        "twins": [{kind: figures(audit) for kind, audit in pair.items()} for pair in pairs],
    }
    (given.write / "acet.json").write_text(json.dumps(said, indent=1) + "\n", encoding="utf-8")
    (given.write / "acet.md").write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
