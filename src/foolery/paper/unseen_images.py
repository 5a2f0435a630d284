"""Families of retrained networks in a folder, and images that none of a family's networks has seen."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from foolery.canvas import Canvases
from foolery.classifiers import load_classifier
from foolery.classifiers.base import Classifier
from foolery.classifiers.card import card_beside
from foolery.encodings import make_encoding
from foolery.engine.evolution import evolve
from foolery.errors import UsageError
from foolery.hardening.config import FOOLING_CLASS, search_seed
from foolery.hardening.loop import real_image_rates
from foolery.hardening.rounds import RoundImages
from foolery.paper.experiment import Context
from foolery.paper.records import cached_result
from foolery.rng import Stream

COORDINATES = ("raw", "centered")
KINDS = ("evolved, raw", "evolved, centered", "random, raw", "random, centered", "real")
_NETWORK = re.compile(r"(fooling|random)-(iterations|epochs)-(\d+)\.onnx")
UNSEEN_SEED = 700_000
"""Added to the number of a network: no search or draw of a race uses such a number."""
CHUNK = 500


@dataclass(frozen=True)
class Family:
    """A first network and those that were retrained after it.

    Attributes:
        folder: of the race.
        number: of the race.
        other: folder of another race, whose first network gives images that this family has not seen.
    """

    folder: Path
    number: int
    other: Path

    def measured(
        self, context: Context, *, random_images: int, runs: int, generations: int, batch: int
    ) -> dict[str, Any]:
        """Shares of each kind of image that each network calls a fooling image, as JSON values."""
        stranger = _open(self.other / "first.onnx")
        images: dict[str, Canvases] = {}

        def shown() -> Mapping[str, Canvases]:
            if not images:
                images.update(self._images(context, stranger, random_images, runs, generations, batch))
            return images

        def measure_network(network: Classifier) -> dict[str, Any]:
            return _rates(context, network, shown())

        networks = []
        for file in sorted(self.folder.glob("*.onnx")):
            match = _NETWORK.fullmatch(file.name)
            if match is None or not card_beside(file.with_suffix(".safetensors")).is_file():
                continue
            network = _open(file)
            settings = {
                "network": network.description.fingerprint,
                "stranger": stranger.description.fingerprint,
                "random": random_images,
                "runs": runs,
                "generations": generations,
                "batch": batch,
                "data": len(context.data["test"]),
            }
            name = f"unseen-{self.folder.name}-{file.stem}"
            rates = cached_result(context, name, settings, partial(measure_network, network))
            networks.append({"arm": match[1], "equal": match[2], "number": int(match[3]), **rates})
        return {
            "race": self.folder.name,
            "classes": len(stranger.description.classes),
            "networks": networks,
        }

    def _images(
        self,
        context: Context,
        stranger: Classifier,
        random_images: int,
        runs: int,
        generations: int,
        batch: int,
    ) -> dict[str, Canvases]:
        canvas = stranger.description.canvas
        last = RoundImages.read(self.other / "first.npz").last_images
        images = {"evolved, raw": last.reshape(-1, *last.shape[2:])}
        champions = []
        for run in range(runs):
            result = evolve(
                stranger,
                options={"coordinates": "centered"},
                seed=search_seed(self.number, UNSEEN_SEED) + run,
                generations=generations,
                batch=batch,
                on_progress=context.progress_of(f"{self.folder.name}, centered images, {run + 1} of {runs}"),
                command=context.command,
            )
            champions += [np.asarray(each.canvas) for each in result.champions.values()]
        images["evolved, centered"] = np.stack(champions)
        for coordinates in COORDINATES:
            encoding = make_encoding("cppn", canvas, {"coordinates": coordinates})
            seed = search_seed(self.number, UNSEEN_SEED + 1)
            genomes = encoding.initial(Stream.of(seed, 0, random_images))
            images[f"random, {coordinates}"] = np.asarray(encoding.render(genomes))
        return images


def find_families(context: Context) -> list[Family]:
    """The families in ``context.work``, at most as many as there are seeds of each name.

    Raises:
        UsageError: where there are not two of one name with a retrained network each.
    """
    groups: dict[str, list[tuple[int, Path]]] = {}
    for folder in sorted((context.work / "races").glob("*")):
        name, _, number = folder.name.rpartition("-")
        whole = (folder / "first.npz").is_file() and list(folder.glob("fooling-*-2.card.json"))
        if name and number.isdecimal() and whole:
            groups.setdefault(name, []).append((int(number), folder))
    families = [
        Family(folder, number, members[(place + 1) % len(members)][1])
        for members in (sorted(each)[: context.seeds] for each in groups.values())
        if len(members) > 1
        for place, (number, folder) in enumerate(members)
    ]
    if not families:
        raise UsageError(
            f"out: expected retrained networks of two races or more in {context.work / 'races'}; run "
            "foolery reproduce races (or classes) into the same folder first"
        )
    return families


def _open(graph: Path) -> Classifier:
    return load_classifier(f"onnx:{graph}")


def _rates(context: Context, network: Classifier, images: Mapping[str, Canvases]) -> dict[str, Any]:
    """Shares whose first answer is the extra class, and of how many images."""
    place = network.description.classes.index(FOOLING_CLASS)
    rates, counts = {}, {}
    for kind, canvases in images.items():
        first = np.concatenate(
            [
                network.scores(canvases[at : at + CHUNK]).argmax(axis=1)
                for at in range(0, len(canvases), CHUNK)
            ]
        )
        rates[kind], counts[kind] = float((first == place).mean()), len(canvases)
    rates["real"], counts["real"] = (
        real_image_rates(network, context.data["test"])[1],
        len(context.data["test"]),
    )
    return {"rates": rates, "images": counts}
