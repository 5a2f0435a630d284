"""Contenders: a discriminative and a generative network, each with and without rejecting on p(x)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from foolery.canvas import Canvases
from foolery.classifiers.accuracy import measure
from foolery.classifiers.base import Classifier
from foolery.classifiers.wrappers.rejection import Rejecting, rejecting
from foolery.data.labelled import LabelledData, sample
from foolery.engine.run import exhibit_of
from foolery.paper.experiment import Context, scaled
from foolery.paper.runs import runs_of
from foolery.runs import RunFile, RunFileError, open_run_file
from foolery.runs.database import RUN_DB

PICTURES = 10_000
BATCH = 200
JUDGES = ("digits-b", "digits-c")
#: Gradient ascent follows log p: p itself is 0 to the last digit where a generative network is not fooled.
#: Chosen among 5, 20 and 60 nats with late 0.1 and 0.5 as what brings most contenders furthest (seed 0).
RULE = {"nats": 20.0, "late": 0.5}
STARTS = ("mean", "noise")
ENCODINGS = ("cppn", "direct")
ATTACKS = (*ENCODINGS, *(f"ascent from {start}" for start in STARTS))


@dataclass(frozen=True)
class Contender:
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
class OnReal:
    """A contender on test pictures.

    Attributes:
        error: share of wrong answers; a rejected picture is answered wrongly.
        confidence: median of the answers.
        certain: share of pictures of which it is at least 99 % certain, rightly.
    """

    error: float
    confidence: float
    certain: float


@dataclass(frozen=True)
class RealMargins:
    """log p(x) less the level of test pictures, in nats.

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
class Attacked:
    """A contender after one kind of attack, all seeds together; a row for each seed and class.

    Attributes:
        contender: who was attacked.
        attack: one of ``ATTACKS``.
        runs: one for each seed.
        canvases: ``(N, C, H, W) uint8`` champions.
        confidences: ``(N,) float64``, the contender's.
        margins: ``(N,) float64``, log p(x) less the level, in nats.
        seconded: ``(N,) bool``: whether both judges see the class too.
    """

    contender: Contender
    attack: str
    runs: tuple[RunFile, ...]
    canvases: Canvases
    confidences: NDArray[np.float64]
    margins: NDArray[np.float64]
    seconded: NDArray[np.bool_]


def contenders(context: Context) -> tuple[Contender, ...]:
    """The four: neither, one or the other, then both."""
    plain, model = context.classifiers["digits"], context.classifiers["model"]
    return (
        Contender("discriminative", "digits", plain),
        Contender("discriminative, rejecting", "digits-rejecting", rejecting(plain, model)),
        Contender("generative", "model", model),
        Contender("generative, rejecting", "model-rejecting", rejecting(model)),
    )


def on_real(context: Context, contender: Contender) -> OnReal:
    """How ``contender`` does on test pictures."""
    answers = measure(contender.classifier, _pictures(context))
    certain = answers.right & (answers.confidences >= 0.99)
    return OnReal(answers.error, answers.median_confidence(), float(certain.mean()))


def real_margins(context: Context) -> RealMargins:
    """What the generative network makes of test pictures."""
    canvas = context.classifiers["model"].description.canvas
    parts = [judge(context).margins(part.canvases) for part in _pictures(context).batches(400, canvas)]
    margins = np.concatenate(parts)
    low, median, high = (float(each) for each in np.quantile(margins, (0.025, 0.5, 0.975)))
    return RealMargins(float((margins > 0).mean()), low, median, high)


def _pictures(context: Context) -> LabelledData:
    return sample(context.data["digits"], scaled(PICTURES, context.scale, 100))


def judge(context: Context) -> Rejecting:
    """The generative network as the judge of p(x)."""
    return rejecting(context.classifiers["model"])


def attacked(
    context: Context, contender: Contender, attack: str, *, generations: int, steps: int
) -> Attacked:
    """``contender`` after ``attack``: runs that are there are used, others made.

    Args:
        context: gives seeds, folder and judges.
        contender: whom to attack.
        attack: an encoding to evolve, or ``ascent from`` a start.
        generations: of evolution.
        steps: of ascent.
    """
    runs = _runs(context, contender, attack, generations, steps)
    champions = [each for run in runs for each in exhibit_of(run).champions.values()]
    canvases = np.stack([each.canvas for each in champions])
    wanted = np.array([each.index for each in champions])
    seconded = np.ones(len(champions), np.bool_)
    for role in JUDGES:
        seconded &= context.classifiers[role].scores(canvases).argmax(1) == wanted
    confidences = np.array([each.confidence for each in champions])
    margins = judge(context).margins(canvases)
    return Attacked(contender, attack, tuple(runs), canvases, confidences, margins, seconded)


def _runs(
    context: Context, contender: Contender, attack: str, generations: int, steps: int
) -> Sequence[RunFile]:
    classes = context.classifiers["digits"].description.classes
    if attack in ENCODINGS:
        against = replace(context, classifiers={contender.role: contender.classifier})
        return runs_of(against, contender.role, attack, generations=generations, batch=BATCH, classes=classes)
    start = attack.rpartition(" ")[2]
    return [
        _ascent(context, contender, start, classes, steps=steps, seed=seed) for seed in range(context.seeds)
    ]


def _ascent(
    context: Context, contender: Contender, start: str, classes: Sequence[str], *, steps: int, seed: int
) -> RunFile:
    from foolery.engine.ascent import ascend

    mark = contender.classifier.description.fingerprint[:12]
    folder = context.work / "runs" / f"{mark}-ascent-{start}-{RULE['nats']:g}-{steps}" / f"seed-{seed}"
    try:
        run = open_run_file(folder)
        there = run.status == "finished"
    except RunFileError:
        there = False
    if not there:
        settings: dict[str, Any] = {"rule": RULE, "steps": steps, "start": start, "seed": seed}
        ascend(
            contender.classifier,
            classes=classes,
            out=folder,
            resume=(folder / RUN_DB).is_file(),
            watch=context.watch(f"ascent from {start} on {contender.role}, seed {seed}"),
            command=context.command,
            **settings,
        )
        run = open_run_file(folder)
    return run
