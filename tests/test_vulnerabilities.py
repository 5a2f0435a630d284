"""The check for known vulnerabilities: what nobody was asked about is not checked, and never passes."""

import json
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def check(file: Path, address: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "support.vulnerabilities", str(file), "--address", address],
        cwd=ROOT / "tests", capture_output=True, text=True, check=False,
    )  # fmt: skip


class Database(BaseHTTPRequestHandler):
    """Knows something about ``bad``, and answers in the form of osv.dev."""

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["queries"]
        results = [{"vulns": [{"id": "X-1"}]} if one["package"]["name"] == "bad" else {} for one in asked]
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps({"results": results}).encode())

    def log_message(self, *_):
        pass


@pytest.fixture
def database():
    server = HTTPServer(("127.0.0.1", 0), Database)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    thread.join()
    server.server_close()


def test_where_no_database_answers_it_says_so_and_fails():
    result = check(ROOT / "constraints.txt", "http://127.0.0.1:9/")
    assert result.returncode == 3
    assert result.stdout.startswith("not checked: ")


def test_what_is_known_fails_and_what_is_not_passes(tmp_path, database):
    (tmp_path / "a.txt").write_text("good==1.0\nbad==2.0\n")
    result = check(tmp_path / "a.txt", database)
    assert (result.returncode, result.stdout.splitlines()[0]) == (1, "bad 2.0: X-1")
    (tmp_path / "b.txt").write_text("good==1.0\n")
    assert check(tmp_path / "b.txt", database).returncode == 0
    (tmp_path / "c.txt").write_text("# nothing\n")
    assert check(tmp_path / "c.txt", database).returncode == 3


def test_lower_bounds_leave_out_what_is_known_to_be_unsafe():
    """Older onnxruntime crashes on a crafted model; older filelock truncates what a link leads to."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert text.count("onnxruntime>=1.23.2") == text.count('"onnxruntime>=') > 0
    assert "filelock>=3.20.3" in text
