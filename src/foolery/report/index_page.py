"""Index: a page with a card for every run and audit of a folder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from foolery.report.html import PAGE, page_files
from foolery.report.run_view import Fact
from foolery.report.wording import classifier_name, heading, headline, number, state

if TYPE_CHECKING:
    from foolery.engine.run import RunResult

PICTURES, SIDE = 5, 56  # on a card, and their width


@dataclass(frozen=True)
class IndexEntry:
    """One run or audit.

    Attributes:
        name: its path in the folder.
        page: address of its own page; None where it has none.
        kind: ``run``, ``audit`` …
        state: how far it is, or that it cannot be read.
        open: whether that deserves attention.
        said: what was found, or why it cannot be read.
        pictures: addresses, and what they show.
        crisp: whether they are shown enlarged.
    """

    name: str
    page: str | None
    kind: str
    state: str
    open: bool
    said: str
    pictures: tuple[Fact, ...] = ()
    crisp: bool = False


def run_entry(result: RunResult, name: str, folder: str) -> IndexEntry:
    """The card of a run whose page lies in ``folder``."""
    best = sorted(result.champions.values(), key=lambda one: -one.confidence)[:PICTURES]
    return IndexEntry(
        name=name,
        page=f"{folder}/{PAGE}",
        kind=f"{classifier_name(result)}, {heading(result)}",
        state=state(result),
        open=result.status != "finished",
        said=f"{headline([result])}. {number(result.summary.get('queries'))} queries.",
        crisp=result.settings.canvas[2] <= SIDE,
        pictures=tuple(Fact(one.label, f"{folder}/thumbnails/run-1/{one.index:04d}.webp") for one in best),
    )


def unreadable_entry(name: str, reason: str) -> IndexEntry:
    """The card of what cannot be read."""
    return IndexEntry(name, None, "", "cannot be read", True, reason)


def index_files(title: str, cards: Sequence[IndexEntry]) -> dict[str, bytes]:
    """The page, as ``index.html``, and the files beside it: name to content."""
    return page_files("index.html", title=title, cards=cards)


def unreadable_files(name: str, reason: str) -> dict[str, bytes]:
    """A page that says what cannot be read, and why."""
    return page_files("broken.html", title=f"{name} cannot be read", reason=reason)


def index_title(cards: Sequence[IndexEntry], folder: str) -> str:
    """``12 runs and 1 audit in FOLDER``."""
    audits = sum(card.kind.startswith("audit of") for card in cards)
    races = sum(card.kind.startswith("arms race,") for card in cards)
    counted = ((len(cards) - audits - races, "run"), (audits, "audit"), (races, "arms race"))
    counts = [f"{number(count)} {word}{'' if count == 1 else 's'}" for count, word in counted if count]
    most = ", ".join(counts[:-1])
    return f"{most} and {counts[-1]} in {folder}" if most else f"{''.join(counts)} in {folder}"
