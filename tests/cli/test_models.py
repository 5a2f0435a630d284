"""``foolery models``: what can be named."""

import json

from support.command import invoke, is_refused


def test_built_in_networks_are_listed_with_their_error():
    listed = invoke("models")
    assert listed.returncode == 0, listed.stderr
    lines = {line.split()[0]: line for line in listed.stdout.splitlines()}
    assert "test error" in lines["lenet"]
    assert "test error" in lines["lenet-b"]
    assert "onnx:FILE" in lines


def test_json():
    assert {"lenet", "lenet-b"} <= set(json.loads(invoke("models", "--json").stdout)["classifiers"])


def test_a_filter_looks_into_names_and_descriptions():
    listed = json.loads(invoke("models", "LENET", "--json").stdout)["classifiers"]
    assert set(listed) == {"lenet", "lenet-acet", "lenet-b"}
    assert "onnx:FILE" in invoke("models", "onnx file").stdout


def test_wrappers_are_listed():
    assert {"tencrop:REF", "ensemble:REF+REF"} <= set(
        json.loads(invoke("models", "--json").stdout)["classifiers"]
    )


def test_a_filter_that_nothing_passes_gets_one_line():
    is_refused(invoke("models", "lanet"), "nothing has 'lanet'", "did you mean lenet")
