"""``foolery breed``: the studio on its tab Breed, and a run that starts from a champion."""

import json
import signal
import subprocess
import sys

import pytest

import foolery
from support.command import invoke, is_refused

pytest.importorskip("starlette", reason="the extra studio is not installed")
pytest.importorskip("onnxruntime", reason="the extra onnx is not installed")


def test_it_serves_the_page_with_the_run_that_it_started_from_a_champion(tmp_path):
    run = foolery.evolve("lenet", generations=3, batch=20, out=tmp_path / "first")
    command = [sys.executable, "-m", "foolery", "breed", str(tmp_path), "--port", "0", "--json"]
    words = ["--from", str(tmp_path / "first"), "--class", "3"]
    with subprocess.Popen(
        [*command, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        lines = []
        while not lines or lines[-1] != "}\n":
            lines.append(process.stdout.readline())
            assert lines[-1]
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=30)
    assert process.returncode == 0, errors
    assert json.loads("".join(lines))["url"].endswith("/breed?name=bred-1")
    bred = foolery.open_run(tmp_path / "bred-1")
    assert bred.settings.search == "bred"
    assert {champion.canvas_hash for champion in bred.champions.values()} == {run.champions["3"].canvas_hash}


def test_what_cannot_be_bred_gets_one_line(tmp_path):
    foolery.evolve("lenet", encoding="direct", generations=0, batch=10, out=tmp_path / "direct")
    foolery.evolve("lenet", generations=0, batch=10, out=tmp_path / "cppn")
    words = ("breed", tmp_path, "--no-open", "--port", "0")
    is_refused(invoke(*words, "--from", tmp_path / "direct"), "only CPPNs can be bred", "direct")
    is_refused(invoke(*words, "--from", tmp_path / "cppn", "--class", "x"), "--class: no champion 'x'")
    is_refused(invoke(*words, "--from", tmp_path / "none"), "none")
    is_refused(invoke(*words, "--class", "3"), "--class goes with --from")
