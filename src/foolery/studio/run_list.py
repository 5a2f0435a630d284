"""Listing: what the first page says of every run and audit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from foolery.errors import FooleryError
from foolery.report.images import SMALL
from foolery.report.run_view import spaced
from foolery.report.wording import duration, number, short_name
from foolery.runs.live import LiveRun, open_live_run
from foolery.runs.records import RunSettings
from foolery.studio.images import address
from foolery.studio.library import LibraryEntry, redact_path, seconds_since_write
from foolery.text import format_score

STRIP = 5  # champions
FRAME = 132  # pixels, about the width in which a champion is shown
_ENCODINGS = {"cppn": "CPPN"}


@dataclass(frozen=True)
class RunListEntry:
    """One entry of the list.

    Attributes:
        key, name, kind: of the entry.
        about: what was searched, by what.
        state: how far it is.
        running: whether it says that it is being written.
        pictures: addresses of the surest pictures.
        crisp: whether their pixels are shown as squares.
        trouble: why it cannot be read.
        parts: of an audit or an arms race, named by their paths from it.
    """

    key: str
    name: str
    kind: str
    about: str = ""
    state: str = ""
    running: bool = False
    pictures: tuple[str, ...] = ()
    crisp: bool = False
    trouble: str | None = None
    parts: tuple[RunListEntry, ...] = ()

    @property
    def report(self) -> str:
        """Address of its report."""
        return f"/{self.kind}/{self.key}/report/"

    @property
    def inside(self) -> str:
        """How many parts it has, in words."""
        counts = Counter("arms race" if part.kind == "contest" else part.kind for part in self.parts)
        return ", ".join(f"{count} {kind}{'' if count == 1 else 's'}" for kind, count in counts.items())

    @property
    def address(self) -> str:
        """Where its name leads: a run in progress is watched, anything else read."""
        watched = self.kind == "run" and (self.running or not self.pictures)
        return f"/run/{self.key}/" if watched else self.report


def list_entries(entries: Sequence[LibraryEntry]) -> list[RunListEntry]:
    """A card for everything that stands for itself, with its parts on it."""
    parts: dict[str, list[LibraryEntry]] = {}
    for entry in entries:
        parts.setdefault(entry.parent, []).append(entry)
    return [_entry_with_parts(entry, parts.get(entry.key, ())) for entry in parts.get("", ())]


def _entry_with_parts(entry: LibraryEntry, inner: Sequence[LibraryEntry]) -> RunListEntry:
    named = [replace(each, name=each.folder.relative_to(entry.folder).as_posix()) for each in inner]
    return replace(list_entry(entry), parts=tuple(map(list_entry, named)))


def list_entry(entry: LibraryEntry) -> RunListEntry:
    """The card of an entry; one that cannot be read says why."""
    try:
        if entry.kind == "audit":
            return _audit_entry(entry)
        if entry.kind == "contest":
            return _arms_race_entry(entry)
        with open_live_run(entry.folder) as live:
            best = sorted(live.champions(), key=lambda one: -one.confidence)[:STRIP]
            return RunListEntry(
                key=entry.key,
                name=entry.name,
                kind="run",
                about=about(live.settings),
                state=_state(entry, live),
                running=live.status == "running",
                pictures=tuple(f"/run/{entry.key}/cell/{one.cell}.webp" for one in best),
                crisp=is_crisp(live.settings),
            )
    except FooleryError as error:
        return RunListEntry(entry.key, entry.name, entry.kind, trouble=redact_path(entry, str(error)))


def _audit_entry(entry: LibraryEntry) -> RunListEntry:
    from foolery.audit.schema import read_audit
    from foolery.report.audit_verdict import audit_headline

    audit = read_audit(entry.folder)
    classifier = short_name(audit.classifier.name)
    state: list[str] = [audit.state]
    if audit.verdict is not None and audit.verdict.score is not None:
        state.append(f"score {audit.verdict.score.value:.1f} of 100")
    if audit.gates:
        state.append(f"{sum(gate.failed for gate in audit.gates)} of {len(audit.gates)} gates failed")
    told = spaced(f"Audit. {audit_headline(audit, classifier)}.")
    best = sorted(audit.champions, key=lambda one: -one.confidence)[:STRIP]
    return RunListEntry(
        key=entry.key,
        name=entry.name,
        kind="audit",
        about=told,
        state=", ".join(state),
        pictures=tuple(address(entry, one.canvas_hash, "webp") for one in best),
        crisp=max(audit.classifier.canvas[1:]) <= SMALL,
    )


def _arms_race_entry(entry: LibraryEntry) -> RunListEntry:
    from foolery.hardening.rounds import read_arms_race
    from foolery.report.arms_race_page import arms_race_headline

    progress = read_arms_race(entry.folder)
    state = f"{len(progress.rounds)} of {progress.config.rounds} rounds done"
    told = spaced(f"Arms race. {arms_race_headline(progress)}.")
    return RunListEntry(entry.key, entry.name, "contest", about=told, state=state)


def about(settings: RunSettings) -> str:
    """What was searched, in half a sentence."""
    encoding = f"{_ENCODINGS.get(settings.encoding, settings.encoding)} encoding"
    how = "gradient ascent" if settings.search == "ascent" else encoding
    classes = f"{number(len(settings.cells))} class{'' if len(settings.cells) == 1 else 'es'}"
    return f"{short_name(settings.classifier)}, {classes}, {how}, seed {settings.seed}"


def is_crisp(settings: RunSettings) -> bool:
    """Whether champions are so small that their pixels are shown as squares."""
    return max(settings.canvas[1:]) <= SMALL


def frame_size(settings: RunSettings) -> tuple[int, int]:
    """Shown width and height of a champion: a whole multiple of its pixels where it is small."""
    _, height, width = settings.canvas
    shown_width = width * (FRAME // width) if width <= FRAME else FRAME
    return shown_width, max(1, round(height * shown_width / width))


def _state(entry: LibraryEntry, live: LiveRun) -> str:
    last = live.earlier_stats(0)
    if last is None:
        return f"{live.status}, no generation yet"
    median = format_score(last.median, live.settings.kind)
    text = f"{live.status}, generation {number(live.generation)}, median {median}"
    age = seconds_since_write(entry)
    if live.status == "running" and age > 60:
        text += f"; last written {duration(age)} ago"
    return spaced(text)
