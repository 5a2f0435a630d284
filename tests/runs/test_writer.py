"""A search is recorded, checkpointed, closed, resumed, and read back as it was."""

from __future__ import annotations

import os
import sqlite3
import sys
from dataclasses import replace

import numpy as np
import pytest

from foolery.errors import FooleryError, UsageError
from foolery.runs import RunWriter, open_run_file
from foolery.runs import buffer as journal
from support.toysearch import PROVENANCE, ToySearch, content, play, settings, whole_run


def start(folder, **options):
    options = {"keep_genomes": True, "checkpoint_every": 5} | options
    return RunWriter.create(folder, settings(), PROVENANCE, **options)


def test_what_was_recorded_is_read_back(tmp_path):
    search, told = ToySearch(settings()), []
    with start(tmp_path / "run") as writer:
        for _ in range(12):
            told.append(search.step())
            writer.record(*told[-1])
        assert (writer.generation, writer.queries, writer.improvements) == (11, search.queries, search.jumps)
        writer.close("finished")
    run = open_run_file(tmp_path / "run")
    assert run.status == "finished"
    assert run.settings == settings()
    assert run.provenances == (PROVENANCE,)
    assert run.path == tmp_path / "run" / "run.db"
    assert run.generation == 11
    assert run.seconds == told[-1][0].seconds
    assert run.individuals == tuple(one for _, newcomers, _, _ in told for one in newcomers)
    assert run.replacements == tuple(reign for _, _, reigns, _ in told for reign in reigns)
    assert run.history.median.tolist() == [moment.median for moment, *_ in told]
    assert run.history.queries.tolist() == [moment.queries for moment, *_ in told]
    genomes = {one.number: one.genome for one in run.individuals}
    hashes = {number: value for *_, given in told for number, value in given.items()}
    assert [row.cell for row in run.champions] == list(range(10))
    for row in run.champions:
        assert row.individual == search.holders[row.cell]
        assert row.objective == search.best[row.cell]
        assert row.genome == genomes[row.individual]
        assert row.canvas_hash == hashes[row.individual]


def test_a_run_file_is_one_plain_file_after_the_end(tmp_path):
    whole_run(tmp_path / "run")
    assert [path.name for path in (tmp_path / "run").iterdir()] == ["run.db"]
    assert (tmp_path / "run" / "run.db").read_bytes()[18:20] == b"\x01\x01"  # not in WAL mode


def test_a_run_file_is_in_wal_mode_while_it_is_written(tmp_path):
    with start(tmp_path) as writer:
        play(writer, ToySearch(settings()), 5)
        assert (tmp_path / "run.db-wal").stat().st_size > 0
        assert open_run_file(tmp_path).status == "running"


@pytest.mark.parametrize("keep_genomes", [True, False])
@pytest.mark.parametrize("checkpoint_every", [1, 7, None])
def test_contents_do_not_depend_on_checkpoints(tmp_path, keep_genomes, checkpoint_every):
    reference = whole_run(None, keep_genomes=keep_genomes, checkpoint_every=1000)
    run = whole_run(tmp_path, keep_genomes=keep_genomes, checkpoint_every=checkpoint_every)
    assert content(run) == content(reference)


def test_only_champions_keep_their_genomes_where_asked(tmp_path):
    run = whole_run(tmp_path, keep_genomes=False, checkpoint_every=3)
    champions = {row.individual for row in run.champions}
    assert {one.number for one in run.individuals if one.genome is not None} == champions
    assert len(run.individuals) > len(champions)
    assert all(one.genome for one in whole_run(None, keep_genomes=True).individuals)


def test_numpy_numbers_are_stored_as_numbers(tmp_path):
    moment, newcomers, reigns, hashes = ToySearch(settings()).step()
    with start(tmp_path) as writer:
        writer.record(
            replace(moment, queries=np.int64(moment.queries), median=np.float64(moment.median)),
            [replace(one, number=np.int64(one.number)) for one in newcomers],
            [replace(reign, cell=np.int64(reign.cell), score=np.float32(reign.score)) for reign in reigns],
            hashes,
        )
    assert len(open_run_file(tmp_path).champions) == 10


def test_lineage_leads_from_the_first_ancestor(tmp_path):
    run = whole_run(tmp_path)
    deepest = max((run.lineage(row.individual) for row in run.champions), key=len)
    assert len(deepest) > 3
    assert deepest[0].generation == 0
    assert deepest[0].parent is None
    assert [one.parent for one in deepest[1:]] == [one.number for one in deepest[:-1]]
    with pytest.raises(UsageError, match="individual: 999999 is not stored"):
        run.lineage(999999)


def test_a_run_in_memory_is_read_through_a_snapshot():
    with start(None) as writer:
        search = ToySearch(settings())
        play(writer, search, 3)
        running = writer.snapshot()
        play(writer, search, 40)
        writer.close("finished")
    assert (running.status, running.generation, running.path) == ("running", 3, None)
    assert content(writer.snapshot()) == content(whole_run(None))


def test_a_checkpoint_is_due_every_so_many_generations(tmp_path):
    with start(tmp_path, checkpoint_every=5) as writer:
        search, seen = ToySearch(settings()), []
        for until in range(12):
            play(writer, search, until)
            seen.append(open_run_file(tmp_path).generation)
    assert seen == [-1] * 4 + [4] * 5 + [9] * 3


def test_a_checkpoint_is_due_after_some_seconds_by_default(tmp_path, monkeypatch):
    with start(tmp_path, checkpoint_every=None) as writer:
        search = ToySearch(settings())
        play(writer, search, 3)
        assert open_run_file(tmp_path).generation == -1
        monkeypatch.setattr(journal, "SECONDS_BETWEEN_CHECKPOINTS", 0.0)
        play(writer, search, 4)
        assert open_run_file(tmp_path).generation == 4


@pytest.mark.parametrize("every", [0, -3])
def test_an_interval_below_1_is_refused(tmp_path, every):
    with pytest.raises(UsageError, match=r"checkpoint-every: .* at least 1"):
        start(tmp_path / "run", checkpoint_every=every)
    assert not (tmp_path / "run").exists()


def test_leaving_without_close_is_an_interruption(tmp_path):
    with start(tmp_path) as writer:
        play(writer, ToySearch(settings()), 2)
    assert (open_run_file(tmp_path).status, open_run_file(tmp_path).generation) == ("interrupted", 2)


def test_an_exception_leaves_a_readable_file_and_goes_on(tmp_path):
    def interrupted():
        with start(tmp_path) as writer:
            play(writer, ToySearch(settings()), 7)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    run = open_run_file(tmp_path)
    assert (run.status, run.generation) == ("interrupted", 7)
    assert [path.name for path in tmp_path.iterdir()] == ["run.db"]


class Strike:
    """A tracer that raises KeyboardInterrupt after so many bytecodes of the package."""

    def __init__(self, after):
        self.left = after

    def __call__(self, frame, event, argument):
        if f"{os.sep}foolery{os.sep}" not in frame.f_code.co_filename:
            return None
        frame.f_trace_opcodes = True
        self.left -= event == "opcode"
        if self.left < 0:
            sys.settrace(None)
            raise KeyboardInterrupt
        return self

    def during(self, call, *arguments):
        """Whether it struck while ``call`` ran."""
        before = sys.gettrace()
        sys.settrace(self)
        try:
            call(*arguments)
        except KeyboardInterrupt:
            return True
        finally:
            sys.settrace(before)
        return False


def test_an_interrupt_inside_record_loses_nothing(tmp_path):
    """Ctrl-C strikes ever later, before, in and after the checkpoint, until ``record`` is done first."""
    reference, kept = content(whole_run(None, 3, keep_genomes=False)), []
    for after in range(0, 100_000, 61):
        folder = tmp_path / str(after)
        writer, search = start(folder, checkpoint_every=2, keep_genomes=False), ToySearch(settings())
        play(writer, search, 2)
        struck = Strike(after).during(writer.record, *search.step())
        writer.close("interrupted")
        kept.append(open_run_file(folder).generation)
        with RunWriter.resume(folder, settings(), PROVENANCE) as writer:
            play(writer, ToySearch(settings()).restore(writer), 3)
            writer.close("finished")
        assert content(open_run_file(folder)) == reference
        if not struck:
            break
    assert not struck
    assert set(kept) == {2, 3}
    assert kept == sorted(kept)  # from the moment it is taken in, a generation is never lost


def test_a_closed_writer_takes_nothing_more(tmp_path):
    writer = start(tmp_path)
    writer.close("finished")
    writer.close("interrupted")
    with pytest.raises(FooleryError, match="closed"):
        writer.record(*ToySearch(settings()).step())
    assert open_run_file(tmp_path).status == "finished"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda m, n, r, h: (m, n, [replace(r[0], score=np.nan), *r[1:]], h), "finite objective and score"),
        (lambda m, n, r, h: (m, n, [replace(r[0], confidence=2.0), *r[1:]], h), "got 2.0"),
        (lambda m, n, r, h: (m, [replace(n[0], genome=None), *n[1:]], r, h), "expected a genome"),
        (lambda m, n, r, h: (m, n, r, {}), "SHA-256"),
    ],
)
@pytest.mark.parametrize("call", ["flush", "checkpoint", "snapshot", "close"])
def test_records_that_nobody_could_read_are_refused_by_the_next_call_and_spoil_nothing(
    tmp_path, change, message, call
):
    search = ToySearch(settings())
    writer = start(tmp_path)
    play(writer, search, 7)
    writer.record(*change(*search.step()))
    with pytest.raises(UsageError, match=f"generation 8 cannot be recorded: .*{message}"):
        getattr(writer, call)(*(["finished"] if call == "close" else []))
    with pytest.raises(FooleryError, match="closed; nothing more can be recorded"):
        writer.record(*search.step())
    writer.close("finished")
    run = open_run_file(tmp_path)
    assert (run.status, run.generation) == ("interrupted", 7)


# Resuming


@pytest.mark.parametrize("keep_genomes", [True, False])
@pytest.mark.parametrize("stop", [-1, 0, 13])
def test_a_resumed_run_equals_one_that_never_stopped(tmp_path, stop, keep_genomes):
    with start(tmp_path, keep_genomes=keep_genomes) as writer:
        play(writer, ToySearch(settings()), stop)
    later = PROVENANCE.model_copy(update={"device": "cuda"})
    with RunWriter.resume(tmp_path, settings(), later, checkpoint_every=4) as writer:
        assert writer.generation == stop
        assert writer.seconds == 0.25 * (stop + 1)
        assert open_run_file(tmp_path).status == "running"
        play(writer, ToySearch(settings()).restore(writer), 40)
        writer.close("finished")
    run = open_run_file(tmp_path)
    assert run.provenances == (PROVENANCE, later)
    assert content(run) == content(whole_run(None, keep_genomes=keep_genomes))


def test_a_finished_run_can_be_extended(tmp_path):
    whole_run(tmp_path, 20)
    with RunWriter.resume(tmp_path, settings(), PROVENANCE) as writer:
        play(writer, ToySearch(settings()).restore(writer), 40)
        writer.close("finished")
    assert content(open_run_file(tmp_path)) == content(whole_run(None, 40))


def test_settings_that_differ_are_named_with_both_values(tmp_path):
    whole_run(tmp_path)
    before = (tmp_path / "run.db").read_bytes()
    other = settings(
        seed=8, encoding_options={"coordinates": "centered", "eta": 15.0, "hidden": 3, "crossover": 0.5}
    )
    with pytest.raises(UsageError) as caught:
        RunWriter.resume(tmp_path, other, PROVENANCE)
    message = str(caught.value)
    assert "seed is 7, not 8" in message
    assert "encoding_options.coordinates is raw, not centered" in message
    assert "encoding_options.acyclic is True, not unset" in message
    assert "encoding_options.crossover is unset, not 0.5" in message
    assert "batch" not in message
    assert "\n" not in message
    assert (tmp_path / "run.db").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["run.db"]


def test_nothing_to_resume_is_a_usage_error(tmp_path):
    with pytest.raises(UsageError, match="no run there"):
        RunWriter.resume(tmp_path / "nowhere", settings(), PROVENANCE)
    assert not (tmp_path / "nowhere").exists()


# Overwriting


def test_another_run_is_never_overwritten_unasked(tmp_path):
    whole_run(tmp_path)
    before = (tmp_path / "run.db").read_bytes()
    with pytest.raises(UsageError, match=r"already holds a run .*--resume.*--overwrite"):
        start(tmp_path)
    assert (tmp_path / "run.db").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["run.db"]


def test_overwriting_replaces_the_run_and_nothing_else(tmp_path):
    whole_run(tmp_path)
    (tmp_path / "thesis.txt").write_text("mine")
    for ending in ("-wal", "-shm", "-journal", ".part"):
        (tmp_path / f"run.db{ending}").write_bytes(b"left behind by a killed process")
    with start(tmp_path, overwrite=True) as writer:
        play(writer, ToySearch(settings()), 1)
    assert open_run_file(tmp_path).generation == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["run.db", "thesis.txt"]
    assert (tmp_path / "thesis.txt").read_text() == "mine"


@pytest.mark.parametrize("kind", ["text", "sqlite", "folder"])
def test_a_strangers_run_db_is_not_overwritten(tmp_path, kind):
    file = tmp_path / "run.db"
    if kind == "text":
        file.write_text("my notes")
    elif kind == "sqlite":
        with sqlite3.connect(file) as connection:
            connection.execute("CREATE TABLE mine (x)")
        connection.close()
    else:
        file.mkdir()
    with pytest.raises(UsageError, match="not overwritten: move it away"):
        start(tmp_path, overwrite=True)
    assert file.exists()


def test_a_folder_with_other_files_can_hold_a_run(tmp_path):
    (tmp_path / "photo.png").write_bytes(b"png")
    whole_run(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["photo.png", "run.db"]


def test_a_folder_that_cannot_be_made_is_a_usage_error(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(UsageError, match="cannot be made a folder"):
        start(tmp_path / "file" / "run")


def test_an_event_is_stored_with_the_generation_that_was_being_computed(tmp_path):
    search = ToySearch(settings())
    with RunWriter.create(tmp_path, settings(), PROVENANCE, keep_genomes=True) as writer:
        play(writer, search, 3)
        writer.add_event("memory was short:\nslices of 8 from here on" + "." * 1000)
        play(writer, search, 5)
        writer.add_event("again")
    events = open_run_file(tmp_path).events
    assert [event.generation for event in events] == [4, 6]
    assert events[0].text.startswith("memory was short: slices of 8 from here on.")
    assert len(events[0].text) == 500
    with RunWriter.resume(tmp_path, settings(), PROVENANCE) as writer:
        writer.add_event("and after a resume")
    assert [event.text for event in open_run_file(tmp_path).events][1:] == ["again", "and after a resume"]
