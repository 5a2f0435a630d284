"""A real run for the commands that read one."""

from pathlib import Path

import pytest

from support.command import run


@pytest.fixture(scope="session")
def small_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run of five generations against the shipped network."""
    pytest.importorskip("onnxruntime", reason="the extra onnx is not installed")
    folder = tmp_path_factory.mktemp("runs") / "small"
    finished = run("evolve", "-c", "lenet", "-n", "5", "--batch", "20", "--out", folder)
    assert finished.returncode == 0, finished.stderr
    return folder
