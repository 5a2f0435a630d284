"""Attacks: what an audit tries, in order, each with its share of the budget.

Shares are of what is left, so that what one attack does not use goes to those after it. Searches come after
what needs none, the paper's search first; whoever needs gradients comes last.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np

from foolery.canvas import Canvases
from foolery.classifiers.contract import Classifier
from foolery.classifiers.metered import Budget
from foolery.encodings.registry import ENCODINGS
from foolery.errors import FooleryError, UsageError, nearest
from foolery.experiments.ascend import ascend
from foolery.experiments.ascent_start import RANDOM_GENOMES
from foolery.experiments.audit.drawn import Painter, Tally, ask_drawn
from foolery.experiments.audit.trail import Trail, trail_of
from foolery.experiments.climbing import PASSES
from foolery.experiments.evolve import MOST_GENERATIONS, evolve
from foolery.experiments.nonsense import Baseline, baselines
from foolery.runs.database import RUN_DB
from foolery.search.margin import comparable

BATCH = 200
_SHARE_OF_BASELINES = 10.0
#: Of ascent: quick steps, that go on where a probability is nearly 1, since thresholds may lie beyond.
RULE = {"nats": 2.0, "late": 0.9}
MOST_DRAWN = 125  # pictures of one baseline: a thousand of all of them
NO_STARTERS = "no champions of other networks were given"


@dataclass(frozen=True)
class Scene:
    """What an attack is given.

    Attributes:
        classifier: that is attacked.
        seed: of everything random.
        runs: folder of all runs.
        threshold: of the measure, for when a class falls; None without real pictures.
        photos: ``(N, C, H, W) uint8`` real ones, or None.
        starters: pictures of champions of other networks by number, and how many there are; or None.
        command: how the audit was started.
    """

    classifier: Classifier
    seed: int
    runs: Path
    threshold: float | None
    photos: Canvases | None
    starters: tuple[Painter, int] | None
    command: str

    @property
    def measure(self) -> Literal["class-score", "margin"]:
        """What searches maximise."""
        known = self.classifier.description
        name = comparable(known.kind, range(len(known.classes)), len(known.classes)).name
        return "margin" if name == "margin" else "class-score"

    def folder(self, attack: str) -> Path:
        """Of one attack's files."""
        return self.runs / f"{attack}-seed-{self.seed}"


@dataclass(frozen=True)
class Allowance:
    """What an attack may spend, and whom it tells that it is alive after every batch."""

    queries: int
    seconds: float
    pulse: Callable[[], None]


class Attack(Protocol):
    """One way to look for nonsense."""

    @property
    def name(self) -> str:
        """In reports and in ``--attacks``."""
        ...

    @property
    def about(self) -> str:
        """One line."""
        ...

    @property
    def weight(self) -> float:
        """Its share is its weight over the sum of its own and those of all attacks after it."""
        ...

    @property
    def most(self) -> int | None:
        """The most queries that it can use; None for any number."""
        ...

    @property
    def batch(self) -> int:
        """Queries that an interruption loses at most."""
        ...

    def obstacle(self, scene: Scene, queries: int) -> str | None:
        """Why it cannot be tried with so many queries; None where it can."""
        ...

    def run(self, scene: Scene, allowance: Allowance) -> None:
        """Begin, or go on with what is in its folder."""
        ...

    def trail(self, scene: Scene) -> Trail | None:
        """What it has found so far."""
        ...


@dataclass(frozen=True)
class Drawing:
    """A baseline: pictures without a search."""

    baseline: Baseline
    weight: float
    most: int | None = MOST_DRAWN
    batch: int = 100

    @property
    def name(self) -> str:
        """That of the baseline."""
        return self.baseline.name

    @property
    def about(self) -> str:
        """That of the baseline."""
        return self.baseline.about

    def obstacle(self, scene: Scene, queries: int) -> str | None:
        """It may need photos."""
        if self.baseline.needs_photos and scene.photos is None:
            return "is made of photos; give --data"
        return None

    def run(self, scene: Scene, allowance: Allowance) -> None:
        """Draw and ask."""
        _ask(self.name, self._paint(scene), scene, allowance)

    def trail(self, scene: Scene) -> Trail | None:
        """From its tally."""
        return _tallied(self.name, self._paint(scene), scene)

    def _paint(self, scene: Scene) -> Painter:
        shape = scene.classifier.description.canvas
        return lambda first, count: self.baseline.draw(shape, count, scene.seed, scene.photos, first=first)


@dataclass(frozen=True)
class Starters:
    """Champions that were evolved on other networks, each asked about once."""

    weight: float
    name: str = "starter"
    about: str = "champions that were evolved on other networks"
    most: int | None = None
    batch: int = 100

    def obstacle(self, scene: Scene, queries: int) -> str | None:
        """There may be none."""
        return NO_STARTERS if scene.starters is None or not scene.starters[1] else None

    def run(self, scene: Scene, allowance: Allowance) -> None:
        """Draw and ask."""
        if scene.starters is not None:
            fewer = Allowance(min(allowance.queries, scene.starters[1]), allowance.seconds, allowance.pulse)
            _ask(self.name, scene.starters[0], scene, fewer)

    def trail(self, scene: Scene) -> Trail | None:
        """From its tally."""
        return None if scene.starters is None else _tallied(self.name, scene.starters[0], scene)


@dataclass(frozen=True)
class Evolution:
    """MAP-Elites over classes, through one encoding."""

    name: str
    about: str
    encoding: str
    weight: float
    most: int | None = None
    batch: int = BATCH

    def obstacle(self, scene: Scene, queries: int) -> str | None:
        """The encoding may be missing, or the share too small for one generation."""
        if self.encoding not in ENCODINGS:
            return f"this version has no encoding {self.encoding}"
        return None if queries >= self.batch else f"needs {self.batch} queries, its share is {queries}"

    def run(self, scene: Scene, allowance: Allowance) -> None:
        """Evolve until the share is spent."""
        folder = scene.folder(self.name)
        evolve(
            scene.classifier,
            encoding=self.encoding,
            generations=MOST_GENERATIONS,
            batch=self.batch,
            seed=scene.seed,
            objective=scene.measure,
            out=folder,
            resume=(folder / RUN_DB).is_file(),
            checkpoint_every=1,
            budget=Budget(allowance.queries, allowance.seconds),
            watch=lambda _: allowance.pulse(),
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
    batch: int = BATCH

    def obstacle(self, scene: Scene, queries: int) -> str | None:
        """It needs gradients, some steps of every class, and perhaps a run to start from."""
        if queries < self._least(scene):
            return f"needs {self._least(scene)} queries, its share is {queries}"
        if self.through is not None and not (scene.folder(self.through) / RUN_DB).is_file():
            return f"starts from the champions of {self.through}, which was not run"
        try:
            from foolery.classifiers.onnx_gradient import with_gradient

            with_gradient(scene.classifier)
        except (FooleryError, ImportError) as error:
            return f"no gradients: {' '.join(str(error).split())}"
        return None

    def run(self, scene: Scene, allowance: Allowance) -> None:
        """Climb until the share is spent."""
        folder = scene.folder(self.name)
        ascend(
            scene.classifier,
            rule=RULE,
            steps=self._steps(scene, allowance.queries),
            through=self.through,
            source=None if self.through is None else scene.folder(self.through),
            seed=scene.seed,
            objective=scene.measure,
            out=folder,
            resume=(folder / RUN_DB).is_file(),
            budget=Budget(allowance.queries, allowance.seconds),
            watch=lambda _: allowance.pulse(),
            command=scene.command,
        )

    def trail(self, scene: Scene) -> Trail | None:
        """From its run file."""
        return trail_of(scene.folder(self.name), scene.threshold)

    def _least(self, scene: Scene) -> int:
        """Queries of the start and of one step."""
        classes = len(scene.classifier.description.classes)
        return (1 if self.through is None else max(classes, RANDOM_GENOMES)) + PASSES * classes

    def _steps(self, scene: Scene, queries: int) -> int:
        """As many as fit where no class rests."""
        return 1 + (queries - self._least(scene)) // (PASSES * len(scene.classifier.description.classes))


def known_attacks() -> tuple[Attack, ...]:
    """All attacks, in the order in which an audit tries them."""
    each = _SHARE_OF_BASELINES / len(baselines())
    return (
        *(Drawing(baseline, each) for baseline in baselines()),
        Starters(5.0),
        Evolution("cppn", "evolution of CPPNs, the paper's regular images", "cppn", 40.0),
        Evolution("sparse", "evolution of a few colored squares on one color", "sparse", 5.0),
        Evolution("direct", "evolution of single pixels, the paper's irregular images", "direct", 15.0),
        Ascent("ascent", "gradient ascent on pixels", None, 15.0),
        Ascent("ascent-cppn", "gradient ascent through evolved CPPNs", "cppn", 10.0),
    )


def chosen_attacks(names: list[str] | None) -> tuple[Attack, ...]:
    """Those called ``names``, in the order of an audit; all if None. ``baselines`` stands for all of these.

    Raises:
        UsageError: for an unknown name.
    """
    known = known_attacks()
    if names is None:
        return known
    drawn = {attack.name for attack in known if isinstance(attack, Drawing)}
    wanted = {one for name in names for one in (drawn if name == "baselines" else {name})}
    for name in wanted - {attack.name for attack in known}:
        raise UsageError(
            f"--attacks: {name!r} is unknown; {nearest(name, ['baselines', *(a.name for a in known)])}"
        )
    if not wanted:
        raise UsageError("--attacks: expected at least one name")
    return tuple(attack for attack in known if attack.name in wanted)


def _ask(name: str, paint: Painter, scene: Scene, allowance: Allowance) -> None:
    known = scene.classifier.description
    ask_drawn(
        scene.classifier,
        comparable(known.kind, range(len(known.classes)), len(known.classes)),
        paint,
        scene.folder(name),
        queries=allowance.queries,
        seconds=allowance.seconds,
        threshold=scene.threshold,
        pulse=allowance.pulse,
    )


def _tallied(name: str, paint: Painter, scene: Scene) -> Trail | None:
    tally = Tally.read(scene.folder(name), len(scene.classifier.description.classes))
    return tally.trail(paint) if tally.queries else None


def drawn_from(encoding: Any, genomes: Any, count: int) -> tuple[Painter, int]:
    """Starters from ``count`` genomes of ``encoding``."""

    def paint(first: int, wanted: int) -> Canvases:
        rows = np.arange(first, min(count, first + wanted))
        pictures: Canvases = encoding.render(encoding.take(genomes, rows))
        return pictures

    return paint, count
