"""Registry: from a detector's reference, such as ``energy`` or ``knn?k=10``, to a detector."""

from __future__ import annotations

from collections.abc import Mapping

from foolery.detectors.base import Detector
from foolery.errors import UsageError
from foolery.registry import Entry, Option, Registry

_HERE = "foolery.detectors"


def _percentile(default: float) -> Option:
    return Option("percentile", float, "Share of the features that it changes or not.", default=default)


DETECTORS = Registry(
    "detector",
    "foolery.detectors",
    (
        Entry("msp", "1 less the largest probability (Hendrycks and Gimpel 2017)", f"{_HERE}.msp:MaxSoftmax"),
        Entry(
            "max-logit",
            "the largest logit, negated (Hendrycks et al. 2022)",
            f"{_HERE}.max_logit:MaxLogit",
        ),
        Entry(
            "margin",
            "the second largest log-probability less the largest: the audit's own measure",
            f"{_HERE}.margin:TopMargin",
        ),
        Entry(
            "energy",
            "the logarithm of the summed exponentials of the logits, negated (Liu et al. 2020)",
            f"{_HERE}.energy:Energy",
            options=(Option("temperature", float, "What logits are divided by.", default=1.0),),
        ),
        Entry(
            "gen",
            "generalized entropy of the probabilities (Liu, Lochman and Zach 2023)",
            f"{_HERE}.gen:GeneralizedEntropy",
            options=(
                Option("gamma", float, "Exponent.", default=0.1),
                Option("top", int, "Classes that count.", default=100),
            ),
        ),
        Entry(
            "openmax",
            "the probability of no class, from tails of distances between logits (Bendale and Boult 2016)",
            f"{_HERE}.openmax:OpenMax",
            options=(
                Option("tail", int, "Distances in the tail of a class.", default=25),
                Option("alpha", int, "Classes that lose of their logits.", default=10),
            ),
        ),
        Entry(
            "mahalanobis",
            "distance of features to the nearest class (Lee et al. 2018)",
            f"{_HERE}.mahalanobis:Mahalanobis",
            extra="detectors",
        ),
        Entry(
            "relative-mahalanobis",
            "the same, less the distance to all classes as one (Ren et al. 2021)",
            f"{_HERE}.mahalanobis:RelativeMahalanobis",
            extra="detectors",
        ),
        Entry(
            "knn",
            "distance of features to the k-th nearest of real images (Sun et al. 2022)",
            f"{_HERE}.nearest:NearestFeatures",
            options=(Option("k", int, "Which neighbor counts.", default=50),),
            extra="detectors",
        ),
        Entry(
            "vim",
            "what of the features lies outside the space of real ones, less the energy (Wang et al. 2022)",
            f"{_HERE}.vim:VirtualLogit",
            options=(Option("dimensions", int, "Of that space; 0 chooses.", default=0),),
            extra="detectors",
        ),
        Entry(
            "react",
            "the energy after large features were clipped (Sun, Guo and Li 2021)",
            f"{_HERE}.shaping:ClippedEnergy",
            options=(_percentile(0.9),),
            extra="detectors",
        ),
        Entry(
            "ash",
            "the energy after small features became 0 and the others grew (Djurisic et al. 2023)",
            f"{_HERE}.shaping:PrunedEnergy",
            options=(_percentile(0.65),),
            extra="detectors",
        ),
        Entry(
            "scale",
            "the energy after all features grew by what ASH would have them grow (Xu et al. 2024)",
            f"{_HERE}.shaping:ScaledEnergy",
            options=(_percentile(0.65),),
            extra="detectors",
        ),
        Entry(
            "odin",
            "1 less the largest probability at a high temperature, after a step (Liang et al. 2018)",
            f"{_HERE}.odin:Odin",
            options=(
                Option("step", float, "In levels of 255.", default=0.357),
                Option("temperature", float, "What logits are divided by.", default=1000.0),
            ),
            extra="detectors",
        ),
        Entry(
            "digits-vae",
            "-log p(x) of the generative network digits-vae; for digits",
            f"{_HERE}.density:Density",
            extra="onnx",
        ),
        Entry(
            "pixel-knn",
            "distance of pixels to the k-th nearest of real images",
            f"{_HERE}.nearest:NearestPixels",
            options=(Option("k", int, "Which neighbor counts.", default=5),),
        ),
    ),
)
"""A target makes a ``Detector`` (``foolery.detectors.Detector``) from its options."""


def split_reference(reference: str) -> tuple[str, dict[str, str]]:
    """Name and options of ``NAME?OPTION=VALUE&OPTION=VALUE``.

    Example:
        >>> split_reference("knn?k=10&tpr=0.9")
        ('knn', {'k': '10', 'tpr': '0.9'})

    Raises:
        UsageError: for an option without a value, or one that stands twice.
    """
    name, _, query = reference.partition("?")
    options: dict[str, str] = {}
    for part in filter(None, query.split("&")):
        option, equals, value = part.partition("=")
        if not equals or not option or option in options:
            raise UsageError(
                f"detector: expected {name}?OPTION=VALUE, each option once with & between them, got "
                f"{reference!r}"
            )
        options[option] = value
    return name, options


def make_detector(reference: str, options: Mapping[str, object] | None = None) -> Detector:
    """The detector that ``reference`` names, as it is before it has seen any image.

    Example:
        >>> make_detector("energy?temperature=2").temperature
        2.0

    Args:
        reference: a name, with options after a question mark.
        options: further ones.

    Raises:
        UsageError: for an unknown name or option, and for what is no detector.
        MissingExtraError: where a package of its extra is missing.
    """
    name, own = split_reference(reference)
    values = DETECTORS.parse_options(name, {**own, **(options or {})})
    detector = DETECTORS.load(name)(**values)
    if not isinstance(detector, Detector):
        package = DETECTORS.entry(name).package
        raise UsageError(
            f"detector: {name!r} of {package} makes a {type(detector).__name__}, expected a subclass of "
            f"foolery.detectors.Detector; mend its entry"
        )
    return detector


def list_detectors() -> dict[str, str]:
    """Every detector with one line about it.

    Example:
        >>> "energy" in list_detectors()
        True
    """
    return {entry.usage: entry.about for entry in DETECTORS.entries()}
