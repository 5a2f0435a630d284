"""Figure 12: one round of retraining on photos, with an oversized fooling class (paper 3.8)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from foolery.analysis.effects import MedianComparison, compare
from foolery.analysis.statistics import NEEDS_SCIPY
from foolery.hardening import ArmsRaceConfig
from foolery.paper.arms_race import (
    arms_race_figures,
    arms_race_folder,
    intervals_table,
    median_interval,
    rounds_picture,
    rounds_table,
    run_rounds,
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
    SIGNIFICANT,
    Amount,
    Claim,
    Evidence,
    Finding,
    decide,
    find_claim,
    grade,
)

OVER = 7  # images in the fooling class for one in an ordinary class, about as published
NEAR, MUCH = 0.02, 0.5
PAPER_CLASSES, PAPER_IMAGES = 1000, 9000
PAPER = ("88.1 %", "11.7 %")
CLAIMS = (
    Claim(
        "helps",
        "images evolved against the retrained network convince it less",
        "3.8, Fig. 12",
        "88.1 to 11.7 %, p < 0.0001",
    ),
    Claim("error", "the error on real photos stays as it was", "3.6, supplement", "close to DNN 1's"),
)


@dataclass(frozen=True)
class RetrainingExperiment:
    """Photos that the experiment is made with.

    Attributes:
        name: of the reproduction.
        default: data reference, or None where the user has to give one.
        about: the photos, in a few words.
        side: of the canvas, in pixels.
        classes: number of them.
        ordinary: training images in each.
        runs: against the first network.
        reported: runs of which confidences are reported, and all against the second.
        generations: of each run.
        iterations: of each training.
    """

    name: str
    default: str | None
    about: str
    side: int
    classes: int
    ordinary: int
    runs: int
    reported: int
    generations: int
    iterations: int

    def config(self, scale: float) -> ArmsRaceConfig:
        """Two networks; scale multiplies runs, and below 1 the steps of training."""
        runs = scale_count(self.runs, scale, 2)
        return ArmsRaceConfig(
            architecture="convnet",
            data=self.name,
            rounds=2,
            first_runs=runs,
            runs=runs,
            reported_runs=min(runs, scale_count(self.reported, scale, 2)),
            generations=scale_count(self.generations, min(scale, 1.0), 3),
            copies=max(1, round(OVER * self.ordinary / (2 * self.classes * runs))),
            iterations=scale_count(self.iterations, min(scale, 1.0), 5),
            side=self.side,
        )

    def reproduction(self) -> Reproduction:
        """The experiment with these photos."""
        return Reproduction(
            name=self.name,
            title=f"Figure 12: retraining on {self.about}",
            place="3.8, Fig. 12",
            scale_multiplies="the number of runs, and below 1 generations and steps of training",
            seeds=1,
            requirements=Requirements(
                data=(
                    DataRequirement("train", self.default, f"{self.about}, to train with", "train"),
                    DataRequirement("test", self.default, f"{self.about}, to measure errors with"),
                ),
                packages=(("torch", "torch"), *NEEDS_SCIPY),
            ),
            claims=CLAIMS,
            cost=self._cost,
            run=self._run,
            judge=self._judge,
        )

    def _judge(self, figures: Mapping[str, Any]) -> Judgement:
        rounds, config = figures["rounds"], figures["config"]
        images = 2 * self.classes * config["first_runs"]
        amounts = (
            Amount("classes", PAPER_CLASSES, self.classes),
            Amount("different fooling images", PAPER_IMAGES, images),
        )
        seen_less = 1 - rounds[0]["training_images"] / rounds[-1]["training_images"]
        test = compare(rounds[0]["run_medians"], rounds[-1]["run_medians"])
        return Judgement(
            _findings(rounds, test, Evidence("network", 1, amounts)),
            amounts,
            tables=(intervals_table(rounds),),
            notes=(
                "Both networks are `convnet`, trained from scratch by the same recipe with the same "
                f"number of steps (DNN 2 sees each real photo {seen_less:.0%} fewer times), and from other "
                f"random starts. {config['first_runs']} runs of {config['generations']} generations "
                f"against DNN 1 give {2 * self.classes} images each, half from the first generation and "
                f"half from the last. Each is in the fooling class {config['copies']} times, so that this "
                f"is about {OVER} times as large as an ordinary one, as published; moving and mirroring "
                "makes the copies differ.",
                "The paper retrained on ImageNet. Whether its large effect depends on the number of "
                "classes is what `classes` asks, with at least three networks of each number and controls.",
            ),
        )

    def _cost(self, scale: float, seeds: int) -> Cost:
        config = self.config(scale)
        recipe, size = config.recipe(), (self.side / 32) ** 2
        trained = 2 * recipe.iterations * recipe.batch
        return Cost(
            (CostItem("small-photos", config.queries(), size), CostItem("small-photos", trained, 3.0 * size))
        )

    def _run(self, context: Context) -> ReproductionOutcome:
        config = self.config(context.scale)
        name = self.name if context.scale == 1 else f"{self.name}-{context.scale:g}"
        rounds = run_rounds(context, config, name, context.data["train"], context.data["test"])
        return ReproductionOutcome(
            arms_race_figures(config, rounds),
            tables=(rounds_table(rounds, PAPER),),
            picture=rounds_picture(arms_race_folder(context, name), rounds, (1, 2)),
            caption="The last champions of one run against either network, with their confidences.",
            seconds=total_seconds(rounds),
        )


def _findings(
    rounds: Sequence[Mapping[str, Any]], test: MedianComparison, evidence: Evidence
) -> tuple[Finding, ...]:
    first, last = rounds[0], rounds[-1]
    fell = test.second < test.first and test.test.p < SIGNIFICANT
    return (
        decide(
            find_claim(CLAIMS, "helps"),
            f"{median_interval(first['run_medians'])} to {median_interval(last['run_medians'])}",
            grade(fell and test.second < MUCH, fell and test.first - test.second >= 0.1),
            f"over runs against one network each: {test}. Champions at 99 % or more: "
            f"{first['fooled']['0.99']:.0%} against DNN 1, {last['fooled']['0.99']:.0%} against DNN 2. Two "
            "networks of other seeds may differ as much without any retraining, so p over runs says "
            f"nothing about networks. It holds where the median falls below 50 % with p < {SIGNIFICANT:g} "
            "over networks, in part where it falls by ten points",
            evidence,
        ),
        decide(
            find_claim(CLAIMS, "error"),
            f"{first['test_error']:.1%} to {last['test_error']:.1%}",
            grade(last["test_error"] - first["test_error"] <= NEAR),
            f"{last['real_as_fooling']:.2%} of real photos are taken for fooling images; it holds where the "
            "error grows by two points at most; equal steps, so that DNN 2 sees each photo less often",
            evidence,
        ),
    )


REPRODUCTION = RetrainingExperiment(
    name="fig12",
    default="cifar10",
    about="CIFAR-10",
    side=32,
    classes=10,
    ordinary=5000,
    runs=50,
    reported=20,
    generations=100,
    iterations=1500,
).reproduction()
