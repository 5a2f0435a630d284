"""Class names: from a file beside a card, from the command line, or one of foolery's own lists."""

from __future__ import annotations

import codecs
import unicodedata
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from foolery.classifiers.label_files import names_in
from foolery.classifiers.label_values import FormError
from foolery.errors import UsageError, did_you_mean
from foolery.files import HEAD, instead, stand_in
from foolery.untrusted import MAX_JSON_BYTES, UnreadableError, read_bytes

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

    One name a line, with or without numbers, quotes or WordNet ids; a table with a header; JSON or Python
    text: a list of names or of ``[id, name]``, an object from index to either, one from name to index
    (``class_indices.json``), or one that has such under ``id2label``, ``names`` and the like (a
    ``config.json``, a YOLO data file); TensorFlow's label map. UTF-8, UTF-16 with its mark, or Windows-1252.

    Raises:
        UsageError: where the file cannot be read, or has not one name for each output.
    """
    try:
        content = read_bytes(path, MAX_JSON_BYTES)
    except UnreadableError as error:
        raise UsageError(f"classes: cannot read {path}: {error.reason}") from None
    text = _decoded(content, path).replace("\r\n", "\n").replace("\r", "\n")
    try:
        listed = names_in(text, path.suffix.lower())
    except FormError as error:
        raise UsageError(f"classes: {path}: {error}; every output needs one name") from None
    if listed is None:
        raise UsageError(
            f"classes: {path} must hold a JSON list of names, a list of [id, name], or an object "
            f"from index to name, or from name to index"
        )
    names = [unicodedata.normalize("NFC", name) for name in listed]
    if "\0" in text or not names or not all(names):
        row = next((row for row, name in enumerate(names) if not name), 0)
        raise UsageError(
            f"classes: {path} needs one name for each output, and number {row} is empty{instead(path)}"
        )
    return distinct(names)


def _decoded(content: bytes, path: Path) -> str:
    """Text of a file in the encodings that label files have."""
    other = stand_in(content[:HEAD])
    if other is not None and content:
        raise UsageError(f"classes: {path} holds no names: it is {other}")
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encodings = ["utf-16"]
    else:
        encodings = ["utf-8-sig", "cp1252"]
    for encoding in encodings:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError as error:
            place = error
    raise UsageError(
        f"classes: {path} is neither UTF-8 nor Windows-1252 (byte {place.object[place.start]:#04x} at "
        f"{place.start}); save it as UTF-8"
    )


def distinct(names: Sequence[str]) -> tuple[str, ...]:
    """The names, those that occur more than once with their index: ``crane`` becomes ``crane (134)``."""
    count = Counter(names)
    return tuple(name if count[name] == 1 else f"{name} ({row})" for row, name in enumerate(names))


def numbered(count: int) -> tuple[str, ...]:
    """Names for ``count`` outputs that have none: ``class 0``, ``class 1``, and so on."""
    return tuple(f"class {row}" for row in range(count))
