"""What ``foolery --help`` looks like: as wide as the terminal, boxes and colors where they can be shown."""

from foolery.cli.commands import COMMANDS
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
