"""What ``foolery`` says before any command runs: help, version, and words it does not know."""

import pytest
from typer.testing import CliRunner

from foolery import __version__
from foolery.cli.commands import COMMANDS, MAIN
from foolery.cli.main import app
from support.command import invoke, is_refused, run


def said(*words: str) -> str:
    result = CliRunner().invoke(app, list(words), env={"COLUMNS": "200"})
    assert result.exit_code == 0, result.output
    return result.stdout


def test_help_lists_every_command_and_those_that_people_need_first_above_the_others():
    places = [said("--help").index(f" {listing.name} ") for listing in COMMANDS]
    assert places == sorted(places)
    assert [listing.name for listing in COMMANDS if listing.panel == MAIN] == [
        "demo",
        "evolve",
        "report",
        "audit",
        "reproduce",
    ]


def test_no_words_at_all_show_the_help():
    assert said() == said("--help")


@pytest.mark.parametrize("name", [listing.name for listing in COMMANDS])
def test_every_command_has_a_help_of_its_own(name):
    help_text = said(name, "--help")
    assert f"Usage: foolery {name}" in help_text
    assert "<bool>" not in help_text


def test_version():
    assert said("--version") == f"foolery {__version__}\n"


def test_the_command_is_also_a_module():
    assert run("--version").stdout == f"foolery {__version__}\n"


def test_an_unknown_command_gets_the_nearest_names():
    is_refused(invoke("evovle"), "'evovle'", "did you mean evolve")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--verbose"], "did you mean --version"),
        (["evolve", "--clasifier", "lenet"], "did you mean --classifier"),
        (["evolve"], "--classifier"),
        (["evolve", "-c"], "-c"),
        (["show"], "RUN"),
        (["demo", "now"], "now"),
        (
            ["evolve", "-c", "lenet", "--generations", "many"],
            "--generations: expected a whole number, got 'many'",
        ),
        (["evolve", "-c", "lenet", "--seed", "1.5"], "--seed: expected a whole number, got '1.5'"),
        (["demo", "--seconds-per-encoding", "soon"], "--seconds-per-encoding: expected a number, got 'soon'"),
    ],
)
def test_words_that_cannot_be_used_get_one_line_and_exit_code_2(words, expected):
    is_refused(invoke(*words), expected)
