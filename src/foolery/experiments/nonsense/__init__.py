"""Nonsense: pictures that no search made, by which every search has to be measured."""

from foolery.experiments.nonsense.baseline import Baseline
from foolery.experiments.nonsense.registry import baseline, baselines

__all__ = ["Baseline", "baseline", "baselines"]
