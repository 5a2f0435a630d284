"""The list of runs, audits and arms races on the first page."""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from threading import Lock

from foolery.errors import FooleryError
from foolery.report.artifact import ArtifactCard
from foolery.report.html import Fact
from foolery.studio.library import LibraryEntry
from foolery.text import format_duration, with_narrow_spaces
from foolery.untrusted import shortened

MAX_CARDS = 2000  # kept in memory
STALE = 60  # seconds without a write, after which a running entry says so


@dataclass(frozen=True)
class RunListEntry:
    """One entry of the list.

    Attributes:
        entry: of the library.
        card: what is shown of it; None where it cannot be read.
        state: how far it is.
        error: why it cannot be read.
        parts: of an audit or an arms race, named by their paths from it.
    """

    entry: LibraryEntry
    card: ArtifactCard | None = None
    state: str = ""
    error: str | None = None
    parts: tuple[RunListEntry, ...] = ()

    @property
    def key(self) -> str:
        """What addresses call it."""
        return self.entry.key

    @property
    def name(self) -> str:
        """Path from the library's folder, or from that of which it is part."""
        return self.entry.name

    @property
    def kind(self) -> str:
        """What it is."""
        return self.entry.kind

    @property
    def about(self) -> str:
        """What was done to which classifier, in half a sentence."""
        return "" if self.card is None else self.card.about

    @property
    def headline(self) -> str:
        """What came of it, in a sentence."""
        return "" if self.card is None else f"{with_narrow_spaces(self.card.headline)}."

    @property
    def running(self) -> bool:
        """Whether it says that it is being written."""
        return self.card is not None and self.card.running

    @property
    def crisp(self) -> bool:
        """Whether the pixels of its images are shown as squares."""
        return self.card is not None and self.card.crisp

    @property
    def images(self) -> tuple[Fact, ...]:
        """Class and address, below the studio's own, of its images of highest confidence."""
        images = () if self.card is None else self.card.images
        return tuple(Fact(each.label, f"{self.kind}/{self.key}/{each.address}") for each in images)

    @property
    def report(self) -> str:
        """Address of its report, below the studio's own."""
        return f"{self.kind}/{self.key}/report/"

    @property
    def contents(self) -> str:
        """How many parts it has, in words."""
        counts = Counter(part.kind.replace("-", " ") for part in self.parts)
        return ", ".join(f"{count} {kind}{'' if count == 1 else 's'}" for kind, count in counts.items())

    @property
    def address(self) -> str:
        """Where its name leads: to the live page of what is in progress, else to the report."""
        if self.running and self.kind in ("run", "audit"):
            return f"{self.kind}/{self.key}/"
        return f"run/{self.key}/" if self.kind == "run" and not self.images else self.report


class RunList:
    """Makes the entries of lists; a card is made anew when the files of its entry have changed."""

    def __init__(self) -> None:
        self._cards: OrderedDict[str, tuple[object, ArtifactCard | str]] = OrderedDict()
        self._lock = Lock()

    def entries(self, entries: Sequence[LibraryEntry]) -> list[RunListEntry]:
        """An entry for everything that stands for itself, with its parts."""
        parts: dict[str, list[LibraryEntry]] = {}
        for entry in entries:
            parts.setdefault(entry.parent, []).append(entry)
        with self._lock:
            return [self._with_parts(entry, parts.get(entry.key, ())) for entry in parts.get("", ())]

    def _with_parts(self, entry: LibraryEntry, parts: Sequence[LibraryEntry]) -> RunListEntry:
        named = [replace(each, name=each.name_in(entry)) for each in parts]
        return replace(self.entry(entry), parts=tuple(map(self.entry, named)))

    def entry(self, entry: LibraryEntry) -> RunListEntry:
        """The entry of a list; one that cannot be read says why, whatever is wrong with it."""
        card = self._card(entry)
        if isinstance(card, str):
            return RunListEntry(entry, error=entry.redact_path(card))
        state = with_narrow_spaces(card.state)
        age = entry.seconds_since_write() if card.running else 0.0
        if age > STALE:
            state += f"; last written {format_duration(age)} ago"
        return RunListEntry(entry, card, state)

    def _card(self, entry: LibraryEntry) -> ArtifactCard | str:
        stamps = None  # where not even the list of its files can be read, nothing is kept
        try:
            stamps = entry.file_stamps()
            kept = self._cards.get(entry.key)
            if kept is not None and kept[0] == stamps:
                self._cards.move_to_end(entry.key)
                return kept[1]
            card: ArtifactCard | str = entry.open().card()
        except FooleryError as error:
            card = str(error)
        except Exception as error:  # one entry must not take the others with it
            return f"cannot be read ({type(error).__name__}: {shortened(str(error))})"
        if stamps is not None:
            self._cards[entry.key] = stamps, card
        while len(self._cards) > MAX_CARDS:
            self._cards.popitem(last=False)
        return card
