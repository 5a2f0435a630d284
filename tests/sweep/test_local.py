"""Local processes: whatever dies, the same call finishes, and every run is as if it had been alone."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from foolery.errors import UsageError
from foolery.runs.database import RunLock
from foolery.sweep import EngineChoice, SweepOptions, board_status, make_plan, sweep
from foolery.sweep.driver import MAX_RETRIES, JobQueue
from foolery.sweep.local import LocalProcesses
from foolery.sweep.outcome import Job
from foolery.sweep.pieces import write_plan
from foolery.sweep.status import PieceNote, read_note, write_note
from foolery.sweep.sweeping import LOCK, SweepError
from foolery.sweep.tasks import command_job, piece_job
from support.boards import digests_alone, digests_of, small_board, toml
from support.command import run

pytest.importorskip("onnxruntime", reason="the extra onnx is not installed")

TWO = SweepOptions(EngineChoice.parse("local:2"))
CODE = """
from pathlib import Path
import numpy as np

class Broken:
    canvas, classes, fingerprint = (1, 8, 8), ("left", "right"), "broken"

    def __call__(self, canvases):
        if Path(__file__).with_name("raise").exists():
            raise RuntimeError("the camera is gone")
        side = canvases.reshape(len(canvases), -1).mean(1)
        return np.stack([side, 255 - side], axis=1) / 64

model = Broken()
"""


def test_a_board_is_finished_and_every_run_is_as_if_alone(tmp_path):
    lines = []
    status = sweep(small_board(), tmp_path / "board", TWO, on_note=lines.append)
    assert status.counts["finished"] == 4
    assert digests_of(status.plan, tmp_path / "board") == digests_alone(status.plan, tmp_path / "alone")
    assert lines[-1].startswith("4 of 4 done, 0 failed")
    again = []
    sweep(small_board(), tmp_path / "board", TWO, on_note=again.append)
    assert again == ["board: 0 of 4 pieces are left, 0 queries"]


def test_two_shards_make_the_whole(tmp_path):
    for shard in ("1/2", "2/2"):
        status = sweep(small_board(), tmp_path / "board", SweepOptions(TWO.choice, shard))
    assert status.counts["finished"] == 4
    assert digests_of(status.plan, tmp_path / "board") == digests_alone(status.plan, tmp_path / "alone")


def test_what_is_worked_on_in_scratch_lies_in_out_afterwards(tmp_path):
    options = SweepOptions(TWO.choice, scratch=tmp_path / "scratch")
    status = sweep(small_board(), tmp_path / "board", options)
    assert status.counts["finished"] == 4
    assert digests_of(status.plan, tmp_path / "board") == digests_alone(status.plan, tmp_path / "alone")
    assert not any((tmp_path / "scratch").iterdir())


def kill_one(out: Path, plan, kills: list[str]) -> None:
    """Kill the first worker that has recorded a generation."""
    deadline = time.monotonic() + 50
    while time.monotonic() < deadline:
        for piece in plan.pieces:
            note = read_note(out / piece.folder)
            if (
                note is not None
                and note.state == "running"
                and list((out / piece.folder).glob("seed-*/run.db"))
            ):
                os.kill(note.pid, signal.SIGKILL)
                kills.append(piece.id)
                return
        time.sleep(0.02)


def test_a_worker_that_is_killed_is_tried_again(tmp_path):
    board = small_board(classifiers=["lenet"], generations=40, batch=20)
    plan, kills, lines = make_plan(board), [], []
    thread = threading.Thread(target=kill_one, args=(tmp_path / "board", plan, kills))
    thread.start()
    status = sweep(board, tmp_path / "board", TWO, on_note=lines.append)
    thread.join()
    assert len(kills) == 1
    assert any("its process was killed by signal 9" in line and "; try 2 of 4" in line for line in lines)
    assert status.counts["finished"] == 2
    assert digests_of(plan, tmp_path / "board") == digests_alone(plan, tmp_path / "alone")


def test_a_job_whose_process_always_dies_is_tried_four_times(tmp_path):
    class Killed(LocalProcesses):
        starts = 0

        def start(self, number, job):
            super().start(number, job)
            self.starts += 1
            os.kill(self._workers[-1]._process.pid, signal.SIGKILL)

    engine = Killed(1, tmp_path)
    (failure,) = JobQueue(engine, print).run([command_job("models", ["models"])])
    assert engine.starts == MAX_RETRIES + 1
    assert failure.reason == "its process was killed by signal 9, 4 times"


def test_a_refusal_is_not_tried_again_and_a_failure_is_named(tmp_path):
    jobs = [command_job("wrong", ["evolve", "-c", "nothing"]), command_job("right", ["models"])]
    lines = []
    (failure,) = JobQueue(LocalProcesses(2, tmp_path), lines.append).run(jobs)
    assert failure.name == "wrong"
    assert "classifier: 'nothing' is unknown" in failure.reason
    assert not any("try 2" in line for line in lines)


def test_a_classifier_that_raises_fails_alone_and_is_tried_by_the_next_call(tmp_path, monkeypatch):
    (tmp_path / "broken.py").write_text(CODE)
    monkeypatch.chdir(tmp_path)
    board = small_board(classifiers=["perceptron", "python:broken:model"], seeds=1)
    plan = make_plan(board)
    write_plan(plan, tmp_path / "board")
    (tmp_path / "raise").touch()
    with pytest.raises(SweepError, match=r"1 failed.*python:broken:model x direct, seed 0: .*camera is gone"):
        sweep(board, tmp_path / "board", TWO)
    status = board_status(plan, tmp_path / "board")
    assert [(one.state, "the camera is gone" in one.reason) for one in status.pieces] == [
        ("finished", False), ("failed", True),
    ]  # fmt: skip
    (tmp_path / "raise").unlink()
    assert sweep(board, tmp_path / "board", TWO).counts["finished"] == 2


def test_another_network_behind_the_same_name_is_refused(tmp_path):
    plan = make_plan(small_board(classifiers=["perceptron"], seeds=1))
    piece = plan.pieces[0].model_copy(update={"fingerprint": "0" * 64})
    jobs = [piece_job(piece, tmp_path, None)]
    (failure,) = JobQueue(LocalProcesses(1, tmp_path), print).run(jobs)
    assert "perceptron: it is another classifier here" in failure.reason


def test_the_second_driver_on_a_folder_is_refused(tmp_path):
    lock = RunLock(tmp_path, LOCK, "board")
    with pytest.raises(UsageError, match="another process is writing this board"):
        sweep(small_board(), tmp_path, TWO)
    lock.release()


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match=r"--out: .*file/board cannot be made a folder"):
        sweep(small_board(), tmp_path / "file" / "board", TWO)
    options = SweepOptions(TWO.choice, scratch=tmp_path / "file" / "scratch")
    with pytest.raises(SweepError, match=r"--scratch: .* cannot be written"):
        sweep(small_board(classifiers=["perceptron"], seeds=1), tmp_path / "board", options)


@pytest.fixture
def tiny_disk(tmp_path):
    """A disk of 64 KiB; the test is skipped where none may be mounted."""
    place = tmp_path / "tiny"
    place.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(place)]
    if subprocess.run(words, capture_output=True, check=False).returncode:
        pytest.skip("no disk may be mounted here")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def test_a_scratch_that_is_full_fails_the_piece_and_the_next_call_finishes_it(tmp_path, tiny_disk):
    board = small_board(classifiers=["perceptron"], seeds=1, generations=30, batch=20)
    with pytest.raises(SweepError, match=r"1 failed.*perceptron x direct, seed 0: .*(full|space)"):
        sweep(board, tmp_path / "board", SweepOptions(TWO.choice, scratch=tiny_disk / "scratch"))
    status = sweep(board, tmp_path / "board", TWO)
    assert status.counts["finished"] == 1
    assert digests_of(status.plan, tmp_path / "board") == digests_alone(status.plan, tmp_path / "alone")


def test_a_piece_without_signs_of_life_is_stalled(tmp_path):
    plan = make_plan(small_board(classifiers=["perceptron"], seeds=1))
    folder = tmp_path / plan.pieces[0].folder
    write_note(folder, PieceNote("running", beat=time.time() - 1000))
    assert board_status(plan, tmp_path).pieces[0].state == "stalled"
    write_note(folder, PieceNote("running", beat=time.time()))
    assert board_status(plan, tmp_path).pieces[0].state == "running"


def children_of(pid: int) -> list[int]:
    """Processes whose parent it is."""
    found = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False
    )
    return [int(word) for word in found.stdout.split()]


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGKILL, -9)]
)
def test_a_driver_that_ends_leaves_no_process_and_the_same_command_goes_on(tmp_path, number, code):
    board = small_board(classifiers=["lenet"], generations=80, batch=20)
    (tmp_path / "board.toml").write_text(toml(board))
    words = [sys.executable, "-m", "foolery", "sweep", "board.toml", "--out", "out", "--on", "local:2"]
    with subprocess.Popen(words, cwd=tmp_path, stderr=subprocess.PIPE, text=True) as process:
        plan, deadline = make_plan(board), time.monotonic() + 50
        while time.monotonic() < deadline and not list(tmp_path.glob("out/pieces/*/seed-*/run.db")):
            time.sleep(0.05)
        workers = children_of(process.pid)
        assert len(workers) == 2
        process.send_signal(number)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == code
    assert ("interrupted; out is saved: the same command continues" in errors) == (code > 0)
    deadline = time.monotonic() + 40
    while any(Path(f"/proc/{pid}").exists() for pid in workers) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not [pid for pid in workers if Path(f"/proc/{pid}").exists()]
    done = run("sweep", *words[4:], "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["counts"]["finished"] == 2
    assert digests_of(plan, tmp_path / "out") == digests_alone(plan, tmp_path / "alone")


def test_jobs_are_spread_and_a_plan_of_none_is_done(tmp_path):
    jobs = [Job(str(number), {"command": ["models"], "folder": str(tmp_path)}) for number in range(3)]
    assert JobQueue(LocalProcesses(2, tmp_path), print).run(jobs) == []
