"""Runs on disks without shared memory, and runs that go on elsewhere: both say so in one line."""

import pytest

from foolery.errors import JournalWarning
from foolery.runs import RunWriter, database, open_run_file
from support.toysearch import PROVENANCE, ToySearch, content, play, settings, whole_run


@pytest.fixture
def no_shared_memory(monkeypatch):
    """SQLite's own way of working where locks are files and no memory is shared."""
    plain = database.connect

    def connect(name, *timeout):
        return plain(name if name.startswith("file:") else f"file:{name}?vfs=unix-dotfile", *timeout)

    monkeypatch.setattr(database, "connect", connect)


@pytest.mark.usefixtures("no_shared_memory")
def test_where_no_log_can_be_kept_a_run_is_written_with_a_plain_journal(tmp_path):
    with pytest.warns(JournalWarning, match=r"run\.db: written without a write-ahead log \(its"):
        writer = RunWriter.create(tmp_path, settings(), PROVENANCE, keep_genomes=True)
    with writer:
        play(writer, ToySearch(settings()), 40)
        writer.checkpoint()
        assert not (tmp_path / "run.db-wal").exists()
        writer.close("finished")
    assert content(open_run_file(tmp_path)) == content(whole_run(None, keep_genomes=True))


BUILD = "onnxruntime build"
CHANGES = {
    "machine": {"machine": "another processor, Linux"},
    "device": {"device": "cuda"},
    BUILD: {"versions": {**PROVENANCE.versions, BUILD: "1234567"}},
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_run_that_goes_on_elsewhere_says_so(tmp_path, name):
    first = PROVENANCE.model_copy(update={"versions": {**PROVENANCE.versions, BUILD: "abcdefg"}})
    with RunWriter.create(tmp_path, settings(), first, keep_genomes=True) as writer:
        play(writer, ToySearch(settings()), 3)
    with RunWriter.resume(tmp_path, settings(), first):
        pass
    assert open_run_file(tmp_path).events == ()
    with RunWriter.resume(tmp_path, settings(), first.model_copy(update=CHANGES[name])):
        pass
    (event,) = open_run_file(tmp_path).events
    assert event.generation == 4
    assert event.text.startswith(f"resumed elsewhere ({name} ")


def test_what_an_older_version_did_not_record_is_no_change():
    newer = PROVENANCE.model_copy(update={"versions": {**PROVENANCE.versions, BUILD: "1234567"}})
    assert newer.moved_from(PROVENANCE) is None
