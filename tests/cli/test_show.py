"""``foolery show``: runs as lines, as a table, and as figures."""

import json
import shutil
import sqlite3

import pytest

from support.command import invoke, is_refused


def test_one_run_is_shown_with_its_champions(small_run):
    shown = invoke("show", small_run)
    assert shown.returncode == 0, shown.stderr
    assert "generation 5, 120 queries" in shown.stdout
    rows = [line.split() for line in shown.stdout.splitlines()]
    assert [row[0] for row in rows if len(row) == 4 and row[0].isdigit()] == list("0123456789")


def test_it_says_where_the_time_went(small_run):
    stages = ["vary", "render", "classify", "tell", "write"]
    lines = [line.removeprefix("spent").split() for line in invoke("show", small_run).stdout.splitlines()]
    said = {line[0]: float(line[3]) for line in lines if line and line[0] in stages}
    assert list(said) == stages
    assert sum(said.values()) == pytest.approx(100.0, abs=0.5), "shares of the whole, in percent"
    found = json.loads(invoke("show", small_run, "--json").stdout)["timings"]
    assert list(found) == stages
    assert min(found.values()) > 0


def test_the_json_of_one_run_has_its_fields_and_the_figures(small_run):
    found = json.loads(invoke("show", small_run, "--json").stdout)
    assert found["queries"] == 120
    assert found["runs"][0]["median_at"] == {"last": found["median_confidence"]}


def test_several_runs_are_a_table(small_run):
    shown = invoke("show", small_run, small_run)
    assert shown.returncode == 0, shown.stderr
    assert shown.stdout.count("small") == 2
    assert "of 2 runs" in shown.stdout


def test_the_json_of_several_runs_counts_how_many_reach_a_median(small_run, tmp_path):
    longer = tmp_path / "longer"
    invoke("evolve", "-c", "lenet", "-n", "50", "--batch", "20", "--out", longer)
    found = json.loads(invoke("show", small_run, longer, "--json").stdout)
    assert "queries" not in found
    assert [entry["run"] for entry in found["runs"]] == ["small", "longer"]
    median_at_50 = found["runs"][1]["median_at"]["50"]
    at_50 = found["over_runs"]["median_at"]["50"]
    assert (at_50["runs"], at_50["min"], at_50["max"]) == (1, median_at_50, median_at_50)
    assert at_50["at_least"]["0.5"] == int(median_at_50 >= 0.5)
    assert found["over_runs"]["median_at"]["last"]["runs"] == 2


def cut(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def replace(path):
    path.write_bytes(b"not a database" * 100)


def empty(path):
    path.write_bytes(b"")


def from_the_future(path):
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 999")
    connection.close()


def remove(path):
    path.unlink()


@pytest.mark.parametrize("damage", [cut, replace, empty, from_the_future, remove])
@pytest.mark.parametrize("command", ["show", "verify"])
def test_a_broken_run_file_is_refused_by_name(small_run, tmp_path, command, damage):
    folder = shutil.copytree(small_run, tmp_path / "broken")
    damage(folder / "run.db")
    is_refused(invoke(command, folder), str(folder))


def test_one_broken_run_among_others_is_named(small_run, tmp_path):
    is_refused(invoke("show", small_run, tmp_path / "nothing", "--json"), str(tmp_path / "nothing"))
