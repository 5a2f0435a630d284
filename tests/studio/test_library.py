"""The library: what it finds, and that it shows nothing that lies elsewhere."""

import pytest

from foolery.errors import UsageError
from foolery.studio.library import Library
from support.toysearch import whole_run


def test_a_library_finds_runs_and_audits_at_any_reasonable_depth(tmp_path):
    for name in (
        "a/run.db",
        "b/c/run.db",
        "d/audit.json",
        "e/contest.json",
        ".hidden/run.db",
        "1/2/3/4/5/6/run.db",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    library = Library(tmp_path)
    assert [(entry.kind, entry.name) for entry in library.entries()] == [
        ("audit", "d"),
        ("arms-race", "e"),
        ("run", "a"),
        ("run", "b/c"),
    ]
    assert len({entry.key for entry in library.entries()}) == 4
    for entry in library.entries():
        assert library.find(entry.key) == entry
    assert library.find("0" * 16) is None


def test_a_run_may_be_the_library(tmp_path):
    whole_run(tmp_path / "one", until=1)
    assert [entry.name for entry in Library(tmp_path / "one").entries()] == ["one"]


def test_a_run_that_comes_later_is_found_by_its_key(tmp_path):
    (tmp_path / "late").mkdir()
    library = Library(tmp_path)
    assert library.entries() == []
    (tmp_path / "late" / "run.db").write_bytes(b"")
    entry = Library(tmp_path).entries()[0]
    assert library.find(entry.key) == entry
    (tmp_path / "late" / "run.db").unlink()
    assert library.find(entry.key) is None


def test_no_folder_is_no_library(tmp_path):
    with pytest.raises(UsageError, match="mkdir"):
        Library(tmp_path / "nothing")


def test_runs_of_an_audit_are_its_parts_and_so_is_an_audit_parent(tmp_path):
    for name in ("audit/audit.json", "audit/runs/cppn/run.db", "audit/helps/plain/audit.json",
                 "audit/helps/plain/runs/a/run.db", "race/contest.json", "race/round-01/run.db", "one/run.db",
                 "one/two/run.db"):  # fmt: skip
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    entries = {entry.name: entry for entry in Library(tmp_path).entries()}
    parent = {name: entry.parent for name, entry in entries.items()}
    audit, race = entries["audit"].key, entries["race"].key
    assert parent == {
        "audit": "", "audit/runs/cppn": audit, "audit/helps/plain": audit, "audit/helps/plain/runs/a": audit,
        "race": "", "race/round-01": race, "one": "", "one/two": "",
    }  # fmt: skip


def test_an_audit_that_is_the_library_has_its_runs_as_parts(tmp_path):
    (tmp_path / "runs" / "cppn").mkdir(parents=True)
    for name in ("audit.json", "runs/cppn/run.db"):
        (tmp_path / name).write_bytes(b"")
    whole, part = Library(tmp_path).entries()
    assert (whole.kind, whole.parent) == ("audit", "")
    assert (part.kind, part.parent) == ("run", whole.key)
