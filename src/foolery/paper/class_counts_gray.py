"""The number of classes again, small: LeNet on gray photos, within an hour of one core (paper 3.8)."""

from __future__ import annotations

from foolery.paper.class_counts import ClassCounts
from foolery.paper.race_design import RaceDesign

REPRODUCTION = ClassCounts(
    name="classes-gray",
    title="Retraining and the number of classes, small",
    design=RaceDesign(
        architecture="lenet",
        real_images=50_000,
        rounds=2,
        first_runs=5,
        runs=1,
        generations=100,
        long_runs=1,
        long_generations=500,
        batch=200,
        iterations=1000,
        over=7.0,
        equal=("iterations",),
    ),
    photos="gray photos of 28 x 28",
).reproduction()
