"""Validation: the rules that hold between the records of a run.

The writer checks every generation by them before it stores it, and the reader replays a whole file through
them: what the one accepts, the other does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, isfinite

from foolery.runs.errors import RecordError, short
from foolery.runs.records import GenerationStats, Individual, Replacement
from foolery.runs.settings import RunSettings

MAX_NUMBER = 2**63 - 1
MAX_GENERATION = 2**32 - 1
BRED = "bred"
"""The search of a run that a person bred: it keeps every individual, since any may be chosen as a parent."""
ROUNDING = 1e-3  # a probability or cosine that was rounded may lie this far outside its range


@dataclass(frozen=True)
class GenerationRecord:
    """The records of one generation: its statistics, its new elites, and the cells that they took."""

    stats: GenerationStats
    individuals: Sequence[Individual]
    replacements: Sequence[Replacement]


class RunValidator:
    """The state of a run after a generation.

    Attributes:
        latest: statistics of the last generation, or None before generation 0.
        champions: cell to the replacement that gave it its champion.
    """

    def __init__(self, settings: RunSettings) -> None:
        self._cells = len(settings.cells)
        self._lowest = (-1.0 if settings.kind == "similarity" else 0.0) - ROUNDING
        self._highest = 1.0 + ROUNDING
        self._kind = settings.kind
        self._keeps_all = settings.search == BRED
        self.latest: GenerationStats | None = None
        self.champions: dict[int, Replacement] = {}
        self._stored: set[int] = set()

    @property
    def generation(self) -> int:
        """The last completed generation, or -1."""
        return -1 if self.latest is None else self.latest.generation

    def check(self, record: GenerationRecord) -> None:
        """Raise RecordError unless ``record`` can follow this state."""
        self._check_stats(record.stats)
        born = self._check_individuals(record)
        self._check_replacements(record, born)

    def apply(self, record: GenerationRecord) -> set[int]:
        """Apply a checked record; the same one again changes nothing more.

        Returns:
            The numbers of the individuals that lost their last cell.
        """
        self.champions.update({replacement.cell: replacement for replacement in record.replacements})
        self._stored.update([one.number for one in record.individuals])
        self.latest = record.stats
        lost = {
            replacement.previous for replacement in record.replacements if replacement.previous is not None
        }
        return (
            lost.difference([replacement.individual for replacement in self.champions.values()])
            if lost
            else lost
        )

    def _check_stats(self, stats: GenerationStats) -> None:
        generation = self.generation + 1
        if stats.generation != generation:
            raise RecordError(f"expected generation {generation} next, got generation {stats.generation}")
        if generation > MAX_GENERATION:
            raise RecordError(f"generation {generation}: the last possible one is {MAX_GENERATION}")
        for name in ("queries", "improvements"):
            before = 0 if self.latest is None else getattr(self.latest, name)
            value = getattr(stats, name)
            if not before <= value <= MAX_NUMBER:
                raise RecordError(f"generation {generation}: {name} went from {before} to {short(value)}")
        if not 0.0 <= stats.seconds < inf:
            raise RecordError(f"generation {generation}: seconds is {short(stats.seconds)}")
        for name in ("median", "mean", "min", "max"):
            if not self._lowest <= getattr(stats, name) <= self._highest:
                raise self._out_of_range(getattr(stats, name), f"generation {generation}: {name} confidence")

    def _out_of_range(self, value: float, what: str) -> RecordError:
        expected = "-1 to 1" if self._kind == "similarity" else "0 to 1"
        return RecordError(f"{what}: expected {expected} ({self._kind} scores), got {short(value)}")

    def _check_individuals(self, record: GenerationRecord) -> set[int]:
        generation, end = record.stats.generation, record.stats.queries
        start = 0 if self.latest is None else self.latest.queries
        stored, individuals = self._stored, record.individuals
        for one in individuals:
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
        born = {one.number for one in individuals}
        if len(born) != len(individuals):
            raise RecordError(f"generation {generation}: an individual is recorded twice")
        return born

    def _check_replacements(self, record: GenerationRecord, born: set[int]) -> None:
        generation, replacements = record.stats.generation, record.replacements
        if len({replacement.cell for replacement in replacements}) != len(replacements):
            raise RecordError(f"generation {generation}: a cell is taken twice")
        idle = born.difference([replacement.individual for replacement in replacements])
        if idle and not self._keeps_all:
            raise RecordError(f"individual {min(idle)}: took no cell in generation {generation}")
        cells, lowest, highest = self._cells, self._lowest, self._highest
        for replacement in replacements:
            cell = replacement.cell
            before = self.champions.get(cell)
            if not (
                0 <= cell < cells
                and replacement.generation == generation
                and replacement.individual in born
                and replacement.previous == (None if before is None else before.individual)
                and isfinite(replacement.objective)
                and isfinite(replacement.score)
                and lowest <= replacement.confidence <= highest
            ):
                raise self._wrong_replacement(replacement, before, generation, born)

    def _wrong_replacement(
        self, replacement: Replacement, before: Replacement | None, generation: int, born: set[int]
    ) -> RecordError:
        where = f"cell {replacement.cell}, generation {generation}"
        if not 0 <= replacement.cell < self._cells:
            return RecordError(
                f"cell {replacement.cell} is taken, but the run has cells 0 to {self._cells - 1}"
            )
        if replacement.generation != generation or replacement.individual not in born:
            return RecordError(
                f"{where}: individual {replacement.individual} took it, but was not born in it"
            )
        if replacement.previous != (None if before is None else before.individual):
            return RecordError(f"{where}: it was not held by individual {replacement.previous}")
        if not (isfinite(replacement.objective) and isfinite(replacement.score)):
            return RecordError(
                f"{where}: expected a finite objective and score, got {replacement.objective!r} and "
                f"{replacement.score!r}"
            )
        return self._out_of_range(replacement.confidence, f"{where}: confidence")
