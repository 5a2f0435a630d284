"""A glance: what a live page reads of a run, while it is written, without reading all of it."""

import sqlite3

import pytest

from foolery.errors import UsageError
from foolery.runs import RunWriter, open_live_run, open_run_file
from support.toysearch import PROVENANCE, ToySearch, play, settings, whole_run


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("glance") / "run"
    whole_run(folder, until=40)
    return folder


def everything(folder):
    with open_live_run(folder) as glance:
        return glance.champions(), glance.generation_stats()


def test_it_says_what_the_whole_run_says(folder):
    run = open_run_file(folder)
    with open_live_run(folder) as glance:
        assert (glance.status, glance.generation, glance.settings) == ("finished", 40, run.settings)
        assert glance.provenance == run.provenances[-1]
        assert [moment.generation for moment in glance.generation_stats()] == list(range(41))
        assert glance.earlier_stats(0).median == run.history.median[-1]
        assert glance.earlier_stats(10).generation == 30
        assert glance.earlier_stats(1000).generation == 0
        for holder, row in zip(glance.champions(), run.champions, strict=True):
            assert (holder.cell, holder.individual, holder.generation) == (
                row.cell,
                row.individual,
                row.generation,
            )
            assert (holder.confidence, holder.canvas_hash) == (row.confidence, row.canvas_hash)
            assert glance.champion_of(row.canvas_hash) == holder
            assert glance.genomes([holder]) == {row.individual: row.genome}
        assert glance.champion_of("0" * 64) is None


def test_only_what_is_new_is_read(folder):
    with open_live_run(folder) as glance:
        assert [moment.generation for moment in glance.generation_stats(since=38)] == [39, 40]
        assert glance.generation_stats(since=40) == []
        since = sorted(holder.generation for holder in glance.champions())[-2]
        assert all(holder.generation > since for holder in glance.champions(since))
        assert 1 <= len(glance.champions(since)) < len(glance.champions())


@pytest.mark.parametrize("most", [1, 2, 7, 40, 41, 500])
def test_a_long_run_is_thinned_and_keeps_its_last_generation(folder, most):
    with open_live_run(folder) as glance:
        generations = [moment.generation for moment in glance.generation_stats(limit=most)]
        assert generations[-1] == 40
        assert len(generations) <= most + 1
        assert len(glance.champions(limit=3)) == 3


def test_a_run_is_looked_at_while_it_is_written(tmp_path):
    chosen = settings()
    with RunWriter.create(tmp_path, chosen, PROVENANCE, keep_genomes=True, checkpoint_every=1) as writer:
        search = ToySearch(chosen)
        seen = []
        for until in (0, 3, 4):
            play(writer, search, until)
            writer.checkpoint()
            with open_live_run(tmp_path) as glance:
                assert glance.status == "running"
                seen.append(glance.generation)
                assert len(glance.champions()) == 10
        writer.close("finished")
    assert seen == [0, 3, 4]
    with open_live_run(tmp_path) as glance:
        assert glance.status == "finished"


def test_a_run_without_a_generation_has_nothing_to_tell(tmp_path):
    with (
        RunWriter.create(tmp_path, settings(), PROVENANCE, keep_genomes=True),
        open_live_run(tmp_path) as glance,
    ):
        assert (
            glance.generation,
            glance.generation_stats(),
            glance.champions(),
            glance.earlier_stats(5),
        ) == (-1, [], [], None)


def test_another_run_in_its_place_has_another_mark(tmp_path, folder):
    whole_run(tmp_path / "one", until=2)
    whole_run(tmp_path / "two", until=2, chosen=settings(seed=8))
    marks = []
    for each in (folder, tmp_path / "one", tmp_path / "two"):
        with open_live_run(each) as glance:
            marks.append(glance.run_id)
    assert marks[0] == marks[1] != marks[2]


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ("UPDATE champions SET confidence = 'much' WHERE cell = 3", "champion"),
        ("UPDATE champions SET canvas_hash = '../../etc' WHERE cell = 3", "hash"),
        ("UPDATE champions SET confidence = 7.0 WHERE cell = 3", "confidence"),
        ("UPDATE champions SET cell = 77 WHERE cell = 3", "cell"),
        ("UPDATE generations SET median = 'x' WHERE generation = 3", "generation"),
        ("UPDATE run SET settings = '{}'", "settings"),
        ("CREATE TRIGGER x AFTER INSERT ON run BEGIN SELECT 1; END", "tables"),
    ],
)
def test_a_record_that_breaks_a_rule_is_named(tmp_path, change, word):
    whole_run(tmp_path, until=4)
    with sqlite3.connect(tmp_path / "run.db") as connection:
        connection.execute(change)
    connection.close()
    with pytest.raises(UsageError, match=word):
        everything(tmp_path)


def test_a_link_is_not_followed(tmp_path, folder):
    (tmp_path / "run.db").symlink_to(folder / "run.db")
    with pytest.raises(UsageError, match="link"), open_live_run(tmp_path):
        pass
