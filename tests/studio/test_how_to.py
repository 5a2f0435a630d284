"""The how-to page: its commands, as they stand there."""

import os
import re
import shlex
import subprocess
import sys
import time
from pathlib import Path

import pytest

from support.studio import serving

pytest.importorskip("uvicorn", reason="the extra studio is not installed")
pytest.importorskip("onnxruntime", reason="the extra onnx is not installed")

DOCS = Path(__file__).parents[2] / "docs"
PAGE = DOCS / "how-to" / "watch-a-run.md"


def test_the_commands_of_the_page_do_what_it_says(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = PAGE.read_text(encoding="utf-8")
    lines = [line for block in re.findall(r"```sh\n(.*?)```", text, re.DOTALL) for line in block.splitlines()]
    install, search, first, second = map(shlex.split, lines)
    assert install[-1] == ".[onnx,studio]"
    assert search[:2] == ["foolery", "evolve"]
    process = subprocess.Popen(
        [sys.executable, "-m", *search],
        env=os.environ | {"FOOLERY_THREADS": "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + 60
        while not Path("runs/digits/run.db").exists():
            assert time.monotonic() < deadline
            time.sleep(0.1)
        assert first == ["foolery", "studio", "runs"]
        with serving(Path(first[2])) as studio:
            assert "digits" in studio.names()
            assert "running" in studio.ask("/runs.json").json()[0]["state"]
            assert studio.said["classifiers"][0] == "lenet"
        assert process.poll() is None  # the search does not notice
        assert second[:3] == ["foolery", "studio", "runs"]
        with serving(Path(second[2]), *second[3 : second.index("--port")]) as studio:
            assert studio.said["classifiers"][:2] == ["lenet", "perceptron"]
            assert set(studio.said) == {"url", "runs", "classifiers"}
    finally:
        process.terminate()
        process.wait(30)


def test_the_pictures_of_the_page_are_there_and_small():
    for name in re.findall(r"\]\((.*?\.png)\)", PAGE.read_text(encoding="utf-8")):
        assert (PAGE.parent / name).stat().st_size <= 300_000
