"""Images/s of the CPPN renderer on one core, beside three other ways to draw the same networks.

The networks are those of ``genomes.safetensors``: 4 inputs, 13 hidden nodes, 3 outputs, 43 edges. Before
they are timed, all four must draw the same values to 1e-5 (with a twentieth of the weights and centered
coordinates: steep networks make any rounding visible). Every figure is the best of many repeats, and the
four take turns, so that other load on the machine meets all.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np

from foolery.canvas import CanvasShape
from foolery.encodings.cppn import genome
from foolery.encodings.cppn import render_cpu as render
from foolery.encodings.cppn.encoding import planes
from foolery.encodings.cppn.genome import INPUTS, CppnGenomes
from genomes import OUTPUTS, load

ASKED = {28: (150_000, 35), 227: (2_000, 6)}
"""Images/s, and times the numpy loop, that the renderer is meant to reach."""


def numpy_loop(networks: CppnGenomes, inputs: np.ndarray) -> np.ndarray:
    """One node at a time over the whole image: ``(N, outputs, P) float32``."""
    activations = (
        np.sin,
        lambda p: 2.0 / (1.0 + np.exp(-np.clip(p, -64, 64))) - 1.0,
        lambda p: np.exp(-np.minimum(p * p, 64)),
        lambda p: np.clip(p, -3, 3) / 3,
    )
    pictures = np.empty((len(networks), OUTPUTS, inputs.shape[1]), np.float32)
    for i in range(len(networks)):
        edge, last = int(networks.edges[i]), int(networks.edges[i + 1])
        values = list(inputs)
        for kind in networks.activations[networks.nodes[i] : networks.nodes[i + 1]]:
            potential = np.zeros(inputs.shape[1], inputs.dtype)
            while edge < last and networks.targets[edge] == len(values):
                potential += networks.weights[edge] * values[networks.sources[edge]]
                edge += 1
            values.append(activations[kind](potential))
        pictures[i] = values[-OUTPUTS:]
    return pictures


def neat_python(networks: CppnGenomes) -> Callable[[np.ndarray], np.ndarray]:
    """neat-python's feed-forward networks, pixel by pixel."""
    from neat.nn import FeedForwardNetwork

    activations = (
        math.sin,
        lambda p: 2.0 / (1.0 + math.exp(-max(-64.0, min(64.0, p)))) - 1.0,
        lambda p: math.exp(-min(p * p, 64.0)),
        lambda p: max(-3.0, min(3.0, p)) / 3.0,
    )
    built = []
    for i in range(len(networks)):
        first, last = networks.edges[i], networks.edges[i + 1]
        edges = list(zip(networks.sources[first:last], networks.targets[first:last], strict=True))
        kinds = networks.activations[networks.nodes[i] : networks.nodes[i + 1]].tolist()
        evaluations = [
            (
                node,
                activations[kind],
                sum,
                0.0,
                1.0,
                [
                    (int(s), float(w))
                    for (s, t), w in zip(edges, networks.weights[first:last], strict=True)
                    if t == node
                ],
            )
            for node, kind in enumerate(kinds, start=INPUTS)
        ]
        total = INPUTS + len(kinds)
        built.append(FeedForwardNetwork([*range(INPUTS)], [*range(total - OUTPUTS, total)], evaluations))

    def draw(inputs: np.ndarray) -> np.ndarray:
        pixels = inputs.T.tolist()
        return np.array([[network.activate(pixel) for pixel in pixels] for network in built]).swapaxes(1, 2)

    return draw


def padded_torch(networks: CppnGenomes) -> Callable[[np.ndarray], np.ndarray]:
    """The whole population padded to one size, one baddbmm for every rank of nodes, in torch."""
    import torch

    torch.set_num_threads(1)
    count = int(np.diff(networks.nodes).max())
    weights = torch.zeros(len(networks), count, INPUTS + count)
    kinds = torch.zeros(len(networks), count, dtype=torch.int64)
    ranks = np.ones((len(networks), INPUTS + count), np.int64)
    ranks[:, :INPUTS] = 0
    for i in range(len(networks)):
        kinds[i] = torch.from_numpy(
            networks.activations[networks.nodes[i] : networks.nodes[i + 1]].astype(int)
        )
        for edge in range(networks.edges[i], networks.edges[i + 1]):
            source, target = int(networks.sources[edge]), int(networks.targets[edge])
            weights[i, target - INPUTS, source] += float(networks.weights[edge])
            ranks[i, target] = max(ranks[i, target], ranks[i, source] + 1)
    steps = []
    for rank in range(1, ranks.max() + 1):
        members = [np.flatnonzero(row == rank) - INPUTS for row in ranks]
        width = max(len(nodes) for nodes in members)
        # Networks with fewer nodes of this rank compute their last value again, into a row nobody reads.
        chosen = np.array(
            [np.pad(nodes, (0, width - len(nodes)), constant_values=count) for nodes in members]
        )
        index = torch.from_numpy(np.minimum(chosen, count - 1))
        rows = weights.gather(1, index[..., None].expand(-1, -1, INPUTS + count))
        steps.append((torch.from_numpy(chosen), rows, kinds.gather(1, index)[..., None]))

    def draw(inputs: np.ndarray) -> np.ndarray:
        pixels = inputs.shape[1]
        values = torch.zeros(len(networks), INPUTS + count + 1, pixels)
        values[:, :INPUTS] = torch.from_numpy(inputs)
        for chosen, rows, kind in steps:
            nothing = torch.zeros(len(networks), rows.shape[1], 1)
            p = torch.baddbmm(nothing, rows, values[:, : INPUTS + count])
            sigmoid = 2 / (1 + torch.exp(-p.clamp(-64, 64))) - 1
            bell = torch.exp(-(p * p).clamp(max=64))
            result = torch.where(
                kind == 0,
                torch.sin(p),
                torch.where(kind == 1, sigmoid, torch.where(kind == 2, bell, p.clamp(-3, 3) / 3)),
            )
            values.scatter_(1, (INPUTS + chosen)[..., None].expand(-1, -1, pixels), result)
        return values[:, INPUTS + count - OUTPUTS : INPUTS + count].numpy()

    return draw


def check(networks: CppnGenomes, draw: Callable[[np.ndarray], np.ndarray], inputs: np.ndarray) -> None:
    """Refuse a renderer whose levels are not ours within the rounding of 32 bits."""
    ours = render.draw(networks, inputs, OUTPUTS).astype(np.float64)
    theirs = 255.0 * np.minimum(np.abs(draw(inputs)), 1.0)
    assert (np.abs(ours + 0.5 - theirs) <= 0.5 + 255 * 1e-5).all(), np.abs(ours + 0.5 - theirs).max()


def agree(networks: CppnGenomes) -> None:
    """Check the other three on gentle copies of the networks."""
    gentle = replace(networks, weights=networks.weights * np.float32(0.05))
    inputs = planes(CanvasShape(OUTPUTS, 28, 28), "centered")
    check(gentle, lambda given: numpy_loop(gentle, given), inputs)
    check(gentle, padded_torch(gentle), inputs)
    few = genome.take(gentle, np.arange(4))
    check(few, neat_python(few), inputs)


def best(works: dict[str, Callable[[], object]], seconds: float) -> dict[str, float]:
    """The least seconds that each of ``works`` took; they take turns for ``seconds`` in all."""
    least = dict.fromkeys(works, math.inf)
    for work in works.values():
        work()
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        for name, work in works.items():
            start = time.perf_counter()
            work()
            least[name] = min(least[name], time.perf_counter() - start)
    return least


def measure(networks: CppnGenomes, side: int, seconds: float) -> dict[str, float]:
    """Images/s at ``side`` x ``side`` with raw coordinates."""
    inputs = planes(CanvasShape(OUTPUTS, side, side), "raw")
    batch = genome.take(networks, np.arange(400 if side == 28 else 64) % len(networks))
    few = genome.take(networks, np.arange(64 if side == 28 else 16))
    ours = {
        "foolery, levels": partial(render.draw, batch, inputs, OUTPUTS),
        "foolery, RGB": partial(render.draw, batch, inputs, OUTPUTS, "hsv"),
    }
    others = {
        "numpy, one node at a time": partial(numpy_loop, few, inputs),
        "torch, padded, baddbmm": partial(padded_torch(few), inputs),
    }
    one, part = genome.take(networks, np.arange(1)), inputs[:, : 28 * 28]
    slow = {"neat-python, pixel by pixel": partial(neat_python(one), part)}
    rates = {}
    for works, count in ((ours | others, None), (slow, part.shape[1] / inputs.shape[1])):
        for name, least in best(works, seconds if count is None else seconds / 4).items():
            drawn = count or (len(batch) if name in ours else len(few))
            rates[name] = drawn / least
    return rates


def scaling(networks: CppnGenomes, side: int, seconds: float) -> dict[int, float]:
    """Images/s in RGB on 1, 2 and 4 workers."""
    inputs = planes(CanvasShape(OUTPUTS, side, side), "raw")
    batch = genome.take(networks, np.arange(400 if side == 28 else 64) % len(networks))

    def on(workers: int) -> None:
        os.environ["FOOLERY_THREADS"] = str(workers)
        render.draw(batch, inputs, OUTPUTS, "hsv")

    works = {str(workers): partial(on, workers) for workers in (1, 2, 4)}
    rates = {int(workers): len(batch) / least for workers, least in best(works, seconds).items()}
    os.environ["FOOLERY_THREADS"] = "1"
    return rates


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--quick", action="store_true", help="2 seconds for each size, not 12")
    arguments = parser.parse_args()
    os.environ["FOOLERY_THREADS"] = "1"
    networks, seconds = load(), 2.0 if arguments.quick else 12.0
    agree(networks)
    report = {
        side: {
            "images_per_second": (rates := measure(networks, side, seconds)),
            "times_numpy": rates["foolery, levels"] / rates["numpy, one node at a time"],
            "workers": scaling(networks, side, seconds / 3),
        }
        for side in ASKED
    }
    if arguments.json:
        print(json.dumps(report))
        return
    for side, figures in report.items():
        rate, ratio = ASKED[side]
        print(f"{side} x {side}, one core, {OUTPUTS} outputs (goal: {rate} images/s, {ratio} times numpy)")
        ours = figures["images_per_second"]["foolery, levels"]
        for name, images in figures["images_per_second"].items():
            print(f"  {name:<28} {images:>10.{0 if images > 100 else 2}f} images/s   {ours / images:>9.1f}")
        workers = ", ".join(f"{workers}: {images:.0f}" for workers, images in figures["workers"].items())
        print(f"  RGB by workers: {workers} images/s")


if __name__ == "__main__":
    main()
