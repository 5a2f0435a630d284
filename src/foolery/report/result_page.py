"""A page for any other result: the values of its ``to_dict``, as lists and tables."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from foolery.report.html import Fact, page_files
from foolery.results import Result
from foolery.text import format_count

DOCUMENT = "result.json"
SHORT = 80  # letters of a list that is shown on one line


@dataclass(frozen=True)
class ResultSection:
    """A part of the page: plain values, a table of records, or lines of text."""

    name: str
    facts: tuple[Fact, ...] = ()
    head: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    lines: tuple[str, ...] = ()

    @property
    def style(self) -> str:
        """Of the table: ``prose`` where its cells hold more than numbers."""
        cells = [cell for row in self.rows for cell in row[1:]]
        return "prose" if any(len(cell) > 20 for cell in cells) else ""


def result_files(result: Result, *, single_file: bool = False) -> dict[str, bytes]:
    """The page, as ``index.html``, and the values as ``result.json``: name to content."""
    values = result.to_dict()
    files = page_files(
        "result.html",
        single_file=single_file,
        title=_words(re.sub(r"(?<!^)(?=[A-Z])", " ", type(result).__name__)),
        sections=_sections("", values),
        document=None if single_file else DOCUMENT,
    )
    if not single_file:
        text = json.dumps(values, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
        files[DOCUMENT] = text.encode(errors="replace")
    return files


def _sections(name: str, values: Mapping[str, Any]) -> list[ResultSection]:
    """The plain values and short lists first, then a section for each other value."""
    facts = tuple(Fact(_words(key), _text(value)) for key, value in values.items() if _is_short(value))
    sections = [ResultSection(name, facts=facts)]
    for key, value in values.items():
        title = f"{name}: {_words(key).lower()}" if name else _words(key)
        if isinstance(value, Mapping):
            sections += _sections(title, value)
        elif _is_table(value):
            head = tuple(dict.fromkeys(column for each in value for column in each))
            rows = tuple(tuple(_text(each.get(column)) for column in head) for each in value)
            sections.append(ResultSection(title, head=tuple(map(_words, head)), rows=rows))
        elif not _is_short(value):
            sections.append(ResultSection(title, lines=tuple(map(_text, value))))
    return [each for each in sections if each.facts or each.rows or each.lines]


def _is_table(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(each, Mapping) for each in value)


def _is_short(value: Any) -> bool:
    if isinstance(value, Mapping) or _is_table(value):
        return False
    return not isinstance(value, list) or len(_text(value)) <= SHORT


def _words(name: str) -> str:
    text = name.replace("_", " ").strip()
    return text[:1].upper() + text[1:].lower() if not text.isupper() else text


def _text(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return format_count(value)
    if isinstance(value, float):
        return f"{value:.4g}".replace("-", "−")
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ", ".join(map(_text, value)) or "–"
    return str(value)
