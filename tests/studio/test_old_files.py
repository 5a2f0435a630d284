"""Runs, audits and arms races that earlier versions wrote are listed, watched and read."""

import re
import shutil
from pathlib import Path

import pytest

from support.studio import serving

pytest.importorskip("uvicorn", reason="the extra studio is not installed")

TESTS = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def old(tmp_path_factory):
    """A copy of every old file that the tests keep."""
    folder = tmp_path_factory.mktemp("old")
    for room in ("runs", "audit", "hardening"):
        shutil.copytree(TESTS / room / "old", folder / room)
    with serving(folder) as studio:
        yield studio


def test_every_one_is_listed_and_none_is_unreadable(old):
    page = old.ask("/").text
    assert 'class="attention"' not in page
    names = set(old.names())
    assert {"runs/format-1", "runs/format-2", "runs/format-3", "audit/finished"} <= names
    assert any(name.startswith("hardening/") for name in names)


def test_every_page_and_image_of_the_list_is_there(old):
    page = old.ask("/").text
    addresses = set(re.findall(r'(?:href|src)="\.(/(?:run|audit|arms-race)/[^"]+)"', page))
    assert len(addresses) > 20
    for address in addresses:
        assert old.ask(address).status == 200, address


def test_an_old_run_is_watched(old):
    for name, key in old.names().items():
        if name.startswith("runs/"):
            events = old.ask(f"/run/{key}/updates").text
            assert "event: champions" in events
            assert "event: failure" not in events
