"""Figure 12: one round of retraining on photos, with an oversized fooling class (paper 3.8)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from foolery.analysis.statistics import NEEDS_SCIPY
from foolery.hardening.rounds import Round
from foolery.hardening.settings import Contest
from foolery.paper.arms_race import (
    first_against_last,
    held,
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
    claim_of,
    scaled,
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
class Photos:
    """Photos that the experiment is made with.

    Attributes:
        name: of the reproduction.
        default: data reference, or None where the user has to give one.
        about: the photos, in a few words.
        side: of the canvas, in pixels.
        classes: number of them.
        ordinary: training pictures in each.
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

    def contest(self, scale: float) -> Contest:
        """Two networks; scale multiplies runs, and below 1 the steps of training."""
        runs = scaled(self.runs, scale, 2)
        return Contest(
            architecture="convnet",
            data=self.name,
            rounds=2,
            first_runs=runs,
            runs=runs,
            reported=min(runs, scaled(self.reported, scale, 2)),
            generations=scaled(self.generations, min(scale, 1.0), 3),
            copies=max(1, round(OVER * self.ordinary / (2 * self.classes * runs))),
            iterations=scaled(self.iterations, min(scale, 1.0), 5),
            side=self.side,
        )

    def reproduction(self) -> Reproduction:
        """The experiment with these photos."""
        return Reproduction(
            name=self.name,
            title=f"Figure 12: retraining on {self.about}",
            place="3.8, Fig. 12",
            scales="the number of runs, and below 1 generations and steps of training",
            seeds=1,
            needs=Needs(
                data=(
                    DataSlot("train", self.default, f"{self.about}, to learn from", "train"),
                    DataSlot("test", self.default, f"{self.about}, to measure errors with"),
                ),
                packages=(("torch", "torch"), *NEEDS_SCIPY),
            ),
            claims=CLAIMS,
            budget=self._budget,
            run=self._run,
        )

    def _budget(self, scale: float, seeds: int) -> Budget:
        contest = self.contest(scale)
        recipe, size = contest.recipe(), (self.side / 32) ** 2
        trained = 2 * recipe.iterations * recipe.batch
        return Budget(
            (Part("small-photos", contest.queries(), size), Part("small-photos", trained, 3.0 * size))
        )

    def _run(self, context: Context) -> Outcome:
        contest = self.contest(context.scale)
        name = self.name if context.scale == 1 else f"{self.name}-{context.scale:g}"
        rounds = held(context, contest, name, context.data["train"], context.data["test"])
        return Outcome(
            _findings(context, rounds),
            race_figures(contest, rounds),
            tables=(rounds_table(rounds, PAPER),),
            picture=race_picture(race_folder(context, name), rounds, (1, 2)),
            caption="The last champions of one run against either network, with their confidences.",
            notes=(
                f"Both networks are `convnet`, trained from scratch by the same recipe with "
                f"{contest.recipe().iterations} steps, DNN 1 with seed 0 and DNN 2 with seed 1. "
                f"{contest.first_runs} runs of {contest.generations} generations against DNN 1 give "
                f"{2 * self.classes} images each, half from the first generation and half from the last. "
                f"Each is in the fooling class {contest.copies} times, so that this is about {OVER} times as "
                "large as an ordinary one, as published; moving and mirroring makes the copies differ. "
                f"Medians and tests are over {contest.reported} runs and all ordinary classes, a run's "
                "median being one observation of the test.",
                "The paper retrained on ImageNet, with 9000 different images; that takes many GPUs.",
            ),
            seconds=race_seconds(rounds),
        )


def _findings(context: Context, rounds: Sequence[Round]) -> tuple[Finding, ...]:
    first, last = rounds[0], rounds[-1]
    found = first_against_last(rounds)
    fell = found.p < SIGNIFICANT and last.confidence < first.confidence
    return (
        context.judged(
            claim_of(CLAIMS, "helps"),
            f"{format_confidence(first.confidence)} to {format_confidence(last.confidence)}",
            "holds" if fell and last.confidence < 0.5 else "holds in part" if fell else "does not hold",
            f"champions at 99 % or more: {first.fooled['0.99']:.0%} against DNN 1, {last.fooled['0.99']:.0%} "
            "against DNN 2; it holds where the median falls significantly and below 50 %, in part where it "
            "falls significantly",
        ),
        context.judged(
            claim_of(CLAIMS, "significant"),
            str(found),
            "holds" if fell else "does not hold",
            f"of {len(first.run_medians)} and {len(last.run_medians)} runs' medians; in {found.share:.0%} of "
            "pairs DNN 1 is the more convinced one",
        ),
        context.judged(
            claim_of(CLAIMS, "error"),
            f"{first.error:.1%} to {last.error:.1%}",
            "holds" if last.error - first.error <= NEAR else "does not hold",
            f"{last.real_as_fooling:.2%} of real photos are taken for fooling images; it holds where the "
            "error grows by two points at most",
        ),
    )


REPRODUCTION = Photos(
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
