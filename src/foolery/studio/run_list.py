"""Listing: what the first page says of every run and audit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from foolery.errors import FooleryError
from foolery.report.images import SMALL
from foolery.report.run_view import spaced
from foolery.report.wording import duration, number, short_name
from foolery.runs.live import Glance, glancing
from foolery.runs.records import RunSettings
from foolery.studio.images import address
from foolery.studio.library import Entry, age_of, without_path
from foolery.text import format_score

STRIP = 5  # champions
TILE = 132  # pixels, about the width in which a champion is shown
_ENCODINGS = {"cppn": "CPPN"}


@dataclass(frozen=True)
class Card:
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
    parts: tuple[Card, ...] = ()

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


def cards_of(entries: Sequence[Entry]) -> list[Card]:
    """A card for everything that stands for itself, with its parts on it."""
    parts: dict[str, list[Entry]] = {}
    for entry in entries:
        parts.setdefault(entry.within, []).append(entry)
    return [_with_parts(entry, parts.get(entry.key, ())) for entry in parts.get("", ())]


def _with_parts(entry: Entry, inner: Sequence[Entry]) -> Card:
    named = [replace(each, name=each.folder.relative_to(entry.folder).as_posix()) for each in inner]
    return replace(card_of(entry), parts=tuple(map(card_of, named)))


def card_of(entry: Entry) -> Card:
    """The card of an entry; one that cannot be read says why."""
    try:
        if entry.kind == "audit":
            return _audit_card(entry)
        if entry.kind == "contest":
            return _contest_card(entry)
        with glancing(entry.folder) as glance:
            surest = sorted(glance.holders(), key=lambda one: -one.confidence)[:STRIP]
            return Card(
                key=entry.key,
                name=entry.name,
                kind="run",
                about=about(glance.settings),
                state=_state(entry, glance),
                running=glance.status == "running",
                pictures=tuple(f"/run/{entry.key}/cell/{one.cell}.webp" for one in surest),
                crisp=is_crisp(glance.settings),
            )
    except FooleryError as error:
        return Card(entry.key, entry.name, entry.kind, trouble=without_path(entry, str(error)))


def _audit_card(entry: Entry) -> Card:
    from foolery.audit.schema import read_audit
    from foolery.report.audit_verdict import audit_finding

    audit = read_audit(entry.folder)
    who = short_name(audit.classifier.name)
    state: list[str] = [audit.state]
    if audit.verdict is not None and audit.verdict.score is not None:
        state.append(f"score {audit.verdict.score.value:.1f} of 100")
    if audit.gates:
        state.append(f"{sum(gate.failed for gate in audit.gates)} of {len(audit.gates)} gates failed")
    told = spaced(f"Audit. {audit_finding(audit, who)}.")
    surest = sorted(audit.champions, key=lambda one: -one.confidence)[:STRIP]
    return Card(
        key=entry.key,
        name=entry.name,
        kind="audit",
        about=told,
        state=", ".join(state),
        pictures=tuple(address(entry, one.canvas_hash, "webp") for one in surest),
        crisp=max(audit.classifier.canvas[1:]) <= SMALL,
    )


def _contest_card(entry: Entry) -> Card:
    from foolery.hardening.rounds import standing_of
    from foolery.report.arms_race_page import contest_finding

    standing = standing_of(entry.folder)
    state = f"{len(standing.rounds)} of {standing.contest.rounds} rounds done"
    told = spaced(f"Arms race. {contest_finding(standing)}.")
    return Card(entry.key, entry.name, "contest", about=told, state=state)


def about(settings: RunSettings) -> str:
    """What was searched, in half a sentence."""
    encoding = f"{_ENCODINGS.get(settings.encoding, settings.encoding)} encoding"
    how = "gradient ascent" if settings.search == "ascent" else encoding
    classes = f"{number(len(settings.cells))} class{'' if len(settings.cells) == 1 else 'es'}"
    return f"{short_name(settings.classifier)}, {classes}, {how}, seed {settings.seed}"


def is_crisp(settings: RunSettings) -> bool:
    """Whether champions are so small that their pixels are shown as squares."""
    return max(settings.canvas[1:]) <= SMALL


def frame_of(settings: RunSettings) -> tuple[int, int]:
    """Shown width and height of a champion: a whole multiple of its pixels where it is small."""
    _, height, width = settings.canvas
    shown = width * (TILE // width) if width <= TILE else TILE
    return shown, max(1, round(height * shown / width))


def _state(entry: Entry, glance: Glance) -> str:
    last = glance.before(0)
    if last is None:
        return f"{glance.status}, no generation yet"
    median = format_score(last.median, glance.settings.kind)
    said = f"{glance.status}, generation {number(glance.generation)}, median {median}"
    age = age_of(entry)
    if glance.status == "running" and age > 60:
        said += f"; last written {duration(age)} ago"
    return spaced(said)
