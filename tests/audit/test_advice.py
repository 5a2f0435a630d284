"""What to make of an audit: known networks under the same protocol, and what to do next."""

import json

import pytest

from foolery.audit.advice import KNOWN, hardening_step, known_audits, next_steps, standing_lines
from foolery.audit.protocols import PROTOCOLS
from foolery.audit.schema import AuditedClassifier
from foolery.audit.verdict import Interval
from foolery.classifiers import builtin
from support.audits import audit_in

pytest.importorskip("onnxruntime", reason="the extra onnx is not installed")


@pytest.fixture(scope="module")
def audit(tmp_path_factory):
    return audit_in(tmp_path_factory.mktemp("audits") / "one")


def test_known_audits_are_of_protocols_and_have_intervals():
    assert known_audits()
    assert len(json.loads(KNOWN.read_text())) == len(known_audits())
    for one in known_audits():
        assert one.protocol in PROTOCOLS
        assert 0 <= one.low <= one.score <= one.high <= 100


def with_score(audit, value, protocol="digits-1"):
    interval = Interval(value=value, low=value - 1, high=value + 1)
    verdict = audit.verdict.model_copy(update={"score": interval})
    return audit.model_copy(update={"verdict": verdict, "protocol": protocol})


def test_it_stands_among_known_networks_of_its_protocol(audit):
    known = [one for one in known_audits() if one.protocol == "digits-1"]
    (best,) = standing_lines(with_score(audit, 98.0))
    assert f"of {len(known)} known networks under digits-1, {len(known)} have a lower score" in best
    (worst,) = standing_lines(with_score(audit, 2.0))
    assert f", 0 have a lower score beyond both intervals, {len(known)} a higher one" in worst
    assert all(one.network in best for one in known)
    assert standing_lines(with_score(audit, 98.0, None)) == ()


def test_what_to_do_next_depends_on_what_was_found(audit):
    first, second = next_steps(audit)
    assert "leaves 50 % of the classes fooled; the mitigations say what other prices buy" in first
    assert "foolery harden lenet" in second
    none = audit.verdict.model_copy(update={"fooled_by_any": Interval(value=0.0, low=0.0, high=0.3)})
    assert "no class is fooled" in next_steps(audit.model_copy(update={"verdict": none}))[0]
    assert "--data" in next_steps(audit.model_copy(update={"reference": None}))[0]
    cut = tuple(one.model_copy(update={"ended": "time"}) for one in audit.attacks)
    assert "more time" in next_steps(audit.model_copy(update={"attacks": cut}))[0]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("lenet-b", "foolery harden lenet-b --method acet --data mnist --out hardened trains it"),
        ("timm:resnet50", "foolery harden timm:resnet50 --method fine-tune --data mnist"),
        ("torch:my nets/a.safetensors", "foolery harden 'torch:my nets/a.safetensors' --method fine-tune"),
        ("onnx:net.onnx", "an ONNX file has no training left in it, so it is hardened where it was made"),
        ("hf:./folder", "foolery cannot train hf:./folder, your own training code can"),
        ("torch:net.pt2", "foolery cannot train torch:net.pt2, your own training code can"),
        ("ensemble:lenet+lenet-b", "is made of others"),
        ("python:my.module:make", "python:my.module:make is a black box"),
        ("digits-knn", "digits-knn is a black box"),
    ],
)
def test_how_to_harden_depends_on_what_is_held(audit, name, words):
    classifier = audit.classifier.model_copy(update={"name": name})
    step = hardening_step(classifier, "mnist")
    assert words in step
    assert ("foolery harden" in step) == ("trains it against" in step)
    exports = "foolery export FOLDER --format folder -o set" in step
    assert exports == (name.startswith(("onnx", "hf", "torch:net", "python", "digits")))


def test_what_is_advised_for_a_shipped_network_is_a_command_that_starts(tmp_path):
    """The arms race opens the network and the data, and refuses a method that does not fit."""
    pytest.importorskip("torch", reason="the extra torch is not installed")
    from foolery.hardening.preparation import _resolve_network

    for name in builtin.names():
        classifier = AuditedClassifier(
            name=name, fingerprint="", kind="softmax", canvas=(1, 2, 2), classes=("a",), backend="", device=""
        )
        words = hardening_step(classifier, "mnist").split()
        if "harden" in words:
            architecture, start = _resolve_network(name, words[words.index("--method") + 1])
            assert (architecture, start) == (builtin.card_of(name).architecture, name)
