"""On a machine with a GPU of NVIDIA: the CUDA renderer's bytes and speed, and a search over the bare forward.

Needs torch, numpy, Numba and safetensors; with foolery's other dependencies it runs ``evolve`` itself, run
file and all, else the same search without a run file. Without a GPU it says so and ends.

Bare forward: the same module, precision and chunks, float32 input ready on the device, logits out.
"""

from __future__ import annotations

import argparse
import copy
import json
import math
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

import genomes as benchmark_genomes
from foolery.canvas import CanvasShape, fetch_rows
from foolery.encodings.cppn.encoding import Cppn
from foolery.rng import Stream
from foolery.workers import worker_count

BYTES_OF = (("gray", 28), ("hsv", 28), ("hls", 28), ("gray", 227), ("hsv", 227), ("hls", 227))
SIDE, CLASSES = 227, 1000
CAFFE_MEAN, CAFFE_STD = (123 / 255, 117 / 255, 104 / 255), (1 / 255, 1 / 255, 1 / 255)
DEVICE = "cuda"
WHOLE = find_spec("pydantic") is not None
SETTLED = 0.4
"""Share of a search's time after which its speed is measured."""


def shape_of(colors: str, side: int) -> CanvasShape:
    return CanvasShape(1 if colors == "gray" else 3, side, side)


def encoding_of(colors: str, side: int) -> Cppn:
    return Cppn(shape_of(colors, side), "raw", "hsv" if colors == "gray" else colors)


def walk(encoding: Cppn, count: int, generations: int) -> Any:
    """Networks after a neutral walk: children replace their parents whatever they look like."""
    networks = encoding.initial(Stream.of(1, 0, count))
    for generation in range(1, generations + 1):
        networks = encoding.vary(networks, Stream.of(1, generation, count))
    return networks


def finish() -> None:
    """Wait for the device."""
    import torch

    if DEVICE == "cuda":
        torch.cuda.synchronize()


def seconds_of(work: Callable[[], object], seconds: float) -> float:
    """Seconds a call takes, the device waited for once at the end of many."""
    work()
    finish()
    calls, start = 0, time.perf_counter()
    while time.perf_counter() - start < seconds or not calls:
        for _ in range(4):
            work()
        finish()
        calls += 4
    return (time.perf_counter() - start) / calls


def check_bytes(counts: dict[int, int], save: Callable[[Any], None]) -> list[dict[str, Any]]:
    """Pictures of the CUDA kernel and of the torch renderer that differ from the processor's: none should."""
    from foolery.encodings.cppn.render_torch import TorchCppn

    rows = []
    for colors, side in BYTES_OF:
        encoding = encoding_of(colors, side)
        moved, form = encoding.on_device(DEVICE), TorchCppn(encoding, DEVICE)
        wrong, wrong_torch, images, largest = 0, 0, 0, 0
        for generations in (0, 10, 60, 300):
            networks = walk(encoding, max(1, counts[side] // 4), generations)
            batches = [networks]
            if colors != "gray" and generations == 0:
                batches.append(benchmark_genomes.load())
            for batch in batches:
                expected, everything = encoding.render(batch), np.arange(len(batch))
                different = fetch_rows(moved.render(batch), everything) != expected
                wrong += int(different.any((1, 2, 3)).sum())
                few = everything[:: max(1, len(batch) // 10)]
                drawn = form.render(encoding.take(batch, few)).cpu().numpy()
                wrong_torch += int((drawn != expected[few]).any((1, 2, 3)).sum())
                images += len(batch)
                largest = max(largest, int(np.diff(batch.nodes).max()))
        rows.append(
            {
                "colors": colors,
                "side": side,
                "images": images,
                "most_nodes": largest,
                "different": wrong,
                "different_torch": wrong_torch,
            }
        )
        save(rows)
    return rows


def renderer_speed(
    seconds: float, counts: dict[int, int], save: Callable[[Any], None]
) -> list[dict[str, Any]]:
    """Images/s of the benchmark's genomes, 3 outputs, packing and transfer included."""
    from foolery.encodings.cppn.render_torch import TorchCppn

    some, rows = benchmark_genomes.load(), []
    for side, count in ((28, counts[28]), (227, 5 * counts[227] // 2)):
        encoding = encoding_of("hsv", side)
        networks = encoding.take(some, np.arange(count) % len(some))
        few = encoding.take(some, np.arange(16))
        moved, form = encoding.on_device(DEVICE), TorchCppn(encoding, DEVICE)
        start = time.perf_counter()
        encoding.render(few)
        processor = (time.perf_counter() - start) / len(few)
        rows.append(
            {
                "side": side,
                "batch": count,
                "cuda": count / seconds_of(lambda moved=moved, n=networks: moved.render(n), seconds),
                "torch": len(few) / seconds_of(lambda form=form, n=few: form.render(n), seconds),
                "processor": 1 / processor,
                "workers": worker_count(),
            }
        )
        save(rows)
    return rows


@contextmanager
def computing(precision: str) -> Iterator[None]:
    """Torch as foolery sets it: float32 means float32, and no algorithm is chosen by the clock."""
    import torch

    tf32, before = precision == "tf32", torch.backends.cuda.matmul.allow_tf32
    torch.backends.cuda.matmul.allow_tf32 = tf32
    try:
        with torch.backends.cudnn.flags(enabled=True, benchmark=False, deterministic=True, allow_tf32=tf32):
            yield
    finally:
        torch.backends.cuda.matmul.allow_tf32 = before


@dataclass(frozen=True)
class Probe:
    """A classifier on the device that needs neither a card nor pydantic; it computes as foolery's does."""

    network: Any
    precision: str
    chunk: int

    def scores(self, canvases: Any) -> np.ndarray:
        """``(N, K) float64`` log-probabilities."""
        import torch

        mean, std = (torch.tensor(m, device=DEVICE)[:, None, None] for m in (CAFFE_MEAN, CAFFE_STD))
        parts = []
        with torch.inference_mode(), computing(self.precision):
            for part in torch.as_tensor(canvases).split(self.chunk):
                there = part.to(DEVICE).contiguous(memory_format=torch.channels_last)
                parts.append(self.network((there.float() * (1 / 255) - mean) / std))
            return torch.cat(parts).double().log_softmax(1).cpu().numpy()


def classifier_of(name: str, network: Any, precision: str, chunk: int) -> Any:
    """The classifier as foolery makes it where it can, else a ``Probe``."""
    if not WHOLE:
        import torch

        placed = network.to(DEVICE).to(memory_format=torch.channels_last).eval().requires_grad_(False)
        return Probe(placed, precision, chunk)
    from foolery.classifiers import torch_model
    from foolery.classifiers.card import Card

    preprocessing = {"canvas": {"channels": 3, "height": SIDE, "width": SIDE}, "channel_order": "rgb"}
    card = Card.model_validate(
        {
            "name": name,
            "kind": "softmax",
            "classes": [f"class {k}" for k in range(CLASSES)],
            "preprocessing": {**preprocessing, "mean": CAFFE_MEAN, "std": CAFFE_STD},
        }
    )
    classifier = torch_model.torch_classifier(
        name, network, card, "0" * 64, device=DEVICE, precision=precision
    )
    forward = {**classifier.description.forward, "chunk": chunk}
    return replace(classifier, description=replace(classifier.description, forward=forward))


def bare_forward(network: Any, precision: str, batch: int, chunk: int, arguments: Any) -> dict[str, float]:
    """Images/s of the module alone; also compiled, channels first or as a CUDA graph, where it is set."""
    import torch

    pictures = torch.rand((batch, 3, SIDE, SIDE), device=DEVICE).mul_(255).sub_(128)
    chunks = [part.contiguous(memory_format=torch.channels_last) for part in pictures.split(chunk)]
    rates = {}
    with torch.inference_mode(), computing(precision):

        def rate(forward: Callable[[Any], object]) -> float:
            return batch / seconds_of(lambda: [forward(part) for part in chunks], arguments.seconds)

        rates["bare"] = rate(network)
        if arguments.compile:
            rates["compiled"] = rate(torch.compile(network))
        if arguments.layouts:
            other = copy.deepcopy(network).to(memory_format=torch.contiguous_format)
            plain = [part.contiguous(memory_format=torch.contiguous_format) for part in chunks]
            rates["nchw"] = batch / seconds_of(lambda: [other(part) for part in plain], arguments.seconds)
        if arguments.graphs:
            rates["graph"] = rate(graphed(network, chunks))
    return rates


def graphed(network: Any, chunks: list[Any]) -> Callable[[Any], object]:
    """``network`` for inputs of the first chunk's size as one CUDA graph; other sizes run as they are."""
    import torch

    static_input = chunks[0].clone()
    stream = torch.cuda.Stream()
    with torch.cuda.stream(stream):
        for _ in range(3):
            network(static_input)
    torch.cuda.current_stream().wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        network(static_input)

    def forward(part: Any) -> None:
        if part.shape != static_input.shape:
            network(part)
            return
        static_input.copy_(part)
        graph.replay()

    return forward


@dataclass(frozen=True)
class Search:
    """A search that was timed: queries/s once it has settled, all of it, its median, seconds by stage."""

    rate: float
    queries: int
    seconds: float
    median: float
    stages: dict[str, float]


@dataclass(frozen=True)
class Watch:
    """Seconds since the start, queries and the median confidence, after every generation of a search."""

    start: float
    points: list[tuple[float, int, float]]

    @classmethod
    def now(cls) -> Watch:
        """A watch that starts."""
        return cls(time.perf_counter(), [])

    def note(self, queries: int, median: float) -> float:
        """Seconds since the start."""
        self.points.append((time.perf_counter() - self.start, queries, median))
        return self.points[-1][0]

    def search(self, stages: dict[str, float]) -> Search:
        """What was seen."""
        whole, queries, median = self.points[-1]
        first, begun, _ = next((each for each in self.points if each[0] >= SETTLED * whole), self.points[0])
        return Search((queries - begun) / max(whole - first, 1e-9), queries, whole, median, stages)


def timed_search(classifier: Any, batch: int, *, seconds: float | None, queries: int | None = None) -> Search:
    """A search that ends with whichever is spent first."""
    loop = by_evolve if WHOLE else by_hand
    return loop(classifier, batch, seconds, queries)


def by_evolve(classifier: Any, batch: int, seconds: float | None, queries: int | None) -> Search:
    from foolery.classifiers.wrappers.metered import Budget
    from foolery.engine.evolution import evolve
    from foolery.runs import open_run_file

    watch = Watch.now()
    with tempfile.TemporaryDirectory() as folder:
        evolve(
            classifier,
            generations=10**6,
            batch=batch,
            out=Path(folder) / "run",
            budget=Budget(queries, seconds),
            on_progress=lambda progress: watch.note(progress.stats.queries, progress.stats.median),
        )
        stages = asdict(open_run_file(Path(folder) / "run").timings.total)
    return watch.search(stages)


def by_hand(classifier: Any, batch: int, seconds: float | None, queries: int | None) -> Search:
    from foolery.search.map_elites import MapElites

    encoding = Cppn(CanvasShape(3, SIDE, SIDE)).on_device(DEVICE)
    search: MapElites[Any] = MapElites(encoding, CLASSES, seeds=0, batch=batch)
    watch, spent = Watch.now(), 0.0
    while spent < (seconds or math.inf) and search.queries + batch <= (queries or math.inf):
        search.tell(classifier.scores(encoding.render(search.ask().genomes)))
        spent = watch.note(search.queries, float(np.median(np.exp(search.archive.score[0]))))
    return watch.search({})


def network_of(name: str, weights: Path | None) -> Any:
    from networks import alexnet, squeezenet

    network = squeezenet(weights) if name == "squeezenet1_0" else alexnet()
    return network.eval()


def search_speed(arguments: Any) -> list[dict[str, Any]]:
    """Every network, precision and batch: bare forward, search, and what of the one is left in the other."""
    rows = []
    for name in arguments.networks:
        network = network_of(name, arguments.weights)
        for precision in arguments.precisions:
            for batch in arguments.batches:
                chunk = min(batch, arguments.chunk)
                classifier = classifier_of(name, network, precision, chunk)
                rates = bare_forward(classifier.network, precision, batch, chunk, arguments)
                search = timed_search(classifier, batch, seconds=arguments.search_seconds)
                again = bare_forward(classifier.network, precision, batch, chunk, arguments)
                bare = (rates["bare"] + again["bare"]) / 2
                rows.append(
                    {
                        "network": name,
                        "precision": precision,
                        "batch": batch,
                        "chunk": chunk,
                        **rates,
                        "bare": bare,
                        "search": search.rate,
                        "ratio": search.rate / bare,
                        "queries": search.queries,
                        "search_seconds": search.seconds,
                        **{f"{name}_seconds": value for name, value in search.stages.items()},
                    }
                )
                arguments.save(rows)
    return rows


def long_searches(arguments: Any) -> list[dict[str, Any]]:
    """SqueezeNet's whole search, as many evaluations as the paper's."""
    rows = []
    for precision in arguments.precisions if arguments.evaluations else ():
        network = network_of("squeezenet1_0", arguments.weights)
        batch = max(arguments.batches)
        classifier = classifier_of("squeezenet1_0", network, precision, min(batch, arguments.chunk))
        search = timed_search(classifier, batch, seconds=None, queries=arguments.evaluations)
        rows.append(
            {
                "precision": precision,
                "batch": batch,
                "evaluations": search.queries,
                "seconds": search.seconds,
                "median": search.median,
                "weights": "real" if arguments.weights else "random",
                **{f"{name}_seconds": value for name, value in search.stages.items()},
            }
        )
        arguments.save(rows)
    return rows


def words(row: dict[str, Any]) -> str:
    def short(value: Any) -> str:
        if not isinstance(value, float):
            return str(value)
        return f"{value:,.0f}" if value >= 100 else f"{value:.3f}"

    return "  ".join(f"{name} {short(value)}" for name, value in row.items())


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weights", type=Path, help="SqueezeNet 1.0 as safetensors; random without")
    parser.add_argument("--networks", nargs="+", default=["squeezenet1_0", "alexnet"])
    parser.add_argument("--precisions", nargs="+", default=["float32", "tf32"])
    parser.add_argument("--batches", nargs="+", type=int, default=[256, 1024, 2048])
    parser.add_argument("--chunk", type=int, default=512, help="canvases that the network gets at a time")
    parser.add_argument("--seconds", type=float, default=1.0, help="of one measurement")
    parser.add_argument("--search-seconds", type=float, default=10.0, help="of one search")
    parser.add_argument("--evaluations", type=int, default=0, help="of a whole search; 2000000 as the paper")
    parser.add_argument("--compile", action="store_true", help="also the forward by torch.compile")
    parser.add_argument("--layouts", action="store_true", help="also the forward with channels first")
    parser.add_argument("--graphs", action="store_true", help="also the forward as a CUDA graph")
    parser.add_argument("--only", choices=["bytes", "renderer", "search", "whole"], nargs="+")
    parser.add_argument("--rehearse", action="store_true", help="the same steps, small, on the processor")
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    parser.add_argument("--out", type=Path, help="write it there too, after every row")
    return parser.parse_args()


def main() -> None:
    arguments = options()
    if find_spec("torch") is None:
        print("torch is not installed: nothing measured", file=sys.stderr)
        return
    import torch

    global DEVICE  # noqa: PLW0603 - of the process, as the card is
    if arguments.rehearse:
        DEVICE = "cpu"
    elif not torch.cuda.is_available() or torch.version.cuda is None:
        print("no CUDA device: nothing measured", file=sys.stderr)
        if arguments.json:
            print(json.dumps({"device": None}))
        return
    report: dict[str, Any] = {
        "device": "the processor (a rehearsal)" if arguments.rehearse else torch.cuda.get_device_name(),
        "torch": torch.__version__,
        "cuda": torch.version.cuda,
        "loop": "evolve" if WHOLE else "search without a run file",
    }
    part = ""

    def save(rows: list[dict[str, Any]]) -> None:
        """Print the last row and write all that is measured: whoever stops this loses nothing."""
        print(f"{part:<9} {words(rows[-1])}", file=sys.stderr, flush=True)
        report[part] = rows
        if arguments.out is not None:
            arguments.out.write_text(json.dumps(report, indent=1) + "\n")

    arguments.save = save
    arguments.counts = {28: 40, 227: 4} if arguments.rehearse else {28: 4000, 227: 400}
    parts = {
        "bytes": lambda: check_bytes(arguments.counts, save),
        "renderer": lambda: renderer_speed(arguments.seconds, arguments.counts, save),
        "search": lambda: search_speed(arguments),
        "whole": lambda: long_searches(arguments),
    }
    for part, measure in parts.items():
        if arguments.only is None or part in arguments.only:
            report[part] = measure()
    if arguments.json:
        print(json.dumps(report))
        return
    print(f"{report['device']}, torch {report['torch']}, CUDA {report['cuda']}; loop: {report['loop']}")
    for name in parts:
        for row in report.get(name, ()):
            print(f"  {name:<9} {words(row)}")


if __name__ == "__main__":
    main()
