"""Where the time goes is stored beside each generation, and older files do without."""

import sqlite3

import numpy as np
import pytest

from foolery.errors import UsageError
from foolery.runs import NewElites, RunWriter, TimingHistory, Timings, open_run_file
from support.toysearch import PROVENANCE, ToySearch, settings, whole_run


def told(search, writer, generations):
    for _ in range(generations):
        moment, *births = search.step()
        timings = Timings(0.5, 0.25, moment.generation, 0.125)
        writer.submit(moment, lambda births=births: NewElites(*births), timings)
    writer.flush()


@pytest.mark.parametrize("every", [1, 4, None])
def test_timings_are_read_back(tmp_path, every):
    with RunWriter.create(
        tmp_path, settings(), PROVENANCE, keep_genomes=True, checkpoint_every=every
    ) as writer:
        told(ToySearch(settings()), writer, 10)
    timings = open_run_file(tmp_path).timings
    assert timings.generation.tolist() == list(range(10))
    assert np.array_equal(timings.seconds[:, 0], np.full(10, 0.5))
    assert timings.seconds[:, 2].tolist() == list(range(10))
    assert (timings.seconds[:, 4] > 0).all(), "the writer adds what it takes itself"
    assert timings.total.classify == 45.0
    assert timings.total.tell == 1.25


def test_of_nothing_there_are_no_timings():
    assert len(TimingHistory.of([])) == 0
    assert TimingHistory.of([]).total == Timings()


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("UPDATE timings SET tell = -1.0 WHERE generation = 3", "timings of generation 3: expected seconds"),
        ("UPDATE timings SET vary = 9e999 WHERE generation = 3", "timings of generation 3: expected seconds"),
        ("UPDATE timings SET vary = 'x' WHERE generation = 3", "timings of generation 3: expected a number"),
        ("INSERT INTO timings VALUES (999, 0.0, 0.0, 0.0, 0.0, 0.0)", "from 0 to 40"),
        ("DROP TABLE timings", "its tables are not those of a run"),
    ],
)
def test_timings_that_make_no_sense_are_refused(tmp_path, statement, message):
    whole_run(tmp_path)
    connection = sqlite3.connect(tmp_path / "run.db", isolation_level=None)
    connection.execute(statement)
    connection.close()
    with pytest.raises(UsageError, match=message):
        open_run_file(tmp_path)
