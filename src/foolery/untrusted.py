"""Untrusted: how a file that a stranger may have written is read, and how its words are shown.

Runs, audits, cards and fooling sets travel between people. What is read here is bounded before it is parsed,
and only a regular file is opened: no device, no named pipe, nothing outside the folder that names it.
"""

from __future__ import annotations

import json
import math
import os
import re
import stat
from collections import Counter
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from foolery.errors import UsageError

MAX_JSON_BYTES = 64 * 2**20
MAX_DEPTH = 32  # of lists and objects in each other
MAX_WHOLE = 2**64  # whole numbers are smaller in size
MAX_CLASSES = 100_000
MAX_NAME = 5000  # characters of a class name

_KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)', re.DOTALL)
_DIRECTIONS = "\u200e\u200f\u202a-\u202e\u2066-\u2069"  # marks that turn the order of what is read
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_UNSHOWN = re.compile(f"[\x00-\x1f\x7f-\x9f\u061c{_DIRECTIONS}\u2028\u2029\ud800-\udfff]")
_UNSHOWN_BUT_LINES = re.compile(f"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c{_DIRECTIONS}\u2028\u2029\ud800-\udfff]")


class UnreadableError(UsageError):
    """A file that is not read.

    Attributes:
        reason: why, without the file's name.
    """

    def __init__(self, path: Path | str, reason: str) -> None:
        super().__init__(f"{path}: cannot be read: {reason}")
        self.reason = reason


def read_bytes(path: Path, limit: int) -> bytes:
    """The whole of a regular file of at most ``limit`` bytes.

    Raises:
        UnreadableError: for anything else.
    """
    try:
        check_regular(path)  # before it is opened: to open some devices does something
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
        with os.fdopen(handle, "rb") as file:
            status = os.fstat(handle)
            _check_kind(path, status)
            size, content = status.st_size, file.read(limit + 1) if status.st_size <= limit else b""
    except UnreadableError:
        raise
    except OSError as error:
        raise UnreadableError(path, error.strerror or str(error)) from None
    except ValueError as error:  # a zero byte in the path
        raise UnreadableError(ascii(str(path)), str(error)) from None
    if max(size, len(content)) > limit:
        raise UnreadableError(path, f"it has {max(size, len(content)):,} bytes, at most {limit:,} are read")
    return content


def check_regular(path: Path) -> None:
    """Raise UnreadableError unless ``path`` is a regular file, or leads to one."""
    try:
        _check_kind(path, os.stat(path))
    except OSError as error:
        raise UnreadableError(path, error.strerror or str(error)) from None
    except ValueError as error:  # a zero byte in the path
        raise UnreadableError(ascii(str(path)), str(error)) from None


def _check_kind(path: Path, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        kind = next((name for is_kind, name in _KINDS if is_kind(status.st_mode)), "no file")
        raise UnreadableError(path, f"it is {kind}, expected a regular file")


def read_json(path: Path, limit: int = MAX_JSON_BYTES) -> Any:
    """The JSON value in a file; see ``parse_json``.

    Raises:
        UnreadableError: for a file that is not read, or is no such JSON.
    """
    content = read_bytes(path, limit)
    try:
        return parse_json(content)
    except ValueError as error:
        raise UnreadableError(path, str(error)) from None


def parse_json(content: bytes) -> Any:
    """A JSON value, in UTF-8, of numbers that are finite and of few lists in each other.

    Raises:
        ValueError: for anything else; it says what was found and what is allowed.

    Example:
        >>> parse_json(b'{"a": [1, 2.5]}')
        {'a': [1, 2.5]}
        >>> parse_json(b"1e999")
        Traceback (most recent call last):
        ValueError: the number 1e999 is too large
    """
    depth = json_depth(content)
    if depth > MAX_DEPTH:
        raise ValueError(f"lists and objects in each other {depth} deep, at most {MAX_DEPTH} are read")
    return json.loads(
        content.decode("utf-8-sig"), parse_int=_whole, parse_float=_finite, parse_constant=_no_number
    )


def json_depth(content: bytes) -> int:
    """How deep lists and objects lie in each other; linear in time, whatever the content."""
    if content.count(b"[") + content.count(b"{") <= MAX_DEPTH:
        return 0
    import numpy as np

    marks = np.frombuffer(_STRING.sub(b"", content), np.uint8)
    steps = np.zeros(len(marks), np.int8)
    steps[(marks == ord("[")) | (marks == ord("{"))] = 1
    steps[(marks == ord("]")) | (marks == ord("}"))] = -1
    return int(np.cumsum(steps, dtype=np.int64).max(initial=0))


def _whole(text: str) -> int:
    if len(text) > 20 or not -MAX_WHOLE < int(text) < MAX_WHOLE:
        raise ValueError(f"the number {shortened(text)} is too large")
    return int(text)


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"the number {shortened(text)} is too large")
    return value


def _no_number(text: str) -> float:
    raise ValueError(f"{text} is no number of JSON")


def path_inside(folder: Path, name: str) -> Path:
    """The place that ``name``, a path with ``/`` which a stranger wrote, has in ``folder``.

    Raises:
        UnreadableError: where it leads out of the folder, by its parts or by a link.
    """
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\\" in name or "\0" in name or not path.parts:
        raise UnreadableError(folder, f"the path {name!r} in it leads out of its folder")
    try:
        place, top = (folder / path).resolve(), folder.resolve()
    except (OSError, RuntimeError) as error:  # a circle of links
        raise UnreadableError(folder, f"the path {name!r} in it leads nowhere ({error})") from None
    if not place.is_relative_to(top):
        raise UnreadableError(folder, f"the path {name!r} in it leads out of its folder by a link")
    return place


def check_class_names(names: Sequence[str]) -> None:
    """Raise UsageError unless there are few enough names, each once, short and without control characters."""
    if not 1 <= len(names) <= MAX_CLASSES:
        raise UsageError(f"classes: expected 1 to {MAX_CLASSES:,} names, got {len(names):,}")
    for row, name in enumerate(names):
        if len(name) > MAX_NAME:
            raise UsageError(f"classes: name {row} has {len(name):,} characters, at most {MAX_NAME} are read")
        if _CONTROL.search(name):
            raise UsageError(
                f"classes: name {row}, '{escaped(shortened(name))}', has a control character; remove it"
            )
    counts = Counter(names)
    twice = next((name for name, count in counts.items() if count > 1), None)
    if twice is not None:
        raise UsageError(
            f"classes: {shortened(twice)!r} is there {counts[twice]} times; every class needs a name of its "
            "own"
        )


def escaped(text: str, *, lines: bool = False) -> str:
    r"""``text`` as it may be shown on a terminal: what moves a cursor or turns the order is written out.

    Args:
        text: that a stranger may have written.
        lines: whether ends of lines and tabs stay.

    Example:
        >>> print(escaped("\x1b[2Jpassed"))
        \x1b[2Jpassed
    """
    return (_UNSHOWN_BUT_LINES if lines else _UNSHOWN).sub(_escape, text)


def _escape(character: re.Match[str]) -> str:
    code = ord(character[0])
    if 0xDC80 <= code <= 0xDCFF:  # a byte of a path that is no UTF-8
        code &= 0xFF
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def shortened(text: str, length: int = 60) -> str:
    """``text``, cut to ``length`` characters."""
    return text if len(text) <= length else f"{text[: length - 1]}…"
