"""Queries/s of a whole search over the images/s of the bare forward pass, in one run.

Bare forward: the same session, float32 input ready, same batch, slices and lanes, logits out. Plain forward:
a session of onnxruntime as anybody opens one, its own threads as many as the lanes, the batch in one call.
Whole search: ``evolve``, written to a run file on disk. All take turns, every few generations, so that
whatever else the machine does disturbs both; the ratio of processor seconds is disturbed least, and knows
nothing of lanes that wait.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from time import perf_counter, process_time

import numpy as np

from foolery.classifiers import load_classifier
from foolery.classifiers.preprocess import preprocess
from foolery.engine.evolution import evolve
from foolery.runs import open_run_file
from foolery.workers import parallel_for, worker_count

FIRST = 20  # generations before the first turn
LANE_STAGES = ("vary", "render", "classify")


def bare_forward(classifier, batch: int) -> Callable[[], None]:
    """A function that sends one batch through the session."""
    grain = int(classifier.description.forward["chunk"])
    canvases = np.random.default_rng(0).integers(
        0, 256, (batch, *classifier.description.canvas.axes), np.uint8
    )
    pictures = preprocess(canvases, classifier.card.preprocessing)
    name, session = classifier.session.get_inputs()[0].name, classifier.session
    slices = {start: pictures[start : start + grain] for start in range(0, batch, grain)}

    def work(start: int, stop: int) -> None:
        session.run(None, {name: slices[start]})

    return lambda: parallel_for(work, batch, chunk=grain)


def plain_forward(classifier, batch: int) -> Callable[[], None]:
    """A function that sends one batch through a session of the same file, in one call."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = worker_count()
    session = onnxruntime.InferenceSession(
        classifier.session._model_path, options, providers=["CPUExecutionProvider"]
    )
    canvases = np.random.default_rng(0).integers(
        0, 256, (batch, *classifier.description.canvas.axes), np.uint8
    )
    pictures = preprocess(canvases, classifier.card.preprocessing)
    name = session.get_inputs()[0].name
    return lambda: session.run(None, {name: pictures})


@dataclass
class Turns:
    """A watcher of a search that lets the forward passes have turns after every few generations.

    Attributes:
        bare: sends one batch through the network.
        plain: the same in one call.
        every: generations of a turn, and batches of the other.
        search, forward, whole: wall and processor seconds per batch, a pair for each turn.
    """

    bare: Callable[[], None]
    plain: Callable[[], None]
    every: int
    search: list[tuple[float, float]] = field(default_factory=list)
    forward: list[tuple[float, float]] = field(default_factory=list)
    whole: list[tuple[float, float]] = field(default_factory=list)
    _mark: tuple[float, float] = (0.0, 0.0)

    def __call__(self, progress) -> None:
        """Take a turn of either forward pass after every ``every`` generations."""
        if progress.generation < FIRST or (progress.generation - FIRST) % self.every:
            return
        if progress.generation > FIRST:
            self.search.append(self._since())
            self._start()
            for _ in range(self.every):
                self.bare()
            self.forward.append(self._since())
            self._start()
            for _ in range(self.every):
                self.plain()
            self.whole.append(self._since())
        else:
            self.bare()
            self.plain()
        self._start()

    def _start(self) -> None:
        self._mark = perf_counter(), process_time()

    def _since(self) -> tuple[float, float]:
        return (perf_counter() - self._mark[0]) / self.every, (process_time() - self._mark[1]) / self.every


def measure(classifier, encoding: str, batch: int, turns: int, every: int) -> dict[str, object]:
    """Rates, ratios and stages of one search."""
    watch = Turns(bare_forward(classifier, batch), plain_forward(classifier, batch), every)
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "run"
        evolve(
            classifier,
            encoding=encoding,
            generations=FIRST + turns * every,
            batch=batch,
            out=out,
            on_progress=watch,
        )
        stages = open_run_file(out).timings
    late = stages.seconds[stages.generation > FIRST].mean(axis=0) * 1000
    wall = [bare[0] / search[0] for bare, search in zip(watch.forward, watch.search, strict=True)]
    cpu = [bare[1] / search[1] for bare, search in zip(watch.forward, watch.search, strict=True)]
    plain = [whole[0] / search[0] for whole, search in zip(watch.whole, watch.search, strict=True)]
    plain_cpu = [whole[1] / search[1] for whole, search in zip(watch.whole, watch.search, strict=True)]
    return {
        "plain_forward_images_per_second": round(batch / median(each[0] for each in watch.whole)),
        "ratio_to_plain": round(median(plain), 3),
        "processor_ratio_to_plain": round(median(plain_cpu), 3),
        "bare_forward_images_per_second": round(batch / median(bare[0] for bare in watch.forward)),
        "queries_per_second": round(batch / median(search[0] for search in watch.search)),
        "ratio": round(median(wall), 3),
        "best_ratio": round(max(wall), 3),
        "fastest_ratio": round(min(b[0] for b in watch.forward) / min(s[0] for s in watch.search), 3),
        "processor_ratio": round(median(cpu), 3),
        "milliseconds_per_generation": dict(
            zip((*LANE_STAGES, "tell", "write"), np.round(late, 3).tolist(), strict=True)
        ),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--classifier", default="lenet", help="a reference; its back end is onnxruntime")
    parser.add_argument("--card", type=Path, help="its card, where none lies beside it")
    parser.add_argument("--encoding", action="append", help="cppn, direct (default: both)")
    parser.add_argument("--batch", type=int, default=400)
    parser.add_argument("--turns", type=int, default=25, help="of search and bare forward each")
    parser.add_argument("--every", type=int, default=20, help="generations of a turn")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    classifier = load_classifier(asked.classifier, backend="onnx", card=asked.card)
    found = {
        name: measure(classifier, name, asked.batch, asked.turns, asked.every)
        for name in asked.encoding or ("cppn", "direct")
    }
    report = {
        "classifier": classifier.description.name,
        "batch": asked.batch,
        "lanes": worker_count(),
        "encodings": found,
    }
    if asked.json:
        print(json.dumps(report))
        return
    print(
        f"{report['classifier']}, onnxruntime, batch {asked.batch}, {report['lanes']} lanes, "
        f"{asked.turns} turns of {asked.every} generations"
    )
    for name, figures in found.items():
        print(
            f"  {name:<7} bare forward {figures['bare_forward_images_per_second']} images/s, "
            f"evolve {figures['queries_per_second']} queries/s: ratio {figures['ratio']:.2f} (median of the "
            f"turns), {figures['fastest_ratio']:.2f} (fastest of each), {figures['processor_ratio']:.2f} "
            f"(processor seconds)"
        )
        print(
            f"          plain forward {figures['plain_forward_images_per_second']} images/s: ratio "
            f"{figures['ratio_to_plain']:.2f} (median of the turns), "
            f"{figures['processor_ratio_to_plain']:.2f} (processor seconds)"
        )
        stages = figures["milliseconds_per_generation"]
        print("          ms a generation: " + ", ".join(f"{stage} {ms:.2f}" for stage, ms in stages.items()))
        print("          (vary, render, classify: sums over lanes)")


if __name__ == "__main__":
    main()
