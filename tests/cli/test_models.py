"""``foolery models``: what can be named."""

import json

from support.command import invoke


def test_built_in_networks_are_listed_with_their_error():
    listed = invoke("models")
    assert listed.returncode == 0, listed.stderr
    lines = {line.split()[0]: line for line in listed.stdout.splitlines()}
    assert "test error" in lines["lenet"]
    assert "test error" in lines["lenet-b"]
    assert "onnx:FILE" in lines


def test_json():
    assert {"lenet", "lenet-b"} <= set(json.loads(invoke("models", "--json").stdout)["classifiers"])
