"""A page with a card for every run, audit and arms race of a folder."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from foolery.report.artifact import ArtifactCard, Kind
from foolery.report.html import PAGE, Fact, page_files
from foolery.text import format_count

_WORDS: dict[Kind, str] = {"run": "run", "audit": "audit", "arms-race": "arms race", "board": "board"}


@dataclass(frozen=True)
class IndexEntry:
    """One run, audit or arms race.

    Attributes:
        card: what is shown of it.
        folder: of its page, from the index; None where it could not be read.
    """

    card: ArtifactCard
    folder: str | None

    @property
    def page(self) -> str | None:
        """Address of its page."""
        return None if self.folder is None else f"{self.folder}/{PAGE}"

    @property
    def images(self) -> tuple[Fact, ...]:
        """Class and address of its images."""
        return tuple(Fact(each.label, f"{self.folder}/{each.thumbnail}") for each in self.card.images)


def index_files(title: str, entries: Sequence[IndexEntry]) -> dict[str, bytes]:
    """The page, as ``index.html``, and the files beside it: name to content."""
    return page_files("index.html", title=title, entries=entries)


def unreadable_files(name: str, reason: str) -> dict[str, bytes]:
    """A page that says what cannot be read, and why."""
    return page_files("unreadable.html", title=f"{name} cannot be read", reason=reason)


def index_title(entries: Sequence[IndexEntry], folder: str) -> str:
    """``12 runs and 1 audit in FOLDER``."""
    counts = Counter(entry.card.kind for entry in entries)
    parts = [
        f"{format_count(counts[kind])} {word}{'' if counts[kind] == 1 else 's'}"
        for kind, word in _WORDS.items()
        if counts[kind]
    ]
    return f"{' and '.join(filter(None, [', '.join(parts[:-1]), *parts[-1:]]))} in {folder}"


def folder_names(paths: Iterable[str]) -> list[str]:
    """A folder name of plain letters for each path, no two alike."""
    names: list[str] = []
    for path in paths:
        plain = re.sub(r"[^A-Za-z0-9._-]+", "-", path).strip("-.")[:80] or "run"
        taken = {name.casefold() for name in names}
        numbered = (f"{plain}-{number}" for number in range(2, 2 + len(names)))
        free = (name for name in (plain, *numbered) if name.casefold() not in taken)
        names.append(next(free))
    return names
