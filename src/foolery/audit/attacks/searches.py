"""Searches: attacks that learn from the classifier's answers, each an ordinary run."""

from __future__ import annotations

from dataclasses import dataclass, replace

from foolery.audit.attacks.base import Allowance, Scene, Trail, trail_of
from foolery.classifiers.wrappers.metered import Budget
from foolery.encodings.registry import ENCODINGS
from foolery.engine.ascent import PASSES, ascend
from foolery.engine.ascent_start import RANDOM_GENOMES
from foolery.engine.evolution import MOST_GENERATIONS, evolve
from foolery.errors import FooleryError
from foolery.runs.database import RUN_DB

BATCH = 200
#: Of ascent: quick steps, that go on where a probability is nearly 1, since thresholds may lie beyond.
RULE = {"nats": 2.0, "late": 0.9}


@dataclass(frozen=True)
class Evolution:
    """MAP-Elites over classes, through one encoding."""

    name: str
    about: str
    encoding: str
    weight: float
    most: int | None = None
    batch: int = BATCH

    def hopeless(self, scene: Scene, queries: int) -> str | None:
        """The encoding may be missing, or the share too small for one generation."""
        if self.encoding not in ENCODINGS:
            return f"this version has no encoding {self.encoding}"
        return None if queries >= self.batch else f"needs {self.batch} queries, its share is {queries}"

    def obstacle(self, scene: Scene, queries: int) -> str | None:
        """No other than before."""
        return self.hopeless(scene, queries)

    def in_flight(self, scene: Scene) -> int:
        """One generation."""
        return self.batch

    def run(self, scene: Scene, allowance: Allowance) -> None:
        """Evolve until the share is spent."""
        folder = scene.folder(self.name)
        evolve(
            scene.classifier,
            encoding=self.encoding,
            classes=scene.classes,
            generations=MOST_GENERATIONS,
            batch=self.batch,
            seed=scene.seed,
            objective=scene.measure,
            out=folder,
            resume=(folder / RUN_DB).is_file(),
            checkpoint_every=1,
            budget=Budget(allowance.queries, allowance.seconds),
            watch=lambda seen: allowance.pulse(seen.moment.queries),
            command=scene.command,
        )

    def trail(self, scene: Scene) -> Trail | None:
        """From its run file."""
        return trail_of(scene.folder(self.name), scene.threshold)


@dataclass(frozen=True)
class Ascent:
    """Gradient ascent, on pixels or through CPPNs that the evolution has found."""

    name: str
    about: str
    through: str | None
    weight: float
    most: int | None = None

    def hopeless(self, scene: Scene, queries: int) -> str | None:
        """It needs gradients, and some steps of every class."""
        if queries < self._least(scene):
            return f"needs {self._least(scene)} queries, its share is {queries}"
        try:
            from foolery.classifiers.onnx_torch import with_gradient

            with_gradient(scene.classifier)
        except (FooleryError, ImportError) as error:
            return f"no gradients: {' '.join(str(error).split())}"
        return None

    def obstacle(self, scene: Scene, queries: int) -> str | None:
        """It may have no run to start from."""
        if self.through is not None and not (scene.folder(self.through) / RUN_DB).is_file():
            return f"starts from the champions of {self.through}, which was not run"
        return self.hopeless(scene, queries)

    def in_flight(self, scene: Scene) -> int:
        """One step of every class."""
        return PASSES * len(scene.targets)

    def run(self, scene: Scene, allowance: Allowance) -> None:
        """Climb until the share is spent."""
        folder = scene.folder(self.name)
        ascend(
            scene.classifier,
            classes=scene.classes,
            rule=RULE,
            steps=self._steps(scene, allowance.queries),
            through=self.through,
            source=None if self.through is None else scene.folder(self.through),
            seed=scene.seed,
            objective=scene.measure,
            out=folder,
            resume=(folder / RUN_DB).is_file(),
            budget=Budget(allowance.queries, allowance.seconds),
            watch=lambda seen: allowance.pulse(seen.moment.queries),
            command=scene.command,
        )

    def trail(self, scene: Scene) -> Trail | None:
        """From its run file; queries that its start was evolved with come before its own."""
        found = trail_of(scene.folder(self.name), scene.threshold)
        before = None if self.through is None else trail_of(scene.folder(self.through), None)
        if found is None or before is None:
            return found
        return replace(found, passed=found.passed + before.queries)

    def _least(self, scene: Scene) -> int:
        """Queries of the start and of one step."""
        classes = len(scene.targets)
        return (1 if self.through is None else max(classes, RANDOM_GENOMES)) + PASSES * classes

    def _steps(self, scene: Scene, queries: int) -> int:
        """As many as fit where no class rests."""
        return 1 + (queries - self._least(scene)) // (PASSES * len(scene.targets))
