"""The paper's ImageNet searches on a GPU: Figures 6 and 7, and the ensemble, each bounded in time.

Every experiment is one folder of run files (``OUT/NAME/seed-N``), continued where they are there, and one
small ``OUT/NAME.json``: what was reached, what it took, and every champion's confidence twice, as the search
saw it and in float32. Searches may run in a quicker precision; what is claimed is what float32 says.

``python benchmarks/gpu_paper.py MODELS --out OUT fig7:squeezenet1_0 fig7:googlenet_bvlc``, where MODELS holds
``NAME/model.onnx``. ``--rehearse`` does the same steps, tiny, on the processor.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from foolery import Budget, FooleryError, evolve, load_classifier, open_run
from foolery.classifiers.base import Classifier
from foolery.classifiers.scores import confidence
from foolery.engine.progress import Progress
from foolery.paper import ensemble, fig6, fig7
from foolery.paper.measures import run_summary
from foolery.runs import open_run_file

CARDS = Path(__file__).parents[1] / "docs" / "cards"
ENSEMBLE = ("squeezenet1_0", "squeezenet1_1", "googlenet_bvlc")
SECONDS_BETWEEN_LINES = 10


@dataclass(frozen=True)
class Search:
    """What the paper did: encoding, generations after the first, and children of each."""

    encoding: str
    generations: int
    batch: int


SEARCHES = {
    "fig6": Search("direct", fig6.GENERATIONS, fig6.BATCH),
    "fig7": Search("cppn", fig7.GENERATIONS, fig7.BATCH),
    "ensemble": Search("cppn", ensemble.GENERATIONS, ensemble.BATCH),
}


def models_beside_cards(models: Path, names: Sequence[str], folder: Path) -> dict[str, str]:
    """References of the networks, copied to ``folder`` with their cards: runs go on only if these stay."""
    references = {}
    for name in names:
        if not (models / name / "model.onnx").is_file():
            sys.exit(f"{name}: no file {models / name / 'model.onnx'}")
        (folder / name).mkdir(parents=True, exist_ok=True)
        for file in (models / name).iterdir():
            shutil.copyfile(file, folder / name / file.name)
        shutil.copyfile(CARDS / f"{name}.card.json", folder / name / "model.card.json")
        references[name] = f"onnx:{folder / name / 'model.onnx'}"
    return references


def networks_of(experiment: str) -> tuple[str, ...]:
    """Names of the networks that ``fig7:NAME`` or ``ensemble`` needs."""
    name, _, network = experiment.partition(":")
    if name not in SEARCHES or bool(network) == (name == "ensemble"):
        sys.exit(f"{experiment}: expected fig6:NETWORK, fig7:NETWORK or ensemble")
    return (network,) if network else ENSEMBLE


def report(experiment: str, folder: Path, again: Classifier, arguments: argparse.Namespace) -> dict[str, Any]:
    """All runs of an experiment in JSON values, their champions scored again by ``again``."""
    search, runs = SEARCHES[experiment.partition(":")[0]], []
    for file in sorted(folder.glob("seed-*/run.db"), key=lambda each: int(each.parent.name[5:])):
        run = open_run_file(file.parent)
        place = run.provenances[-1]
        runs.append(
            run_summary(run)
            | {
                "share_of_the_paper": round((run.generation + 1) / (search.generations + 1), 4),
                "timings": {name: round(value, 1) for name, value in asdict(run.timings.total).items()},
                "device": place.device,
                "machine": place.machine,
                "versions": place.versions,
                "confidences_float32": rescored(file.parent, again),
            }
        )
    return {
        "experiment": experiment,
        "settings": asdict(search),
        "precision": arguments.precision,
        "seconds_allowed": arguments.seconds,
        "runs": runs,
    }


def rescored(folder: Path, again: Classifier) -> list[float]:
    """Confidence of each champion of the run in ``folder`` for its own class, in the order of the cells."""
    champions = list(open_run(folder).champions.values())
    canvases = np.stack([each.canvas for each in champions])
    scores = again.scores(canvases)[np.arange(len(champions)), [each.index for each in champions]]
    return [round(float(value), 6) for value in confidence(scores, again.description.kind)]


def run_experiment(experiment: str, reference: str, arguments: argparse.Namespace) -> None:
    """Search until the time is over, then write what there is; a second call goes on."""
    name, _, network = experiment.partition(":")
    search, folder = SEARCHES[name], arguments.out / "-".join(part for part in (name, network) if part)
    device = "cpu" if arguments.rehearse else "cuda"
    classifier = load_classifier(reference, backend="torch", device=device, precision=arguments.precision)
    batch, classes = search.batch, None
    if arguments.rehearse:
        batch, classes = 4, classifier.description.classes[:4]
    last, start = [0.0], time.perf_counter()

    def watch(progress: Progress) -> None:
        now = time.perf_counter() - start
        if now - last[0] >= SECONDS_BETWEEN_LINES:
            last[0] = now
            stats = progress.stats
            print(
                f"{experiment} {now:.0f} s: {stats.queries:,} queries of each run, median {stats.median:.4f}",
                file=sys.stderr,
                flush=True,
            )

    evolve(
        classifier,
        encoding=search.encoding,
        seeds=arguments.seeds,
        generations=search.generations,
        batch=batch,
        classes=classes,
        out=folder,
        resume=any(folder.glob("seed-*/run.db")),
        keep_genomes="champions",
        budget=Budget(seconds=arguments.seconds),
        on_progress=watch,
        command=f"benchmarks/gpu_paper.py {experiment}",
    )
    again = load_classifier(reference, backend="torch", device=device)
    result = report(experiment, folder, again, arguments)
    text = json.dumps(result, indent=1) + "\n"
    folder.with_suffix(".json").write_text(text, encoding="utf-8")
    for run in result["runs"]:
        print(
            f"{experiment} seed {run['seed']}: {run['queries']:,} queries, {run['seconds']:.0f} s, median "
            f"{run['median_confidence']:.4f}, in float32 {np.median(run['confidences_float32']):.4f}",
            flush=True,
        )


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("models", type=Path, help="folder with NAME/model.onnx")
    parser.add_argument("experiments", nargs="+", help="fig6:NETWORK, fig7:NETWORK or ensemble")
    parser.add_argument("--out", type=Path, default=Path("runs/gpu-paper"))
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3, 4])
    parser.add_argument(
        "--seconds", type=float, default=500.0, help="of one experiment, all its seeds together"
    )
    parser.add_argument("--precision", choices=["float32", "tf32", "bf16", "fp16"], default="float32")
    parser.add_argument("--rehearse", action="store_true", help="the same steps, small, on the processor")
    return parser.parse_args()


def main() -> None:
    arguments = options()
    names = {name for each in arguments.experiments for name in networks_of(each)}
    references = models_beside_cards(arguments.models, sorted(names), arguments.out / "models")
    for experiment in arguments.experiments:
        reference = "+".join(references[name] for name in networks_of(experiment))
        if experiment == "ensemble":
            reference = f"ensemble:{reference}"
        try:
            run_experiment(experiment, reference, arguments)
        except FooleryError as error:
            sys.exit(f"{experiment}: {error}")


if __name__ == "__main__":
    main()
