"""Disks that people have: without locks, read-only."""

import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from foolery.runs.disk_locks import missing_locks
from support.command import invoke, is_refused, run
from support.field import network, photos

SOURCE = Path(__file__).parents[1] / "support" / "no_locks.c"


@pytest.fixture(scope="module")
def no_locks(tmp_path_factory) -> dict[str, str]:
    """The environment of a process for which no disk keeps locks."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None or sys.platform != "linux":
        pytest.skip("needs Linux and a C compiler")
    library = tmp_path_factory.mktemp("library") / "no_locks.so"
    subprocess.run([compiler, "-shared", "-fPIC", "-o", library, SOURCE, "-ldl"], check=True)
    return {"LD_PRELOAD": str(library)}


@pytest.fixture(scope="module")
def finished(tmp_path_factory) -> Path:
    """A run that was written where there are locks."""
    folder = tmp_path_factory.mktemp("runs")
    network(folder / "net.onnx", ["cat", "dog"])
    done = evolve(folder, "run")
    assert done.returncode == 0, done.stderr
    return folder


def evolve(folder: Path, out: str, *words: str, **environment: str):
    """The shortest search."""
    return run(
        "evolve", "--classifier", f"onnx:{folder / 'net.onnx'}", "--encoding", "direct", "--batch", "4",
        "--generations", "1", "--seed", "0", "--out", folder / out, *words, **environment,
    )  # fmt: skip


def test_locks_are_there_on_this_disk(tmp_path):
    (tmp_path / "file").write_text("")
    assert missing_locks(tmp_path) == missing_locks(tmp_path / "file") == ""
    assert missing_locks(tmp_path / "none") == ""


@pytest.mark.parametrize("flock", [{}, {"NO_FLOCK": "1"}])
def test_a_search_on_a_disk_without_locks_is_refused_at_once_in_a_line(finished, no_locks, flock):
    is_refused(evolve(finished, "other", **no_locks, **flock), "other: ", "No locks available", "choose a")
    assert not list((finished / "other").glob("*"))


def test_a_run_on_a_disk_without_locks_can_be_read(finished, no_locks):
    expected = run("show", finished / "run", "--json")
    assert expected.returncode == 0, expected.stderr
    assert run("show", finished / "run", "--json", **no_locks).stdout == expected.stdout


def test_everything_but_the_output_may_be_read_only(tmp_path):
    """In a mount namespace in which nothing but the folder of the output can be written to."""
    photos(tmp_path / "photos", ["cat", "dog"], count=20)
    network(tmp_path / "net.onnx", ["cat", "dog"])
    (tmp_path / "out").mkdir()
    model, data = f"onnx:{tmp_path / 'net.onnx'}", f"folder:{tmp_path / 'photos'}"
    foolery = [sys.executable, "-m", "foolery"]
    commands = [
        [*foolery, "evaluate", model, "--data", data],
        [*foolery, "card", str(tmp_path / "net.onnx"), "--data", data, "--out", "new.card.json"],
        [*foolery, "card", str(tmp_path / "net.onnx"), "--data", data, "--overwrite"],
    ]
    words = "; ".join(f"{shlex.join(command)}; echo exit $?" for command in commands)
    script = (
        f"mount -t tmpfs none {tmp_path / 'out'} && mount -o remount,bind,ro / && cd {tmp_path / 'out'} && "
        f"{{ touch {tmp_path / 'x'} 2>/dev/null && echo writable; {words}; }}"
    )
    done = subprocess.run(
        ["unshare", "-m", "bash", "-c", script], capture_output=True, text=True, check=False, timeout=600
    )
    if "unshare" in done.stderr or "mount:" in done.stderr or "writable" in done.stdout:
        pytest.skip(f"no mount namespace here: {done.stderr.strip()[:200]}")
    codes = [line for line in done.stdout.splitlines() if line.startswith("exit ")]
    assert codes == ["exit 0", "exit 0", "exit 2"], done.stderr
    last = done.stderr.splitlines()[-1]
    assert last.startswith(f"error: --out: cannot write {tmp_path / 'net.card.json'}: ")
    assert last.endswith("; choose another path with --out")
    assert done.stderr.count("on 25 images") == 1, "refused after the work"


def test_a_card_that_cannot_be_written_is_refused_before_any_work(tmp_path):
    """A file in the place of a folder, which not even root can write to."""
    (tmp_path / "file").write_text("")
    data = photos(tmp_path / "photos", ["cat", "dog"])
    network(tmp_path / "net.onnx", ["cat", "dog"])
    out = tmp_path / "file" / "a.json"
    done = invoke("card", tmp_path / "net.onnx", "--data", f"folder:{data}", "--out", out)
    is_refused(done, "--out: cannot write", "choose another path")
