"""How often is `audit --baseline` wrong: false alarms over retrained twins, power over worse networks.

Twins are networks of one recipe and different training seeds: whichever is the baseline, an alarm is false.
A hardened twin as baseline of its plain twin, and a plain twin as baseline of one that was damaged on
purpose, are to raise an alarm where the damage is real. Temperature and 8-bit weights change no decision of
a network, so an alarm there is false too; rounded probabilities are to be refused.

usage: python benchmarks/error_rates.py DIR [--twins N] [--hardened N] [--iterations N] [--protocol NAME]
       [--budget N] [--write [DOCS]]

Everything is kept in DIR and nothing is done twice: an interrupted call goes on with the same words. With
20 twins, 10 of them hardened, it takes hours; needs torch, onnx and MNIST. --write makes
docs/results/error-rates.md and its raw JSON.
"""

from __future__ import annotations

import argparse
import itertools
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file, save_file

from foolery.audit import Audit, AuditConfig, open_audit, run_audit
from foolery.audit.compare import compare_with
from foolery.audit.intervals import exact_share
from foolery.audit.schema import FILE
from foolery.canvas import Canvases
from foolery.classifiers import load_classifier
from foolery.classifiers.base import Classifier, Description
from foolery.classifiers.scores import from_probabilities, log_softmax
from foolery.data import load_data
from foolery.data.labelled import LabelledImages
from foolery.errors import UsageError
from foolery.text import format_percent
from foolery.training import RECIPES
from foolery.training.from_scratch import train_from_scratch

ROOT = Path(__file__).parents[1]
ARCHITECTURE = "lenet"
NOISY_LABELS = 0.3  # share that is drawn anew
PRUNED = 0.9  # share of each weight tensor that is set to 0
TEMPERATURE, DECIMALS = 10.0, 4


@dataclass(frozen=True)
class Wrapped:
    """A classifier whose log-probabilities pass through something."""

    inner: Classifier
    name: str
    change: Callable[[NDArray[np.float64]], NDArray[np.float64]]

    @property
    def description(self) -> Description:
        """That of the classifier within, under another name."""
        before = self.inner.description
        return replace(
            before,
            name=f"{before.name}, {self.name}",
            fingerprint=sha256((before.fingerprint + self.name).encode()).hexdigest(),
        )

    def scores(self, canvases: Canvases) -> NDArray[np.float64]:
        """See ``Classifier``."""
        return self.change(self.inner.scores(canvases))


def cooled(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Logits divided."""
    return log_softmax(scores / TEMPERATURE)


def rounded(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Probabilities with a few decimals."""
    return from_probabilities(np.round(np.exp(scores), DECIMALS), "rounded")


def training_data() -> LabelledImages:
    """All training images of MNIST."""
    data = load_data("mnist", "train")
    (images,) = data.batches(len(data), RECIPES[ARCHITECTURE].preprocessing.shape)
    return images


def trained(folder: Path, data: Callable[[], LabelledImages], seed: int, iterations: int) -> Path:
    """The graph of a network that is trained in ``folder``, if it is not there yet."""
    weights = folder / f"{ARCHITECTURE}-{seed}.safetensors"
    if not weights.with_suffix(".card.json").is_file():
        print(f"== training {weights.stem}", flush=True)
        folder.mkdir(parents=True, exist_ok=True)
        recipe = replace(RECIPES[ARCHITECTURE], iterations=iterations)
        train_from_scratch(ARCHITECTURE, data(), recipe, seed, weights, "benchmarks/error_rates.py")
    return weights.with_suffix(".onnx")


def noisy(seed: int) -> LabelledImages:
    """Training images of which some have a label that was drawn at random."""
    images, generator = training_data(), np.random.default_rng(seed)
    drawn = generator.integers(0, len(images.classes), len(images))
    labels = np.where(generator.random(len(images)) < NOISY_LABELS, drawn, images.labels)
    return LabelledImages(images.canvases, labels, images.classes)


def pruned(weights: NDArray[np.float32]) -> NDArray[np.float32]:
    """The smallest weights of a tensor set to 0; biases stay."""
    if weights.ndim < 2:
        return weights
    return np.where(np.abs(weights) < np.quantile(np.abs(weights), PRUNED), np.float32(0), weights)


def in_8_bits(weights: NDArray[np.float32]) -> NDArray[np.float32]:
    """Weights rounded to 255 levels of a tensor."""
    step = np.float32(np.abs(weights).max() / 127 or 1.0)
    levels: NDArray[np.float32] = np.round(weights / step).astype(np.float32) * step
    return levels


def changed(graph: Path, folder: Path, change: Callable[[NDArray[np.float32]], NDArray[np.float32]]) -> Path:
    """A copy of a network whose weights are changed; the graph points into the file of the weights."""
    folder.mkdir(parents=True, exist_ok=True)
    for suffix in (".onnx", ".card.json", ".safetensors"):
        shutil.copyfile(graph.with_suffix(suffix), folder / graph.with_suffix(suffix).name)
    file = folder / graph.with_suffix(".safetensors").name
    before, size = load_file(file), file.stat().st_size
    save_file({name: np.ascontiguousarray(change(one)) for name, one in before.items()}, file)
    if file.stat().st_size != size:
        raise SystemExit(f"{file}: the weights moved, and the graph does not find them")
    return folder / graph.name


def hardened(graph: Path, folder: Path, iterations: int) -> Path:
    """The network, trained with ACET after that."""
    found = folder / "round-02" / "network.onnx"
    if not found.is_file():
        print(f"== hardening {graph.stem}", flush=True)
        words = [
            "harden", f"torch:{graph.with_suffix('.safetensors')}", "--method", "acet", "--rounds", "2",
            "--runs", "1", "-n", "20", "--iterations", str(iterations), "--out", str(folder),
        ]  # fmt: skip
        resume = ["--resume"] if folder.is_dir() else []
        subprocess.run(
            [sys.executable, "-m", "foolery", *words, *resume], check=True, stdout=subprocess.DEVNULL
        )
    return found


def audited(classifier: Classifier, folder: Path, given: argparse.Namespace) -> Audit:
    """The finished audit in ``folder``."""
    kept = open_audit(folder) if (folder / FILE).is_file() else None
    if kept is not None and kept.state == "finished":
        return kept
    print(f"== auditing {folder.name}", flush=True)
    frozen: dict[str, Any] = {"protocol": given.protocol}
    if given.budget is not None:
        frozen = {"budget": given.budget, "seeds": 3, "max_images": 500, "attacks": given.attacks}
    config = AuditConfig(data="mnist", panel=(), keep="light", out=folder, **frozen)
    return run_audit(classifier, config, resume=kept is not None)


def outcomes(pairs: list[tuple[Audit, Audit]]) -> dict[str, Any]:
    """How many of some comparisons are alarms, with the exact interval of that share."""
    results = [compare_with(before, after, FILE) for before, after in pairs]
    alarms = sum(one.outcome == "failed" for one in results)
    low, high = exact_share(alarms, len(results)) if results else (0.0, 1.0)
    return {
        "pairs": len(results),
        "alarms": alarms,
        "low": low,
        "high": high,
        "undecided": sum(one.outcome == "undecided" for one in results),
        "differences": [one.difference.value for one in results],
    }


def refused(classifier: Classifier, folder: Path, given: argparse.Namespace) -> str | None:
    """Why an audit is refused; None where it is not."""
    try:
        audited(classifier, folder, given)
    except UsageError as error:
        return str(error)
    return None


def measure(given: argparse.Namespace) -> dict[str, Any]:
    """Every network, every audit, every comparison."""
    out: Path = given.out
    seeds = range(given.twins)
    graphs = [trained(out / "networks", training_data, seed, given.iterations) for seed in seeds]
    nets = [load_classifier(f"onnx:{graph}") for graph in graphs]
    twins = [audited(net, out / "audits" / f"twin-{at}", given) for at, net in enumerate(nets)]
    few = range(min(given.hardened, given.twins))
    safer = [hardened(graphs[at], out / "hardened" / str(at), given.iterations) for at in few]
    worse: dict[str, Callable[[int], Classifier]] = {
        "label noise": lambda at: load_classifier(
            f"onnx:{trained(out / 'noisy', lambda: noisy(at), at, given.iterations)}"
        ),
        "pruning": lambda at: load_classifier(f"onnx:{changed(graphs[at], out / 'pruned', pruned)}"),
        "8-bit weights": lambda at: load_classifier(f"onnx:{changed(graphs[at], out / '8-bit', in_8_bits)}"),
        "temperature": lambda at: Wrapped(nets[at], "temperature", cooled),
    }
    rows = {
        "retrained twins, either way": outcomes(list(itertools.permutations(twins, 2))),
        "hardened, then plain": outcomes(
            [
                (
                    audited(load_classifier(f"onnx:{safer[at]}"), out / "audits" / f"hardened-{at}", given),
                    twins[at],
                )
                for at in few
            ]
        ),
    }
    for name, make in worse.items():
        pairs = [
            (twins[at], audited(make(at), out / "audits" / f"{name.replace(' ', '-')}-{at}", given))
            for at in few
        ]
        rows[f"plain, then {name}"] = outcomes(pairs)
    reasons = [
        refused(Wrapped(nets[at], "rounding", rounded), out / "audits" / f"rounded-{at}", given) for at in few
    ]
    return {
        "rows": rows,
        "rounding refused": sum(one is not None for one in reasons),
        "rounding": reasons,
        "twins": [
            (audit.verdict.score.value if audit.verdict and audit.verdict.score else None) for audit in twins
        ],
        "accuracy": [audit.reference.accuracy if audit.reference else None for audit in twins],
        "command": " ".join(["python", *sys.argv]),
        "protocol": twins[0].protocol,
        "budget": twins[0].budget.queries,
    }


def page(found: dict[str, Any]) -> str:
    """The table."""
    lines = [
        "# How often a comparison with a baseline is wrong",
        "",
        f"Made by `{found['command']}` ({found['protocol'] or found['budget']}); raw figures:",
        "[error-rates.json](error-rates.json). Pairs of twins share networks: their interval is too narrow.",
        "",
        "| baseline, then new | pairs | alarms | 95 % interval | undecided |",
        "| --- | ---: | ---: | --- | ---: |",
    ]
    for name, row in found["rows"].items():
        share = format_percent(row["alarms"] / row["pairs"] if row["pairs"] else None)
        interval = f"{format_percent(row['low'])} to {format_percent(row['high'])}"
        lines.append(f"| {name} | {row['pairs']} | {share} | {interval} | {row['undecided']} |")
    refusals = f"{found['rounding refused']} of {len(found['rounding'])}"
    lines += ["", f"Rounded probabilities ({DECIMALS} decimals) were refused in {refusals} audits.", ""]
    return "\n".join(lines)


def main() -> int:
    """Measure; write both files, or print the page."""
    plain = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, usage=argparse.SUPPRESS, formatter_class=plain)
    parser.add_argument("out", type=Path, nargs="?", metavar="DIR")
    parser.add_argument("--twins", type=int, default=20)
    parser.add_argument("--hardened", type=int, default=10)
    parser.add_argument("--iterations", type=int, default=10_000)
    parser.add_argument("--protocol", default="digits-1")
    parser.add_argument("--budget", type=int, help="of 3 seeds, in place of the protocol: for a trial")
    parser.add_argument("--attacks", type=lambda text: text.split(","), help="likewise")
    parser.add_argument("--write", type=Path, nargs="?", const=ROOT / "docs" / "results", metavar="DOCS")
    given = parser.parse_args()
    if given.out is None:
        print("nothing to do without DIR; --help says more")
        return 0
    found = measure(given)
    if given.write is None:
        print(page(found))
        return 0
    (given.write / "error-rates.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    (given.write / "error-rates.md").write_text(page(found), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
