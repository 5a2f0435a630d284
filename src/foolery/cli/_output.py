"""Output: results go to standard output, everything else to standard error."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from foolery.cli._streams import raw
from foolery.untrusted import escaped

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text


def print_json(result: Mapping[str, object] | Sequence[Mapping[str, object]]) -> None:
    """Print the one JSON object, or the list of them, that ``--json`` promises.

    In UTF-8; with other characters escaped where standard output is not. Where events are written, it is the
    last of them, on one line.
    """
    if events_wanted():
        print_event({"event": "result", "result": result})
        return
    utf_8 = (getattr(sys.stdout, "encoding", None) or "").replace("-", "").casefold() == "utf8"
    text = json.dumps(result, indent=2, ensure_ascii=not utf_8, allow_nan=False)
    if escaped(text, lines=True) != text:  # JSON has its own way of writing such characters
        text = json.dumps(result, indent=2, allow_nan=False).replace("\x7f", "\\u007f")
    print(text)


@dataclass
class _Events:
    """Whether standard output is a stream of JSON objects."""

    wanted: bool = False


_events = _Events()


@contextmanager
def events(*, wanted: bool) -> Iterator[None]:
    """Within it, where ``wanted``, standard output has one JSON object a line, the result last."""
    before, _events.wanted = _events.wanted, wanted
    try:
        yield
    finally:
        _events.wanted = before


def events_wanted() -> bool:
    """Whether standard output is a stream of JSON objects."""
    return _events.wanted


def print_event(event: Mapping[str, object]) -> None:
    """Print one JSON object on one line, at once."""
    text = json.dumps(event, allow_nan=False).replace("\x7f", "\\u007f")
    print(text, flush=True)


def note(line: str) -> None:
    """Print a line about the work, rather than its result, on standard error."""
    print(escaped(line, lines=True), file=sys.stderr, flush=True)  # a bar may stand before the plain stream


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
