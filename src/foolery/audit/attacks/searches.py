"""Attacks that search: evolution and gradient ascent, each an ordinary run in its folder."""

from __future__ import annotations

from dataclasses import dataclass, replace

from foolery.audit.attacks.base import AttackBudget, AttackContext, AttackResult, read_result
from foolery.classifiers.wrappers.metered import Budget
from foolery.encodings.registry import ENCODINGS
from foolery.engine.ascent import ascend
from foolery.engine.ascent_start import RANDOM_GENOMES
from foolery.engine.evolution import MAX_GENERATIONS, evolve
from foolery.errors import FooleryError
from foolery.runs.database import RUN_DB
from foolery.search.ascent_presets import QUERIES_PER_STEP

BATCH = 200
STATES = "ascent-*.npz"  # files that an ascent leaves as long as any of its images still moves
#: Of ascent: quick steps, that go on where a probability is nearly 1, since thresholds may lie beyond.
ASCENT_RULE = {"step_nats": 2.0, "last_gain": 0.9}
#: What the median real image's margin is made by a factor on the logits, before an ascent follows their
#: softmax: so its steps are the same at every temperature.
REAL_MARGIN = 2.0


@dataclass(frozen=True)
class EvolutionAttack:
    """MAP-Elites over classes, with one encoding."""

    name: str
    encoding: str
    batch: int = BATCH

    def unavailable(self, context: AttackContext) -> str | None:
        """The encoding may be missing, or the queries too few for one generation."""
        if self.encoding not in ENCODINGS:
            return f"this version has no encoding {self.encoding}"
        if context.queries < self.batch:
            return f"needs {self.batch} queries, its share is {context.queries}"
        return None

    def run(self, context: AttackContext, budget: AttackBudget) -> AttackResult:
        """Evolve until the budget is spent."""
        if budget.queries:
            folder = context.folder(self.name)
            budget.report(_kept(self.name, context).queries, self.batch)
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
                on_progress=lambda progress: budget.report(progress.stats.queries, self.batch),
                command=context.command,
            )
        return _kept(self.name, context)


@dataclass(frozen=True)
class AscentAttack:
    """Gradient ascent, on pixels or through CPPNs that an evolution has found.

    Attributes:
        name: of the attack.
        start: name of the attack from whose champions it starts; None for ascent on pixels.
    """

    name: str
    start: str | None = None

    def unavailable(self, context: AttackContext) -> str | None:
        """There may be nothing to start from, too few queries for one step, or no gradients."""
        if self.start is not None and self.start not in context.earlier:
            return f"starts from the champions of {self.start}, which was not run"
        if context.queries < self._min_queries(context):
            return f"needs {self._min_queries(context)} queries, its share is {context.queries}"
        try:
            from foolery.classifiers.onnx_torch import with_gradient

            with_gradient(context.classifier)
        except (FooleryError, ImportError) as error:
            return f"no gradients: {' '.join(str(error).split())}"
        return None

    def run(self, context: AttackContext, budget: AttackBudget) -> AttackResult:
        """Ascend until the budget is spent."""
        if budget.queries:
            folder, batch = context.folder(self.name), QUERIES_PER_STEP * len(context.targets)
            budget.report(_kept(self.name, context).queries, batch)
            ascend(
                context.classifier,
                classes=context.class_names,
                rule=ascent_rule(context),
                steps=self._steps(context, budget.queries),
                through=None if self.start is None else "cppn",
                source=None if self.start is None else context.folder(self.start),
                seed=context.seed,
                objective=context.objective,
                out=folder,
                resume=(folder / RUN_DB).is_file(),
                budget=Budget(budget.queries, budget.seconds),
                on_progress=lambda progress: budget.report(progress.stats.queries, batch),
                command=context.command,
            )
        return self._result(context)

    def _result(self, context: AttackContext) -> AttackResult:
        """What is kept; the queries of the evolution that it starts from come before its own."""
        moving = any(context.folder(self.name).glob(STATES))
        result = replace(_kept(self.name, context), exhausted=not moving)
        if self.start is None:
            return result
        return result.starting_after(_kept(self.start, context).queries)

    def _min_queries(self, context: AttackContext) -> int:
        """Queries of the start and of one step."""
        classes = len(context.targets)
        return (1 if self.start is None else max(classes, RANDOM_GENOMES)) + QUERIES_PER_STEP * classes

    def _steps(self, context: AttackContext, queries: int) -> int:
        """As many steps as fit where no class rests."""
        return 1 + (queries - self._min_queries(context)) // (QUERIES_PER_STEP * len(context.targets))


def ascent_rule(context: AttackContext) -> dict[str, float]:
    """What is changed in the rule of ascent; without real images logits are taken as they are."""
    if not context.median or context.objective != "margin":
        return ASCENT_RULE
    return ASCENT_RULE | {"logit_factor": REAL_MARGIN / context.median}


def _kept(attack: str, context: AttackContext) -> AttackResult:
    """What the run of an attack holds so far."""
    classes = len(context.classifier.description.classes)
    return read_result(context.folder(attack), context.threshold, classes)
