"""Fool the shipped networks for CIFAR-10, and ask each about what fooled the others.

Five runs of each encoding against each network. Writes docs/results/cifar.json and cifar.md; runs that are
there already are gone on with. CIFAR-10 lies in FOOLERY_DATA: as JPEG pictures, on which the networks were
trained, and as a hundred lossless test pictures.

usage: python benchmarks/cifar_table.py run [--out DIR] [--docs DIR]
       without "run" it does nothing: it takes a quarter of an hour
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from foolery import open_run
from foolery.analysis.transfer_matrix import TransferRow
from foolery.analysis.transferability import transfer
from foolery.classifiers import load_classifier
from foolery.classifiers.accuracy import measure_accuracy
from foolery.classifiers.base import Classifier
from foolery.data import load_data
from foolery.engine.evolution import evolve
from foolery.engine.run import RunResult
from foolery.text import format_confidence

ROOT = Path(__file__).parents[1]
NETWORKS = ("cifar", "cifar-b", "cifar-vit")
ENCODINGS = ("cppn", "direct")
RUNS, GENERATIONS, BATCH = 5, 200, 200


def evolved(classifier: Classifier, out: Path) -> dict[str, list[RunResult]]:
    """Runs by encoding."""
    found = {}
    for encoding in ENCODINGS:
        folder = out / f"{classifier.description.name}-{encoding}"
        evolve(
            classifier,
            seeds=RUNS,
            out=folder,
            encoding=encoding,
            generations=GENERATIONS,
            batch=BATCH,
            resume=folder.is_dir(),
            command=f"foolery evolve -c {classifier.description.name} -e {encoding} -n {GENERATIONS} "
            f"--batch {BATCH} --seeds {RUNS}",
        )
        found[encoding] = [open_run(folder / f"seed-{seed}") for seed in range(RUNS)]
        print(folder.name, "done", flush=True)
    return found


def error_on(classifier: Classifier, file: str) -> float | None:
    """Share of wrong answers about the test pictures in a file of the data folder; None where it is not."""
    path = Path(os.environ.get("FOOLERY_DATA", "")) / "cifar10" / file
    return (
        measure_accuracy(classifier, load_data(f"parquet:{path}", "test")).error if path.is_file() else None
    )


def row_of(network: str, encoding: str, runs: Sequence[RunResult]) -> dict[str, Any]:
    """How badly a network was fooled by one encoding: over all champions of all runs."""
    sure = np.array([each.confidence for run in runs for each in run.champions.values()])
    medians = [float(np.median([each.confidence for each in run.champions.values()])) for run in runs]
    return {
        "network": network,
        "encoding": encoding,
        "runs": len(runs),
        "median": float(np.median(sure)),
        "run_medians": medians,
        "at_99": float((sure >= 0.99).mean()),
        "at_9999": float((sure >= 0.9999).mean()),
        "queries": sum(int(str(run.summary["queries"])) for run in runs),
    }


def page(result: dict[str, Any], pooled: Sequence[TransferRow]) -> str:
    """The tables as Markdown."""
    lines = [
        "# The networks for CIFAR-10, fooled",
        "",
        f"`python benchmarks/cifar_table.py run`: {RUNS} runs of {GENERATIONS} generations of {BATCH} "
        f"against each network, by either encoding; {result['seconds'] / 60:.0f} minutes in all, on four "
        "cores that did other work too. Figures: [cifar.json](cifar.json).",
        "",
        "| network | wrong on JPEG pictures | on 100 lossless ones | encoding | median confidence | at 99 % "
        "| at 99.99 % |",
        "| --- | ---: | ---: | --- | ---: | ---: | ---: |",
    ]
    for row in result["fooled"]:
        errors = result["errors"][row["network"]]
        shown = ["-" if each is None else f"{each:.2%}" for each in (errors["jpeg"], errors["lossless"])]
        lines.append(
            f"| `{row['network']}` | {shown[0]} | {shown[1]} | {row['encoding']} "
            f"| {format_confidence(row['median'])} | {row['at_99']:.0%} | {row['at_9999']:.0%} |"
        )
    columns = result["transfer"]["columns"]
    lines += [
        "",
        "Do they transfer? Share of the champions of a row to which the network of the column gives the same "
        "class as its first answer, and its mean confidence in that class.",
        "",
        "| evolved against | " + " | ".join(f"`{name}`" for name in columns) + " |",
        "| --- |" + " ---: |" * len(columns),
    ]
    for row in pooled:
        cells = [
            "itself" if each.own else f"{each.match_rate:.0%} ({each.confidence:.2f})" for each in row.cells
        ]
        lines.append(f"| {row.name} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Evolve, ask, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("step", nargs="?", choices=["run"], help="nothing is done without it")
    parser.add_argument("--out", type=Path, default=ROOT / "runs" / "cifar")
    parser.add_argument("--docs", type=Path, default=ROOT / "docs" / "results")
    chosen = parser.parse_args()
    if chosen.step is None:
        parser.print_usage()
        return
    spent = 0.0
    networks = [load_classifier(name) for name in NETWORKS]
    fooled, runs = [], []
    for network in networks:
        for encoding, found in evolved(network, chosen.out).items():
            spent += max(float(str(run.summary["seconds"])) for run in found)  # they went side by side
            fooled.append(row_of(network.description.name, encoding, found))
            runs += found
    moved = transfer(runs, networks)
    result = {
        "command": "python benchmarks/cifar_table.py run",
        "seconds": spent,
        "errors": {
            each.description.name: {
                "jpeg": error_on(each, "test.parquet"),
                "lossless": error_on(each, "lossless_test100.parquet"),
            }
            for each in networks
        },
        "fooled": fooled,
        "transfer": {**moved.to_dict(), "rows": []},
    }
    (chosen.docs / "cifar.json").write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    (chosen.docs / "cifar.md").write_text(page(result, moved.pooled), encoding="utf-8")
    print(page(result, moved.pooled))


if __name__ == "__main__":
    main()
