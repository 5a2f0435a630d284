"""Code of the user's own that is named in one word, ``python:MODULE:NAME``: encodings and objectives.

A run file records such a reference, and a file may come from a stranger: nothing is imported because a file
says so. Whoever reads such a run repeats the reference, on the command line with ``--with``, in Python with
``use_code``; a search whose argument it is counts as that.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from foolery.errors import UsageError

SCHEME = "python:"
_used: dict[str, Any] = {}


def is_code(reference: object) -> bool:
    """Whether it has the form of a reference to code."""
    return isinstance(reference, str) and reference.startswith(SCHEME)


def use_code(reference: str) -> Any:
    """What ``python:MODULE:NAME`` names, imported, so that runs that record it can be read from now on.

    The module is looked for on Python's path and in the current folder.

    Example:
        >>> import foolery
        >>> foolery.use_code("python:foolery.encodings.sparse:Sparse").__name__
        'Sparse'

    Raises:
        UsageError: it has another form, or there is no such thing, or its import fails.
    """
    if reference in _used:
        return _used[reference]
    module, colon, name = reference.removeprefix(SCHEME).partition(":")
    if not (is_code(reference) and module and colon and name):
        raise UsageError(f"code: expected python:MODULE:NAME, got {reference!r}")
    with _current_folder():
        try:
            value: Any = importlib.import_module(module)
        except Exception as error:  # the user's code can raise anything
            message = next(iter(str(error).splitlines()), "")
            raise UsageError(
                f"{reference}: cannot import {module}: {type(error).__name__}: {message}"
            ) from error
    for part in name.split("."):
        if not hasattr(value, part):
            raise UsageError(f"{reference}: {module} has no {name!r}")
        value = getattr(value, part)
    _used[reference] = value
    return value


def known_code(reference: str, what: str) -> Any:
    """The same, where it is in use already; ``what`` says whose it is, for the message.

    Raises:
        UsageError: it is not.
    """
    if reference not in _used:
        raise UsageError(
            f"{what} {reference!r} is code, which is not imported because a file says so; if you trust it, "
            f"repeat it: --with {reference} (in Python: foolery.use_code({reference!r}))"
        )
    return _used[reference]


def reference_of(value: object, what: str, *, stored: bool) -> str:
    """The reference by which a file can name the class of ``value``, in use from now on.

    Args:
        value: an instance of the user's class.
        what: ``encoding`` or ``objective``, for the message.
        stored: whether a file will name it; a run in memory may use a class that no other Python finds.

    Raises:
        UsageError: no other Python would find the class: it is local, or of ``__main__``.
    """
    cls = type(value)
    reference = f"{SCHEME}{cls.__module__}:{cls.__qualname__}"
    if stored and (cls.__module__ == "__main__" or "<locals>" in cls.__qualname__):
        raise UsageError(
            f"{what}: {cls.__qualname__} has no name that a run file could record (it is local, or of "
            f"__main__); put the class into a module, or leave out=None"
        )
    _used[reference] = cls
    return reference


@contextmanager
def _current_folder() -> Iterator[None]:
    """The current folder last on Python's path, as ``python -m`` has it first."""
    folder = str(Path.cwd())
    added = folder not in sys.path
    if added:
        sys.path.append(folder)
    try:
        yield
    finally:
        if added:
            sys.path.remove(folder)
