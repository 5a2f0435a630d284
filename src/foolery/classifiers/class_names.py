"""Class names: from a file beside a card, from the command line, or one of foolery's own lists."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from foolery.errors import UsageError, did_you_mean

LISTS = Path(__file__).parent / "lists"


def list_names() -> list[str]:
    """Names that a card may give instead of its class names: ``imagenet`` (1000, by sorted WordNet id)."""
    return sorted(path.stem for path in LISTS.glob("*.txt"))


def named_list(name: str) -> tuple[str, ...]:
    """The class names of one of foolery's own lists.

    Raises:
        UsageError: for an unknown name.
    """
    if name not in list_names():
        raise UsageError(f"classes: no list is called {name!r}; {did_you_mean(name, list_names())}")
    return read_class_names(LISTS / f"{name}.txt")


def read_class_names(path: Path) -> tuple[str, ...]:
    """The class names in a file, in the order of the outputs.

    A text file has one name a line. A JSON file has a list of names, a list of ``[id, name]``, or an object
    from index to either (``{"0": ["n01440764", "tench"], …}``).

    Raises:
        UsageError: where the file cannot be read, is not UTF-8, or has empty names.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise UsageError(f"classes: cannot read {path}: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise UsageError(
            f"classes: {path} is not UTF-8 (byte {error.object[error.start]:#04x} at {error.start}); "
            f"save it as UTF-8"
        ) from None
    names = _from_json(text, path) if path.suffix == ".json" else _from_lines(text)
    if "\0" in text or not names or not all(names):
        row = next((row for row, name in enumerate(names) if not name), 0)
        raise UsageError(f"classes: {path} needs one name for each output, and number {row} is empty")
    return distinct(names)


def distinct(names: Sequence[str]) -> tuple[str, ...]:
    """The names, those that occur more than once with their index: ``crane`` becomes ``crane (134)``."""
    count = Counter(names)
    return tuple(name if count[name] == 1 else f"{name} ({row})" for row, name in enumerate(names))


def numbered(count: int) -> tuple[str, ...]:
    """Names for ``count`` outputs that have none: ``class 0``, ``class 1``, and so on."""
    return tuple(f"class {row}" for row in range(count))


def _from_lines(text: str) -> list[str]:
    return [line.strip() for line in text.rstrip().split("\n")]


def _from_json(text: str, path: Path) -> list[str]:
    try:
        content = json.loads(text)
        if isinstance(content, dict):
            content = [content[str(row)] for row in range(len(content))]
        names = [each[-1] if isinstance(each, list) else each for each in content]
    except (ValueError, KeyError, TypeError, IndexError, RecursionError):
        names = [None]
    if not all(isinstance(name, str) for name in names):
        raise UsageError(
            f"classes: {path} must hold a JSON list of names, a list of [id, name], or an object "
            f"from index to name"
        )
    return [name.strip() for name in names if name is not None]
