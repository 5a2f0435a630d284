"""The rule of gradient ascent: how far a step goes, and what is done to the image after it.

The rule and the four settings are the paper's (3.9, and the released ``find_fooling_image.py``): the step is
as long as it takes, to first order, to gain a given part of the class's probability.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace

from foolery.errors import UsageError, did_you_mean

QUERIES_PER_STEP = 3
"""An image goes through the network forward, backward, and once more for its score."""


@dataclass(frozen=True)
class AscentRule:
    """One setting of gradient ascent; x is the image less the mean pixel, in levels of 0 to 255.

    Attributes:
        steps: how many there are; the paper's N images, and one more, because here the last moves too.
        first_gain: the gain in probability that a step aims at while the probability is low.
        last_gain: the share of what is missing to 1 that it aims at later:
            ``min(first_gain, last_gain * (1 - p))``.
        decay: share of x that is lost after every step (the paper's L2 regularisation).
        blur: standard deviation in pixels of a Gaussian blur of x; 0 for none.
        blur_every: steps from one blur to the next.
        small_norm: percentile of the pixels that are set to the mean pixel, by the norm of x.
        benefit: likewise, by what the class would lose to first order were they so set.
        abs_benefit: likewise, by how much it would lose or gain.
        max_step: the largest step, as a factor of the gradient.
        step_nats: where it is not 0, steps follow the logarithm of the probability and aim at a gain of so
            many nats, and of ``last_gain * (1 - p)`` once that is less. ``first_gain`` and ``max_step`` do
            not count then. The paper's step ends where the probability underflows, as that of a
            generative network does.
        logit_factor: what the logits of a softmax are multiplied by before it, so that a step need not depend
            on the temperature that a network happens to have.
    """

    steps: int
    first_gain: float
    last_gain: float
    decay: float = 0.0
    blur: float = 0.0
    blur_every: int = 1
    small_norm: float = 0.0
    benefit: float = 0.0
    abs_benefit: float = 0.0
    max_step: float = 1e7
    step_nats: float = 0.0
    logit_factor: float = 1.0

    def __post_init__(self) -> None:
        for name, (low, high, whole) in _RANGES.items():
            value = getattr(self, name)
            numeric = isinstance(value, int | float) and not isinstance(value, bool)
            if not numeric or not low <= value <= high or (whole and value != int(value)):
                kind = "whole number" if whole else "number"
                raise UsageError(f"rule: {name}: expected a {kind} from {low:g} to {high:g}, got {value!r}")

    @property
    def options(self) -> Mapping[str, int | float]:
        """All but ``steps``, as a run records them; the last two only where they do something."""
        numbers = asdict(self)
        del numbers["steps"]
        if not self.step_nats:
            del numbers["step_nats"]
        if self.logit_factor == 1.0:
            del numbers["logit_factor"]
        return {name: int(n) if _RANGES[name][2] else float(n) for name, n in numbers.items()}


_RANGES: Mapping[str, tuple[float, float, bool]] = {
    "steps": (0, 10_000_000, True),
    "first_gain": (1e-9, 1.0, False),
    "last_gain": (1e-9, 1.0, False),
    "decay": (0.0, 1.0, False),
    "blur": (0.0, 100.0, False),
    "blur_every": (1, 1_000_000, True),
    "small_norm": (0.0, 100.0, False),
    "benefit": (0.0, 100.0, False),
    "abs_benefit": (0.0, 100.0, False),
    "max_step": (1e-9, 1e30, False),
    "step_nats": (0.0, 1e6, False),
    "logit_factor": (1e-30, 1e30, False),
}

PRESETS: Mapping[str, AscentRule] = {
    "plain": AscentRule(500, first_gain=0.02, last_gain=0.1),
    "decay": AscentRule(1500, first_gain=0.03, last_gain=0.02, decay=0.01),
    "blur": AscentRule(1000, first_gain=0.03, last_gain=0.05, decay=0.001, blur=0.4, blur_every=2),
    "sparse": AscentRule(
        1500, first_gain=0.03, last_gain=0.05, decay=0.001, blur=0.3, small_norm=20.0, abs_benefit=20.0
    ),
}
"""The four settings of the paper's supplement, there -1, 169, 188 and 360."""


def make_rule(
    preset: str, changes: Mapping[str, int | float] | None = None, steps: int | None = None
) -> AscentRule:
    """The rule ``preset``, with some of its numbers changed.

    Raises:
        UsageError: for an unknown preset or number, and for a value that makes no sense.
    """
    if preset not in PRESETS:
        raise UsageError(f"preset: unknown {preset!r}; {did_you_mean(preset, list(PRESETS))}")
    changed = dict(changes or {})
    for name in changed:
        if name not in _RANGES:
            raise UsageError(f"rule: unknown {name!r}; {did_you_mean(name, list(_RANGES))}")
    if steps is not None:
        changed["steps"] = steps
    return replace(PRESETS[preset], **changed)  # type: ignore[arg-type]
