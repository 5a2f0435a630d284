"""Contest: an arms race between a network and the search that fools it, as far as it has come."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from foolery.errors import UsageError

if TYPE_CHECKING:
    from foolery.hardening.round import Round
    from foolery.hardening.settings_contest import Contest


@dataclass(frozen=True)
class Standing:
    """Settings of an arms race, and the rounds that are done.

    Attributes:
        name: of its folder.
    """

    name: str
    contest: Contest
    rounds: tuple[Round, ...]


def standing_of(folder: Path) -> Standing:
    """What the arms race in ``folder`` has come to.

    Raises:
        UsageError: where a file of it is damaged.
    """
    from foolery.hardening.arms_race import CONTEST
    from foolery.hardening.round import Round
    from foolery.hardening.settings_contest import Contest

    contest, rounds = Contest.read(folder / CONTEST), []
    for file in files_of(folder):
        try:
            rounds.append(Round.model_validate_json(file.read_text(encoding="utf-8")))
        except (OSError, ValidationError) as error:
            raise UsageError(f"{file}: cannot be read ({str(error).splitlines()[0]})") from None
    return Standing(folder.resolve().name, contest, tuple(sorted(rounds, key=lambda each: each.number)))


def files_of(folder: Path) -> list[Path]:
    """The files of the rounds that are done; what a link leads to outside of ``folder`` is left out."""
    top = folder.resolve()
    return [file for file in sorted(folder.glob("round-*/round.json")) if file.resolve().is_relative_to(top)]
