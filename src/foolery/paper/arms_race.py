"""Arms race: what figures 11 and 12 share, from rounds of training and fooling to tables and pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from foolery.analysis.statistics import RankTest, mann_whitney
from foolery.classifiers import load_classifier
from foolery.engine.evolution import evolve_replicates
from foolery.hardening.arms_race import CROWD, race
from foolery.hardening.rounds import Crowd, Round
from foolery.hardening.settings import Contest
from foolery.hardening.training_set import FOOLING
from foolery.paper.experiment import Context, Table
from foolery.paper.figures import Row, Tile, wall
from foolery.runs import open_run_file
from foolery.text import format_confidence

if TYPE_CHECKING:
    from PIL.Image import Image

    from foolery.data.labelled import LabelledData

SHOWN = 10


def race_folder(context: Context, name: str) -> Path:
    """Where the networks and images of a race lie; it is found again there."""
    return context.work / "harden" / name


def held(
    context: Context, contest: Contest, name: str, pictures: LabelledData, tests: LabelledData
) -> tuple[Round, ...]:
    """All rounds of ``contest``; those that are there already are used."""
    return race(
        contest,
        race_folder(context, name),
        pictures=pictures,
        tests=tests,
        resume=True,
        told=context.progress,
        command=context.command,
    )


@dataclass(frozen=True)
class Longer:
    """The same search with more generations, against the last network.

    Attributes:
        runs: number of them.
        medians: generation, in digits, to the median over the runs of their median confidences.
        seconds: of search.
    """

    runs: int
    medians: dict[str, float]
    seconds: float


def longer(context: Context, contest: Contest, name: str, *, runs: int, generations: int) -> Longer:
    """Evolve against the last network of a race that was held; what is there already is used."""
    folder = race_folder(context, name)
    network = folder / f"round-{contest.rounds:02d}" / "network.onnx"
    classifier = load_classifier(f"onnx:{network}")
    out = folder / f"longer-{generations}"
    evolve_replicates(
        classifier,
        replicates=runs,
        out=out,
        encoding=contest.encoding,
        generations=generations,
        batch=contest.batch,
        classes=[each for each in classifier.description.classes if each != FOOLING],
        resume=out.is_dir(),
        watch=context.watch(f"{runs} longer runs"),
        command=context.command,
    )
    histories = [open_run_file(out / f"seed-{seed}").history for seed in range(runs)]
    shown = sorted({contest.generations, generations // 4, generations // 2, generations})
    return Longer(
        runs,
        {str(each): float(np.median([known.median[each] for known in histories])) for each in shown},
        sum(float(known.seconds[-1]) for known in histories),
    )


def longer_table(found: Longer) -> Table:
    """A row for each generation that is shown."""
    rows = tuple((number, format_confidence(median)) for number, median in found.medians.items())
    return Table(
        f"The last network, searched for longer (median of {found.runs} runs)",
        ("generations", "median confidence"),
        rows,
    )


def first_against_last(rounds: Sequence[Round]) -> RankTest:
    """Mann-Whitney U of the runs' medians against the first network and against the last."""
    return mann_whitney(np.array(rounds[0].run_medians), np.array(rounds[-1].run_medians))


def rounds_table(rounds: Sequence[Round], paper: Sequence[str]) -> Table:
    """A row for each network; ``paper`` holds the paper's medians as text."""
    heads = (
        "network", "paper's median", "median", "quartiles", "first generation", "at 99 %",
        "error on real pictures", "real taken for fooling", "training pictures", "of them fooling",
    )  # fmt: skip
    rows = [
        (
            f"DNN {each.number}",
            number,
            format_confidence(each.confidence),
            " to ".join(map(format_confidence, each.quartiles)),
            format_confidence(each.first_confidence),
            f"{each.fooled['0.99']:.0%}",
            f"{each.error:.2%}",
            f"{each.real_as_fooling:.2%}",
            str(each.pictures),
            f"{each.fooling} ({each.fooling / each.pictures:.0%})",
        )
        for each, number in zip(rounds, paper, strict=True)
    ]
    return Table(
        f"Networks (medians over {len(rounds[0].run_medians)} runs and all classes)", heads, tuple(rows)
    )


def race_figures(contest: Contest, rounds: Sequence[Round]) -> dict[str, Any]:
    """Everything measured, as JSON values."""
    found = first_against_last(rounds)
    return {
        "contest": contest.model_dump(mode="json"),
        "queries": contest.queries(),
        "rounds": [each.model_dump(mode="json") for each in rounds],
        "first_against_last": {"u": found.u, "p": found.p, "share": found.share},
    }


def race_seconds(rounds: Sequence[Round]) -> float:
    """Of training and search."""
    return sum(sum(each.seconds.values()) for each in rounds)


def race_picture(folder: Path, rounds: Sequence[Round], numbers: Sequence[int]) -> Image:
    """One run against each of some networks: its last champions, with their confidences."""
    rows = []
    for number in numbers:
        crowd = Crowd.read(folder / f"round-{number:02d}" / CROWD)
        tiles = [
            Tile(canvas, (format_confidence(float(sure)),))
            for canvas, sure in zip(crowd.last[0][:SHOWN], crowd.last_confidence[0], strict=False)
        ]
        rows.append(Row(f"DNN {number}", tuple(tiles)))
    return wall(rows)
