"""Figure 12: one round of retraining on photos, with an oversized fooling class (paper 3.8)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from foolery.analysis.statistics import NEEDS_SCIPY
from foolery.hardening import ArmsRaceConfig, Round
from foolery.paper.arms_race import (
    arms_race_figures,
    arms_race_folder,
    compare_first_and_last,
    rounds_picture,
    rounds_table,
    run_rounds,
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

OVER = 7  # images in the fooling class for one in an ordinary class, about as published
SIGNIFICANT, NEAR = 1e-4, 0.02
PAPER = ("88.1 %", "11.7 %")
CLAIMS = (
    Claim(
        "helps",
        "images evolved against the retrained network convince it less",
        "3.8, Fig. 12",
        "88.1 to 11.7 %",
    ),
    Claim("significant", "the difference is significant", "3.8", "p < 0.0001"),
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
            _findings(context, rounds),
            arms_race_figures(config, rounds),
            tables=(rounds_table(rounds, PAPER),),
            picture=rounds_picture(arms_race_folder(context, name), rounds, (1, 2)),
            caption="The last champions of one run against either network, with their confidences.",
            notes=(
                f"Both networks are `convnet`, trained from scratch by the same recipe with "
                f"{config.recipe().iterations} steps, DNN 1 with seed 0 and DNN 2 with seed 1. "
                f"{config.first_runs} runs of {config.generations} generations against DNN 1 give "
                f"{2 * self.classes} images each, half from the first generation and half from the last. "
                f"Each is in the fooling class {config.copies} times, so that this is about {OVER} times as "
                "large as an ordinary one, as published; moving and mirroring makes the copies differ. "
                f"Medians and tests are over {config.reported_runs} runs and all ordinary classes, a run's "
                "median being one observation of the test.",
                "The paper retrained on ImageNet, with 9000 different images; that takes many GPUs.",
            ),
            seconds=total_seconds(rounds),
        )


def _findings(context: Context, rounds: Sequence[Round]) -> tuple[Finding, ...]:
    first, last = rounds[0], rounds[-1]
    test = compare_first_and_last(rounds)
    fell = test.p < SIGNIFICANT and last.median_confidence < first.median_confidence
    return (
        context.judge(
            find_claim(CLAIMS, "helps"),
            f"{format_confidence(first.median_confidence)} to {format_confidence(last.median_confidence)}",
            grade(fell and last.median_confidence < 0.5, fell),
            f"champions at 99 % or more: {first.fooled['0.99']:.0%} against DNN 1, {last.fooled['0.99']:.0%} "
            "against DNN 2; it holds where the median falls significantly and below 50 %, in part where it "
            "falls significantly",
        ),
        context.judge(
            find_claim(CLAIMS, "significant"),
            str(test),
            grade(fell),
            f"of {len(first.run_medians)} and {len(last.run_medians)} runs' medians; in {test.share:.0%} of "
            "pairs DNN 1 is the more convinced one",
        ),
        context.judge(
            find_claim(CLAIMS, "error"),
            f"{first.test_error:.1%} to {last.test_error:.1%}",
            grade(last.test_error - first.test_error <= NEAR),
            f"{last.real_as_fooling:.2%} of real photos are taken for fooling images; it holds where the "
            "error grows by two points at most",
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
