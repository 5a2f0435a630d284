"""Figure 11: fifteen networks for MNIST, each trained with images that fooled those before it (paper 3.7)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from foolery.analysis.statistics import NEEDS_SCIPY
from foolery.hardening.rounds import Round
from foolery.hardening.settings import Contest
from foolery.paper.arms_race import (
    Longer,
    first_against_last,
    held,
    longer,
    longer_table,
    race_figures,
    race_folder,
    race_picture,
    race_seconds,
    rounds_table,
)
from foolery.paper.experiment import (
    Budget,
    Claim,
    Context,
    DataSlot,
    Finding,
    Needs,
    Outcome,
    Part,
    Reproduction,
    Verdict,
    claim_of,
    scaled,
)
from foolery.text import format_confidence

ROUNDS, REPORTED, GENERATIONS = 15, 30, 200
LONGER_RUNS, LONGER = 10, 2000  # against the last network, beyond what the paper reports
PAPER = (
    "99.99 %", "97.42 %", "99.83 %", "72.52 %", "97.55 %", "99.68 %", "76.13 %", "99.96 %", "99.51 %",
    "99.48 %", "98.62 %", "99.97 %", "99.93 %", "99.15 %", "99.15 %",
)  # fmt: skip
SHOWN = (1, 2, 3, 5, 8, 12, 15)  # rounds in the picture
STILL, HALF, NEAR = 0.90, 0.50, 0.005
CLAIMS = (
    Claim("still fooled", "the fifteenth network is fooled like the first", "3.7, Fig. 11", "99.15 %"),
    Claim("every round", "no network on the way is safe", "3.7, Fig. 11", "72.52 % to 99.97 %"),
    Claim("error", "the error on real digits stays as it was", "3.6, supplement", "close to DNN 1's"),
)


def contest_of(scale: float) -> Contest:
    """The paper's numbers; scale multiplies those of runs, and below 1 all others too."""
    less = min(scale, 1.0)
    return Contest(
        rounds=scaled(ROUNDS, less, 2),
        generations=scaled(GENERATIONS, less, 3),
        first_runs=scaled(300, scale, 2),
        runs=scaled(50, scale, 2),
        reported=scaled(REPORTED, scale, 2),
        iterations=None if scale >= 1 else scaled(10_000, scale, 100),
    )


def run(context: Context) -> Outcome:
    """Fifteen rounds; each network and its images are kept, so that an interrupted race goes on."""
    contest = contest_of(context.scale)
    name = "mnist-lenet" if context.scale == 1 else f"mnist-lenet-{context.scale:g}"
    rounds = held(context, contest, name, context.data["train"], context.data["test"])
    more = longer(
        context,
        contest,
        name,
        runs=scaled(LONGER_RUNS, context.scale, 2),
        generations=scaled(LONGER, min(context.scale, 1.0), contest.generations),
    )
    shown = [number for number in SHOWN if number <= len(rounds)]
    return Outcome(
        _findings(context, rounds, more),
        {**race_figures(contest, rounds), "longer": asdict(more)},
        tables=(rounds_table(rounds, PAPER[: len(rounds)]), longer_table(more)),
        picture=race_picture(race_folder(context, name), rounds, shown),
        caption="The last champions of one run against some of the networks, with their confidences.",
        notes=(
            "Every network is LeNet, trained from scratch by the recipe of `lenet`, number i with seed "
            f"i - 1. {contest.first_runs} runs of {contest.generations} generations against the first give "
            "20 images each, half from the first generation and half from the last; "
            f"{contest.runs} runs against each later one do too. They go into an eleventh class, all that "
            "were ever made. Runs evolve images for the ten digits, not for the class of fooling images. "
            f"Medians are over the first {contest.reported} runs, as the paper reports; it leaves open how "
            "30 runs give 1000 images.",
            "The paper does not say how long its runs against retrained networks were; these have as many "
            "generations as its other runs on MNIST. The second table asks what patience gives.",
            'Images of first generations are random CPPNs of low confidence: the class says "CPPN image" '
            'rather than "image that fools".',
        ),
        seconds=race_seconds(rounds) + more.seconds,
    )


def _findings(context: Context, rounds: Sequence[Round], more: Longer) -> tuple[Finding, ...]:
    last, later = rounds[-1], rounds[1:]
    patience, patient = list(more.medians.items())[-1]
    lowest, highest = (pick(each.confidence for each in later) for pick in (min, max))
    drift = max(abs(each.error - rounds[0].error) for each in rounds)
    return (
        context.judged(
            claim_of(CLAIMS, "still fooled"),
            f"{format_confidence(last.confidence)} (DNN 1: {format_confidence(rounds[0].confidence)}); after "
            f"{patience} generations {format_confidence(patient)}",
            _verdict(last.confidence, patient),
            f"{last.fooled['0.99']:.0%} of the champions reach 99 %; first against last network: "
            f"{first_against_last(rounds)}; it holds from a median of 90 % on, in part from 50 % or where a "
            "longer search comes to 90 %, since the paper does not say how long its searches were",
        ),
        context.judged(
            claim_of(CLAIMS, "every round"),
            f"{format_confidence(lowest)} to {format_confidence(highest)}",
            "holds" if lowest >= HALF else "holds in part" if highest >= HALF else "does not hold",
            "it holds where the median is at least 50 % against each of the networks 2 to 15",
        ),
        context.judged(
            claim_of(CLAIMS, "error"),
            f"{rounds[0].error:.2%} to {last.error:.2%}, at most {max(each.error for each in rounds):.2%}",
            "holds" if drift <= NEAR else "does not hold",
            "it holds where no network's error is more than half a point from the first one's",
        ),
    )


def _verdict(confidence: float, patient: float) -> Verdict:
    if confidence >= STILL:
        return "holds"
    return "holds in part" if confidence >= HALF or patient >= STILL else "does not hold"


def _budget(scale: float, seeds: int) -> Budget:
    contest = contest_of(scale)
    recipe = contest.recipe()
    trained = contest.rounds * recipe.iterations * recipe.batch
    patience = scaled(LONGER_RUNS, scale, 2) * scaled(LONGER, min(scale, 1.0), contest.generations)
    return Budget(
        (
            Part("digits", contest.queries() + patience * contest.batch),
            Part("digits", trained, 3.0),
        )
    )


REPRODUCTION = Reproduction(
    name="fig11",
    title="Figure 11: fifteen rounds of retraining on MNIST",
    place="3.7, Fig. 11",
    scales="the number of runs, and below 1 rounds, generations and steps of training",
    seeds=1,
    needs=Needs(
        data=(
            DataSlot("train", "mnist", "digits to learn from", "train"),
            DataSlot("test", "mnist", "digits to measure errors with"),
        ),
        packages=(("torch", "torch"), *NEEDS_SCIPY),
    ),
    claims=CLAIMS,
    budget=_budget,
    run=run,
)
