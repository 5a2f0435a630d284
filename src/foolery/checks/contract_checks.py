"""Contract checks: does a classifier keep its contract? One function for each line of the table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from foolery.canvas import from_png, png_bytes
from foolery.checks.probe import Check, Probe, Status
from foolery.classifiers.gradient import check_gradient, promises_gradient

PROBES = 24  # canvases that a gradient is asked for, and pictures among the probes
SAME = 1e-6  # a confidence may differ by as much for the same picture
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
    off = float(np.abs(sums - 1).max())
    status: Status = "pass" if off < SAME else "fail"
    return Check("range", status, f"probabilities sum to 1 within {off:.1g}, largest {high:.6f}")


def softmax_once(probe: Probe) -> Check:
    """Scores that are a log-softmax of probabilities come from a network that has its softmax inside.

    Were they so, adding one number to a row would make probabilities of it again: none negative, some near
    0, sum 1.
    """
    kind = probe.classifier.description.kind
    remedy = 'write "output": "probabilities" into its card'
    if kind == "sigmoid":
        twice = bool((probe.confidences >= 0.5 - SAME).all() and (probe.confidences <= 0.7311).all())
        said = f"every probability is from 0.5 to 0.73, as of a sigmoid taken twice; {remedy}"
        return Check("softmax", "warn" if twice else "pass", said if twice else "sigmoid taken once")
    if kind == "similarity":
        return Check("softmax", "pass", "none: cosines")
    count = probe.scores.shape[1]
    least = float((probe.scores + (1 - probe.scores.sum(axis=1, keepdims=True)) / count).min())
    if least >= 0.1 / count:
        said = (
            f"no class stands out (largest {probe.confidences.max():.2f}): untrained, or softmax taken twice"
        )
        return Check("softmax", "warn", said)
    if least >= -SAME:
        return Check("softmax", "fail", f"taken twice: the network gives probabilities already; {remedy}")
    return Check("softmax", "pass", "taken once")


def saturation(probe: Probe) -> Check:
    """Where a score is the best there is, a search cannot climb any further."""
    output = getattr(getattr(probe.classifier, "card", None), "output", "logits")
    best = 1.0 if probe.classifier.description.kind == "similarity" else 0.0
    full = int((probe.scores.max(axis=1) >= best).sum())
    count = len(probe.canvases)
    if output == "probabilities":
        said = f"the network gives probabilities: they end near 1 - 6e-8 ({full} of {count} are 1 already)"
        return Check("saturation", "warn", f"{said}; logits would let a search climb on")
    if full:
        return Check("saturation", "warn", f"{full} of {count} pictures have the best score there is")
    return Check("saturation", "pass", "no score is at its limit")


def responds(probe: Probe) -> Check:
    """Pictures that differ get answers that differ."""
    spread = float(np.ptp(probe.scores, axis=0).max())
    if spread == 0:
        return Check("responds", "fail", f"the same answer to {len(probe.canvases)} different pictures")
    answers = len(np.unique(probe.scores.argmax(axis=1)))
    if answers == 1:
        name = probe.classifier.description.classes[int(probe.scores[0].argmax())]
        return Check("responds", "warn", f"every one of {len(probe.canvases)} pictures is {name!r}")
    return Check("responds", "pass", f"{answers} different answers to {len(probe.canvases)} pictures")


def same_twice(probe: Probe) -> Check:
    """The same batch again; a dropout that is still on shows here."""
    again = probe.classifier.scores(probe.canvases)
    if np.array_equal(again, probe.scores):
        return Check("same twice", "pass", "bit for bit")
    off = probe.difference(again)
    if off <= SAME:
        return Check("same twice", "warn", f"confidences differ by {off:.1g}: a resumed run may differ")
    return Check("same twice", "fail", f"confidences differ by {off:.1g}; is a dropout still on?")


def batch_size(probe: Probe) -> Check:
    """One by one, and in threes; a batch normalisation that is still learning shows here."""
    off = 0.0
    for size in (1, 3):
        for start in range(0, min(len(probe.canvases), 12), size):
            part = slice(start, min(start + size, 12))
            off = max(off, probe.difference(probe.classifier.scores(probe.canvases[part]), part))
    if off <= CLOSE:
        said = "bit for bit" if off == 0 else f"confidences differ by at most {off:.1g}"
        return Check("batch size", "pass", f"1, 3 and {len(probe.canvases)}: {said}")
    said = f"confidences differ by {off:.1g} between batches of 1, 3 and {len(probe.canvases)}"
    return Check("batch size", "fail", f"{said}; is a batch normalisation still in training mode?")


def evaluation_mode(probe: Probe) -> Check:
    """No module of a torch network is in training mode; of others only what they do can be seen."""
    network: Any = getattr(probe.classifier, "network", None)
    if not callable(getattr(network, "modules", None)):
        return Check("eval mode", "pass", "judged by the two checks above: the graph is fixed")
    training = [type(module).__name__ for module in network.modules() if module.training]
    if training:
        return Check(
            "eval mode", "fail", f"{len(training)} modules are in training mode ({training[0]} first)"
        )
    return Check("eval mode", "pass", "every module")


def gradient(probe: Probe) -> Check:
    """Logits that promise a gradient have one, and are the scores' own."""
    if not promises_gradient(probe.classifier):
        return Check("gradient", "pass", "none promised (evolve and audit need none)")
    classifier: Any = probe.classifier
    found = check_gradient(classifier, probe.canvases[:PROBES])
    if not found.finite:
        return Check("gradient", "fail", "NaN or infinity")
    if found.difference > 1e-3:
        return Check("gradient", "fail", f"its logits differ from the scores by {found.difference:.1g}")
    if found.alive == 0:
        return Check("gradient", "fail", "zero everywhere")
    said = f"finite; zero nowhere but in {1 - found.alive:.0%} of pictures" if found.alive < 1 else "finite"
    return Check("gradient", "pass", f"{said}; logits are the scores within {found.difference:.1g}")


def png(probe: Probe) -> Check:
    """What is saved as PNG is what was scored."""
    read_back = np.stack([from_png(png_bytes(canvas)) for canvas in probe.canvases])
    if not np.array_equal(read_back, probe.canvases):
        return Check("PNG", "fail", "a canvas changes when it is saved and read")
    off = probe.difference(probe.classifier.scores(read_back))
    said = "saved and read back: same bytes, " + ("same scores" if off == 0 else f"scores within {off:.1g}")
    return Check("PNG", "pass" if off <= SAME else "fail", said)


CHECKS: Mapping[str, Callable[[Probe], Check]] = {
    "classes": classes,
    "range": output_range,
    "softmax": softmax_once,
    "saturation": saturation,
    "responds": responds,
    "same twice": same_twice,
    "batch size": batch_size,
    "eval mode": evaluation_mode,
    "gradient": gradient,
    "PNG": png,
}
"""Every check of a probe, in the order of the table."""
