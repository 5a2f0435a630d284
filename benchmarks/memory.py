"""Peak memory of a search with direct genomes, 1000 classes, 256 x 256 x 3, beyond its classifier alone.

The classifier is a small real network in ONNX, made here: a strided convolution, pooling, and a layer to
1000 classes. Each measurement is a process of its own, and the figure is its largest resident size.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

CLASSES, SIDE, CHANNELS = 1000, 256, 16
MIB = 2**20


def write_network(folder: Path) -> Path:
    """An ONNX file of random weights, and its card."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    draws = np.random.default_rng(0)
    weights = {
        "filters": draws.normal(0, 0.1, (CHANNELS, 3, 8, 8)).astype(np.float32),
        "matrix": draws.normal(0, 1, (CHANNELS * 16, CLASSES)).astype(np.float32),
    }
    nodes = [
        helper.make_node("Conv", ["pixels", "filters"], ["maps"], strides=[8, 8]),
        helper.make_node("Relu", ["maps"], ["rectified"]),
        helper.make_node("AveragePool", ["rectified"], ["pooled"], kernel_shape=[8, 8], strides=[8, 8]),
        helper.make_node("Flatten", ["pooled"], ["flat"]),
        helper.make_node("MatMul", ["flat", "matrix"], ["logits"]),
    ]
    graph = helper.make_graph(
        nodes,
        "thousand",
        [helper.make_tensor_value_info("pixels", TensorProto.FLOAT, ["n", 3, SIDE, SIDE])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["n", CLASSES])],
        [numpy_helper.from_array(array, name) for name, array in weights.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)])
    model.ir_version = 8
    onnx.save(model, str(folder / "thousand.onnx"))
    card = {
        "name": "thousand",
        "kind": "softmax",
        "classes": [f"class {number}" for number in range(CLASSES)],
        "preprocessing": {
            "canvas": {"channels": 3, "height": SIDE, "width": SIDE},
            "scale": 1 / 255,
            "mean": [0.5, 0.5, 0.5],
            "std": [0.25, 0.25, 0.25],
            "channel_order": "rgb",
        },
    }
    (folder / "thousand.card.json").write_text(json.dumps(card))
    return folder / "thousand.onnx"


def peak(folder: Path, generations: int, batch: int) -> None:
    """Print this process's largest resident size in bytes: of the classifier alone for 0 generations."""
    from foolery.classifiers import load_classifier
    from foolery.engine.evolution import evolve

    classifier = load_classifier(
        f"onnx:{folder / 'thousand.onnx'}", backend="onnx", card=folder / "thousand.card.json"
    )
    if generations:
        evolve(
            classifier,
            encoding="direct",
            generations=generations,
            batch=batch,
            out=folder / "run",
            overwrite=True,
        )
    else:
        classifier.scores(np.zeros((batch, 3, SIDE, SIDE), np.uint8))
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024))


def measured(folder: Path, generations: int, batch: int) -> int:
    command = [sys.executable, __file__, "--inside", str(folder), "--batch", str(batch)]
    command += ["--generations", str(generations)]
    return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--batch", type=int, default=400)
    parser.add_argument("--generations", type=int, default=30)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--inside", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.inside is not None:
        peak(asked.inside, asked.generations, asked.batch)
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_network(folder)
        alone = measured(folder, 0, asked.batch)
        search = measured(folder, asked.generations, asked.batch)
    report = {
        "batch": asked.batch,
        "generations": asked.generations,
        "classifier_alone_mib": round(alone / MIB),
        "search_mib": round(search / MIB),
        "beyond_mib": round((search - alone) / MIB),
    }
    if asked.json:
        print(json.dumps(report))
        return
    print(
        f"direct, {CLASSES} classes, {SIDE} x {SIDE} x 3, batch {asked.batch}, "
        f"{asked.generations} generations: "
        f"{report['search_mib']} MiB at most, {report['beyond_mib']} MiB beyond the classifier alone "
        f"({report['classifier_alone_mib']} MiB with one such batch)"
    )


if __name__ == "__main__":
    main()
