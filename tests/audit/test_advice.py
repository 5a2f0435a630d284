"""What to make of an audit: known networks under the same protocol, and what to do next."""

import json

import pytest

from foolery.audit.advice import KNOWN, known_audits, next_steps, standing_lines
from foolery.audit.protocols import PROTOCOLS
from foolery.audit.verdict import Interval
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
    assert "leaves 50 % of the classes fooled; --mitigations" in first
    assert "foolery harden lenet" in second
    onnx = audit.classifier.model_copy(update={"name": "onnx:net.onnx"})
    assert "an ONNX file cannot be trained" in next_steps(audit.model_copy(update={"classifier": onnx}))[1]
    none = audit.verdict.model_copy(update={"fooled_by_any": Interval(value=0.0, low=0.0, high=0.3)})
    assert "no class is fooled" in next_steps(audit.model_copy(update={"verdict": none}))[0]
    assert "--data" in next_steps(audit.model_copy(update={"reference": None}))[0]
    cut = tuple(one.model_copy(update={"ended": "time"}) for one in audit.attacks)
    assert "more time" in next_steps(audit.model_copy(update={"attacks": cut}))[0]
