"""Wrappers: references that are made of other references.

``tencrop:REF``, ``rejecting:REF+REF`` (``rejecting:REF`` for a generative network),
``guarded:REF+DETECTOR`` and ``ensemble:REF+REF…``; a ``+`` within a name is written ``++``, and an ensemble
within an ensemble is not written at all: it is the same as all members in one.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from foolery.classifiers.base import Classifier
from foolery.errors import UsageError
from foolery.registry import Entry, Registry

_HERE = "foolery.classifiers.wrappers"

WRAPPERS = Registry(
    "wrapper",
    None,
    (
        Entry(
            "tencrop",
            "the mean over four corners and the centre, each also mirrored; REF's card has a crop",
            f"{_HERE}.ten_crop:ten_crop",
            form="tencrop:REF",
        ),
        Entry(
            "rejecting",
            "the first with a reject option; the second, a generative network, decides what to reject",
            f"{_HERE}.rejection:with_reject_option",
            form="rejecting:REF+REF",
        ),
        Entry(
            "guarded",
            "the first, where a detector (energy, knn?k=10 …) finds the image usual; else the class rejected",
            f"{_HERE}.guarded:guard",
            form="guarded:REF+DETECTOR",
        ),
        Entry(
            "ensemble",
            "the mean probability of several classifiers of the same classes",
            f"{_HERE}.ensemble:ensemble",
            form="ensemble:REF+REF",
        ),
    ),
)
"""A target takes the classifiers within, and makes one of them."""

_MOST_MEMBERS = {"tencrop": 1, "rejecting": 2}
_TAKES_TEXT = {"guarded"}  # whose last part is no classifier


def is_wrapper(reference: str) -> bool:
    """Whether ``reference`` is one that ``open_wrapper`` opens."""
    scheme, colon, _ = reference.partition(":")
    return bool(colon) and scheme in WRAPPERS


def open_wrapper(reference: str, load: Callable[[str], Classifier]) -> Classifier:
    """The classifier that a wrapper's reference names.

    Args:
        reference: ``tencrop:REF``, ``rejecting:REF+REF``, ``guarded:REF+DETECTOR`` or ``ensemble:REF+REF…``.
        load: opens the references within.

    Raises:
        UsageError: where a part is missing or cannot be opened, or they do not belong together.
    """
    scheme, _, rest = reference.partition(":")
    if not rest:
        forms = ", ".join(entry.usage for entry in WRAPPERS.entries())
        raise UsageError(f"classifier: {reference!r} wraps nothing; known: {forms}")
    parts = _members_of(scheme, rest)
    if scheme in _TAKES_TEXT:
        return _open_guarded(scheme, rest, parts, load)
    if len(parts) > _MOST_MEMBERS.get(scheme, len(parts)):
        raise UsageError(f"{scheme}: expected a classifier and a generative network, got {rest!r}")
    classifier: Classifier = WRAPPERS.load(scheme)(*map(load, parts))
    return classifier


def _open_guarded(scheme: str, rest: str, parts: list[str], load: Callable[[str], Classifier]) -> Classifier:
    if len(parts) != 2:
        raise UsageError(
            f"{scheme}: expected a classifier and a detector with + between them (a + within a name is "
            f"written ++), got {rest!r}; for instance {scheme}:lenet+energy"
        )
    classifier: Classifier = WRAPPERS.load(scheme)(load(parts[0]), parts[1])
    return classifier


def members(text: str) -> list[str]:
    """The references in ``a+b``; ``++`` stands for a plus sign within one."""
    parts = [part.replace("\0", "+") for part in re.split(r"\+", text.replace("++", "\0"))]
    if not all(parts):
        raise UsageError(f"ensemble: expected classifiers with + between them, got {text!r}")
    return parts


def leaves(reference: str) -> list[str]:
    """The references that are opened in the end: ``reference`` itself where it is no wrapper's."""
    if not is_wrapper(reference):
        return [reference]
    scheme, _, rest = reference.partition(":")
    parts = _members_of(scheme, rest)
    return [leaf for part in (parts[:1] if scheme in _TAKES_TEXT else parts) for leaf in leaves(part)]


def guards(reference: str) -> list[str]:
    """References of the detectors that ``reference`` names, with their options."""
    if not is_wrapper(reference):
        return []
    scheme, _, rest = reference.partition(":")
    parts = _members_of(scheme, rest)
    classifiers, own = (parts[:1], parts[1:]) if scheme in _TAKES_TEXT else (parts, [])
    return [*(guard for part in classifiers for guard in guards(part)), *own]


def _members_of(scheme: str, rest: str) -> list[str]:
    """The references that ``rest`` holds; ten-crop takes one as it stands."""
    return [rest] if scheme == "tencrop" else members(rest)
