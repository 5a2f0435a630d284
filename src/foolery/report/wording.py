"""Words: what a page says in sentences, and how it writes numbers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from statistics import median
from typing import TYPE_CHECKING

from foolery.text import format_score

if TYPE_CHECKING:
    from foolery.engine.run import Champion, RunResult

LEVELS = ((0.9999, "99.99 %"), (0.999, "99.9 %"), (0.99, "99 %"), (0.9, "90 %"), (0.5, "50 %"))
NARROW = "\N{NARROW NO-BREAK SPACE}"

_ENCODINGS = {"cppn": "CPPN"}
_ENCODING_STARTS = {
    "cppn": "Each picture is drawn by a small network, a CPPN, whose weights and shape began at random.",
    "direct": "Each picture began as uniform noise.",
}
_ASCENT_STARTS = {
    "mean": "Each picture began as the mean pixel of the preprocessing plus a little noise.",
    "noise": "Each picture began as uniform noise.",
    "picture": "Each picture began as one and the same picture from a file.",
    "random": "Each picture began as that of a small random network, a CPPN.",
    "champions": "Each picture began as an evolved one.",
}


def headline(results: Sequence[RunResult]) -> str:
    """One sentence: how certain the classifiers are of how many pictures.

    It names the highest of 99.99, 99.9, 99, 90 and 50 % that at least half of the pictures reach,
    else 50 % if any does.
    """
    classifiers = _classifiers(results)
    champions = [champion for result in results for champion in result.champions.values()]
    total = len(champions)
    if not champions:
        return f"No pictures yet for {classifiers}"
    is_ascent = all(exhibit.settings.search == "ascent" for exhibit in results)
    pictures = f"{_count(total)} {'' if is_ascent else 'evolved '}picture{'s' if total > 1 else ''}"
    if is_ascent:
        pictures += " of gradient ascent"
    kinds = {exhibit.settings.kind for exhibit in results}
    if kinds == {"similarity"}:
        middle = median(champion.confidence for champion in champions)
        return (
            f"{pictures}, with a median similarity of {format_score(middle, 'similarity')} in {classifiers}"
        )
    if "similarity" in kinds:
        return f"{pictures}, scored by {classifiers}"
    many = classifiers != classifier_name(results[0])
    return f"{classifiers} {_confidence_phrase(champions, pictures, many=many)}"


def _confidence_phrase(champions: Sequence[Champion], pictures: str, *, many: bool) -> str:
    total, verb = len(champions), "are" if many else "is"
    for level, name in LEVELS:
        reached = sum(champion.confidence >= level for champion in champions)
        if 2 * reached >= total or (reached and level == LEVELS[-1][0]):
            share = pictures if total == 1 else f"{_count(reached)} of {pictures}"
            return f"{verb} at least {name} certain of {share}"
    most = max(champion.confidence for champion in champions)
    return f"{verb} at most {format_score(most, 'softmax')} certain of {pictures}"


def how_made(result: RunResult) -> str:
    """Two sentences: where the pictures come from, and that nothing but a score chose them."""
    if result.settings.search == "ascent":
        return _ascent_how_made(result)
    start = _ENCODING_STARTS.get(result.settings.encoding, "Each picture began at random.")
    return (
        f"{start} Of all pictures that were tried, each class keeps the one that "
        f"{classifier_name(result)} scored highest for it; nothing else chose it."
    )


def _ascent_how_made(result: RunResult) -> str:
    options = result.settings.search_options
    start = _ASCENT_STARTS.get(str(options.get("start")), "Each picture began at random.")
    step = "weight by weight" if "through" in options else "pixel by pixel"
    return (
        f"{start} It then followed the gradient of its class, {step}; shown is the step that "
        f"{classifier_name(result)} scored highest, rounded to 8 bits."
    )


def heading(result: RunResult) -> str:
    """``CPPN encoding, seed 0``, or ``Gradient ascent, seed 0``."""
    settings = result.settings
    if settings.search == "ascent":
        through = " through CPPNs" if "through" in settings.search_options else ""
        return f"Gradient ascent{through}, seed {settings.seed}"
    return f"{_ENCODINGS.get(settings.encoding, settings.encoding)} encoding, seed {settings.seed}"


def state(result: RunResult) -> str:
    """Whether the run is done, and how far it came."""
    generation = f"generation {_count(int(result.history.generation[-1]))}" if len(result.history) else ""
    if result.status == "finished":
        return f"finished at {generation}" if generation else "finished"
    if not generation:
        return f"{result.status}, before its first generation"
    return f"not finished: {result.status} at {generation}"


def classifier_name(result: RunResult) -> str:
    """What a page calls the classifier of a run; see ``short_name``."""
    return short_name(result.settings.classifier)


def short_name(name: str) -> str:
    """``alexnet`` for ``torchvision:alexnet``, ``net.onnx`` for ``onnx:folder/net.onnx``.

    A file that is called ``model`` goes by the name of its folder.
    """
    words = re.split(r"[/\\]", name.partition(":")[2] or name)
    parts = [part for part in words if part not in ("", ".", "..")]
    if len(parts) > 1 and re.fullmatch(r"(model|network|net|weights)\.\w+", parts[-1]):
        return parts[-2]
    return parts[-1] if parts else name


def _classifiers(results: Sequence[RunResult]) -> str:
    names = {result.settings.fingerprint: classifier_name(result) for result in results}
    return f"{len(names)} classifiers" if len(names) > 1 else classifier_name(results[0])


def measure(result: RunResult) -> str:
    """What the classifier's answers are called."""
    return "similarity" if result.settings.kind == "similarity" else "confidence"


def number(value: object) -> str:
    """A count with narrow spaces between thousands; a dash where there is none."""
    return _count(value) if isinstance(value, int | float) else "–"


def duration(seconds: object) -> str:
    """``4.2 s``, ``3 min 20 s`` or ``2 h 5 min``; a dash where there is none."""
    if not isinstance(seconds, int | float):
        return "–"
    if seconds < 120:
        return f"{seconds:.1f} s"
    minutes = round(seconds) // 60
    if minutes < 120:
        return f"{minutes} min {round(seconds) % 60} s"
    return f"{minutes // 60} h {minutes % 60} min"


def _count(value: float) -> str:
    return f"{value:,.0f}".replace(",", NARROW)
