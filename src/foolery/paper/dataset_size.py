"""Size of the training set: is a network that saw more pictures harder to fool? (paper 3.3, 3.4, 3.8)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from foolery.analysis.statistics import NEEDS_SCIPY, Trend, trend
from foolery.paper.experiment import (
    Budget,
    Claim,
    ClassifierSlot,
    Context,
    DataSlot,
    Finding,
    Needs,
    Outcome,
    Part,
    Reproduction,
    Table,
    Verdict,
    claim_of,
    scaled,
)
from foolery.paper.figures import Line, lines
from foolery.paper.runs import as_json, in_queries, middle, queries_of_all, runs_of, seconds_of
from foolery.paper.trained import Trained, subset, trained
from foolery.runs import RunFile
from foolery.text import format_confidence

if TYPE_CHECKING:
    from PIL.Image import Image

    from foolery.data.labelled import LabelledData

SHARES = (0.05, 0.2, 0.5, 1.0)
SEEDS, RUNS = 5, 2
ITERATIONS, BATCH_TRAINED, COST = 2500, 64, 2.0
"""Of a training; a picture costs as much as two queries."""
GENERATIONS, BATCH = 200, 200
ENCODINGS = ("cppn", "direct")
BOUNDS = (0.99, 0.9999)
OWN = "own"
"""The bound that is the network's median confidence in test pictures that it answers right."""

CLAIMS = (
    Claim("cppn", "networks trained on more pictures are harder to fool (CPPN)", "3.3, 3.4, 3.8", "–"),
    Claim("direct", "the same, pixel by pixel", "3.3, 3.4, 3.8", "–"),
)


@dataclass(frozen=True)
class Fooled:
    """A network and how it was fooled.

    Attributes:
        share: of the training pictures that it saw.
        seed: of its training, and of which pictures it saw.
        network: itself.
        runs: by encoding.
    """

    share: float
    seed: int
    network: Trained
    runs: Mapping[str, Sequence[RunFile]]

    def queries(self, encoding: str, bound: float | str) -> float:
        """The median over classes and runs of the queries to ``bound``; infinite if most do not get there."""
        level = self.network.confidence if isinstance(bound, str) else bound
        return middle(queries_of_all(self.runs[encoding], level))


def run(context: Context) -> Outcome:
    """Train, evolve against each network, and look for a trend; scale multiplies both kinds of steps."""
    found = fooled(context)
    reference = _runs(context, "digits")
    most = float(next(iter(found[0].runs.values()))[0].history.queries[-1])
    trends = {
        encoding: {str(bound): _trend(found, encoding, bound) for bound in (*BOUNDS, OWN)}
        for encoding in ENCODINGS
    }
    return Outcome(
        tuple(_finding(context, found, encoding, trends[encoding], most) for encoding in ENCODINGS),
        {
            "iterations": scaled(ITERATIONS, context.scale),
            "generations": scaled(GENERATIONS, context.scale),
            "runs_per_network": RUNS,
            "budget_per_run": int(most),
            "trends": {
                encoding: {bound: {"tau": each.tau, "p": each.p} for bound, each in row.items()}
                for encoding, row in trends.items()
            },
            "networks": [_figures(each) for each in found],
            "reference": {
                encoding: {
                    str(bound): [as_json(value) for value in queries_of_all(runs, bound)] for bound in BOUNDS
                }
                for encoding, runs in reference.items()
            },
        },
        tables=(
            _networks(found),
            *(_table(found, encoding, most, reference[encoding], _name(context)) for encoding in ENCODINGS),
        ),
        picture=_picture(found, most),
        caption="Queries until half of the classes are at 99 % (median over networks), over the share of the "
        "training pictures in percent.",
        notes=_notes(context),
        seconds=sum(each.network.seconds + sum(map(seconds_of, each.runs.values())) for each in found),
    )


def fooled(context: Context) -> list[Fooled]:
    """Every network, fooled by all its runs, in the order of shares and seeds."""
    (pictures,) = _whole(context.data["digits"], context)
    iterations = scaled(ITERATIONS, context.scale)
    found = []
    for share in SHARES:
        for seed in range(context.seeds):
            network = trained(
                context,
                f"lenet-{share * 100:g}-{seed}-{iterations}",
                "lenet",
                subset(pictures, share, seed),
                context.data["digits-test"],
                iterations=iterations,
                seed=seed,
            )
            role = network.file.stem
            against = replace(context, classifiers={role: network.open()})
            found.append(Fooled(share, seed, network, _runs(against, role)))
    return found


def _whole(data: LabelledData, context: Context) -> Any:
    return data.batches(len(data), context.classifiers["digits"].description.canvas)


def _runs(context: Context, role: str) -> dict[str, Sequence[RunFile]]:
    return {
        encoding: runs_of(
            context,
            role,
            encoding,
            generations=scaled(GENERATIONS, context.scale),
            batch=BATCH,
            seeds=range(RUNS),
        )
        for encoding in ENCODINGS
    }


def _trend(found: Sequence[Fooled], encoding: str, bound: float | str) -> Trend:
    return trend([each.share for each in found], [each.queries(encoding, bound) for each in found])


def _finding(
    context: Context, found: Sequence[Fooled], encoding: str, trends: Mapping[str, Trend], most: float
) -> Finding:
    main = trends[str(BOUNDS[0])]
    medians = [in_queries(_median(found, share, encoding, BOUNDS[0]), most) for share in SHARES]
    verdict: Verdict = "does not hold"
    if main.rises:
        verdict = "holds"
    elif any(each.rises for each in trends.values()):
        verdict = "holds in part"
    others = "; ".join(
        f"to {'its own median on real digits' if bound == OWN else format_confidence(float(bound))}: {each}"
        for bound, each in trends.items()
        if each is not main
    )
    shares = ", ".join(f"{share:.0%}" for share in SHARES)
    return context.judged(
        claim_of(CLAIMS, encoding),
        f"queries to 99 %: {', '.join(medians)}",
        verdict,
        f"networks that saw {shares} of the pictures; {main}. {others[0].upper()}{others[1:]}. It holds "
        f"where the queries to 99 % rise with the share (p < 0.05), in part where those to another bound do"
        + ("; they fall" if main.falls else ""),
    )


def _median(found: Sequence[Fooled], share: float, encoding: str, bound: float | str) -> float:
    return middle([each.queries(encoding, bound) for each in found if each.share == share])


def _networks(found: Sequence[Fooled]) -> Table:
    rows = []
    for share in SHARES:
        those = [each.network for each in found if each.share == share]
        errors = [each.error for each in those]
        rows.append(
            (
                f"{share:.0%}",
                str(those[0].pictures),
                str(len(those)),
                f"{np.mean(errors):.2%}",
                f"{min(errors):.2%} to {max(errors):.2%}",
                format_confidence(float(np.median([each.confidence for each in those]))),
            )
        )
    heads = ("share", "pictures", "networks", "test error", "least to most", "median confidence, right")
    return Table("The networks on real digits", heads, tuple(rows))


def _name(context: Context) -> str:
    return context.classifiers["digits"].description.name


def _table(
    found: Sequence[Fooled], encoding: str, most: float, reference: Sequence[RunFile], name: str
) -> Table:
    rows = []
    for share in SHARES:
        cells = [f"{share:.0%}"]
        for bound in (*BOUNDS, OWN):
            values = [each.queries(encoding, bound) for each in found if each.share == share]
            cells.append(in_queries(_median(found, share, encoding, bound), most))
            cells.append(f"{in_queries(min(values), most)} to {in_queries(max(values), most)}")
        missed = [
            np.isinf(queries_of_all(each.runs[encoding], BOUNDS[1])).mean()
            for each in found
            if each.share == share
        ]
        rows.append((*cells, f"{np.mean(missed):.0%}"))
    rows.append(_reference_row(reference, name, most))
    names = [*(format_confidence(bound) for bound in BOUNDS), "its own median"]
    heads = ("share", *(head for name in names for head in (f"queries to {name}", "networks")))
    return Table(
        f"Queries to fool: {encoding}",
        (*heads, f"classes not at {format_confidence(BOUNDS[1])}"),
        tuple(rows),
    )


def _reference_row(runs: Sequence[RunFile], name: str, most: float) -> tuple[str, ...]:
    """The given network, which is not part of the comparison."""
    cells = [f"beside them: {name}"]
    for bound in BOUNDS:
        cells += [in_queries(middle(queries_of_all(runs, bound)), most), "–"]
    return (*cells, "–", "–", f"{np.isinf(queries_of_all(runs, BOUNDS[1])).mean():.0%}")


def _figures(each: Fooled) -> dict[str, Any]:
    return {
        "share": each.share,
        "seed": each.seed,
        "pictures": each.network.pictures,
        "test_error": round(each.network.error, 6),
        "median_confidence_right": round(each.network.confidence, 8),
        "median_queries": {
            encoding: {str(bound): as_json(each.queries(encoding, bound)) for bound in (*BOUNDS, OWN)}
            for encoding in each.runs
        },
        "queries_by_class": {
            encoding: {
                str(bound): [as_json(value) for value in queries_of_all(runs, bound)] for bound in BOUNDS
            }
            for encoding, runs in each.runs.items()
        },
    }


def _picture(found: Sequence[Fooled], most: float) -> Image:
    across = tuple(100 * share for share in SHARES)
    return lines(
        [
            Line(
                encoding,
                across,
                tuple(min(_median(found, share, encoding, BOUNDS[0]), most) for share in SHARES),
            )
            for encoding in ENCODINGS
        ],
        across="% of the pictures",
        up="queries",
    )


def _notes(context: Context) -> tuple[str, ...]:
    return (
        "All networks are LeNets, trained for the same number of iterations, not of epochs: so they differ "
        "in how many different pictures they saw and in nothing else. With equal epochs the network of 5 % "
        "would take a twentieth of the steps, and one could not tell few pictures from little training. "
        f"There are {scaled(ITERATIONS, context.scale)} iterations, fewer than the recipe's 10 000. Of one "
        "seed, the smaller sets lie within the larger ones, and the first weights are the same; every class "
        "has its share.",
        f"A run is {scaled(GENERATIONS, context.scale)} generations of {BATCH}; {RUNS} runs against each "
        "network and encoding. What is compared is one number for each network, the median over classes and "
        "runs; a class that did not get there counts as larger than any number. Raw confidences of two "
        "networks need not mean the same, so the third bound is each network's own: its median confidence in "
        "the test digits that it answers right.",
    )


def _budget(scale: float, seeds: int) -> Budget:
    networks = len(SHARES) * seeds
    runs = networks * len(ENCODINGS) * RUNS
    return Budget(
        (
            Part("digits", networks * scaled(ITERATIONS, scale) * BATCH_TRAINED, COST),
            Part("digits", runs * (scaled(GENERATIONS, scale) + 1) * BATCH),
        )
    )


REPRODUCTION = Reproduction(
    name="datasize",
    title="Size of the training set",
    place="3.3, 3.4, 3.8",
    scales="the iterations of a training (2500) and the generations of a run (200)",
    seeds=SEEDS,
    needs=Needs(
        classifiers=(ClassifierSlot("digits", "lenet", "a classifier of digits, beside them"),),
        data=(
            DataSlot("digits", "mnist", "digits to train on", split="train"),
            DataSlot("digits-test", "mnist", "digits to test with"),
        ),
        packages=(("torch", "torch"), *NEEDS_SCIPY),
    ),
    claims=CLAIMS,
    budget=_budget,
    run=run,
)
