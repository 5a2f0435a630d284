"""The help page: what ``foolery --help`` prints, in the look of the commands' own help.

It is written here, and not by rich, because loading rich takes longer than everything else that the page
needs. A command's own help still comes from rich.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable, Iterator
from itertools import groupby
from textwrap import wrap

import typer

from foolery.cli.commands import COMMANDS

Row = tuple[str, str]
"""A word of the command line, and what it does."""

_ROUND, _ASCII = tuple("╭─╮│╰╯"), tuple("+-+|++")
_NARROWEST = 40


def help_page(usage: str, about: str, options: Iterable[Row], epilog: str) -> str:
    """The whole page, as wide as the terminal; colored (``typer.echo`` takes that out of a pipe)."""
    width = max(shutil.get_terminal_size().columns, _NARROWEST)
    panels = [("Options", list(options))]
    for title, listings in groupby(COMMANDS, key=lambda listing: listing.panel):
        panels.append((title, [(listing.name, listing.help) for listing in listings]))
    lines = ["", f" {_colored('Usage:', 'yellow')} {usage}", ""]
    for paragraph in about.split("\n\n"):
        lines += [*(f" {line}" for line in wrap(paragraph, width - 2)), ""]
    for title, rows in panels:
        lines += _panel(title, rows, width)
    return "\n".join([*lines, "", *(f" {line}" for line in wrap(epilog, width - 2)), ""])


def _panel(title: str, rows: list[Row], width: int) -> Iterator[str]:
    """A box with ``title`` around ``rows``."""
    left, across, right, side, low_left, low_right = _ROUND if _has_boxes() else _ASCII
    name_width = max(len(name) for name, _ in rows)
    room = width - name_width - 6
    top = f"{left}{across} {title} ".ljust(width - 1, across) + right
    yield _faint(top)
    for name, description in rows:
        for number, line in enumerate(wrap(description, room)):
            word = _colored((name if number == 0 else "").ljust(name_width), "cyan", bold=True)
            yield f"{_faint(side)} {word}  {line.ljust(room)} {_faint(side)}"
    yield _faint(low_left + across * (width - 2) + low_right)


def _has_boxes() -> bool:
    return (getattr(sys.stdout, "encoding", None) or "").lower().replace("-", "").startswith("utf")


def _faint(text: str) -> str:
    return text if os.environ.get("NO_COLOR") else typer.style(text, dim=True)


def _colored(text: str, color: str, *, bold: bool | None = None) -> str:
    return text if os.environ.get("NO_COLOR") else typer.style(text, fg=color, bold=bold)
