"""Wrappers: references that are made of other references.

``tencrop:REF``, ``rejecting:REF+REF`` (``rejecting:REF`` for a generative network) and
``ensemble:REF+REF…``; a ``+`` within a name is written ``++``, and an ensemble within an ensemble is not
written at all: it is the same as all members in one.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from foolery.classifiers.base import Classifier
from foolery.errors import UsageError

FORMS = {
    "tencrop:REF": "the mean over four corners and the centre, each also mirrored; REF's card has a crop",
    "rejecting:REF+REF": "the first's answers where the second, a generative network, knows the like",
    "ensemble:REF+REF": "the mean probability of several classifiers of the same classes",
}


def is_wrapper(reference: str) -> bool:
    """Whether ``reference`` is one that ``open_wrapper`` opens."""
    return reference.partition(":")[0] in ("tencrop", "rejecting", "ensemble") and ":" in reference


def open_wrapper(reference: str, load: Callable[[str], Classifier]) -> Classifier:
    """The classifier that a wrapper's reference names.

    Args:
        reference: ``tencrop:REF``, ``rejecting:REF+REF`` or ``ensemble:REF+REF…``.
        load: opens the references within.

    Raises:
        UsageError: where a part is missing or cannot be opened, or they do not belong together.
    """
    scheme, _, rest = reference.partition(":")
    if not rest:
        raise UsageError(f"classifier: {reference!r} wraps nothing; known: {', '.join(FORMS)}")
    if scheme == "tencrop":
        from foolery.classifiers.wrappers.ten_crop import ten_crop

        return ten_crop(load(rest))
    if scheme == "rejecting":
        from foolery.classifiers.wrappers.rejection import with_reject_option

        parts = members(rest)
        if len(parts) > 2:
            raise UsageError(f"rejecting: expected a classifier and a generative network, got {rest!r}")
        return with_reject_option(*(load(part) for part in parts))
    from foolery.classifiers.wrappers.ensemble import ensemble

    return ensemble(*(load(part) for part in members(rest)))


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
    parts = [rest] if scheme == "tencrop" else members(rest)
    return [leaf for part in parts for leaf in leaves(part)]
