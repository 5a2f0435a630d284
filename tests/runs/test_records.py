"""Where the time goes is stored beside each generation, and older files do without."""

import sqlite3

import numpy as np
import pytest

from foolery.errors import UsageError
from foolery.runs import NewElites, RunWriter, TimingHistory, Timings, open_run_file
from foolery.runs.schema import FORMAT
from support.toysearch import PROVENANCE, ToySearch, content, play, settings, whole_run


def told(search, writer, generations):
    for _ in range(generations):
        moment, *births = search.step()
        stages = Timings(0.5, 0.25, moment.generation, 0.125)
        writer.submit(moment, lambda births=births: NewElites(*births), stages)
    writer.flush()


def to_format_1(file):
    """Make of a run what the first version wrote."""
    connection = sqlite3.connect(file, isolation_level=None)
    connection.execute("DROP TABLE stages")
    connection.execute("DROP TABLE events")
    connection.execute("PRAGMA user_version = 1")
    connection.close()


@pytest.mark.parametrize("every", [1, 4, None])
def test_stages_are_read_back(tmp_path, every):
    with RunWriter.create(
        tmp_path, settings(), PROVENANCE, keep_genomes=True, checkpoint_every=every
    ) as writer:
        told(ToySearch(settings()), writer, 10)
    stages = open_run_file(tmp_path).timings
    assert stages.generation.tolist() == list(range(10))
    assert np.array_equal(stages.seconds[:, 0], np.full(10, 0.5))
    assert stages.seconds[:, 2].tolist() == list(range(10))
    assert (stages.seconds[:, 4] > 0).all(), "the writer adds what it takes itself"
    assert stages.total.classify == 45.0
    assert stages.total.tell == 1.25


def test_of_nothing_there_are_no_stages():
    assert len(TimingHistory.of([])) == 0
    assert TimingHistory.of([]).total == Timings()


def test_a_file_of_format_1_is_read_and_stays_as_it_is(tmp_path):
    whole = whole_run(tmp_path)
    to_format_1(tmp_path / "run.db")
    before = (tmp_path / "run.db").read_bytes()
    run = open_run_file(tmp_path)
    assert content(run) == content(whole)
    assert len(run.timings) == 0
    assert (tmp_path / "run.db").read_bytes() == before


def test_a_run_of_format_1_goes_on_in_the_format_of_today(tmp_path):
    whole_run(tmp_path, 20)
    to_format_1(tmp_path / "run.db")
    with RunWriter.resume(tmp_path, settings(), PROVENANCE) as writer:
        search = ToySearch(settings()).restore(writer)
        told(search, writer, 5)
        play(writer, search, 40)
        writer.close("finished")
    run = open_run_file(tmp_path)
    assert content(run) == content(whole_run(None, 40))
    assert run.timings.generation.tolist() == list(range(21, 41))
    assert (tmp_path / "run.db").read_bytes()[60:64] == FORMAT.to_bytes(4, "big")


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("UPDATE stages SET tell = -1.0 WHERE generation = 3", "stages of generation 3: expected seconds"),
        ("UPDATE stages SET vary = 9e999 WHERE generation = 3", "stages of generation 3: expected seconds"),
        ("UPDATE stages SET vary = 'x' WHERE generation = 3", "stages of generation 3: expected a number"),
        ("INSERT INTO stages VALUES (999, 0.0, 0.0, 0.0, 0.0, 0.0)", "from 0 to 40"),
        ("DROP TABLE stages", "its tables are not those of a run"),
    ],
)
def test_stages_that_make_no_sense_are_refused(tmp_path, statement, message):
    whole_run(tmp_path)
    connection = sqlite3.connect(tmp_path / "run.db", isolation_level=None)
    connection.execute(statement)
    connection.close()
    with pytest.raises(UsageError, match=message):
        open_run_file(tmp_path)
