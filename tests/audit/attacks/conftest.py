"""Two small real runs, and a file of their champions."""

import pytest

from foolery.audit.attacks.transfer_champions import collect_champions
from foolery.classifiers import load_classifier
from foolery.engine.evolution import evolve


@pytest.fixture(scope="package")
def runs():
    """Of ``lenet`` and ``perceptron``."""
    pytest.importorskip("onnxruntime", reason="the extra onnx is not installed")
    return [
        evolve(load_classifier(name), generations=4, batch=20, seed=seed, command=f"foolery evolve -c {name}")
        for seed, name in enumerate(("lenet", "perceptron"))
    ]


@pytest.fixture(scope="package")
def pack(runs):
    return collect_champions(runs, max_per_classifier=8)
