"""The tables of a run file: older formats are read and upgraded, and a page says what the tables are."""

import re
import sqlite3
from pathlib import Path

import pytest

from foolery.errors import UsageError
from foolery.runs import Provenance, RunSettings, RunWriter, open_live_run, open_run_file, read_run_head
from foolery.runs.schema import FORMAT, TABLES, create_tables, upgraded_settings
from support.toysearch import PROVENANCE, ToySearch, content, play, settings, whole_run

PAGE = Path(__file__).parents[2] / "docs" / "run-file.md"
OLD_FORMATS = range(1, FORMAT)


def to_format(file: Path, version: int) -> None:
    """Make of a run what an older version of foolery wrote."""
    old = file.with_name("old.db")
    connection = sqlite3.connect(old, isolation_level=None)
    create_tables(connection, version)
    connection.execute("ATTACH ? AS today", (str(file),))
    for name in ("run", "provenances", "individuals", "champions"):
        connection.execute(f"INSERT INTO {name} SELECT * FROM today.{name}")
    connection.execute(
        "INSERT INTO generations SELECT generation, queries, improvements, median, mean, min, max, seconds"
        " FROM today.generations"
    )
    connection.execute("INSERT INTO reigns SELECT * FROM today.replacements")
    if version > 1:
        connection.execute("INSERT INTO stages SELECT * FROM today.timings")
    if version > 2:
        connection.execute("INSERT INTO events SELECT * FROM today.events")
    connection.close()
    old.replace(file)


@pytest.mark.parametrize("version", OLD_FORMATS)
def test_an_older_file_is_read_and_stays_as_it_is(tmp_path, version):
    whole = whole_run(tmp_path)
    to_format(tmp_path / "run.db", version)
    before = (tmp_path / "run.db").read_bytes()
    run = open_run_file(tmp_path)
    assert content(run) == content(whole)
    assert len(run.timings) == (0 if version == 1 else len(whole.timings))
    assert (tmp_path / "run.db").read_bytes() == before


@pytest.mark.parametrize("version", OLD_FORMATS)
def test_an_older_file_goes_on_in_the_format_of_today(tmp_path, version):
    whole_run(tmp_path, 20)
    to_format(tmp_path / "run.db", version)
    with RunWriter.resume(tmp_path, settings(), PROVENANCE) as writer:
        play(writer, ToySearch(settings()).restore(writer), 40)
        writer.add_event("after the upgrade")
        writer.close("finished")
    run = open_run_file(tmp_path)
    assert content(run) == content(whole_run(None, 40))
    assert run.timings.generation.tolist() == list(range(21 if version == 1 else 0, 41))
    assert [event.text for event in run.events] == ["after the upgrade"]
    assert (tmp_path / "run.db").read_bytes()[60:64] == FORMAT.to_bytes(4, "big")


@pytest.mark.parametrize("version", OLD_FORMATS)
def test_the_live_reader_and_the_head_take_older_files_too(tmp_path, version):
    whole = whole_run(tmp_path)
    to_format(tmp_path / "run.db", version)
    head = read_run_head(tmp_path)
    assert head is not None
    assert (head.generation, head.min_confidence) == (whole.generation, whole.history.min[-1])
    with open_live_run(tmp_path) as run:
        assert run.generation_stats()[-1].improvements == whole.history.improvements[-1]
        assert len(run.champions()) == len(whole.champions)


@pytest.mark.parametrize("version", OLD_FORMATS)
@pytest.mark.parametrize(
    "statement",
    [
        "DROP TABLE reigns",
        "ALTER TABLE generations RENAME COLUMN jumps TO improvements",
        "CREATE VIEW timings AS SELECT 1",
        "CREATE TRIGGER one AFTER INSERT ON provenances BEGIN DELETE FROM champions; END",
    ],
)
def test_an_older_file_with_other_tables_is_refused(tmp_path, version, statement):
    whole_run(tmp_path)
    to_format(tmp_path / "run.db", version)
    connection = sqlite3.connect(tmp_path / "run.db", isolation_level=None)
    connection.execute(statement)
    connection.close()
    for read in (open_run_file, read_run_head):
        with pytest.raises(UsageError, match="its tables are not those of a run"):
            read(tmp_path)


def test_older_settings_get_the_names_of_today():
    old = (
        '{"search_options": {"early": 0.1, "decay": 0.0}, "forward": {"grain": 25, "1.grain": 7, "slice": 6}}'
    )
    new = (
        '{"search_options": {"first_gain": 0.1, "decay": 0.0}, '
        '"forward": {"chunk": 25, "1.chunk": 7, "microbatch": 6}}'
    )
    assert upgraded_settings(old, 3) == new
    assert upgraded_settings(new, 4) == new
    for text in ("[1, 2]", '"text"', '{"forward": 3}'):
        assert upgraded_settings(text, 3) == text


@pytest.mark.parametrize("text", ["{", "[" * 100_000, "\x00"])
def test_older_settings_that_are_no_json_are_refused(tmp_path, text):
    whole_run(tmp_path)
    to_format(tmp_path / "run.db", 3)
    connection = sqlite3.connect(tmp_path / "run.db", isolation_level=None)
    connection.execute("UPDATE run SET settings = ?", (text,))
    connection.close()
    with pytest.raises(UsageError, match="settings: expected a JSON object"):
        open_run_file(tmp_path)


def page() -> str:
    """The page about run files, made from the comments in the schema."""
    before, _, rest = PAGE.read_text(encoding="utf-8").partition("<!-- tables -->")
    after = rest.partition("<!-- end of tables -->")[2]
    tables = "\n".join(_table(name, sql) for name, sql in TABLES.items())
    return f"{before}<!-- tables -->\n\n{tables}\n<!-- end of tables -->{after}"


def _table(name: str, sql: str) -> str:
    about, *columns = re.findall(r"^    (.*?)\s*-- (.*)$", sql, re.MULTILINE)
    lines = [f"### {name}", "", about[1], "", "| column | type | what it is |", "| --- | --- | --- |"]
    for definition, comment in columns:
        column, kind = definition.rstrip(",").split()[:2]
        lines.append(f"| {column} | {kind} | {comment} |")
    return "\n".join([*lines, ""])


def test_the_page_says_what_the_schema_says():
    """``PYTHONPATH=tests python tests/runs/test_schema.py`` writes the page anew."""
    assert PAGE.read_text(encoding="utf-8") == page()


@pytest.mark.parametrize("table", TABLES)
def test_every_column_has_a_comment(table):
    lines = TABLES[table].splitlines()[2:-1]
    assert all("--" in line for line in lines if not line.strip().startswith("PRIMARY KEY")), lines


@pytest.mark.parametrize("model", [RunSettings, Provenance])
def test_the_page_names_every_setting(model):
    text = PAGE.read_text(encoding="utf-8")
    for name in model.model_fields:
        assert f"`{name}`" in text


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
