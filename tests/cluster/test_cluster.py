"""A real Ray cluster, a head and two nodes here: whatever is killed, every run ends as if it were alone."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from foolery.sweep import make_plan
from foolery.sweep.status import read_note
from support.boards import digests_alone, digests_of, small_board, toml
from support.command import run

pytest.importorskip("onnxruntime", reason="the extra onnx is not installed")
pytest.importorskip("ray", reason="the extra ray is not installed: make cluster does it")

pytestmark = [
    pytest.mark.cluster,
    # Ray's own: files and sockets that it leaves to the end of the process, and settings to come
    pytest.mark.filterwarnings(
        "ignore::ResourceWarning", "ignore::FutureWarning", "ignore::DeprecationWarning"
    ),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
KILLS = 20
PATIENCE = 240.0  # seconds until something happens; a busy machine is slow


@pytest.fixture(scope="module")
def cluster() -> Iterator[object]:
    """A head that does no work, and two nodes of two processors each."""
    from ray.cluster_utils import Cluster

    nodes = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False})
    for _ in range(2):
        nodes.add_node(num_cpus=2)
    yield nodes
    nodes.shutdown()


def start(cluster, folder: Path) -> subprocess.Popen[str]:
    """A driver, as a process of its own."""
    words = [sys.executable, "-m", "foolery", "sweep", "board.toml", "--out", "out", "--on", "ray"]
    environment = os.environ | {"RAY_ADDRESS": cluster.address}
    return subprocess.Popen(words, cwd=folder, env=environment, stderr=subprocess.PIPE, text=True)


def kill_worker(folder: Path, plan, delay: float) -> bool:
    """Kill a worker ``delay`` seconds after it was seen at work; False where none works any more."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        notes = [read_note(folder / piece.folder) for piece in plan.pieces]
        alive = [note for note in notes if note is not None and is_at_work(note)]
        if alive:
            time.sleep(delay)
            note = random.Random(delay).choice(alive)
            if is_at_work(note):
                os.kill(note.pid, signal.SIGKILL)
                while Path(f"/proc/{note.pid}").exists() and time.monotonic() < deadline:
                    time.sleep(0.02)
                return True
        if all(note is not None and note.state == "finished" for note in notes):
            return False
        time.sleep(0.02)
    return False


def is_at_work(note) -> bool:
    """Whether the process that wrote the note is a worker of Ray that is there."""
    try:
        words = Path(f"/proc/{note.pid}/cmdline").read_bytes()
    except OSError:
        return False
    return note.state == "running" and b"ray" in words and b"idle" not in words.lower()


def test_workers_node_and_driver_are_killed_and_every_run_ends_as_if_alone(cluster, tmp_path):
    board = small_board(classifiers=["lenet", "lenet-b"], seeds=4, generations=150, batch=20)
    (tmp_path / "board.toml").write_text(toml(board))
    plan, out = make_plan(board), tmp_path / "out"
    randomness, kills = random.Random(22), 0
    driver = start(cluster, tmp_path)
    for round_ in range(3):
        # Each driver lives through a third of the kills; the first also loses a node, which comes back.
        while kills < KILLS * (round_ + 1) // 3 and kill_worker(out, plan, randomness.random()):
            kills += 1
            if kills == 4:
                node = cluster.list_all_nodes()[-1]
                cluster.remove_node(node)
                cluster.add_node(num_cpus=2)
        driver.kill()
        driver.communicate()
        if round_ < 2:
            driver = start(cluster, tmp_path)
    for shard in ("1/2", "2/2"):  # and then without Ray
        done = run("sweep", "board.toml", "--out", "out", "--shard", shard, "--json", cwd=tmp_path)
        assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["counts"]["finished"] == len(plan.pieces) == 8
    assert digests_of(plan, out) == digests_alone(plan, tmp_path / "alone")
    assert kills >= KILLS // 2  # on a quick machine the work may be done before the last of them


def test_an_address_where_no_cluster_is_and_nodes_that_are_too_small_are_named(cluster, tmp_path):
    board = small_board(classifiers=["perceptron"], seeds=1)
    (tmp_path / "board.toml").write_text(toml(board))
    words = ("sweep", "board.toml", "--out", "out", "--on", "ray")
    for more, address, expected in (
        ((), "127.0.0.1:1", "--on ray: no cluster is at RAY_ADDRESS=127.0.0.1:1"),
        (
            ("--gpus-per-shard", "1"),
            cluster.address,
            "--on ray: no node of the cluster has 1 processors",
        ),
    ):
        done = run(*words, *more, cwd=tmp_path, RAY_ADDRESS=address)
        assert done.returncode == 2, done.stderr
        assert expected in done.stderr.splitlines()[-1]
