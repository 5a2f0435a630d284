"""The project's own gate: the plain network must not pass it, its hardened twin must."""

import json

import pytest

from support.command import run

pytest.importorskip("onnxruntime", reason="the extra onnx is not installed")

GATE = "score < 86"


@pytest.mark.parametrize(("network", "code"), [("lenet", 1), ("lenet-acet", 0)])
def test_the_plain_network_fails_and_its_hardened_twin_passes(mnist, tmp_path, network, code):
    words = ("--data", "mnist", "--budget", "10000", "--attacks", "synthetic,cppn", "--fail-on", GATE)
    done = run("audit", network, *words, "--out", tmp_path / "audit")
    assert done.returncode == code, done.stderr
    (gate,) = json.loads((tmp_path / "audit" / "audit.json").read_text())["gates"]
    assert (gate["expression"], gate["outcome"]) == (GATE, "failed" if code else "passed")
    assert (f"failed: {GATE}" in done.stderr) == bool(code)
