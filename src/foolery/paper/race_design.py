"""The design of a race with controls: its networks, what each learns, and how it is attacked."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from foolery.paper.experiment import scale_count
from foolery.training.recipes import RECIPES

Arm = Literal["first", "fooling", "random", "none", "other-seed"]
Equal = Literal["iterations", "epochs"]


@dataclass(frozen=True)
class RaceDesign:
    """Settings of races; every number that a protocol fixes.

    Attributes:
        architecture: of every network.
        real_images: training images of a race, drawn by its number; at most those that there are.
        rounds: networks of the arm ``fooling``, the first included.
        first_runs: searches against the first network.
        runs: searches against each other one.
        generations: of these.
        long_runs: searches against the first and the last networks.
        long_generations: of these.
        batch: children per generation.
        iterations: steps of a training on real images alone.
        over: images of the extra class for one of an ordinary class, by repeats; 0 for each once.
        equal: what networks of a round have in common with the first: steps, epochs, or both in turn.
    """

    architecture: str
    real_images: int
    rounds: int
    first_runs: int
    runs: int
    generations: int
    long_runs: int
    long_generations: int
    batch: int
    iterations: int
    over: float = 0.0
    equal: tuple[Equal, ...] = ("iterations", "epochs")

    def scaled(self, scale: float) -> RaceDesign:
        """A share of all of it, for trials; 1 or more leaves it as it is."""
        less = min(scale, 1.0)
        return replace(
            self,
            real_images=scale_count(self.real_images, less, 200),
            rounds=scale_count(self.rounds, less, 2),
            first_runs=scale_count(self.first_runs, less, 2),
            runs=scale_count(self.runs, less, 1),
            generations=scale_count(self.generations, less, 3),
            long_runs=scale_count(self.long_runs, less, 1),
            long_generations=scale_count(self.long_generations, less, 4),
            iterations=scale_count(self.iterations, less, 20),
        )

    def networks(self) -> tuple[RaceNetwork, ...]:
        """All networks of a race, those first that others need."""
        last = self.rounds
        retrained = [
            network
            for equal in self.equal
            for network in (
                *(RaceNetwork("fooling", equal, number) for number in range(2, last + 1)),
                RaceNetwork("random", equal, last),
            )
        ]
        alone = [RaceNetwork(arm, "iterations", last) for arm in ("none", "other-seed")]
        return (RaceNetwork("first", "iterations", 1), *retrained, *alone)

    def queries(self) -> int:
        """Images classified by the searches of a race."""
        networks = self.networks()
        short = self.first_runs + self.runs * (len(networks) - 1)
        long = self.long_runs * sum(self.is_last(each) for each in networks)
        generations = short * (self.generations + 1) + long * (self.long_generations + 1)
        return generations * self.batch

    def trained_images(self) -> int:
        """Images that the trainings of a race see, at equal steps."""
        return len(self.networks()) * self.iterations * RECIPES[self.architecture].batch

    def is_last(self, network: RaceNetwork) -> bool:
        """Whether it is searched for long: the first one, and all of the last round."""
        return network.number in (1, self.rounds)


@dataclass(frozen=True)
class RaceNetwork:
    """A network of a race.

    Attributes:
        arm: what its extra class is made of, if it has one.
        equal: steps, or epochs.
        number: of its round, from 1.
    """

    arm: Arm
    equal: Equal
    number: int

    @property
    def name(self) -> str:
        """For files, unique in a race."""
        return "first" if self.arm == "first" else f"{self.arm}-{self.equal}-{self.number}"
