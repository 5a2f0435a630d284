"""Does retraining help where there are many classes? One architecture, 10 to 100 classes (paper 3.8)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from foolery.analysis.statistics import NEEDS_SCIPY, correlation, format_p
from foolery.data import LabelledData, LabelledImages
from foolery.data.class_matching import match_by_name
from foolery.errors import UsageError
from foolery.paper.cost import Cost, CostItem
from foolery.paper.experiment import (
    Context,
    DataRequirement,
    Judgement,
    Reproduction,
    ReproductionOutcome,
    Requirements,
)
from foolery.paper.pieces import Piece
from foolery.paper.race_claims import find_network, harder_finding, networks_table, queries_ratio
from foolery.paper.race_design import RaceDesign
from foolery.paper.races import Race
from foolery.paper.verdicts import (
    MIN_UNITS,
    NO_VERDICT,
    SIGNIFICANT,
    Amount,
    Claim,
    Evidence,
    Finding,
    decide,
    find_claim,
    grade,
)
from foolery.text import format_confidence

COUNTS = (10, 20, 50, 100)
NETWORKS = 3
_SEEDS_OF_A_COUNT = 10_000
_ROLE = {"convnet": "small-photos", "lenet": "digits"}
"""Of which classifier the usual rate is, by architecture."""

CLAIMS = (
    Claim("helps", "retraining lowers the confidence of new images", "3.8, Fig. 12", "88.1 to 11.7 %"),
    Claim("more classes", "it lowers it the more, the more classes there are", "3.8, asked here", "–"),
    Claim("harder than random", "harder than with as many random CPPNs in the class", "asked here", "–"),
)


def class_subset(data: LabelledImages, count: int) -> LabelledImages:
    """The images of ``count`` classes, drawn once for all: fewer classes lie within more."""
    if count > len(data.classes):
        raise UsageError(f"data: expected at least {count} classes, got {len(data.classes)}")
    chosen = np.sort(np.random.default_rng(0).permutation(len(data.classes))[:count])
    kept = np.isin(data.labels, chosen)
    labels = np.searchsorted(chosen, data.labels[kept]).astype(np.int64)
    return LabelledImages(data.canvases[kept], labels, tuple(data.classes[each] for each in chosen))


@dataclass(frozen=True)
class ClassCounts:
    """Families of networks of one architecture, with more and more classes.

    Attributes:
        name: of the reproduction.
        title: of its page.
        design: of a family.
        photos: how the network sees them, in a few words.
    """

    name: str
    title: str
    design: RaceDesign
    photos: str

    def pieces(self, context: Context) -> list[Piece]:
        """One for each number of classes and network."""
        train, test = self._images(context.data["train"]), self._images(context.data["test"])
        index = match_by_name(test.classes, train.classes)
        if (index < 0).any() or len(index) != len(train.classes):
            raise UsageError("data: the classes of test and train differ; give two splits of one data set")
        test = LabelledImages(test.canvases, index[test.labels].astype(np.int64), train.classes)
        counts = [count for count in COUNTS if count <= len(train.classes)]
        if not counts:
            raise UsageError(f"data: expected at least {COUNTS[0]} classes, got {len(train.classes)}")
        return [
            self._piece(context, count, number, train, test)
            for number in range(context.seeds)
            for count in counts
        ]

    def _images(self, data: LabelledData) -> LabelledImages:
        from foolery.training.recipes import RECIPES

        (images,) = data.batches(len(data), RECIPES[self.design.architecture].preprocessing.shape)
        return images

    def _piece(
        self, context: Context, count: int, number: int, train: LabelledImages, test: LabelledImages
    ) -> Piece:
        def make() -> dict[str, Any]:
            own_train, own_test = class_subset(train, count), class_subset(test, count)
            seed = number + _SEEDS_OF_A_COUNT * COUNTS.index(count)  # no two families share a draw
            race = Race(context, name, self.design.scaled(context.scale), seed, own_train, own_test)
            return {"classes": count, "race": number, "networks": race.run()}

        name = f"{self.design.architecture}-{count}" + ("" if context.scale >= 1 else f"-{context.scale:g}")
        return Piece(f"{count} classes, network {number}", make)

    def run(self, context: Context) -> ReproductionOutcome:
        """Every number of classes and network; what is there already is used."""
        families = sorted((piece.run() for piece in self.pieces(context)), key=lambda each: each["classes"])
        networks = [each for family in families for each in family["networks"]]
        return ReproductionOutcome(
            {"design": asdict(self.design.scaled(context.scale)), "families": families},
            seconds=sum(
                each["training_seconds"]
                + sum(each[attack]["search_seconds"] for attack in ("short", "long") if attack in each)
                for each in networks
            ),
        )

    def judge(self, figures: Mapping[str, Any]) -> Judgement:
        """The unit is the family: a first network and those that were retrained after it, of one seed."""
        families, last = figures["families"], figures["design"]["rounds"]
        counts = sorted({family["classes"] for family in families})
        most = [family for family in families if family["classes"] == counts[-1]]
        amounts = (
            Amount("classes", 1000, counts[-1]),
            Amount("generations", 5000, figures["design"]["long_generations"]),
        )
        drops = {
            count: [drop_of(family, last) for family in families if family["classes"] == count]
            for count in counts
        }
        random = queries_ratio(families, ("fooling", "iterations"), ("random", "iterations"), last, "long")
        return Judgement(
            (
                _helps(drops[counts[-1]], Evidence("family", len(most), amounts)),
                _more_classes(families, drops, last),
                harder_finding(find_claim(CLAIMS, "harder than random"), {"long search": random}, "family"),
            ),
            amounts,
            tables=tuple(
                networks_table([each for each in families if each["classes"] == count], f"{count} classes")
                for count in counts
            ),
            notes=(
                f"One architecture, `{figures['design']['architecture']}` on {self.photos}, trained from "
                "scratch with the same number of steps. Fewer classes lie within more, and have fewer "
                "images: as many of each class. With more classes a run also gives more different fooling "
                "images, as published. The extra class is about seven times as large as an "
                "ordinary one, by repeats, as published.",
            ),
        )

    def cost(self, scale: float, seeds: int) -> Cost:
        """Queries of the searches, and three for each image of a training."""
        design, role = self.design.scaled(scale), _ROLE[self.design.architecture]
        families = len(COUNTS) * seeds
        return Cost(
            (
                CostItem(role, families * design.queries()),
                CostItem(role, families * design.trained_images(), 3.0),
            )
        )

    def reproduction(self) -> Reproduction:
        """The experiment with this design."""
        return Reproduction(
            name=self.name,
            title=self.title,
            place="3.8, Fig. 12",
            scale_multiplies="all of a family of networks, below 1",
            seeds=NETWORKS,
            requirements=Requirements(
                data=(
                    DataRequirement("train", None, "photos of up to 100 classes, to train with", "train"),
                    DataRequirement("test", None, "the same classes, to measure errors with"),
                ),
                packages=(("torch", "torch"), *NEEDS_SCIPY),
            ),
            claims=CLAIMS,
            cost=self.cost,
            run=self.run,
            judge=self.judge,
            pieces=self.pieces,
            settings=asdict(self.design) | {"classes": list(COUNTS), "networks": NETWORKS},
        )


def drop_of(family: Mapping[str, Any], last: int) -> float:
    """How much lower the median against the retrained network is than against the first, long search."""
    first, retrained = (
        find_network(family, arm, "iterations", number) for arm, number in (("first", 1), ("fooling", last))
    )
    if first is None or retrained is None:
        raise ValueError("a family without its networks")
    medians = [float(np.median(each["long"]["run_medians"])) for each in (first, retrained)]
    return medians[0] - medians[1]


def _helps(drops: list[float], evidence: Evidence) -> Finding:
    lowered = sum(drop > 0 for drop in drops)
    return decide(
        find_claim(CLAIMS, "helps"),
        f"lower by {', '.join(f'{drop:.3f}' for drop in drops)} with the most classes",
        grade(min(drops) >= 0.5, lowered == len(drops) and min(drops) >= 0.1),
        "median confidence against the first network less that against the retrained one, one value for each "
        "family; it holds where each is 0.5 or more (the paper's: 0.764), in part from 0.1 on",
        evidence,
    )


def _more_classes(families: list[Any], drops: Mapping[int, list[float]], last: int) -> Finding:
    rho, p = correlation(
        np.array([family["classes"] for family in families], float),
        np.array([drop_of(family, last) for family in families]),
    )
    enough = len(families) >= MIN_UNITS
    return decide(
        find_claim(CLAIMS, "more classes"),
        ", ".join(f"{format_confidence(float(np.median(each)))} ({count})" for count, each in drops.items()),
        grade(rho > 0 and p < SIGNIFICANT) if enough else NO_VERDICT,
        f"median drop by the number of classes; rank correlation over families {rho:.2f}, {format_p(p)}; "
        f"it holds where it is positive with p < {SIGNIFICANT:g}",
        Evidence("family", len(families)),
    )


REPRODUCTION = ClassCounts(
    name="classes",
    title="Retraining and the number of classes",
    design=RaceDesign(
        architecture="convnet",
        real_images=50_000,
        rounds=2,
        first_runs=5,
        runs=1,
        generations=200,
        long_runs=1,
        long_generations=5000,
        batch=200,
        iterations=1000,
        over=7.0,
        equal=("iterations",),
    ),
    photos="color photos of 32 x 32",
).reproduction()
"""Of each network: an extra class seven times as large as an ordinary one, attacked with the paper's 5000."""
