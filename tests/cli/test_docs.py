"""Every command that a page of the documentation shows: it exists, and takes the options it is given."""

import re
import shlex
from pathlib import Path

import pytest

from foolery.cli._app import load
from foolery.cli.commands import COMMANDS

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
BLOCK = re.compile(r"^ *```(\w*)\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
OF_COMMANDS = ("", "sh", "yaml")
OF_THE_SAMPLE_PLUGIN = ("--stripes",)
SPAN = re.compile(r"`([^`]+)`")
COMMAND = re.compile(r"(?:^|[\s;&|])foolery ((?:-[\w-]+ )*[a-z][\w-]*(?: [^\n]*)?)", re.MULTILINE)


def shown(text: str) -> list[str]:
    """What stands behind the word ``foolery`` in blocks of commands and in code within lines."""
    pieces = [
        block.replace("\\\n", " ") for language, block in BLOCK.findall(text) if language in OF_COMMANDS
    ]
    pieces += [span.replace("\n", " ") for span in SPAN.findall(re.sub(BLOCK, "", text))]
    return [found for piece in pieces for found in COMMAND.findall(piece)]


def options_of(words: list[str]) -> list[str]:
    """The options among them, without their values; nothing behind a pipe or a semicolon."""
    ends = [at for at, word in enumerate(words) if word in ("|", ";", "&&", ">", "#")]
    mine = words[: ends[0]] if ends else words
    return [word.partition("=")[0] for word in mine if re.fullmatch(r"--[a-z][\w-]*(=.*)?|-[a-zA-Z]", word)]


@pytest.mark.parametrize("page", PAGES, ids=[str(page.relative_to(ROOT)) for page in PAGES])
def test_every_command_on_a_page_is_one(page):
    listed = {listing.name: listing for listing in COMMANDS}
    for line in shown(page.read_text(encoding="utf-8")):
        words = shlex.split(line, comments=True)
        assert words[0] in listed, f"no command {words[0]!r}: foolery {line}"
        command = load(listed[words[0]])
        takes = {word for each in command.params for word in (*each.opts, *each.secondary_opts)} | {
            "--help", "-h", "--debug", "--with", "--events", *OF_THE_SAMPLE_PLUGIN,
        }  # fmt: skip
        strange = sorted(set(options_of(words)) - takes)
        assert not strange, f"no option {strange}: foolery {line}"


def test_commands_are_found_where_pages_show_them():
    block = "```sh\nfoolery audit a \\\n  --data b | tee c\n```"
    text = f"Say `foolery card\nx --data y` or\n{block}\nnot foolery at all"
    assert sorted(shown(text)) == ["audit a    --data b | tee c", "card x --data y"]
    assert options_of(["audit", "a", "--data=b", "-o", "c", "|", "tee", "-a"]) == ["--data", "-o"]
