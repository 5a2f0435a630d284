"""The benchmark genomes: networks of one size, grown by the encoding's own mutation, and the file of them.

Each has 4 inputs, 13 hidden nodes, 3 outputs and 43 edges, and some output needs every node. A lineage
starts without hidden nodes and takes a child where it is no further from that size than its parent.
``python benchmarks/genomes.py --write`` makes ``genomes.safetensors`` again, the same bytes.
"""

from __future__ import annotations

import argparse
from dataclasses import fields
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file, save_file

from foolery.canvas import CanvasShape
from foolery.encodings.cppn.encoding import Cppn
from foolery.encodings.cppn.genome import INPUTS, CppnGenomes
from foolery.rng import Stream

FILE = Path(__file__).with_name("genomes.safetensors")
OUTPUTS, HIDDEN, EDGES = 3, 13, 43


def grow(count: int, seed: int) -> CppnGenomes:
    """``count`` networks of the benchmark's size."""
    encoding = Cppn(CanvasShape(OUTPUTS, 28, 28))
    networks = encoding.initial(Stream.of(seed, 0, count))
    generation = 0
    while (far := distances(networks)).any():
        generation += 1
        children = encoding.vary(networks, Stream.of(seed, generation, count))
        better = np.flatnonzero((distances(children) <= far) & (far > 0))
        networks = encoding.put(networks, better, encoding.take(children, better))
    return networks


def distances(networks: CppnGenomes) -> np.ndarray:
    """``(N,)``: nodes and edges too many or too few, and nodes that no output needs."""
    nodes, edges = np.diff(networks.nodes), np.diff(networks.edges)
    idle = [unneeded(networks, i) for i in range(len(networks))]
    return np.abs(nodes - HIDDEN - OUTPUTS) + np.abs(edges - EDGES) + np.array(idle)


def unneeded(networks: CppnGenomes, i: int) -> int:
    """Nodes of network ``i``, inputs among them, that no output depends on."""
    total = INPUTS + int(networks.nodes[i + 1] - networks.nodes[i])
    needed = set(range(total - OUTPUTS, total))
    for edge in range(networks.edges[i + 1] - 1, networks.edges[i] - 1, -1):
        if int(networks.targets[edge]) in needed:
            needed.add(int(networks.sources[edge]))
    return total - len(needed)


def load(file: Path = FILE) -> CppnGenomes:
    """The committed genomes."""
    arrays = load_file(file)
    return CppnGenomes(**{field.name: arrays[field.name] for field in fields(CppnGenomes)})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true", help="grow them again and write the file")
    if parser.parse_args().write:
        networks = grow(64, seed=0)
        save_file({field.name: getattr(networks, field.name) for field in fields(networks)}, FILE)
    networks = load()
    kinds = np.bincount(networks.activations, minlength=4)
    print(f"{FILE.name}: {len(networks)} networks, activations {kinds.tolist()}")


if __name__ == "__main__":
    main()
