"""Where foolery runs: containers, read-only disks, quotas, consoles, proxies, shells."""

import json
import os
import shlex
import shutil
import sqlite3
import subprocess
import sys
from http.client import HTTPConnection
from pathlib import Path

import pytest

import foolery
from foolery.errors import JournalWarning, UsageError
from foolery.processors import cpu_quota
from foolery.runs.database import connect_writer, leave_wal
from support.command import invoke, is_refused, run
from support.field import network, photos
from support.studio import serving

SOURCE = Path(foolery.__file__).parents[1]
POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"a" * 64 + b"\nsize 1024\n"
PAGE = b"<!DOCTYPE html>\n<html><head><title>Sign in</title></head></html>\n"


def test_without_a_writable_cache_or_home_it_works_and_says_so_once(tmp_path):
    """A file where Numba's two folders would be, since root may write to any folder."""
    shutil.copytree(SOURCE / "foolery", tmp_path / "foolery", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "blocked").write_text("")
    for folder in {path.parent for path in (tmp_path / "foolery").rglob("*.py")}:
        (folder / "__pycache__").write_text("")
    nowhere = str(tmp_path / "blocked" / "home")
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("NUMBA", "XDG"))},
        "HOME": nowhere,
        "XDG_CACHE_HOME": nowhere,
        "PYTHONPATH": str(tmp_path),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    code = (
        "import warnings, foolery.rng, foolery.encodings.cppn.mutation, numba\n"
        "from foolery.jit import jit\n"
        "def double(x): return 2 * x\n"
        "print(jit(double)(21))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert (done.returncode, done.stdout) == (0, "42\n"), done.stderr
    assert done.stderr.count("no folder for compiled functions can be written to") == 1


@pytest.mark.parametrize(
    ("files", "own", "quota"),
    [
        ({"cpu.max": "100000 100000\n"}, "0::/\n", 1.0),
        ({"cpu.max": "150000 100000\n"}, "0::/\n", 1.5),
        ({"cpu.max": "max 100000\n"}, "0::/\n", None),
        ({"a/cpu.max": "400000 100000\n", "a/b/cpu.max": "max 100000\n"}, "0::/a/b\n", 4.0),
        ({"cpu/cpu.cfs_quota_us": "50000\n", "cpu/cpu.cfs_period_us": "100000\n"}, "4:cpu,cpuacct:/\n", 0.5),
        (
            {
                "cpu,cpuacct/docker/1/cpu.cfs_quota_us": "200000\n",
                "cpu,cpuacct/docker/1/cpu.cfs_period_us": "100000\n",
                "cpu,cpuacct/cpu.cfs_quota_us": "-1\n",
                "cpu,cpuacct/cpu.cfs_period_us": "100000\n",
            },
            "4:cpu,cpuacct:/docker/1\n3:memory:/docker/1\n",
            2.0,
        ),
        ({"cpu/cpu.cfs_quota_us": "-1\n", "cpu/cpu.cfs_period_us": "100000\n"}, "4:cpu:/\n", None),
        ({"cpu.max": "nonsense"}, "0::/\n", None),
        ({}, "", None),
    ],
)
def test_quotas_of_containers_of_both_versions(tmp_path, files, own, quota):
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / "own").write_text(own)
    assert cpu_quota(tmp_path, tmp_path / "own") == quota


@pytest.mark.skipif(not Path("/proc/self/cgroup").exists(), reason="control groups are Linux's")
def test_the_number_of_workers_is_the_quota_of_the_container(tmp_path):
    """In a mount namespace of its own, as the container's processes see it."""
    code = "from foolery.workers import worker_count; print(worker_count())"
    mounted = "mount -t tmpfs none /sys/fs/cgroup && echo '100000 100000' > /sys/fs/cgroup/cpu.max && "
    command = mounted + shlex.join([sys.executable, "-c", code])
    environment = {name: value for name, value in os.environ.items() if name != "FOOLERY_THREADS"}
    done = subprocess.run(
        ["unshare", "-m", "bash", "-c", command], env=environment, capture_output=True, text=True, check=False
    )
    if "unshare" in done.stderr or "mount" in done.stderr:
        pytest.skip(f"no mount namespace here: {done.stderr.strip()}")
    assert done.stdout == "1\n", done.stderr


def test_json_is_ascii_where_the_console_is_not_utf_8(tmp_path):
    data = photos(tmp_path / "photos", ["Möwe", "日本"])
    model = network(tmp_path / "net.onnx", ["Möwe", "日本"])
    words = ("predict", model, data / "日本" / "0.png", "--json")
    for encoding in ("ascii", "latin-1", "cp1252"):
        done = run(*words, PYTHONIOENCODING=encoding)
        assert done.returncode == 0, done.stderr
        assert done.stdout.isascii()
        assert "\u65e5\u672c" in json.dumps(json.loads(done.stdout), ensure_ascii=False)


def test_a_printed_command_can_be_pasted(tmp_path):
    data = photos(tmp_path / "Bob's photos", ["cat", "dog"], count=20)
    network(tmp_path / "My Drive" / "model (1).onnx", ["cat", "dog"])
    model = tmp_path / "My Drive" / "model (1).onnx"
    done = invoke("card", model, "--data", f"folder:{data}", "--out", tmp_path / "a card.json")
    assert done.returncode == 0, done.stderr
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("next ")]
    words = shlex.split(line.removeprefix("next"))
    assert words[-6:] == [
        "preflight",
        f"onnx:{model}",
        "--card",
        str(tmp_path / "a card.json"),
        "--data",
        f"folder:{data}",
    ]
    assert invoke(*words[-6:]).returncode == 0


@pytest.mark.parametrize(("content", "said"), [(POINTER, "a git-lfs pointer"), (PAGE, "an HTML page")])
def test_what_stands_in_the_place_of_a_file_is_named(tmp_path, content, said):
    data = photos(tmp_path / "photos", ["cat", "dog"])
    for name in ("net.onnx", "names.txt", "data.parquet"):
        (tmp_path / name).write_bytes(content)
    is_refused(invoke("card", tmp_path / "net.onnx", "--data", f"folder:{data}"), "net.onnx", said)
    model = network(tmp_path / "whole.onnx", ["cat", "dog"])
    words = ("evaluate", model, "--data")
    is_refused(invoke(*words, f"folder:{data}", "--class-names", tmp_path / "names.txt"), "names.txt", said)
    pytest.importorskip("pyarrow", reason="the extra dataset is not installed")
    is_refused(invoke(*words, f"parquet:{tmp_path / 'data.parquet'}"), "data.parquet", said)


def test_a_place_that_cannot_be_written_to_is_named_with_the_remedy(tmp_path):
    """A file in the place of a folder, which not even root can write to."""
    (tmp_path / "file").write_text("")
    data = photos(tmp_path / "photos", ["cat", "dog"], count=20)
    network(tmp_path / "net.onnx", ["cat", "dog"])
    done = invoke(
        "card", tmp_path / "net.onnx", "--data", f"folder:{data}", "--out", tmp_path / "file" / "a.json"
    )
    assert done.returncode == 2
    assert "--out" in done.stderr.splitlines()[-1]


def test_a_run_is_kept_on_disks_without_shared_memory(tmp_path):
    """A folder lies where SQLite would keep the memory that processes share."""
    file = tmp_path / "run.db"
    with sqlite3.connect(file) as made:
        made.execute("CREATE TABLE champion (class INTEGER)")
    made.close()
    (tmp_path / "run.db-shm").mkdir()
    for row in range(2):
        with pytest.warns(JournalWarning, match="without a write-ahead log"):
            connection = connect_writer(file)
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("INSERT INTO champion VALUES (?)", (row,))
        connection.execute("COMMIT")
        leave_wal(connection)
        connection.close()
    with sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True) as read:
        assert read.execute("SELECT class FROM champion").fetchall() == [(0,), (1,)]
    read.close()


def ask(
    port: int, host: str, path: str, method: str = "GET", **headers: str
) -> tuple[int, dict[str, str], bytes]:
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.putrequest(method, path, skip_host=True)
        for name, value in {"Host": host, **headers}.items():
            connection.putheader(name.replace("_", "-"), value)
        connection.endheaders()
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read()
    finally:
        connection.close()


def test_a_studio_behind_a_proxy(tmp_path):
    pytest.importorskip("uvicorn", reason="the extra studio is not installed")
    (tmp_path / "runs").mkdir()
    words = (
        "--allow-host",
        "hub.example.org",
        "--allow-host",
        ".app.github.dev",
        "--root-path",
        "/user/me/proxy",
    )
    with serving(tmp_path / "runs", *words) as studio:
        port = int(studio.url.rstrip("/").rpartition(":")[2])
        for host in ("hub.example.org", "hub.example.org:443", "name-8765.app.github.dev", "localhost:9000"):
            for prefix in ("", "/user/me/proxy"):
                status, _, page = ask(port, host, f"{prefix}/")
                assert status == 200
                assert b'="/' not in page  # no link that a prefix breaks
                assert ask(port, host, f"{prefix}/static/studio.css")[0] == 200
        status, headers, _ = ask(port, "hub.example.org", "/user/me/proxy")
        assert (status, headers["location"]) == (307, "/user/me/proxy/")
        for host in ("evil.org", "hub.example.org.evil.org", "xapp.github.dev"):
            status, _, said = ask(port, host, "/")
            assert (status, f"--allow-host {host}" in said.decode()) == (421, True)
        accepted = ask(port, "localhost", "/predict/0", "POST", Origin="https://name-8765.app.github.dev")
        assert accepted[0] not in (403, 421)
        assert ask(port, "localhost", "/predict/0", "POST", Origin="https://evil.org")[0] == 403


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--allow-host", "https://hub.example.org"), "--allow-host: expected a host name"),
        (("--root-path", "user/me"), "--root-path: expected a path such as /user/me"),
    ],
)
def test_names_and_prefixes_that_are_none_are_refused(tmp_path, words, said):
    pytest.importorskip("uvicorn", reason="the extra studio is not installed")
    (tmp_path / "runs").mkdir()
    is_refused(invoke("studio", tmp_path / "runs", "--port", "0", *words), said)


def test_a_studio_that_is_bound_to_more_than_this_machine_knows_its_own_name():
    pytest.importorskip("uvicorn", reason="the extra studio is not installed")
    import socket

    from foolery.studio.security import Access

    access = Access.for_host("0.0.0.0", 8765)
    own = socket.gethostname()
    assert access.accepts_host(f"{own}:8765")
    assert access.accepts_host(f"{own.split('.')[0]}.cluster.local")
    assert not access.accepts_host("evil.org")
    assert not Access.for_host("127.0.0.1", 8765).accepts_host("evil.org")
    with pytest.raises(UsageError):
        Access.for_host("127.0.0.1", 8765, ["*"])
