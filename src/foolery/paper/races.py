"""Races with controls: networks with a fooling class, with another class, with none, all attacked alike."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from foolery.canvas import Canvases
from foolery.classifiers import load_classifier
from foolery.classifiers.base import Classifier
from foolery.classifiers.card import card_beside
from foolery.data import LabelledData, LabelledImages
from foolery.encodings import make_encoding
from foolery.engine.evolution import evolve
from foolery.hardening.config import FOOLING_CLASS, search_seed, training_seed
from foolery.hardening.loop import real_image_rates
from foolery.hardening.rounds import RoundImages, images_of_runs
from foolery.hardening.training_set import add_fooling_class
from foolery.paper.experiment import Context
from foolery.paper.measures import champion_confidences, finite_or_none, median_of, queries_of_runs
from foolery.paper.race_design import RaceDesign, RaceNetwork
from foolery.paper.records import cached_result
from foolery.rng import Stream
from foolery.runs import RunFile, open_run_file
from foolery.training.recipes import RECIPES, TrainingRecipe

THRESHOLD = 0.99
OTHER_SEED = 500_000
"""Added to the number of a network whose random start is to be another one."""


@dataclass(frozen=True)
class Race:
    """One race: its number is the seed of everything in it, and no two races share a seed.

    Attributes:
        context: gives the folder, and gets the progress.
        name: of the experiment, and of what sets this race's data apart.
        design: settings.
        number: from 0.
        train_data: real images, all that there are.
        test_data: to measure errors with.
    """

    context: Context
    name: str
    design: RaceDesign
    number: int
    train_data: LabelledImages
    test_data: LabelledData

    @property
    def folder(self) -> Path:
        """Where its networks and images lie."""
        return self.context.work / "races" / f"{self.name}-{self.number}"

    def run(self) -> list[dict[str, Any]]:
        """Every network, trained and attacked; what is there already is used."""
        return [self._measured(network) for network in self.design.networks()]

    def _measured(self, network: RaceNetwork) -> dict[str, Any]:
        settings = {
            "design": asdict(self.design),
            "race": self.number,
            "network": asdict(network),
            "images": len(self.train_data),
            "classes": list(self.train_data.classes),
        }
        record = f"{self.name}-{self.number}-{network.name}"
        return cached_result(self.context, record, settings, lambda: self._measure(network))

    def _measure(self, network: RaceNetwork) -> dict[str, Any]:
        start = perf_counter()
        extra, real = self._extra(network), self._real()
        recipe = self._recipe(network, len(real), extra)
        classifier = self._train(network, real, extra, recipe)
        trained = perf_counter() - start
        error, real_as_fooling = real_image_rates(classifier, self.test_data)
        first = network.arm == "first"
        attacks = {"short": self._attack(network, classifier, first=first, long=False)}
        if self.design.is_last(network):
            attacks["long"] = self._attack(network, classifier, first=first, long=True)
        return {
            **asdict(network),
            "test_error": error,
            "real_as_fooling": real_as_fooling,
            "real_images": len(real),
            "extra_images": len(extra),
            "iterations": recipe.iterations,
            "training_seconds": round(trained, 1),
            **attacks,
        }

    def _real(self) -> LabelledImages:
        """The real images of this race: its own draw, of every class its share."""
        count = min(self.design.real_images, len(self.train_data))
        rows = np.random.default_rng(training_seed(self.number, 1)).permutation(len(self.train_data))
        return self.train_data.take(np.sort(rows[:count]))

    def _extra(self, network: RaceNetwork) -> Canvases:
        """Images of the extra class, repeats included; none for networks without one."""
        shape = self.train_data.shape
        if network.arm == "fooling":
            images = np.concatenate(
                [self._images(network, before).training_images(10**9) for before in range(1, network.number)]
            )
        elif network.arm == "random":
            runs = self.design.first_runs + self.design.runs * (network.number - 2)
            encoding = make_encoding("cppn", shape)
            count = 2 * len(self.train_data.classes) * runs
            genomes = encoding.initial(Stream.of(search_seed(self.number, OTHER_SEED), 0, count))
            images = np.asarray(encoding.render(genomes))
        else:
            images = np.empty((0, *shape.axes), np.uint8)
        if not len(images) or not self.design.over:
            return images
        ordinary = min(self.design.real_images, len(self.train_data)) / len(self.train_data.classes)
        return np.concatenate([images] * max(1, round(self.design.over * ordinary / len(images))))

    def _images(self, network: RaceNetwork, before: int) -> RoundImages:
        """What fooled an earlier network of the same arm."""
        source = RaceNetwork("fooling", network.equal, before)
        if before == 1:
            source = RaceNetwork("first", "iterations", 1)
        self._measured(source)
        return RoundImages.read(self.folder / f"{source.name}.npz")

    def _recipe(self, network: RaceNetwork, real: int, extra: Canvases) -> TrainingRecipe:
        steps = self.design.iterations
        if network.equal == "epochs":
            steps = round(steps * (real + len(extra)) / real)
        recipe = replace(RECIPES[self.design.architecture], iterations=steps)
        canvas = recipe.preprocessing.canvas.model_copy(
            update=dict(zip(("channels", "height", "width"), self.train_data.shape.axes, strict=True))
        )
        return replace(recipe, preprocessing=recipe.preprocessing.model_copy(update={"canvas": canvas}))

    def _train(
        self, network: RaceNetwork, real: LabelledImages, extra: Canvases, recipe: TrainingRecipe
    ) -> Classifier:
        from foolery.training.from_scratch import train_from_scratch

        weights = self.folder / f"{network.name}.safetensors"
        if not card_beside(weights).is_file():
            weights.parent.mkdir(parents=True, exist_ok=True)
            for leftover in (weights, weights.with_suffix(".onnx")):
                leftover.unlink(missing_ok=True)
            label = f"race {self.number}, {network.name}: training"
            train_from_scratch(
                self.design.architecture,
                add_fooling_class(real, [extra]) if len(extra) else real,
                recipe,
                training_seed(
                    self.number, network.number + (OTHER_SEED if network.arm == "other-seed" else 0)
                ),
                weights,
                self.context.command,
                lambda done, steps, loss: self.context.on_progress(label, done, steps),
            )
        return load_classifier(f"onnx:{weights.with_suffix('.onnx')}")

    def _attack(
        self, network: RaceNetwork, classifier: Classifier, *, first: bool, long: bool
    ) -> dict[str, Any]:
        """Searches against a network; the images of short ones are kept where later networks learn them."""
        design = self.design
        count = design.long_runs if long else design.first_runs if first else design.runs
        place = 2 * self.design.networks().index(network) + long
        seed = search_seed(self.number, place + 1)
        folder = self.folder / f"{network.name}-{'long' if long else 'short'}"
        evolve(
            classifier,
            seeds=count,
            seed=seed,
            out=folder,
            generations=design.long_generations if long else design.generations,
            batch=design.batch,
            classes=[name for name in classifier.description.classes if name != FOOLING_CLASS],
            keep_genomes="auto" if long else "all",
            resume=folder.is_dir(),
            on_progress=self.context.progress_of(f"race {self.number}, {folder.name}: {count} runs"),
            command=self.context.command,
        )
        runs = [open_run_file(folder / f"seed-{each}") for each in range(seed, seed + count)]
        if not long and network.arm in ("first", "fooling"):
            images_of_runs(runs).write(self.folder / f"{network.name}.npz")
        summary = _attack_summary(runs)
        shutil.rmtree(folder)
        return summary


def _attack_summary(runs: Sequence[RunFile]) -> dict[str, Any]:
    return {
        "runs": len(runs),
        "queries_per_run": int(runs[0].history.queries[-1]),
        "median_queries_to_0.99": finite_or_none(median_of(queries_of_runs(runs, THRESHOLD))),
        "run_medians": [float(np.median(champion_confidences(run))) for run in runs],
        "search_seconds": round(sum(run.seconds for run in runs), 1),
    }
