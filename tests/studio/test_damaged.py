"""A folder with damaged entries: each has a card that says so, and the others are shown as ever."""

import json
import os
import time
from pathlib import Path

import pytest

from support.studio import serving

pytest.importorskip("uvicorn", reason="the extra studio is not installed")

CONFIG = {"foolery_arms_race": 2, "rounds": 1}


def damage(folder: Path) -> None:
    """One entry for everything that once took the page with it."""
    for name, file, content in (
        ("no-utf-8", "contest.json", b'{"data": "\xff"}'),
        ("no-utf-8-either", "arms_race.json", b"\xfe\xff{}"),
        ("deep", "audit.json", b"[" * 200_000 + b"]" * 200_000),
        ("deep-objects", "audit.json", b'{"a":' * 200_000),
        ("number", "audit.json", b'{"schema": 1e999}'),
        ("digits", "audit.json", b'{"schema": ' + b"9" * 5000 + b"}"),
        ("surrogate", "audit.json", b'{"schema": 3, "state": "\\ud800"}'),
        ("list", "arms_race.json", b"[1, 2]"),
        ("nothing", "arms_race.json", b""),
        ("no-run", "run.db", b"SQLite format 3\0" + b"\0" * 5000),
    ):
        (folder / name).mkdir()
        (folder / name / file).write_bytes(content)
    for name in ("round-no-utf-8", "round-deep", "round-pipe"):
        (folder / name / "round-01").mkdir(parents=True)
        (folder / name / "arms_race.json").write_text(json.dumps(CONFIG))
    (folder / "round-no-utf-8" / "round-01" / "round.json").write_bytes(b'{"number": "\xff"}')
    (folder / "round-deep" / "round-01" / "round.json").write_bytes(b"[" * 100_000)
    latin = os.fsencode(folder) + b"/caf\xe9"
    os.mkdir(latin)
    Path(os.fsdecode(latin), "arms_race.json").write_text(json.dumps(CONFIG))
    for name, file in (("pipe", "audit.json"), ("pipe-race", "arms_race.json"), ("pipe-run", "run.db")):
        (folder / name).mkdir()
        os.mkfifo(folder / name / file)
    os.mkfifo(folder / "round-pipe" / "round-01" / "round.json")


@pytest.fixture(scope="module")
def hostile(library, tmp_path_factory):
    folder = tmp_path_factory.mktemp("hostile") / "runs"
    folder.mkdir()
    (folder / "good").mkdir()
    (folder / "good" / "run.db").write_bytes((library / "good" / "run.db").read_bytes())
    damage(folder)
    with serving(folder) as served:
        yield served


@pytest.mark.skipif(os.name == "nt", reason="no pipes, and no such names, there")
def test_every_entry_has_a_card_and_none_takes_the_others_with_it(hostile):
    begun = time.monotonic()
    page, rows = hostile.ask("/"), hostile.ask("/runs.json")
    assert (page.status, rows.status) == (200, 200)
    assert time.monotonic() - begun < 10
    assert len(rows.json()) == page.text.count("<li data-key=") == len(hostile.names()) == 18
    assert "caf\\xe9" in page.text
    assert page.text.count('<p class="attention">') >= 14
    for reason in ("200000 deep, at most 32", "1e999 is too large", "it is a named pipe"):
        assert reason in page.text
    assert "Traceback" not in page.text


@pytest.mark.skipif(os.name == "nt", reason="no pipes, and no such names, there")
def test_the_pages_of_every_entry_answer_in_words(hostile):
    for name, key in hostile.names().items():
        for kind in ("run", "audit", "arms-race"):
            answer = hostile.ask(f"/{kind}/{key}/report/", Accept="text/html")
            assert answer.status in (200, 404, 422), (name, answer.text)
            assert "Traceback" not in answer.text
            assert answer.text.strip()
    key = hostile.names()["good"]
    assert hostile.ask(f"/run/{key}/report/").status == 200


def test_a_list_is_made_anew_only_where_files_changed(library, monkeypatch):
    from foolery.report.run_page import RunArtifact
    from foolery.studio.library import Library
    from foolery.studio.run_list import RunList

    made, card = [], RunArtifact.card
    monkeypatch.setattr(RunArtifact, "card", lambda self: made.append(1) or card(self))
    entries, runs = Library(library / "good").entries(), RunList()
    first = runs.entries(entries)
    assert [each.card for each in runs.entries(entries)] == [each.card for each in first]
    assert len(made) == 1
    os.utime(library / "good" / "run.db")
    runs.entries(entries)
    assert len(made) == 2
