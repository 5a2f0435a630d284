"""Registry: from a detector's reference, such as ``energy`` or ``knn?k=10``, to a detector."""

from __future__ import annotations

from collections.abc import Mapping

from foolery.detectors.base import Detector
from foolery.errors import UsageError
from foolery.registry import Entry, Option, Registry

_HERE = "foolery.detectors"

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
