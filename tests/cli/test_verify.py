"""``foolery verify``: exit code 1 where a run does not say what it said."""

import json

import pytest

from support.command import invoke, is_refused


def test_a_run_that_says_what_it_said_passes(small_run):
    finished = invoke("verify", small_run, small_run)
    assert finished.returncode == 0, finished.stderr
    assert finished.stdout.count("passed") == 2
    assert "10 of 10 canvases equal" in finished.stdout


def test_the_other_back_end_may_differ_a_little_more(small_run):
    pytest.importorskip("torch", reason="the extra torch is not installed")
    found = json.loads(invoke("verify", small_run, "--backend", "torch", "--json").stdout)
    (checked,) = found["runs"]
    assert found["passed"]
    assert (checked["same_backend"], checked["tolerance"]) == (False, 1e-3)
    assert checked["largest_difference"] <= 1e-3


def test_another_classifier_fails_with_exit_code_1_and_says_why(small_run):
    finished = invoke("verify", small_run, "--classifier", "lenet-b")
    assert finished.returncode == 1
    assert "FAILED" in finished.stdout
    assert "fingerprint" in finished.stdout
    assert finished.stderr == "error: verify: 1 of 1 runs failed\n"


def test_json_stays_alone_on_standard_output_when_a_run_fails(small_run):
    finished = invoke("verify", small_run, "--classifier", "lenet-b", "--json")
    assert finished.returncode == 1
    found = json.loads(finished.stdout)
    assert not found["passed"]
    assert found["runs"][0]["largest_difference"] is None
    assert found["runs"][0]["problems"]


def test_an_unknown_back_end_is_refused(small_run):
    is_refused(invoke("verify", small_run, "--backend", "tourch"), "'tourch'", "torch")
