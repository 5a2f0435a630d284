"""Figure 11: fifteen networks for MNIST, each trained with images that fooled those before it (paper 3.7)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from foolery.analysis.statistics import NEEDS_SCIPY
from foolery.hardening import ArmsRaceConfig, Round
from foolery.paper.arms_race import (
    LongerSearch,
    arms_race_figures,
    arms_race_folder,
    compare_first_and_last,
    longer_search_table,
    rounds_picture,
    rounds_table,
    run_rounds,
    search_longer,
    total_seconds,
)
from foolery.paper.cost import Cost, CostItem
from foolery.paper.experiment import (
    Claim,
    Context,
    DataRequirement,
    Finding,
    Reproduction,
    ReproductionOutcome,
    Requirements,
    find_claim,
    grade,
    scale_count,
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


def config_of(scale: float) -> ArmsRaceConfig:
    """The paper's numbers; scale multiplies those of runs, and below 1 all others too."""
    less = min(scale, 1.0)
    return ArmsRaceConfig(
        rounds=scale_count(ROUNDS, less, 2),
        generations=scale_count(GENERATIONS, less, 3),
        first_runs=scale_count(300, scale, 2),
        runs=scale_count(50, scale, 2),
        reported_runs=scale_count(REPORTED, scale, 2),
        iterations=None if scale >= 1 else scale_count(10_000, scale, 100),
    )


def run(context: Context) -> ReproductionOutcome:
    """Fifteen rounds; each network and its images are kept, so that an interrupted arms race continues."""
    config = config_of(context.scale)
    name = "mnist-lenet" if context.scale == 1 else f"mnist-lenet-{context.scale:g}"
    rounds = run_rounds(context, config, name, context.data["train"], context.data["test"])
    longer_search = search_longer(
        context,
        config,
        name,
        runs=scale_count(LONGER_RUNS, context.scale, 2),
        generations=scale_count(LONGER, min(context.scale, 1.0), config.generations),
    )
    shown = [number for number in SHOWN if number <= len(rounds)]
    return ReproductionOutcome(
        _findings(context, rounds, longer_search),
        {**arms_race_figures(config, rounds), "longer": asdict(longer_search)},
        tables=(rounds_table(rounds, PAPER[: len(rounds)]), longer_search_table(longer_search)),
        picture=rounds_picture(arms_race_folder(context, name), rounds, shown),
        caption="The last champions of one run against some of the networks, with their confidences.",
        notes=(
            "Every network is LeNet, trained from scratch by the recipe of `lenet`, number i with seed "
            f"i - 1. {config.first_runs} runs of {config.generations} generations against the first give "
            "20 images each, half from the first generation and half from the last; "
            f"{config.runs} runs against each later one do too. They go into an eleventh class, all that "
            "were ever made. Runs evolve images for the ten digits, not for the class of fooling images. "
            f"Medians are over the first {config.reported_runs} runs, as the paper reports; it leaves open "
            "how 30 runs give 1000 images.",
            "The paper does not say how long its runs against retrained networks were; these have as many "
            "generations as its other runs on MNIST. The second table asks what patience gives.",
            'Images of first generations are random CPPNs of low confidence: the class says "CPPN image" '
            'rather than "image that fools".',
        ),
        seconds=total_seconds(rounds) + longer_search.seconds,
    )


def _findings(context: Context, rounds: Sequence[Round], longer_search: LongerSearch) -> tuple[Finding, ...]:
    first, last, later = rounds[0], rounds[-1], rounds[1:]
    longest, longest_median = list(longer_search.medians.items())[-1]
    lowest, highest = (pick(each.median_confidence for each in later) for pick in (min, max))
    errors = [each.test_error for each in rounds]
    drift = max(abs(each - first.test_error) for each in errors)
    return (
        context.judge(
            find_claim(CLAIMS, "still fooled"),
            f"{format_confidence(last.median_confidence)} (DNN 1: "
            f"{format_confidence(first.median_confidence)}); after {longest} generations "
            f"{format_confidence(longest_median)}",
            grade(last.median_confidence >= STILL, last.median_confidence >= HALF or longest_median >= STILL),
            f"{last.fooled['0.99']:.0%} of the champions reach 99 %; first against last network: "
            f"{compare_first_and_last(rounds)}; it holds from a median of 90 % on, in part from 50 % or "
            f"where a "
            "longer search comes to 90 %, since the paper does not say how long its searches were",
        ),
        context.judge(
            find_claim(CLAIMS, "every round"),
            f"{format_confidence(lowest)} to {format_confidence(highest)}",
            grade(lowest >= HALF, highest >= HALF),
            "it holds where the median is at least 50 % against each of the networks 2 to 15",
        ),
        context.judge(
            find_claim(CLAIMS, "error"),
            f"{first.test_error:.2%} to {last.test_error:.2%}, at most {max(errors):.2%}",
            grade(drift <= NEAR),
            "it holds where no network's error is more than half a point from the first one's",
        ),
    )


def _cost(scale: float, seeds: int) -> Cost:
    config = config_of(scale)
    recipe = config.recipe()
    trained = config.rounds * recipe.iterations * recipe.batch
    patience = scale_count(LONGER_RUNS, scale, 2) * scale_count(LONGER, min(scale, 1.0), config.generations)
    return Cost(
        (
            CostItem("digits", config.queries() + patience * config.batch),
            CostItem("digits", trained, 3.0),
        )
    )


REPRODUCTION = Reproduction(
    name="fig11",
    title="Figure 11: fifteen rounds of retraining on MNIST",
    place="3.7, Fig. 11",
    scale_multiplies="the number of runs, and below 1 rounds, generations and steps of training",
    seeds=1,
    requirements=Requirements(
        data=(
            DataRequirement("train", "mnist", "digits to train with", "train"),
            DataRequirement("test", "mnist", "digits to measure errors with"),
        ),
        packages=(("torch", "torch"), *NEEDS_SCIPY),
    ),
    claims=CLAIMS,
    cost=_cost,
    run=run,
)
