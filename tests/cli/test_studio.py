"""``foolery studio``: what it prints, and what it refuses. The pages are tested in tests/studio."""

import signal
import socket
import subprocess
import sys
import urllib.request

import pytest

from foolery.install import install_command
from support.command import invoke, is_refused, run

pytest.importorskip("starlette", reason="the extra studio is not installed")
pytest.importorskip("onnxruntime", reason="the extra onnx is not installed")


def test_it_prints_its_address_and_ends_with_ctrl_c(tmp_path):
    command = [sys.executable, "-m", "foolery", "studio", str(tmp_path), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            line = process.stdout.readline()
            with urllib.request.urlopen(line.split()[0], timeout=60) as answer:
                assert answer.status == 200
            process.send_signal(signal.SIGINT)
            rest, errors = process.communicate(timeout=60)
        finally:
            process.kill()  # a server that does not end must not hold up the tests
    assert line.startswith("http://127.0.0.1:")
    assert "Ctrl-C" in line
    assert (process.returncode, rest, errors) == (0, "", "")


def test_a_taken_port_is_said_in_one_line(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        is_refused(run("studio", tmp_path, "--port", str(port)), f"{port} is taken", "--port 0")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["nowhere"], "mkdir nowhere"),
        ([".", "--port", "99999"], "--port"),
        ([".", "--port", "x"], "whole number"),
        ([".", "-c", "lanet"], "lenet"),
        ([".", "--card", "x.card.json"], "one --classifier"),
        ([".", "-c", "lenet", "-c", "perceptron", "--card", "x.card.json"], "one --classifier"),
        ([".", "--host", "203.0.113.254", "--port", "0"], "--host"),
    ],
)
def test_what_cannot_be_served_is_said_in_one_line(words, expected, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    is_refused(invoke("studio", *words), expected)


def test_without_the_extra_it_says_how_to_get_it(tmp_path, monkeypatch):
    for name in [name for name in sys.modules if name.startswith(("foolery.studio.server", "uvicorn"))]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    is_refused(invoke("studio", tmp_path), install_command("studio"))
