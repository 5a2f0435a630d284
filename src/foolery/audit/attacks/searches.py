"""Searches: attacks that learn from the classifier's answers, each an ordinary run."""

from __future__ import annotations

from dataclasses import dataclass, replace

from foolery.audit.attacks.base import AttackBudget, AttackContext, AttackResult, read_result
from foolery.classifiers.wrappers.metered import Budget
from foolery.encodings.registry import ENCODINGS
from foolery.engine.ascent import PASSES, ascend
from foolery.engine.ascent_start import RANDOM_GENOMES
from foolery.engine.evolution import MAX_GENERATIONS, evolve
from foolery.errors import FooleryError
from foolery.runs.database import RUN_DB

BATCH = 200
#: Of ascent: quick steps, that go on where a probability is nearly 1, since thresholds may lie beyond.
ASCENT_RULE = {"nats": 2.0, "late": 0.9}


@dataclass(frozen=True)
class EvolutionAttack:
    """MAP-Elites over classes, through one encoding."""

    name: str
    about: str
    encoding: str
    weight: float
    max_queries: int | None = None
    batch: int = BATCH

    def unavailable_at_start(self, context: AttackContext, queries: int) -> str | None:
        """The encoding may be missing, or the share too small for one generation."""
        if self.encoding not in ENCODINGS:
            return f"this version has no encoding {self.encoding}"
        return None if queries >= self.batch else f"needs {self.batch} queries, its share is {queries}"

    def unavailable(self, context: AttackContext, queries: int) -> str | None:
        """No other than before."""
        return self.unavailable_at_start(context, queries)

    def in_flight(self, context: AttackContext) -> int:
        """One generation."""
        return self.batch

    def run(self, context: AttackContext, budget: AttackBudget) -> None:
        """Evolve until the share is spent."""
        folder = context.folder(self.name)
        evolve(
            context.classifier,
            encoding=self.encoding,
            classes=context.class_names,
            generations=MAX_GENERATIONS,
            batch=self.batch,
            seed=context.seed,
            objective=context.objective,
            out=folder,
            resume=(folder / RUN_DB).is_file(),
            checkpoint_every=1,
            budget=Budget(budget.queries, budget.seconds),
            on_progress=lambda seen: budget.on_progress(seen.stats.queries),
            command=context.command,
        )

    def result(self, context: AttackContext) -> AttackResult | None:
        """From its run file."""
        return read_result(context.folder(self.name), context.threshold)


@dataclass(frozen=True)
class GradientAscentAttack:
    """Gradient ascent, on pixels or through CPPNs that the evolution has found."""

    name: str
    about: str
    through: str | None
    weight: float
    max_queries: int | None = None

    def unavailable_at_start(self, context: AttackContext, queries: int) -> str | None:
        """It needs gradients, and some steps of every class."""
        if queries < self._min_queries(context):
            return f"needs {self._min_queries(context)} queries, its share is {queries}"
        try:
            from foolery.classifiers.onnx_torch import with_gradient

            with_gradient(context.classifier)
        except (FooleryError, ImportError) as error:
            return f"no gradients: {' '.join(str(error).split())}"
        return None

    def unavailable(self, context: AttackContext, queries: int) -> str | None:
        """It may have no run to start from."""
        if self.through is not None and not (context.folder(self.through) / RUN_DB).is_file():
            return f"starts from the champions of {self.through}, which was not run"
        return self.unavailable_at_start(context, queries)

    def in_flight(self, context: AttackContext) -> int:
        """One step of every class."""
        return PASSES * len(context.targets)

    def run(self, context: AttackContext, budget: AttackBudget) -> None:
        """Climb until the share is spent."""
        folder = context.folder(self.name)
        ascend(
            context.classifier,
            classes=context.class_names,
            rule=ASCENT_RULE,
            steps=self._steps(context, budget.queries),
            through=self.through,
            source=None if self.through is None else context.folder(self.through),
            seed=context.seed,
            objective=context.objective,
            out=folder,
            resume=(folder / RUN_DB).is_file(),
            budget=Budget(budget.queries, budget.seconds),
            on_progress=lambda seen: budget.on_progress(seen.stats.queries),
            command=context.command,
        )

    def result(self, context: AttackContext) -> AttackResult | None:
        """From its run file; queries that its start was evolved with come before its own."""
        ascent = read_result(context.folder(self.name), context.threshold)
        evolution = None if self.through is None else read_result(context.folder(self.through), None)
        if ascent is None or evolution is None:
            return ascent
        return replace(ascent, queries_to_fool=ascent.queries_to_fool + evolution.queries)

    def _min_queries(self, context: AttackContext) -> int:
        """Queries of the start and of one step."""
        classes = len(context.targets)
        return (1 if self.through is None else max(classes, RANDOM_GENOMES)) + PASSES * classes

    def _steps(self, context: AttackContext, queries: int) -> int:
        """As many as fit where no class rests."""
        return 1 + (queries - self._min_queries(context)) // (PASSES * len(context.targets))
