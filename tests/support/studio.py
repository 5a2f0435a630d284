"""The real studio: a process of its own, asked by a real HTTP client; and runs and cards made to harm it."""

import http.client
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from foolery.classifiers.builtin import SHIPPED
from foolery.engine.evolution import evolve
from support.plain import Plain

NASTY = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(2)>",
    "\"'><b onmouseover=alert(3)>&amp;{{7*7}}",
)


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    def json(self):
        return json.loads(self.body)


@dataclass(frozen=True)
class Served:
    """A studio that answers.

    Attributes:
        url: that it printed.
        said: the JSON object that it printed.
    """

    url: str
    said: dict
    process: subprocess.Popen

    @property
    def port(self) -> int:
        return urlsplit(self.url).port

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def ask(self, path: str, method: str = "GET", body: bytes | None = None, **headers: str) -> Answer:
        """One request, its path sent as it is; ``Content_Type`` is ``Content-Type``."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        try:
            connection.putrequest(method, path, skip_host="Host" in named)
            for name, value in named.items():
                connection.putheader(name, value)
            if body is not None and "Content-Length" not in named:
                connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body)
            response = connection.getresponse()
            return Answer(response.status, {k.lower(): v for k, v in response.getheaders()}, response.read())
        finally:
            connection.close()

    def post(self, path: str, body: bytes, **headers: str) -> Answer:
        """A POST as the studio's own pages send it."""
        own = {"Origin": self.origin, "Content_Type": "application/octet-stream"}
        return self.ask(path, "POST", body, **{**own, **headers})

    def names(self) -> dict[str, str]:
        """Name to key, of everything that has a card of its own."""
        page = self.ask("/").text
        parts = page.split('<li data-key="')[1:]
        return {part.split("</a></h2>")[0].rsplit(">", 1)[1]: part[:16] for part in parts if "</h2>" in part}


@contextmanager
def serving(runs: Path, *words: str | Path, **environment: str) -> Iterator[Served]:
    """``foolery studio RUNS --port 0 --json WORDS``, ended by Ctrl-C, after which it must have ended well."""
    process = subprocess.Popen(
        [sys.executable, "-m", "foolery", "studio", str(runs), "--port", "0", "--json", *map(str, words)],
        env=os.environ | {"FOOLERY_THREADS": "1", "OMP_NUM_THREADS": "1"} | environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        lines: list[str] = []
        while not lines or lines[-1] != "}\n":
            line = process.stdout.readline()
            assert line, process.stderr.read()
            lines.append(line)
        said = json.loads("".join(lines))
        yield Served(said["url"], said, process)
    finally:
        process.send_signal(signal.SIGINT)
        try:
            rest, errors = process.communicate(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            raise
    assert (process.returncode, rest) == (0, ""), errors
    assert "Traceback" not in errors, errors


def nasty_run(folder: Path) -> Path:
    """A finished run whose classifier and classes are named to harm a page."""
    classifier = Plain(canvas=(1, 8, 8), classes=NASTY)
    evolve(
        classifier,
        generations=2,
        batch=6,
        out=folder,
        command="foolery evolve -n '<script>alert(4)</script>'",
    )
    return folder


def nasty_model(folder: Path) -> Path:
    """foolery's own network as an ONNX file, with a card that is made to harm a page."""
    folder.mkdir(parents=True, exist_ok=True)
    for ending in ("onnx", "safetensors"):
        shutil.copy(SHIPPED / f"lenet.{ending}", folder)
    card = json.loads((SHIPPED / "lenet.card.json").read_text())
    card |= {
        "name": NASTY[0],
        "notes": NASTY[1],
        "classes": [f"{name}{NASTY[0]}" for name in card["classes"]],
    }
    (folder / "lenet.card.json").write_text(json.dumps(card))
    return folder / "lenet.onnx"
