"""Contenders: a discriminative and a generative network, each with and without rejecting on p(x)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from foolery.canvas import Canvases
from foolery.classifiers.accuracy import measure_accuracy
from foolery.classifiers.base import Classifier
from foolery.classifiers.wrappers.rejection import RejectOption, with_reject_option
from foolery.data.labelled import LabelledData, sample
from foolery.engine.run import make_run_result
from foolery.paper.experiment import Context, scale_count
from foolery.paper.runs import ascend_run, evolve_runs
from foolery.runs import RunFile

TEST_IMAGES = 10_000
BATCH = 200
JUDGES = ("digits-b", "digits-c")
#: Gradient ascent follows log p: p itself is 0 to the last digit where a generative network is not fooled.
#: Chosen among 5, 20 and 60 nats with last_gain 0.1 and 0.5 as what fools most models (seed 0).
RULE = {"step_nats": 20.0, "last_gain": 0.5}
STARTS = ("mean", "noise")
ENCODINGS = ("cppn", "direct")
ATTACKS = (*ENCODINGS, *(f"ascent from {start}" for start in STARTS))


@dataclass(frozen=True)
class ModelUnderTest:
    """One that is attacked.

    Attributes:
        name: in tables.
        role: under which it stands in a context.
        classifier: itself.
    """

    name: str
    role: str
    classifier: Classifier


@dataclass(frozen=True)
class RealImageResult:
    """A model on test images.

    Attributes:
        error: share of wrong predictions; a rejected image counts as wrong.
        confidence: median of the predictions.
        certain: share of images that it classifies correctly with 99 % or more.
    """

    error: float
    confidence: float
    certain: float


@dataclass(frozen=True)
class RealMargins:
    """log p(x) less the level of test images, in nats.

    Attributes:
        accepted: share of them above 0.
        low, median, high: the 2.5 %, 50 % and 97.5 % quantiles.
    """

    accepted: float
    low: float
    median: float
    high: float

    def typical(self, margins: NDArray[np.float64]) -> float:
        """Share of ``margins`` between the outer quantiles: neither too low nor too high."""
        return float(((margins >= self.low) & (margins <= self.high)).mean())


@dataclass(frozen=True)
class AttackedModel:
    """A model after one kind of attack, all seeds together; a row for each seed and class.

    Attributes:
        model: who was attacked.
        attack: one of ``ATTACKS``.
        runs: one for each seed.
        canvases: ``(N, C, H, W) uint8`` champions.
        confidences: ``(N,) float64``, the model's.
        margins: ``(N,) float64``, log p(x) less the level, in nats.
        confirmed: ``(N,) bool``: whether both judges see the class too.
    """

    model: ModelUnderTest
    attack: str
    runs: tuple[RunFile, ...]
    canvases: Canvases
    confidences: NDArray[np.float64]
    margins: NDArray[np.float64]
    confirmed: NDArray[np.bool_]


def models_under_test(context: Context) -> tuple[ModelUnderTest, ...]:
    """The four: neither, one or the other, then both."""
    discriminative, generative = context.classifiers["digits"], context.classifiers["model"]
    return (
        ModelUnderTest("discriminative", "digits", discriminative),
        ModelUnderTest(
            "discriminative, rejecting", "digits-rejecting", with_reject_option(discriminative, generative)
        ),
        ModelUnderTest("generative", "model", generative),
        ModelUnderTest("generative, rejecting", "model-rejecting", with_reject_option(generative)),
    )


def measure_on_real(context: Context, model: ModelUnderTest) -> RealImageResult:
    """How ``model`` does on test images."""
    predictions = measure_accuracy(model.classifier, _test_images(context))
    confident = predictions.correct & (predictions.confidences >= 0.99)
    return RealImageResult(predictions.error, predictions.median_confidence(), float(confident.mean()))


def measure_margins(context: Context) -> RealMargins:
    """What the generative network makes of test images."""
    canvas = context.classifiers["model"].description.canvas
    parts = [
        density_model(context).margins(part.canvases) for part in _test_images(context).batches(400, canvas)
    ]
    margins = np.concatenate(parts)
    low, median, high = (float(each) for each in np.quantile(margins, (0.025, 0.5, 0.975)))
    return RealMargins(float((margins > 0).mean()), low, median, high)


def _test_images(context: Context) -> LabelledData:
    return sample(context.data["digits"], scale_count(TEST_IMAGES, context.scale, 100))


def density_model(context: Context) -> RejectOption:
    """The generative network as the judge of p(x)."""
    return with_reject_option(context.classifiers["model"])


def attack_model(
    context: Context, model: ModelUnderTest, attack: str, *, generations: int, steps: int
) -> AttackedModel:
    """``model`` after ``attack``: runs that are there are used, others made.

    Args:
        context: gives seeds, folder and judges.
        model: whom to attack.
        attack: an encoding to evolve, or ``ascent from`` a start.
        generations: of evolution.
        steps: of ascent.
    """
    runs = _runs(context, model, attack, generations, steps)
    champions = [each for run in runs for each in make_run_result(run).champions.values()]
    canvases = np.stack([each.canvas for each in champions])
    targets = np.array([each.index for each in champions])
    confirmed = np.ones(len(champions), np.bool_)
    for role in JUDGES:
        confirmed &= context.classifiers[role].scores(canvases).argmax(1) == targets
    confidences = np.array([each.confidence for each in champions])
    margins = density_model(context).margins(canvases)
    return AttackedModel(model, attack, tuple(runs), canvases, confidences, margins, confirmed)


def _runs(
    context: Context, model: ModelUnderTest, attack: str, generations: int, steps: int
) -> Sequence[RunFile]:
    classes = context.classifiers["digits"].description.classes
    if attack in ENCODINGS:
        own_context = replace(context, classifiers={model.role: model.classifier})
        return evolve_runs(
            own_context, model.role, attack, generations=generations, batch=BATCH, classes=classes
        )
    start = attack.rpartition(" ")[2]
    return [_ascent(context, model, start, classes, steps=steps, seed=seed) for seed in range(context.seeds)]


def _ascent(
    context: Context, model: ModelUnderTest, start: str, classes: Sequence[str], *, steps: int, seed: int
) -> RunFile:
    fingerprint = model.classifier.description.fingerprint[:12]
    name = f"{fingerprint}-ascent-{start}-{RULE['step_nats']:g}-{steps}"
    folder = context.work / "runs" / name / f"seed-{seed}"
    label = f"ascent from {start} on {model.role}, seed {seed}"
    return ascend_run(
        context,
        model.classifier,
        folder,
        label,
        classes=classes,
        seed=seed,
        rule=RULE,
        steps=steps,
        start=start,
    )
