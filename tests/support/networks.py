"""Random CPPNs of any shape, made without the code under test."""

from __future__ import annotations

import numpy as np

from foolery.encodings.cppn.genome import INPUTS, CppnGenomes


def random_networks(seed: int, count: int, outputs: int, most_hidden: int = 30) -> CppnGenomes:
    """``count`` valid networks: parallel edges, orphans, unused nodes and extreme weights included."""
    rng = np.random.default_rng(seed)
    nodes, edges, kinds, sources, targets, weights = [0], [0], [], [], [], []
    for _ in range(count):
        hidden = int(rng.integers(0, most_hidden + 1))
        total = INPUTS + hidden + outputs
        links = int(rng.integers(0, 4 * (hidden + outputs)))
        target = np.sort(rng.integers(INPUTS, total, links))
        source = (rng.random(links) * np.minimum(target, INPUTS + hidden)).astype(np.int64)
        weight = rng.uniform(-10, 10, links)
        special = rng.random(links)
        weight[special < 0.05] = 10.0
        weight[(special >= 0.05) & (special < 0.1)] = -10.0
        weight[(special >= 0.1) & (special < 0.15)] = 0.0
        weight[(special >= 0.15) & (special < 0.2)] *= 1e-6
        nodes.append(nodes[-1] + hidden + outputs)
        edges.append(edges[-1] + links)
        kinds.append(rng.integers(0, 4, hidden + outputs))
        sources.append(source)
        targets.append(target)
        weights.append(weight)
    return CppnGenomes(
        np.array(nodes, np.int64),
        np.concatenate(kinds).astype(np.uint8),
        np.array(edges, np.int64),
        np.concatenate(sources).astype(np.int32),
        np.concatenate(targets).astype(np.int32),
        np.concatenate(weights).astype(np.float32),
    )


def same_networks(first: CppnGenomes, second: CppnGenomes) -> bool:
    """True where every array of both is equal, dtype included."""
    names = ("nodes", "activations", "edges", "sources", "targets", "weights")
    pairs = [(getattr(first, name), getattr(second, name)) for name in names]
    return all(a.dtype == b.dtype and np.array_equal(a, b) for a, b in pairs)
