"""Figure 12 again, with photos of 64 x 64 pixels in twenty classes (paper 3.8)."""

from __future__ import annotations

from foolery.paper.fig12 import RetrainingExperiment

REPRODUCTION = RetrainingExperiment(
    name="fig12-64",
    default=None,
    about="twenty classes of Tiny ImageNet",
    side=64,
    classes=20,
    ordinary=500,
    runs=12,
    reported=12,
    generations=100,
    iterations=500,
).reproduction()
