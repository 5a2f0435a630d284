"""Ledger: the rules that hold between the records of a run.

The writer asks it before it stores a generation, and the reader replays a whole file through it: what
the one accepts, the other does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, isfinite

from foolery.runs.errors import RecordError, short
from foolery.runs.records import Individual, Moment, Reign, RunSettings

LARGEST_NUMBER = 2**63 - 1
LAST_GENERATION = 2**32 - 1
ROUNDING = 1e-3  # a probability or cosine that was rounded may lie this far outside its range


@dataclass(frozen=True)
class Generation:
    """What is recorded of one generation: the individuals born in it that took a cell, and their reigns."""

    moment: Moment
    newcomers: Sequence[Individual]
    reigns: Sequence[Reign]


class Ledger:
    """Where a run stands.

    Attributes:
        latest: the last generation's moment, or None before generation 0.
        reigning: cell to the reign of its champion.
    """

    def __init__(self, settings: RunSettings) -> None:
        self._cells = len(settings.cells)
        self._lowest = (-1.0 if settings.kind == "similarity" else 0.0) - ROUNDING
        self._highest = 1.0 + ROUNDING
        self._kind = settings.kind
        self.latest: Moment | None = None
        self.reigning: dict[int, Reign] = {}
        self._stored: set[int] = set()

    @property
    def generation(self) -> int:
        """The last completed generation, or -1."""
        return -1 if self.latest is None else self.latest.generation

    def check(self, record: Generation) -> None:
        """Raise RecordError unless ``record`` can follow what the ledger holds."""
        self._check_moment(record.moment)
        born = self._check_newcomers(record)
        self._check_reigns(record, born)

    def enter(self, record: Generation) -> set[int]:
        """Take over a checked record; entering it twice in a row changes nothing more.

        Returns:
            The numbers of the individuals that lost their last cell.
        """
        self.reigning.update({reign.cell: reign for reign in record.reigns})
        self._stored.update([one.number for one in record.newcomers])
        self.latest = record.moment
        lost = {reign.previous for reign in record.reigns if reign.previous is not None}
        return lost.difference([reign.individual for reign in self.reigning.values()]) if lost else lost

    def _check_moment(self, moment: Moment) -> None:
        generation = self.generation + 1
        if moment.generation != generation:
            raise RecordError(f"expected generation {generation} next, got generation {moment.generation}")
        if generation > LAST_GENERATION:
            raise RecordError(f"generation {generation}: the last possible one is {LAST_GENERATION}")
        for name in ("queries", "jumps"):
            before = 0 if self.latest is None else getattr(self.latest, name)
            value = getattr(moment, name)
            if not before <= value <= LARGEST_NUMBER:
                raise RecordError(f"generation {generation}: {name} went from {before} to {short(value)}")
        if not 0.0 <= moment.seconds < inf:
            raise RecordError(f"generation {generation}: seconds is {short(moment.seconds)}")
        for name in ("median", "mean", "least", "most"):
            if not self._lowest <= getattr(moment, name) <= self._highest:
                raise self._unlikely(getattr(moment, name), f"generation {generation}: {name} confidence")

    def _unlikely(self, value: float, what: str) -> RecordError:
        expected = "-1 to 1" if self._kind == "similarity" else "0 to 1"
        return RecordError(f"{what}: expected {expected} ({self._kind} scores), got {short(value)}")

    def _check_newcomers(self, record: Generation) -> set[int]:
        generation, end = record.moment.generation, record.moment.queries
        start = 0 if self.latest is None else self.latest.queries
        stored, newcomers = self._stored, record.newcomers
        for one in newcomers:
            if one.generation != generation or not start <= one.number < end:
                raise RecordError(
                    f"individual {one.number}: of generation {one.generation}, but {start} to {end - 1} "
                    f"belong to generation {generation}"
                )
            if one.parent is not None and one.parent not in stored:
                raise RecordError(
                    f"individual {one.number}: its parent {one.parent} is not stored, or not older"
                )
            if one.mate is not None and (one.mate not in stored or one.parent is None):
                raise RecordError(f"individual {one.number}: its mate {one.mate} is not stored, or not older")
        born = {one.number for one in newcomers}
        if len(born) != len(newcomers):
            raise RecordError(f"generation {generation}: an individual is recorded twice")
        return born

    def _check_reigns(self, record: Generation, born: set[int]) -> None:
        generation, reigns = record.moment.generation, record.reigns
        if len({reign.cell for reign in reigns}) != len(reigns):
            raise RecordError(f"generation {generation}: a cell is taken twice")
        idle = born.difference([reign.individual for reign in reigns])
        if idle:
            raise RecordError(f"individual {min(idle)}: took no cell in generation {generation}")
        cells, lowest, highest = self._cells, self._lowest, self._highest
        for reign in reigns:
            where = reign.cell
            before = self.reigning.get(where)
            if not (
                0 <= where < cells
                and reign.generation == generation
                and reign.individual in born
                and reign.previous == (None if before is None else before.individual)
                and isfinite(reign.objective)
                and isfinite(reign.score)
                and lowest <= reign.confidence <= highest
            ):
                raise self._wrong_reign(reign, before, generation, born)

    def _wrong_reign(
        self, reign: Reign, before: Reign | None, generation: int, born: set[int]
    ) -> RecordError:
        what = f"cell {reign.cell}, generation {generation}"
        if not 0 <= reign.cell < self._cells:
            return RecordError(f"cell {reign.cell} is taken, but the run has cells 0 to {self._cells - 1}")
        if reign.generation != generation or reign.individual not in born:
            return RecordError(f"{what}: individual {reign.individual} took it, but was not born in it")
        if reign.previous != (None if before is None else before.individual):
            return RecordError(f"{what}: it was not held by individual {reign.previous}")
        if not (isfinite(reign.objective) and isfinite(reign.score)):
            return RecordError(
                f"{what}: expected a finite objective and score, got {reign.objective!r} and {reign.score!r}"
            )
        return self._unlikely(reign.confidence, f"{what}: confidence")
