"""Output: results go to standard output, everything else to standard error."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from foolery.cli._streams import raw
from foolery.untrusted import escaped

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text


def print_json(result: Mapping[str, object] | Sequence[Mapping[str, object]]) -> None:
    """Print the one JSON object, or the list of them, that ``--json`` promises.

    In UTF-8; with other characters escaped where standard output is not.
    """
    utf_8 = (getattr(sys.stdout, "encoding", None) or "").replace("-", "").casefold() == "utf8"
    text = json.dumps(result, indent=2, ensure_ascii=not utf_8, allow_nan=False)
    if escaped(text, lines=True) != text:  # JSON has its own way of writing such characters
        text = json.dumps(result, indent=2, allow_nan=False).replace("\x7f", "\\u007f")
    print(text)


def note(line: str) -> None:
    """Print a line about the work, rather than its result, on standard error."""
    print(line, file=sys.stderr, flush=True)


def console(*, stderr: bool = False) -> Console:
    """A rich console that takes text as it is: a class name in square brackets is no markup.

    Control characters in it are written out.
    """
    from rich.console import Console

    class Screen(Console):
        def on_broken_pipe(self) -> None:
            raise BrokenPipeError  # ``foolery.cli._app`` ends quietly; rich would exit with 1

        def render_str(self, text: str, **options: Any) -> Text:
            return super().render_str(escaped(text, lines=True), **options)

    file = raw(sys.stderr if stderr else sys.stdout)
    return Screen(file=file, markup=False, highlight=False, emoji=False)


def is_live(screen: Console) -> bool:
    """True where lines can be drawn again and again: a terminal that is not a dumb one."""
    return screen.is_terminal and not screen.is_dumb_terminal


def open_page(address: str) -> None:
    """Show a page in the browser; where there is none, say so and go on."""
    import webbrowser

    if not webbrowser.open(address):
        note(f"note: no browser could be started; open {address} yourself")
