"""What pages say in sentences."""

from __future__ import annotations

import re
from collections.abc import Sequence
from statistics import median
from typing import TYPE_CHECKING, TypeAlias

from foolery.runs.validation import BRED
from foolery.text import format_count, format_score

if TYPE_CHECKING:
    from foolery.engine.run import Champion
    from foolery.runs import RunSettings

Confidences: TypeAlias = "tuple[RunSettings, Sequence[float]]"
"""Settings of a run, and the confidences of its champions."""

LEVELS = ((0.9999, "99.99 %"), (0.999, "99.9 %"), (0.99, "99 %"), (0.9, "90 %"), (0.5, "50 %"))
_ENCODINGS = {"cppn": "CPPN"}
_ENCODING_STARTS = {
    "cppn": "Each image is rendered by a small network (a CPPN) whose weights and shape began at random.",
    "direct": "Each image began as uniform noise.",
}
_ASCENT_STARTS = {
    "mean": "Each image began as the mean pixel of the preprocessing plus a little noise.",
    "noise": "Each image began as uniform noise.",
    "image": "Each image began as the same image from a file.",
    "random": "Each image began as the output of a small random network (a CPPN).",
    "champions": "Each image began as an evolved one.",
}


def headline(runs: Sequence[Confidences]) -> str:
    """One sentence: the confidence of the classifiers in how many images.

    It names the highest of 99.99, 99.9, 99, 90 and 50 % that at least half of the images reach, else 50 %
    if any does.
    """
    names = {settings.fingerprint: short_name(settings.classifier) for settings, _ in runs}
    classifiers = f"{len(names)} classifiers" if len(names) > 1 else next(iter(names.values()))
    confidences = [value for _, values in runs for value in values]
    if not confidences:
        return f"No champions yet for {classifiers}"
    ascent = all(settings.search == "ascent" for settings, _ in runs)
    images = f"{format_count(len(confidences))} {'gradient ascent' if ascent else 'evolved'} "
    images += "images" if len(confidences) > 1 else "image"
    kinds = {settings.kind for settings, _ in runs}
    if kinds == {"similarity"}:
        middle = format_score(median(confidences), "similarity")
        return f"{images}, with a median similarity of {middle} in {classifiers}"
    if "similarity" in kinds:
        return f"{images}, scored by {classifiers}"
    verb = "are" if len(names) > 1 else "is"
    return f"{classifiers} {verb} {_confidence_phrase(confidences, images)}"


def _confidence_phrase(confidences: Sequence[float], images: str) -> str:
    total = len(confidences)
    for level, name in LEVELS:
        reached = sum(value >= level for value in confidences)
        if 2 * reached >= total or (reached and level == LEVELS[-1][0]):
            share = images if total == 1 else f"{format_count(reached)} of {images}"
            return f"at least {name} confident in {share}"
    return f"at most {format_score(max(confidences), 'softmax')} confident in {images}"


def how_made(settings: RunSettings) -> str:
    """Two sentences: where the images come from, and that nothing but a score selected them."""
    name = short_name(settings.classifier)
    if settings.search == "ascent":
        start = _ASCENT_STARTS.get(str(settings.search_options.get("start")), "Each image began at random.")
        step = "weight by weight" if "through" in settings.search_options else "pixel by pixel"
        return (
            f"{start} It then followed the gradient of its class, {step}. Shown is the step that {name} "
            "scored highest, rounded to 8 bits."
        )
    if settings.search == BRED:
        return (
            "A person chose the parents, nine pictures at a time. Each class keeps the picture shown that "
            f"{name} scored highest for it."
        )
    start = _ENCODING_STARTS.get(settings.encoding, "Each image began at random.")
    return (
        f"{start} Each class keeps the image that {name} scored highest for it; nothing else selected the "
        "images."
    )


def heading(settings: RunSettings) -> str:
    """``CPPN encoding, seed 0``, or ``Gradient ascent, seed 0``."""
    if settings.search == "ascent":
        through = " through CPPNs" if "through" in settings.search_options else ""
        return f"Gradient ascent{through}, seed {settings.seed}"
    by_hand = "Bred by hand, " if settings.search == BRED else ""
    return f"{by_hand}{_ENCODINGS.get(settings.encoding, settings.encoding)} encoding, seed {settings.seed}"


def about_run(settings: RunSettings) -> str:
    """``lenet, 10 classes, CPPN encoding, seed 0``."""
    classes = f"{format_count(len(settings.cells))} class{'' if len(settings.cells) == 1 else 'es'}"
    return f"{short_name(settings.classifier)}, {classes}, {heading(settings)}"


def run_state(status: str, generation: int) -> str:
    """``finished at generation 200``; ``generation`` is -1 before the first one is stored."""
    if generation < 0:
        return f"{status}, no generation yet"
    return f"{status} at generation {format_count(generation)}"


def alt_text(settings: RunSettings, champion: Champion) -> str:
    """A champion's image in a sentence."""
    kinds = {"ascent": "Gradient ascent image", BRED: "Image bred by hand"}
    kind = kinds.get(settings.search, "Evolved image")
    value = format_score(champion.confidence, settings.kind)
    return f"{kind}: {short_name(settings.classifier)} gives {champion.label} {value}"


def short_name(name: str) -> str:
    """``alexnet`` for ``torchvision:alexnet``, ``net.onnx`` for ``onnx:folder/net.onnx``.

    A file that is called ``model`` goes by the name of its folder.
    """
    words = re.split(r"[/\\]", name.partition(":")[2] or name)
    parts = [part for part in words if part not in ("", ".", "..")]
    if len(parts) > 1 and re.fullmatch(r"(model|network|net|weights)\.\w+", parts[-1]):
        return parts[-2]
    return parts[-1] if parts else name


def measure(kind: str) -> str:
    """What a classifier's scores of that kind are called."""
    return "similarity" if kind == "similarity" else "confidence"
