"""A small audit of the shipped network, and the network with its logits divided by ten."""

from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from foolery.audit.attacks import select_attacks
from foolery.audit.config import AuditConfig, ReferenceData
from foolery.classifiers import load_classifier
from foolery.classifiers.base import Classifier
from foolery.classifiers.scores import log_softmax
from foolery.classifiers.wrappers.metered import Budget


@dataclass(frozen=True)
class Cool:
    """A classifier with its logits divided: the same answers, and never sure of anything."""

    inner: Classifier
    divisor: float = 10.0

    @property
    def description(self):
        known = self.inner.description
        return replace(known, name=f"{known.name}/{self.divisor:g}", fingerprint="c" * 64)

    def scores(self, canvases):
        return log_softmax(self.inner.scores(canvases) / self.divisor)


@pytest.fixture(scope="session")
def lenet():
    pytest.importorskip("onnxruntime", reason="the extra onnx is not installed")
    return load_classifier("lenet")


@pytest.fixture
def order(mnist, tmp_path):
    """Of an audit of 2000 queries, by tiles and evolution."""
    return small_order(mnist, tmp_path / "audit")


def small_order(mnist, out: Path, attacks=("tiles", "cppn"), **changes) -> AuditConfig:
    return AuditConfig(
        **{
            "out": out,
            "asked": "2000",
            "limit": Budget(2000),
            "attacks": select_attacks(list(attacks)),
            "pictures": ReferenceData(mnist, "mnist", max_images=500),
            **changes,
        }
    )
