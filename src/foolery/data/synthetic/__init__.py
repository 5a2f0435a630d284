"""Nonsense: pictures that no search made, by which every search has to be measured."""

from foolery.data.synthetic.baseline import Baseline
from foolery.data.synthetic.registry import baseline, baselines

__all__ = ["Baseline", "baseline", "baselines"]
