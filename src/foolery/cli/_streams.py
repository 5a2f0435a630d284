"""Streams: what is printed cannot move the cursor, clear the screen or turn the order of a line.

Class names, fingerprints, commands and paths come from files that strangers may have written. Rich, which
draws bars and bold type, writes past this, to ``raw``; ``console`` in ``_output`` escapes what it is given.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TextIO

from foolery.untrusted import escaped


class PlainStream:
    r"""A text stream that writes control characters out, as ``\x1b``; ends of lines and tabs stay.

    Args:
        stream: where to.
    """

    def __init__(self, stream: TextIO) -> None:
        self.raw = stream

    def write(self, text: str) -> int:
        """Write text; returns the number of its characters."""
        self.raw.write(escaped(text, lines=True))
        return len(text)

    def writelines(self, lines: Any) -> None:
        """Write several texts."""
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.raw, name)


def raw(stream: Any) -> Any:
    """The stream behind a ``PlainStream``; any other one itself."""
    return stream.raw if isinstance(stream, PlainStream) else stream


@contextmanager
def plain_streams() -> Iterator[None]:
    """Within it standard output and standard error are ``PlainStream``."""
    output, errors = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = PlainStream(raw(output)), PlainStream(raw(errors))
    try:
        yield
    finally:
        sys.stdout, sys.stderr = output, errors
