"""Contract: what every classifier has to keep, one check each, on images that foolery makes itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from foolery.canvas import Canvases, CanvasShape, from_png, png_bytes
from foolery.classifiers.base import Classifier
from foolery.classifiers.gradients import check_gradient, has_gradient
from foolery.classifiers.scores import confidence, rounding_step

CheckStatus = Literal["pass", "warn", "fail"]


@dataclass(frozen=True)
class Check:
    """One line of the table.

    Attributes:
        name: what was looked at.
        status: ``pass``, ``warn`` (may be intended) or ``fail`` (a search would be meaningless).
        message: what was found, and the remedy.
    """

    name: str
    status: CheckStatus
    message: str


@dataclass(frozen=True)
class Probe:
    """What the checks look at.

    Attributes:
        classifier: under test.
        canvases: ``(N, C, H, W) uint8``: flat, noisy and smooth ones, then real images where there are any.
        scores: ``(N, K) float64`` of them, in one batch.
    """

    classifier: Classifier
    canvases: Canvases
    scores: NDArray[np.float64]

    @property
    def confidences(self) -> NDArray[np.float64]:
        """``(N, K)``, as people read them."""
        return confidence(self.scores, self.classifier.description.kind)

    def difference(self, scores: NDArray[np.float64], rows: slice = slice(None)) -> float:
        """The largest between these scores' confidences and those of ``rows`` here."""
        again = confidence(scores, self.classifier.description.kind)
        return float(np.abs(again - self.confidences[rows]).max())


def probes(shape: CanvasShape) -> Canvases:
    """``(12, C, H, W) uint8``: black, gray, white, five of noise, four slopes: unrecognizable images."""
    rng = np.random.default_rng(0)
    flat = [np.full(shape.axes, value, np.uint8) for value in (0, 128, 255)]
    noise = [rng.integers(0, 256, shape.axes).astype(np.uint8) for _ in range(5)]
    rows = np.linspace(0, 255, shape.height)[None, :, None]
    columns = np.linspace(0, 255, shape.width)[None, None, :]
    slopes = [rows + 0 * columns, columns + 0 * rows, (rows + columns) / 2, np.abs(rows - columns)]
    smooth = [np.broadcast_to(slope, shape.axes).astype(np.uint8) for slope in slopes]
    return np.stack([*flat, *noise, *smooth])


PROBES = 24  # canvases that the gradient is checked on, and images among the probes
SAME = 1e-6  # a confidence may differ by as much for the same image
ROUNDED = 1e-2  # probabilities of a network in float16 may sum to 1 as nearly
CLOSE = 1e-4  # and by as much in another batch size


def classes(probe: Probe) -> Check:
    """As many scores as class names, each name once."""
    names = probe.classifier.description.classes
    if probe.scores.shape != (len(probe.canvases), len(names)):
        return Check("classes", "fail", f"{probe.scores.shape[1:]} scores for {len(names)} class names")
    if len(set(names)) < len(names):
        return Check("classes", "warn", f"{len(names)}, of which only {len(set(names))} names differ")
    return Check("classes", "pass", f"{len(names)}, from {names[0]} to {names[-1]}")


def output_range(probe: Probe) -> Check:
    """Probabilities that sum to 1, independent ones, or cosines, as the kind promises."""
    kind, values = probe.classifier.description.kind, probe.confidences
    low, high = float(values.min()), float(values.max())
    if not np.isfinite(values).all():
        return Check("range", "fail", "NaN among the scores; check scale, mean and std")
    if kind == "similarity":
        inside = low >= -1 - SAME and high <= 1 + SAME
        return Check("range", "pass" if inside else "fail", f"cosines from {low:.3f} to {high:.3f}")
    if low < 0 or high > 1 + SAME:
        return Check("range", "fail", f"{kind} probabilities from {low:.3g} to {high:.3g}")
    sums = values.sum(axis=1)
    if kind == "sigmoid":
        return Check("range", "pass", f"independent probabilities from {low:.2g} to {high:.6f}")
    difference = float(np.abs(sums - 1).max())
    slack, how = SAME, ""
    if getattr(getattr(probe.classifier, "card", None), "output", "logits") == "probabilities":
        step = rounding_step(values)
        slack = max(ROUNDED, values.shape[1] * step / 2)
        how = "" if difference < SAME else ", as rounded ones do" if step == 0 else f" (steps of {step:.2g})"
    status: CheckStatus = "pass" if difference < slack else "fail"
    return Check("range", status, f"probabilities sum to 1 within {difference:.1g}{how}, largest {high:.6f}")


def softmax_once(probe: Probe) -> Check:
    """Scores that are a log-softmax of probabilities come from a network that has its softmax inside.

    Were they so, adding one number to a row would make probabilities of it again: none negative, some near
    0, sum 1.
    """
    kind = probe.classifier.description.kind
    remedy = 'write "output": "probabilities" into its card'
    if kind == "sigmoid":
        twice = bool((probe.confidences >= 0.5 - SAME).all() and (probe.confidences <= 0.7311).all())
        message = f"every probability is from 0.5 to 0.73, as of a sigmoid taken twice; {remedy}"
        return Check("softmax", "warn" if twice else "pass", message if twice else "sigmoid taken once")
    if kind == "similarity":
        return Check("softmax", "pass", "none: cosines")
    count = probe.scores.shape[1]
    least = float((probe.scores + (1 - probe.scores.sum(axis=1, keepdims=True)) / count).min())
    if least >= 0.1 / count:
        message = (
            f"no class stands out (largest {probe.confidences.max():.2f}): untrained, or softmax taken twice"
        )
        return Check("softmax", "warn", message)
    if least >= -SAME:
        return Check("softmax", "fail", f"taken twice: the network gives probabilities already; {remedy}")
    return Check("softmax", "pass", "taken once")


def saturation(probe: Probe) -> Check:
    """Where a score is at its maximum, a search cannot improve it any further."""
    output = getattr(getattr(probe.classifier, "card", None), "output", "logits")
    best = 1.0 if probe.classifier.description.kind == "similarity" else 0.0
    full = int((probe.scores.max(axis=1) >= best).sum())
    count = len(probe.canvases)
    if output == "probabilities":
        message = f"the network gives probabilities: they end near 1 - 6e-8 ({full} of {count} are 1 already)"
        return Check("saturation", "warn", f"{message}; with logits a search could go further")
    if full:
        return Check("saturation", "warn", f"{full} of {count} images have the highest possible score")
    return Check("saturation", "pass", "no score is at its maximum")


def responds(probe: Probe) -> Check:
    """Images that differ get predictions that differ."""
    spread = float(np.ptp(probe.scores, axis=0).max())
    if spread == 0:
        return Check("responds", "fail", f"the same scores for {len(probe.canvases)} different images")
    predictions = len(np.unique(probe.scores.argmax(axis=1)))
    if predictions == 1:
        name = probe.classifier.description.classes[int(probe.scores[0].argmax())]
        return Check("responds", "warn", f"every one of {len(probe.canvases)} images is {name!r}")
    return Check("responds", "pass", f"{predictions} different predictions for {len(probe.canvases)} images")


def repeatable(probe: Probe) -> Check:
    """The same batch again; a dropout that is still on shows here."""
    again = probe.classifier.scores(probe.canvases)
    if np.array_equal(again, probe.scores):
        return Check("repeatable", "pass", "bit for bit")
    difference = probe.difference(again)
    if difference <= SAME:
        return Check(
            "repeatable", "warn", f"confidences differ by {difference:.1g}: a resumed run may differ"
        )
    return Check("repeatable", "fail", f"confidences differ by {difference:.1g}; is dropout still on?")


def batch_size(probe: Probe) -> Check:
    """One by one, and in threes; a batch normalisation that is still learning shows here."""
    difference = 0.0
    for size in (1, 3):
        for start in range(0, min(len(probe.canvases), 12), size):
            part = slice(start, min(start + size, 12))
            difference = max(
                difference, probe.difference(probe.classifier.scores(probe.canvases[part]), part)
            )
    if difference <= CLOSE:
        message = "bit for bit" if difference == 0 else f"confidences differ by at most {difference:.1g}"
        return Check("batch size", "pass", f"1, 3 and {len(probe.canvases)}: {message}")
    message = f"confidences differ by {difference:.1g} between batches of 1, 3 and {len(probe.canvases)}"
    return Check("batch size", "fail", f"{message}; is a batch normalisation still in training mode?")


def evaluation_mode(probe: Probe) -> Check:
    """No module of a torch network is in training mode; of others only what they do can be seen."""
    network: Any = getattr(probe.classifier, "network", None)
    if not callable(getattr(network, "modules", None)):
        return Check("eval mode", "pass", "see the two checks above: the graph is fixed")
    training = [type(module).__name__ for module in network.modules() if module.training]
    if training:
        return Check(
            "eval mode", "fail", f"{len(training)} modules are in training mode ({training[0]} first)"
        )
    return Check("eval mode", "pass", "every module")


def gradient(probe: Probe) -> Check:
    """Logits that promise a gradient have one, and are the scores' own."""
    if not has_gradient(probe.classifier):
        return Check("gradient", "pass", "none offered (evolve and audit need none)")
    classifier: Any = probe.classifier
    result = check_gradient(classifier, probe.canvases[:PROBES])
    if not result.finite:
        return Check("gradient", "fail", "NaN or infinity")
    if result.difference > 1e-3:
        return Check("gradient", "fail", f"the logits differ from the scores by {result.difference:.1g}")
    if result.nonzero == 0:
        return Check("gradient", "fail", "zero everywhere")
    message = (
        f"finite; zero nowhere but in {1 - result.nonzero:.0%} of images" if result.nonzero < 1 else "finite"
    )
    return Check("gradient", "pass", f"{message}; logits are the scores within {result.difference:.1g}")


def png(probe: Probe) -> Check:
    """What is saved as PNG is what was scored."""
    read_back = np.stack([from_png(png_bytes(canvas)) for canvas in probe.canvases])
    if not np.array_equal(read_back, probe.canvases):
        return Check("PNG", "fail", "a canvas changes when it is saved and read")
    difference = probe.difference(probe.classifier.scores(read_back))
    message = "saved and read back: same bytes, " + (
        "same scores" if difference == 0 else f"scores within {difference:.1g}"
    )
    return Check("PNG", "pass" if difference <= SAME else "fail", message)


CHECKS: Mapping[str, Callable[[Probe], Check]] = {
    "classes": classes,
    "range": output_range,
    "softmax": softmax_once,
    "saturation": saturation,
    "responds": responds,
    "repeatable": repeatable,
    "batch size": batch_size,
    "eval mode": evaluation_mode,
    "gradient": gradient,
    "PNG": png,
}
"""Every check of a probe, in the order of the table."""
