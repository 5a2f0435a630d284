"""What figures 11 and 12 share: from rounds of training and fooling to tables and a picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from foolery.analysis.statistics import bootstrap_median
from foolery.classifiers import load_classifier
from foolery.engine.evolution import evolve
from foolery.hardening.config import FOOLING_CLASS, IMAGES_FILE, ArmsRaceConfig
from foolery.hardening.loop import run_arms_race
from foolery.hardening.rounds import Round, RoundImages, round_folder
from foolery.paper.experiment import Context, ResultTable
from foolery.paper.figures import ImageRow, ImageTile, image_grid
from foolery.runs import open_run_file
from foolery.text import format_confidence

if TYPE_CHECKING:
    from PIL.Image import Image

    from foolery.data.labelled import LabelledData

SHOWN = 10


def arms_race_folder(context: Context, name: str) -> Path:
    """Where the networks and images of an arms race lie."""
    return context.work / "harden" / name


def run_rounds(
    context: Context, config: ArmsRaceConfig, name: str, train_data: LabelledData, test_data: LabelledData
) -> tuple[Round, ...]:
    """All rounds of ``config``; those that are there already are used."""
    return run_arms_race(
        config,
        arms_race_folder(context, name),
        train_data=train_data,
        test_data=test_data,
        resume=True,
        on_progress=context.on_progress,
        command=context.command,
    )


@dataclass(frozen=True)
class LongerSearch:
    """The same search with more generations, against the last network.

    Attributes:
        runs: number of them.
        medians: generation, in digits, to the median over the runs of their median confidences.
        seconds: of search.
    """

    runs: int
    medians: dict[str, float]
    seconds: float


def search_longer(
    context: Context, config: ArmsRaceConfig, name: str, *, runs: int, generations: int
) -> LongerSearch:
    """Evolve against the last network of an arms race; what is there already is used."""
    folder = arms_race_folder(context, name)
    network = round_folder(folder, config.rounds) / "network.onnx"
    classifier = load_classifier(f"onnx:{network}")
    out = folder / f"longer-{generations}"
    evolve(
        classifier,
        seeds=runs,
        out=out,
        encoding=config.encoding,
        generations=generations,
        batch=config.batch,
        classes=[each for each in classifier.description.classes if each != FOOLING_CLASS],
        resume=out.is_dir(),
        on_progress=context.progress_of(f"{runs} longer runs"),
        command=context.command,
    )
    histories = [open_run_file(out / f"seed-{seed}").history for seed in range(runs)]
    points = sorted({config.generations, generations // 4, generations // 2, generations})
    return LongerSearch(
        runs,
        {str(each): float(np.median([history.median[each] for history in histories])) for each in points},
        sum(float(history.seconds[-1]) for history in histories),
    )


def longer_search_table(search: LongerSearch) -> ResultTable:
    """A row for each generation that is shown."""
    rows = tuple((number, format_confidence(median)) for number, median in search.medians.items())
    return ResultTable(
        f"The last network, searched for longer (median of {search.runs} runs)",
        ("generations", "median confidence"),
        rows,
    )


def median_interval(run_medians: Sequence[float]) -> str:
    """Median over runs of a run's median, with its 95 % interval; the one statistic of these pages."""
    low, high = bootstrap_median(np.array(run_medians))
    median = format_confidence(float(np.median(run_medians)))
    return f"{median} (95 % {format_confidence(low)} to {format_confidence(high)})"


def intervals_table(rounds: Sequence[Mapping[str, Any]]) -> ResultTable:
    """The median over runs of every network, with its interval; from JSON values."""
    rows = tuple((f"DNN {each['number']}", median_interval(each["run_medians"])) for each in rounds)
    runs = len(rounds[0]["run_medians"])
    return ResultTable(
        f"Median over {runs} runs of a run's median over the classes (bootstrap over runs)",
        ("network", "median"),
        rows,
    )


def rounds_table(rounds: Sequence[Round], paper: Sequence[str]) -> ResultTable:
    """A row for each network; ``paper`` holds the paper's medians as text."""
    heads = (
        "network", "paper's median", "quartiles of champions", "first generation", "at 99 %",
        "error on real images", "real taken for fooling", "training images", "of them fooling",
    )  # fmt: skip
    rows = [
        (
            f"DNN {each.number}",
            number,
            " to ".join(map(format_confidence, each.quartiles)),
            format_confidence(each.first_generation_median),
            f"{each.fooled['0.99']:.0%}",
            f"{each.test_error:.2%}",
            f"{each.real_as_fooling:.2%}",
            str(each.training_images),
            f"{each.fooling_images} ({each.fooling_images / each.training_images:.0%})",
        )
        for each, number in zip(rounds, paper, strict=True)
    ]
    return ResultTable(f"Networks ({len(rounds[0].run_medians)} runs, all classes)", heads, tuple(rows))


def arms_race_figures(config: ArmsRaceConfig, rounds: Sequence[Round]) -> dict[str, Any]:
    """Everything measured, as JSON values."""
    return {
        "config": config.model_dump(mode="json"),
        "queries": config.queries(),
        "rounds": [each.model_dump(mode="json") for each in rounds],
    }


def total_seconds(rounds: Sequence[Round]) -> float:
    """Of training and search."""
    return sum(sum(each.seconds.values()) for each in rounds)


def rounds_picture(folder: Path, rounds: Sequence[Round], numbers: Sequence[int]) -> Image:
    """One run against each of some networks: its last champions, with their confidences."""
    rows = []
    for number in numbers:
        images = RoundImages.read(round_folder(folder, number) / IMAGES_FILE)
        tiles = [
            ImageTile(canvas, (format_confidence(float(confidence)),))
            for canvas, confidence in zip(
                images.last_images[0][:SHOWN], images.last_confidence[0], strict=False
            )
        ]
        rows.append(ImageRow(f"DNN {number}", tuple(tiles)))
    return image_grid(rows)
