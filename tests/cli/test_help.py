"""What ``foolery --help`` looks like: as wide as the terminal, boxes and colors where they can be shown."""

import shlex

import pytest

from foolery.cli._app import load
from foolery.cli.commands import COMMANDS, EXAMPLES, OPTION_GROUPS
from support.command import on_a_terminal, run


def test_no_line_is_wider_than_the_terminal_and_nothing_is_lost():
    for width in (60, 80, 120):
        said = run("--help", COLUMNS=str(width)).stdout
        assert max(map(len, said.splitlines())) <= width
        words = " ".join(said.replace("│", " ").split())
        for listing in COMMANDS:
            assert f"{listing.name} {listing.help}" in words


def test_boxes_are_plain_where_the_output_knows_no_others():
    said = run("--help", PYTHONIOENCODING="ascii").stdout
    assert "+- Start here ---" in said
    assert said.isascii()


def test_a_pipe_gets_no_colors():
    assert "\x1b" not in run("--help").stdout


def test_a_terminal_gets_colors_unless_it_wants_none(tmp_path, monkeypatch):
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert "\x1b[36m" in on_a_terminal("--help", cwd=tmp_path)[1]
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[" not in on_a_terminal("--help", cwd=tmp_path)[1]


@pytest.mark.parametrize("listing", COMMANDS, ids=lambda listing: listing.name)
def test_the_help_of_a_command_ends_with_an_example_whose_options_exist(listing):
    said = " ".join(run(listing.name, "--help", COLUMNS="200").stdout.split())
    example = EXAMPLES[listing.name]
    assert said.endswith(f"Example: {example}")
    assert "<list[" not in said
    words = shlex.split(example)
    assert words[:2] == ["foolery", listing.name]
    options = {option for each in load(listing).params for option in (*each.opts, *each.secondary_opts)}
    assert {word for word in words if word.startswith("-")} <= options


def test_many_options_stand_under_headings():
    said = run("evolve", "--help").stdout
    for heading in OPTION_GROUPS:
        assert f"─ {heading} ─" in said
