"""Streams: nothing that a stranger wrote into a file moves the cursor of whoever reads about it."""

import sqlite3
import subprocess
import sys

import pytest

from foolery.cli._output import console, print_json
from foolery.cli._streams import plain_streams
from foolery.engine.evolution import evolve
from support.command import run

CLEAR = "\x1b[2J\x1b[1;1Hpassed"


@pytest.fixture(scope="module")
def planted(tmp_path_factory):
    """A run whose fingerprint, command and version would clear the screen."""
    folder = tmp_path_factory.mktemp("planted")
    evolve("lenet", generations=1, batch=20, out=folder / "a")
    evolve("lenet", generations=1, batch=20, out=folder / "b")
    for name in ("a", "b"):
        with sqlite3.connect(folder / name / "run.db") as connection:
            for table, column in (("run", "settings"), ("provenances", "provenance")):
                (text,) = connection.execute(f"SELECT {column} FROM {table}").fetchone()
                for key in ("fingerprint", "command", "machine", "device"):
                    text = text.replace(f'"{key}":"', f'"{key}":"\\u001b[2J\\u001b[1;1H\\u009bpassed')
                connection.execute(f"UPDATE {table} SET {column} = ?", (text,))
        connection.close()
    return folder


@pytest.mark.parametrize(
    "words", [("show",), ("show", "--json"), ("verify",), ("verify", "--json"), ("lineage", "--class", "3")]
)
def test_escape_sequences_of_a_run_file_are_written_out(planted, words):
    result = run(words[0], planted / "a", *words[1:])
    printed = result.stdout + result.stderr
    assert printed
    assert not [each for each in printed if (ord(each) < 32 and each != "\n") or 0x7F <= ord(each) < 0xA0]
    if words == ("verify",):
        assert "FAILED" in result.stdout
        assert "\\x1b[2J\\x1b[1;1H" in printed


def test_an_error_is_one_line_whatever_it_names(tmp_path):
    result = subprocess.run(
        [sys.executable, "-m", "foolery", "show", f"{tmp_path}/{CLEAR}\nerror"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert result.returncode == 2
    assert result.stderr.count("\n") == 1
    assert "\\x1b[2J" in result.stderr
    assert "\x1b" not in result.stderr


def test_what_rich_draws_is_escaped_and_its_own_codes_are_not(capsys):
    from rich.table import Table

    table = Table("class")
    table.add_row(CLEAR)
    with plain_streams():
        console().print(table)
        print_json({"class": f"{CLEAR}\x7f\u202e"})
        print("a\tb\nc")
    printed = capsys.readouterr().out
    assert "\x1b" not in printed
    assert printed.count("\\x1b[2J") == 1
    assert '"\\u001b[2J\\u001b[1;1Hpassed\\u007f\\u202e"' in printed
    assert printed.endswith("a\tb\nc\n")
