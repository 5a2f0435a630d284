"""Real runs of two classifiers of digits: three seeds of one, one of the other."""

import pytest

from foolery.classifiers import load_classifier
from foolery.engine.evolution import evolve


@pytest.fixture(scope="package")
def runs(tmp_path_factory):
    """A folder with ``lenet/seed-0`` to ``seed-2`` and ``perceptron/seed-0`` below it."""
    pytest.importorskip("onnxruntime", reason="the extra onnx is not installed")
    folder = tmp_path_factory.mktemp("runs")
    for name, seed in (("lenet", 0), ("lenet", 1), ("lenet", 2), ("perceptron", 0)):
        out = folder / name / f"seed-{seed}"
        evolve(
            load_classifier(name),
            generations=3,
            batch=20,
            seed=seed,
            out=out,
            command=f"foolery evolve -c {name}",
        )
    return folder
