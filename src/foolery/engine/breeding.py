"""Breeding by hand: nine CPPNs at a time, a person chooses parents, and a run file keeps every picture.

After Picbreeder (Secretan et al. 2008), whose pictures the paper shows to its networks. The run is an
ordinary one but for its search, ``bred``: each generation is nine pictures, every one of them is stored with
its parents, and each class keeps the picture that the classifier scored highest for it, as in MAP-Elites.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from foolery.canvas import Canvases, CanvasShape, canvas_hash
from foolery.classifiers.base import Classifier
from foolery.classifiers.scores import confidence
from foolery.encodings.cppn.encoding import Cppn
from foolery.engine.provenance import make_provenance
from foolery.engine.run import run_encoding, settings_against
from foolery.errors import UsageError
from foolery.files import is_vacant
from foolery.rng import Stream, check_seed
from foolery.runs import GenerationStats, Individual, Replacement, RunWriter, open_run_file
from foolery.search.objectives import OBJECTIVES

PICTURES = 9
SEARCH = "bred"


@dataclass(frozen=True)
class BredGeneration:
    """The pictures of one generation.

    Attributes:
        generation: 0 is the first one.
        individuals: with their numbers, parents and genomes.
        canvases: ``(N, C, H, W) uint8``.
    """

    generation: int
    individuals: tuple[Individual, ...]
    canvases: Canvases


class Breeding:
    """A run that a person breeds; every step is stored before it returns.

    Attributes:
        folder: of the run.
        classifier: whose champions the run keeps.
    """

    def __init__(self, classifier: Classifier, writer: RunWriter, individuals: Sequence[Individual]) -> None:
        assert writer.folder is not None
        self.folder, self.classifier = writer.folder, classifier
        self._writer = writer
        self._encoding = Cppn(classifier.description.canvas)
        self._individuals = {one.number: one for one in individuals}
        self._started, self._before = perf_counter(), writer.seconds
        classes = len(classifier.description.classes)
        self._objective = np.full(classes, -np.inf)
        self._score = np.full(classes, -np.inf)
        self._holder: list[int | None] = [None] * classes
        self._improvements = writer.improvements
        for champion in writer.champions:
            self._objective[champion.cell], self._score[champion.cell] = champion.objective, champion.score
            self._holder[champion.cell] = champion.individual

    @classmethod
    def start(
        cls,
        classifier: Classifier,
        folder: Path,
        *,
        seed: int = 0,
        source: bytes | None = None,
        command: str = "python",
    ) -> Breeding:
        """A new run: nine random CPPNs, or one that is given.

        Args:
            classifier: whose answers are kept.
            folder: for the run file.
            seed: of everything random: the same choices give the same pictures.
            source: a packed CPPN for the classifier's canvas, alone in generation 0.
            command: how it was started, for its provenance.

        Raises:
            UsageError: the folder holds a run, or ``source`` is no CPPN for this canvas.
        """
        encoding = Cppn(classifier.description.canvas)
        check_seed(seed)
        genomes = (
            encoding.initial(Stream.of(seed, 0, PICTURES)) if source is None else encoding.unpack([source])
        )
        description = classifier.description
        origin = {} if source is None else {"source": canvas_hash(encoding.render(genomes)[0])}
        settings = settings_against(
            description,
            encoding,
            search=SEARCH,
            search_options=dict(origin),
            cells=tuple(range(len(description.classes))),
            seed=seed,
            batch=PICTURES,
            initial=len(genomes),
        )
        provenance = make_provenance(description, command)
        writer = RunWriter.create(folder, settings, provenance, keep_genomes=True, checkpoint_every=1)
        breeding = cls(classifier, writer, ())
        breeding._seed = seed
        breeding._record(encoding.pack(genomes), [None] * len(genomes), [None] * len(genomes))
        return breeding

    @classmethod
    def go_on(cls, classifier: Classifier, folder: Path, *, command: str = "python") -> Breeding:
        """Continue a run that was bred before.

        Raises:
            UsageError: it was not bred, it is being written, or the classifier is another one.
        """
        stored = open_run_file(folder)
        if stored.settings.search != SEARCH:
            raise UsageError(
                f"{folder}: was not bred by hand; breed from a champion: foolery breed --from {folder}"
            )
        if stored.settings.fingerprint != classifier.description.fingerprint:
            raise UsageError(
                f"{folder}: was bred with {stored.settings.classifier}, not {classifier.description.name}"
            )
        provenance = make_provenance(classifier.description, command)
        writer = RunWriter.resume(folder, stored.settings, provenance, checkpoint_every=1)
        breeding = cls(classifier, writer, stored.individuals)
        breeding._seed = stored.settings.seed
        return breeding

    _seed: int = 0

    @property
    def generation(self) -> int:
        """The last one."""
        return self._writer.generation

    @property
    def individuals(self) -> tuple[Individual, ...]:
        """Every picture that was shown, the oldest first: the family tree."""
        return tuple(self._individuals.values())

    @property
    def holders(self) -> dict[str, tuple[int, float]]:
        """Class name to the number of its champion, and the champion's confidence."""
        names = self.classifier.description.classes
        values = confidence(self._score[None], self.classifier.description.kind)[0]
        return {
            name: (holder, float(value))
            for name, holder, value in zip(names, self._holder, values, strict=True)
            if holder is not None
        }

    def pictures(self, generation: int | None = None) -> BredGeneration:
        """The pictures of a generation, the last one if None.

        Raises:
            UsageError: there is no such generation.
        """
        wanted = self.generation if generation is None else generation
        members = tuple(one for one in self._individuals.values() if one.generation == wanted)
        if not members:
            raise UsageError(f"generation: expected 0 to {self.generation}, got {wanted}")
        return BredGeneration(wanted, members, self.canvases([one.number for one in members]))

    def canvases(self, numbers: Sequence[int]) -> Canvases:
        """``(N, C, H, W) uint8`` of individuals by their numbers."""
        genomes = self._encoding.unpack([self.genome(number) for number in numbers])
        return self._encoding.render(genomes)

    def breed(self, chosen: Sequence[int]) -> BredGeneration:
        """Nine children of the ``chosen`` individuals, of any generation; those of several are crossed.

        Child i is of parent i, i + k … of k; its mate is the next one. Every child is mutated as in a search.

        Raises:
            UsageError: none was chosen, more than nine, one twice, or one that is not there.
        """
        if not 1 <= len(chosen) <= PICTURES or len(set(chosen)) != len(chosen):
            raise UsageError(f"parents: expected 1 to {PICTURES} different pictures, got {list(chosen)}")
        genomes = self._encoding.unpack([self.genome(number) for number in chosen])
        rows = np.arange(PICTURES, dtype=np.int64) % len(chosen)
        stream = Stream.of(self._seed, self.generation + 1, PICTURES)
        parents = self._encoding.take(genomes, rows)
        mates: list[int | None] = [None] * PICTURES
        if len(chosen) > 1:
            mate_rows = (rows + 1 + np.arange(PICTURES) // len(chosen) % (len(chosen) - 1)) % len(chosen)
            parents = self._encoding.cross(parents, self._encoding.take(genomes, mate_rows), stream)
            mates = [chosen[row] for row in mate_rows.tolist()]
        children = self._encoding.vary(parents, stream)
        self._record(self._encoding.pack(children), [chosen[row] for row in rows.tolist()], mates)
        return self.pictures()

    def close(self) -> None:
        """Make the run one file that is done; it can be gone on with all the same."""
        self._writer.close("finished")

    def genome(self, number: int) -> bytes:
        """The packed CPPN of a picture; UsageError for a number that is none."""
        one = self._individuals.get(number)
        if one is None or one.genome is None:
            raise UsageError(f"picture: expected a number of this run, got {number}")
        return one.genome

    def _record(
        self, genomes: list[bytes], parents: Sequence[int | None], mates: Sequence[int | None]
    ) -> None:
        """Score the children, let them compete for every class, and store all of it."""
        generation, first = self.generation + 1, self._writer.queries
        canvases = self._encoding.render(self._encoding.unpack(genomes))
        scores = self.classifier.scores(canvases)
        individuals = [
            Individual(first + row, generation, parents[row], mates[row], genome)
            for row, genome in enumerate(genomes)
        ]
        objective = OBJECTIVES["class-score"](range(scores.shape[1]))(scores, canvases)
        replacements = self._compete(generation, first, objective, scores)
        values = np.array([value for _, value in self.holders.values()])
        stats = GenerationStats(
            generation,
            first + len(genomes),
            self._improvements,
            float(np.median(values)),
            float(values.mean()),
            float(values.min()),
            float(values.max()),
            self._before + perf_counter() - self._started,
        )
        hashes = {one.number: canvas_hash(canvas) for one, canvas in zip(individuals, canvases, strict=True)}
        self._writer.record(stats, individuals, replacements, hashes)
        self._individuals |= {one.number: one for one in individuals}

    def _compete(
        self, generation: int, first: int, objective: NDArray[np.float64], scores: NDArray[np.float64]
    ) -> list[Replacement]:
        best, columns = objective.argmax(axis=0), np.arange(objective.shape[1])
        values = confidence(scores, self.classifier.description.kind)
        replacements = []
        for cell in columns[objective[best, columns] > self._objective].tolist():
            row = int(best[cell])
            replacements.append(
                Replacement(
                    cell, first + row, generation, float(objective[row, cell]), float(scores[row, cell]),
                    float(values[row, cell]), self._holder[cell],
                )
            )  # fmt: skip
            self._objective[cell], self._score[cell] = objective[row, cell], scores[row, cell]
            self._holder[cell] = first + row
        self._improvements += len(replacements)
        return replacements


def free_folder(folder: Path) -> tuple[Path, int]:
    """The first of ``bred-1``, ``bred-2`` … in ``folder`` that is free, and its number: its seed too."""
    number = 1
    while not is_vacant(folder / f"bred-{number}"):
        number += 1
    return folder / f"bred-{number}", number


def enter_archive(
    classifier: Classifier, folder: Path, genome: bytes, *, command: str = "python"
) -> list[str]:
    """Let a bred picture compete for every class of a run of CPPNs, as one more child.

    It counts as a generation of its own, of as many queries as one has, so that the numbers stay those
    of its search; an event in the run says so. A resumed search breeds from it as from any champion.

    Returns:
        The classes that it took; where there are none, nothing is recorded.

    Raises:
        UsageError: the run is of another encoding, canvas or classifier, or is being written.
    """
    stored = open_run_file(folder)
    settings, description = stored.settings, classifier.description
    encoding: Any = run_encoding(settings)
    if settings.encoding != Cppn.name or settings.search not in ("map-elites", SEARCH):
        raise UsageError(
            f"{folder}: a bred picture is a CPPN; this run is {settings.encoding}, {settings.search}"
        )
    if settings.fingerprint != description.fingerprint or CanvasShape(*settings.canvas) != description.canvas:
        raise UsageError(f"{folder}: is a run of {settings.classifier}, not of {description.name}")
    canvas = encoding.render(encoding.unpack([genome]))
    scores = classifier.scores(canvas)
    objectives = OBJECTIVES.get(settings.objective)
    if objectives is None:
        raise UsageError(
            f"{folder}: its objective is {settings.objective}, which only its search can compute"
        )
    objective = objectives(settings.cells)(scores, canvas)[0]
    held = {champion.cell: champion for champion in stored.champions}
    taken = [
        cell
        for cell in range(len(settings.cells))
        if cell not in held or objective[cell] > held[cell].objective
    ]
    if not taken:
        return []
    values = confidence(scores, settings.kind)[0]
    writer = RunWriter.resume(folder, settings, make_provenance(description, command), checkpoint_every=1)
    with writer:
        generation, number = writer.generation + 1, writer.queries
        replacements = [
            Replacement(
                cell, number, generation, float(objective[cell]), float(scores[0, settings.cells[cell]]),
                float(values[settings.cells[cell]]), held[cell].individual if cell in held else None,
            )
            for cell in taken
        ]  # fmt: skip
        after = {cell: champion.confidence for cell, champion in held.items()}
        after |= {one.cell: one.confidence for one in replacements}
        reached = np.array(list(after.values()))
        stats = GenerationStats(
            generation,
            number + settings.batch,
            writer.improvements + len(taken),
            float(np.median(reached)),
            float(reached.mean()),
            float(reached.min()),
            float(reached.max()),
            writer.seconds,
        )
        names = [settings.classes[settings.cells[cell]] for cell in taken]
        writer.add_event(
            f"generation {generation} is one picture bred by hand, counted as {settings.batch} queries; it "
            f"took {', '.join(names)}"
        )
        individual = Individual(number, generation, None, None, genome)
        writer.record(stats, [individual], replacements, {number: canvas_hash(canvas[0])})
        writer.close("finished" if stored.status == "finished" else "interrupted")
    return names
