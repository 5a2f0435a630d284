"""The champions of the transfer attack: make them, and measure what they save on networks of others.

Three steps, each a word of the command line:

    evolve    evolve CPPNs against every network below; a run that is finished is left, another goes on
    build     write the shipped file from these runs, and from the folders given with --also
    measure   leave one network out: queries until half of its classes are fooled, with and without champions

`measure` scores the champions of all other networks, then goes through the evolution of the network itself,
and counts the queries of both. It writes transfer-attack.json and prints the tables of transfer-attack.md.
The data and the ImageNet networks lie in FOOLERY_DATA; what is missing is left out, and then the shipped file
would be another one. Without a step nothing is done.

usage: python benchmarks/transfer_champions.py [STEP…] [--runs DIR] [--also RUN…] [--docs DIR] [--only NAME…]
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from foolery.audit.attacks.base import read_result
from foolery.audit.attacks.single_shot import BATCH as SCORED
from foolery.audit.attacks.transfer_champions import SHIPPED, TransferChampions, collect_champions
from foolery.audit.previous_score import FREE_QUERIES, score
from foolery.audit.reference import ReferenceData, reference_statistics, score_reference
from foolery.audit.scoring import queries_to
from foolery.canvas import Canvases
from foolery.classifiers import load_classifier
from foolery.classifiers.base import Classifier
from foolery.data import load_data
from foolery.encodings import make_encoding
from foolery.engine.evolution import evolve
from foolery.engine.run import open_run
from foolery.runs import open_run_file
from foolery.runs.database import RUN_DB
from foolery.search.objectives import ObjectiveName, audit_objective
from foolery.text import format_percent

ROOT = Path(__file__).parents[1]
DATA = Path(os.environ.get("FOOLERY_DATA", ""))
BATCH = 200
MOST = 2000  # champions of one network in the file


@dataclass(frozen=True)
class Target:
    """A network, what real pictures it is measured with, and how long it is searched."""

    name: str
    data: str
    seeds: int
    queries: int

    @property
    def graph(self) -> Path:
        """Of a network that foolery does not ship."""
        return DATA / "models" / self.name / "model.onnx"

    def load(self) -> Classifier:
        """The network itself."""
        if not self.name.startswith(("mobilenet", "squeezenet")):
            return load_classifier(self.name)
        card = ROOT / "docs" / "cards" / f"{self.name}.card.json"
        return load_classifier(f"onnx:{self.graph}", card=card)


CIFAR = f"parquet:{DATA / 'cifar10' / 'test.parquet'}"
PHOTOS = f"parquet:{DATA / 'imagenet-samples' / 'samples.parquet'}"
TARGETS = (
    Target("perceptron", "mnist", 5, 40_000),
    Target("lenet", "mnist", 5, 40_000),
    Target("lenet-b", "mnist", 5, 40_000),
    Target("cifar", CIFAR, 3, 40_000),
    Target("cifar-b", CIFAR, 3, 40_000),
    Target("mobilenet_v1_025_128_quant", PHOTOS, 1, 60_000),
    Target("mobilenet_v1_050_160_quant", PHOTOS, 1, 60_000),
    Target("squeezenet1_0", PHOTOS, 1, 20_000),
)


def targets(only: list[str]) -> Iterator[Target]:
    """Those that can be had here, and are asked for."""
    for target in TARGETS:
        here = target.graph.is_file() or not target.name.startswith(("mobilenet", "squeezenet"))
        if here and (not only or target.name in only):
            yield target


def folders(target: Target, runs: Path) -> list[Path]:
    """Of the network's runs, one for each seed."""
    return [runs / target.name / f"seed-{seed}" for seed in range(target.seeds)]


def finished(folder: Path) -> bool:
    """Whether a run is there and at its end."""
    return (folder / RUN_DB).is_file() and open_run_file(folder).status == "finished"


def evolve_all(runs: Path, only: list[str]) -> None:
    """Evolve what is not evolved yet, each with the objective of audits."""
    for target in targets(only):
        classifier = target.load()
        known = classifier.description
        measure = audit_objective(known.kind, range(len(known.classes)), len(known.classes)).name
        aim: ObjectiveName = "margin" if measure == "margin" else "class-score"
        for seed, folder in enumerate(folders(target, runs)):
            began = time.process_time()
            if finished(folder):
                continue
            run = evolve(
                classifier,
                generations=target.queries // BATCH - 1,
                batch=BATCH,
                seed=seed,
                objective=aim,
                out=folder,
                resume=(folder / RUN_DB).is_file(),
                command="python benchmarks/transfer_champions.py evolve",
            )
            print(
                f"{target.name} seed {seed}: median {run.summary['median_confidence']:.4f}, "
                f"{time.process_time() - began:.0f} CPU s",
                flush=True,
            )


def build(runs: Path, also: list[Path]) -> None:
    """Write the file that is shipped."""
    evolved = [folder for target in targets([]) for folder in folders(target, runs) if finished(folder)]
    champions = collect_champions([open_run(folder) for folder in [*evolved, *also]], max_per_classifier=MOST)
    champions.write(SHIPPED)
    print(f"{len(champions)} champions of {len(champions.sources)} runs, {SHIPPED.stat().st_size:,} bytes")


def measure(target: Target, runs: Path, champions: TransferChampions) -> dict[str, Any]:
    """What the champions of the other networks save on ``target``."""
    classifier = target.load()
    known = classifier.description
    data = ReferenceData(load_data(target.data, "test"), target.data)
    reference = reference_statistics(classifier, score_reference(classifier, data), data)
    encoding = make_encoding("cppn", known.canvas)
    genomes = champions.genomes(encoding, exclude=known.fingerprint)
    count = len(champions.compatible(encoding, exclude=known.fingerprint))
    firsts = first_passed(classifier, encoding.render(genomes), reference.threshold)
    counted = np.minimum(np.ceil(firsts / SCORED) * SCORED, count)  # as an audit counts: whole batches
    alone = np.stack(
        [
            read_result(folder, reference.threshold, len(known.classes)).queries_to_fool
            for folder in folders(target, runs)
            if finished(folder)
        ]
    )
    together = np.minimum(np.where(np.isfinite(firsts), counted, np.inf)[None], count + alone)
    return {
        "network": target.name,
        "classes": len(known.classes),
        "threshold": round(reference.threshold, 4),
        "champions_tried": count,
        "fooled_by_champions": share(firsts, count),
        "champions_to_half": queries_to(0.5, firsts[None]),
        "fooled_by_as_many_queries_of_evolution": share(alone, count),
        "seeds": len(alone),
        "queries": target.queries,
        "without": search_figures(alone, target.queries),
        "with": search_figures(together, target.queries),
    }


def first_passed(classifier: Classifier, canvases: Canvases, threshold: float) -> NDArray[np.float64]:
    """``(K,)``: for each class how many pictures it takes until one passes; infinite for never."""
    known = classifier.description
    measure = audit_objective(known.kind, range(len(known.classes)), len(known.classes))
    parts = [canvases[at : at + SCORED] for at in range(0, len(canvases), SCORED)]
    passes = np.concatenate([measure(classifier.scores(part), part) >= threshold for part in parts])
    return np.where(passes.any(axis=0), passes.argmax(axis=0) + 1.0, np.inf)


def share(passed: NDArray[np.float64], queries: int) -> float:
    """Of classes that were fooled after so many queries."""
    return round(float((passed <= queries).mean()), 4)


def search_figures(passed: NDArray[np.float64], queries: int) -> dict[str, Any]:
    """Figures of a search, from ``(S, K)`` queries when each class fell; after ``queries`` means never."""
    within = np.where(passed <= queries, passed, np.inf)
    return {
        "queries_to_half": queries_to(0.5, within),
        "queries_to_tenth": queries_to(0.1, within),
        "fooled_at_the_end": share(within, queries),
        "score": round(score(within, queries), 2),
    }


def page(rows: list[dict[str, Any]], champions: TransferChampions) -> str:
    """The tables, without the words around them."""
    lines = [
        "| network | champions tried | fooled by them | by as many queries of evolution | half fooled "
        "without | half fooled with | score without | with |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for row in rows:
        halves = (row[each]["queries_to_half"] for each in ("without", "with"))
        without, with_ = ("never" if half is None else f"{half:,.0f}" for half in halves)
        lines.append(
            f"| {row['network']} | {row['champions_tried']} | {format_percent(row['fooled_by_champions'])} | "
            f"{format_percent(row['fooled_by_as_many_queries_of_evolution'])} | {without} | {with_} | "
            f"{row['without']['score']:.1f} | {row['with']['score']:.1f} |"
        )
    lines += ["", "| shipped, of | run | champions | queries of the run |", "| --- | --- | ---: | ---: |"]
    for source in champions.sources:
        number = sum(each.source is source for each in champions.champions)
        lines.append(
            f"| {source.classifier} | `{source.command}`, seed {source.seed} | {number} | "
            f"{source.queries:,} |"
        )
    return "\n".join(lines) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("steps", nargs="*", metavar="STEP", help="evolve, build, measure; none does nothing")
    parser.add_argument("--runs", type=Path, default=Path("runs") / "transfer")
    parser.add_argument("--also", type=Path, nargs="*", default=[], metavar="RUN")
    parser.add_argument("--docs", type=Path, default=ROOT / "docs" / "results")
    parser.add_argument("--only", nargs="*", default=[], metavar="NAME")
    given = parser.parse_args()
    if not given.steps or not {"evolve", "build", "measure"}.issuperset(given.steps):
        print("skipped: name one step or several: evolve, build, measure")
        return 2 if given.steps else 0
    if "evolve" in given.steps:
        evolve_all(given.runs, given.only)
    if "build" in given.steps:
        build(given.runs, given.also)
    if "measure" in given.steps:
        champions, rows = TransferChampions.read(SHIPPED), []
        for target in targets(given.only):
            if not finished(folders(target, given.runs)[0]):
                print(f"{target.name}: left out, it has no run", file=sys.stderr)
                continue
            rows.append(measure(target, given.runs, champions))
            print(json.dumps(rows[-1]), flush=True)
        whole = {
            "champions": len(champions),
            "bytes": SHIPPED.stat().st_size,
            "batch": BATCH,
            "score_from": FREE_QUERIES,
            "networks": rows,
            "sources": [vars(source) for source in champions.sources],
        }
        (given.docs / "transfer-attack.json").write_text(json.dumps(whole, indent=1) + "\n", encoding="utf-8")
        print(page(rows, champions))
    return 0


if __name__ == "__main__":
    sys.exit(main())
