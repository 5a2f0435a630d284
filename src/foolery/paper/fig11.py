"""Figure 11: fifteen networks for MNIST, each trained with images that fooled those before it (paper 3.7)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from foolery.analysis.statistics import NEEDS_SCIPY, correlation
from foolery.hardening import ArmsRaceConfig
from foolery.paper.arms_race import (
    arms_race_figures,
    arms_race_folder,
    intervals_table,
    longer_search_table,
    median_interval,
    rounds_picture,
    rounds_table,
    run_rounds,
    search_longer,
    total_seconds,
)
from foolery.paper.cost import Cost, CostItem
from foolery.paper.experiment import (
    Context,
    DataRequirement,
    Judgement,
    Reproduction,
    ReproductionOutcome,
    Requirements,
    scale_count,
)
from foolery.paper.verdicts import (
    Amount,
    Claim,
    Evidence,
    Finding,
    decide,
    find_claim,
    grade,
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
        {**arms_race_figures(config, rounds), "longer": asdict(longer_search)},
        tables=(rounds_table(rounds, PAPER[: len(rounds)]), longer_search_table(longer_search)),
        picture=rounds_picture(arms_race_folder(context, name), rounds, shown),
        caption="The last champions of one run against some of the networks, with their confidences.",
        seconds=total_seconds(rounds) + longer_search.seconds,
    )


def judge(figures: Mapping[str, Any]) -> Judgement:
    """The unit is the race: networks of one race learn from the same images, and runs from one network."""
    rounds, config, longer = figures["rounds"], figures["config"], figures["longer"]
    less = 1 - rounds[0]["training_images"] / rounds[-1]["training_images"]
    amounts = (
        Amount("networks of a race", ROUNDS, len(rounds)),
        Amount("runs against the first network", 300, config["first_runs"]),
        Amount("runs reported", REPORTED, len(rounds[0]["run_medians"])),
    )
    return Judgement(
        _findings(rounds, longer, Evidence("race", 1, amounts)),
        amounts,
        tables=(intervals_table(rounds),),
        notes=(
            "Every network is LeNet, trained from scratch by the recipe of `lenet` with the same number "
            f"of steps. {config['first_runs']} runs of {config['generations']} generations against the "
            "first give 20 images each, half from the first generation and half from the last; "
            f"{config['runs']} runs against each later one do too. They go into an eleventh class, all "
            "that were ever made. Runs evolve images for the ten digits, not for the class of fooling "
            "images. The paper reports 30 runs; it leaves open how 30 runs give 1000 images.",
            "Equal steps, not equal epochs: the more fooling images there are, the fewer times a network "
            f"sees each real digit (the last {less:.0%} fewer times than the first), so its error may grow "
            "for that reason alone. There is no control: networks without the class, or with a class of "
            "random CPPNs, may differ as much. `races` has both, ten races, equal steps and equal "
            "epochs: see [its protocol](protocol-arms-race.md).",
            "The paper does not say how long its runs against retrained networks were; these have as many "
            "generations as its other runs on MNIST. The second table asks what patience gives.",
            'Images of first generations are random CPPNs of low confidence: the class says "CPPN image" '
            'rather than "image that fools".',
        ),
    )


def _findings(
    rounds: Sequence[Mapping[str, Any]], longer: Mapping[str, Any], evidence: Evidence
) -> tuple[Finding, ...]:
    first, last, later = rounds[0], rounds[-1], rounds[1:]
    medians = [float(np.median(each["run_medians"])) for each in later]
    longest, longest_median = list(longer["medians"].items())[-1]
    rho, _ = correlation(np.arange(len(later), dtype=float), np.array(medians))
    errors = [each["test_error"] for each in rounds]
    drift = max(abs(each - first["test_error"]) for each in errors)
    return (
        decide(
            find_claim(CLAIMS, "still fooled"),
            f"{median_interval(last['run_medians'])}; DNN 1: {median_interval(first['run_medians'])}",
            grade(medians[-1] >= STILL, medians[-1] >= HALF),
            f"median over runs of a run's median, over {len(last['run_medians'])} runs; the median falls "
            f"with the round, rank correlation {rho:.2f} over networks 2 to {len(rounds)}, but by jumps "
            f"that are as large as the fall. {last['fooled']['0.99']:.0%} of the champions reach 99 %. A "
            f"search of {longest} generations, ten times as long, still comes to "
            f"{format_confidence(longest_median)} against the last network (median of {longer['runs']} "
            "other runs). It holds from a median of 90 % on, in part from 50 %",
            evidence,
        ),
        decide(
            find_claim(CLAIMS, "every round"),
            f"{format_confidence(min(medians))} to {format_confidence(max(medians))}",
            grade(min(medians) >= HALF, sum(each >= HALF for each in medians) * 2 >= len(medians)),
            f"{sum(each >= HALF for each in medians)} of {len(medians)} networks are at 50 % or more; it "
            "holds where each is, in part where at least half are",
            evidence,
        ),
        decide(
            find_claim(CLAIMS, "error"),
            f"{first['test_error']:.2%} to {last['test_error']:.2%}, at most {max(errors):.2%}",
            grade(drift <= NEAR),
            "it holds where no network's error is more than half a point from the first one's; equal "
            "steps, so that later networks see each real digit less often",
            evidence,
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
    judge=judge,
)
