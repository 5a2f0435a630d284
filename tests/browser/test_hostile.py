"""Pages of what a stranger made, in a real browser: nothing of theirs runs, and nothing is fetched.

Markup and scripts go into every text of a run, an audit and an arms race that is free to choose, then seeded
mutations (``support.mutations``) into copies of these. Every page that ``report`` writes of them is opened,
and every page of the studio that has them in its folder. FOOLERY_HOSTILE_ENTRIES opens more of them.
"""

import json
import os
import random
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from support.audits import audit_in
from support.command import invoke
from support.mutations import mutate
from support.races import race_in
from support.studio import serving

pytest.importorskip("starlette", reason="the extra studio is not installed")
pytest.importorskip("onnxruntime", reason="the extra onnx is not installed")

ENTRIES = int(os.environ.get("FOOLERY_HOSTILE_ENTRIES", "3"))
ALIVE = (
    "<script>window.alive=1</script>",
    "<img src=http://192.0.2.1/a onerror=window.alive=1>",
    "\"'><svg onload=window.alive=1>",
    "</script><script>window.alive=1</script>",
    "</title></style><iframe src=http://192.0.2.1/b>",
    "javascript:window.alive=1",
    "{{ 7 * 7 }}<style>@import 'http://192.0.2.1/c';</style>",
    "<!--",
)
FREE = frozenset(
    {"about", "command", "cost", "data", "device", "machine", "mitigation", "notes", "panel", "reason"}
)


def with_markup(
    value: object, names: frozenset[str] = FREE, free: bool = False, count: list[int] | None = None
) -> object:
    """A JSON value with markup after every text that is free to choose."""
    count = [0] if count is None else count
    if isinstance(value, dict):
        return {key: with_markup(each, names, free or key in names, count) for key, each in value.items()}
    if isinstance(value, list):
        return [with_markup(each, names, free, count) for each in value]
    if isinstance(value, str) and free:
        count[0] += 1
        return f"{value} {ALIVE[count[0] % len(ALIVE)]}"
    return value


def hostile_run(folder: Path) -> None:
    """A run whose class names and command are markup."""
    from foolery.engine.evolution import evolve

    evolve("lenet", generations=3, batch=20, out=folder)
    with closing(sqlite3.connect(folder / "run.db", isolation_level=None)) as connection:
        for table, column in (("run", "settings"), ("provenances", "provenance")):
            ((text,),) = connection.execute(f"SELECT {column} FROM {table}").fetchall()
            changed = json.dumps(with_markup(json.loads(text), FREE | {"classes"}))
            connection.execute(f"UPDATE {table} SET {column} = ?", (changed,))


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """Entries with markup in them and in their names, and mutated copies."""
    folder = tmp_path_factory.mktemp("hostile")
    hostile_run(folder / "run<img src=x onerror=window.alive=1>")
    audit_in(folder / "audit'\">")
    race_in(folder / "race{{7*7}}")
    for name in ("audit'\">/audit.json", "race{{7*7}}/arms_race.json", "race{{7*7}}/round-01/round.json"):
        file = folder / name
        file.write_text(json.dumps(with_markup(json.loads(file.read_text()))))
    whole, draws = sorted(folder.iterdir()), random.Random(17)
    for number in range(ENTRIES * len(whole)):
        copy = folder / f"mutated-{number}"
        shutil.copytree(whole[number % len(whole)], copy)
        mutate(draws.choice(sorted(path for path in copy.rglob("*") if path.is_file())), draws)
    return folder


class Watch:
    """What pages asked for beside their own files, and what ran in them."""

    def __init__(self, page, own: str) -> None:
        self.page, self.own, self.foreign = page, own, []
        page.on("request", self._asked)
        page.on("dialog", lambda dialog: self.foreign.append(f"dialog {dialog.message}"))

    def _asked(self, request) -> None:
        if not request.url.startswith((self.own, "data:", "blob:")):
            self.foreign.append(request.url[:200])

    def open(self, address: str) -> None:
        self.page.goto(address, wait_until="load", timeout=60_000)  # a busy machine
        assert self.page.evaluate("window.alive") is None, address
        assert self.page.evaluate("document.querySelectorAll('iframe, object, embed, base').length") == 0, (
            address
        )
        assert self.foreign == [], address


def test_no_page_that_report_writes_is_alive(folder, open_page, tmp_path):
    watch, opened = Watch(open_page(offline=True), "file:"), 0
    for number, entry in enumerate(sorted(folder.iterdir())):
        out = tmp_path / str(number)
        done = invoke("report", entry, "-o", out, "--budget", "0")
        assert done.returncode in (0, 2), done
        assert done.returncode == 0 or entry.name.startswith("mutated"), done.stderr
        for page in sorted(out.rglob("*.html")) if done.returncode == 0 else ():
            watch.open(page.as_uri())
            opened += 1
    assert opened >= 3


def test_no_page_of_the_studio_is_alive(folder, open_page):
    with serving(folder) as studio:
        address = studio.url.rstrip("/")
        page = open_page()
        watch = Watch(page, address)
        watch.open(f"{address}/")
        names = page.evaluate("[...document.querySelectorAll('a[href]')].map(each => each.href)")
        pages = sorted({each.split("#")[0] for each in names if each.startswith(address)})
        assert len(pages) >= 3
        for each in pages:
            watch.open(each)
        page.goto("about:blank")
    refused = "Failed to load resource: the server responded with a status of 422"  # what cannot be read
    open_page.errors[:] = [each for each in open_page.errors if refused not in each]


def test_the_watch_sees_what_it_looks_for(open_page, tmp_path):
    (tmp_path / "a.html").write_text(f"<html><body>{ALIVE[0]}</body></html>")
    with pytest.raises(AssertionError):
        Watch(open_page(offline=True), "file:").open((tmp_path / "a.html").as_uri())
    (tmp_path / "b.html").write_text(f"<html><body>{ALIVE[1]}</body></html>")
    watch = Watch(open_page(offline=True), "file:")
    with pytest.raises(AssertionError):
        watch.open((tmp_path / "b.html").as_uri())
    assert watch.foreign == ["http://192.0.2.1/a"]
    open_page.errors.clear()
