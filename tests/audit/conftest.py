"""A small audit of the shipped network, and the network with its logits divided by ten."""

from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from foolery.audit import AuditConfig
from foolery.audit.attack_loop import run_attacks
from foolery.audit.session import AuditSession
from foolery.classifiers import load_classifier
from foolery.classifiers.base import Classifier
from foolery.classifiers.scores import log_softmax


@dataclass(frozen=True)
class Cool:
    """A classifier with its logits divided: the same answers, and never sure of anything."""

    inner: Classifier
    divisor: float = 10.0

    @property
    def description(self):
        description = self.inner.description
        return replace(description, name=f"{description.name}/{self.divisor:g}", fingerprint="c" * 64)

    def scores(self, canvases):
        return log_softmax(self.inner.scores(canvases) / self.divisor)


@pytest.fixture(scope="session")
def lenet():
    pytest.importorskip("onnxruntime", reason="the extra onnx is not installed")
    return load_classifier("lenet")


@pytest.fixture
def config(mnist, tmp_path):
    """Of an audit of 2000 queries, by tiles and evolution."""
    return small_config(mnist, tmp_path / "audit")


def small_config(mnist, out: Path, attacks=("tiles", "cppn"), **changes) -> AuditConfig:
    """Neither a panel nor mitigations, which take longer than the attacks."""
    fields = {
        "data": mnist,
        "data_name": "mnist",
        "max_images": 500,
        "budget": 2000,
        "attacks": attacks,
        "panel": (),
        "out": out,
    }
    return AuditConfig(**fields | changes)


def finished_session(classifier, config: AuditConfig) -> AuditSession:
    """An audit to its verdict."""
    session = begun(classifier, config)
    run_attacks(session)
    session.finish()
    return session


def begun(classifier, config: AuditConfig) -> AuditSession:
    """A new audit before its first attack."""
    return AuditSession.begin(config.resolve(classifier), print)


def resumed(classifier, config: AuditConfig) -> AuditSession:
    """An audit gone on with, before its next attack."""
    return AuditSession.resume(config.resolve(classifier), print)
