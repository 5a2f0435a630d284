"""Named protocols: audits that compare, because budget, attacks, seeds and reference data are frozen.

A protocol is never changed. What has to change gets the next number, and only audits of one protocol compare.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from foolery.audit.panel import CIFAR, DIGITS
from foolery.audit.schema import ReferenceStatistics
from foolery.classifiers.base import Description
from foolery.classifiers.wrappers.rejection import REJECTED
from foolery.errors import UsageError, did_you_mean
from foolery.hardening import FOOLING_CLASS

ATTACKS = (
    "transfer", "uniform-noise", "scaled-noise", "low-pass-noise", "single-colors", "gradients", "tiles",
    "dots", "shuffled-photos", "cppn", "sparse", "direct", "ascent", "ascent-cppn",
)  # fmt: skip
IMAGENET_CLASSES = 1000


@dataclass(frozen=True)
class AuditProtocol:
    """What is frozen.

    Attributes:
        name: with its version.
        about: one line: for which classifiers.
        fits: whether it is for a classifier of these classes, reject classes left out.
        queries: the budget of each seed.
        seeds: how many, from 0 on.
        max_images: limit of the real images; the test split is used.
        min_images: how many of them have to be classified rightly.
        attacks: names, in their order.
    """

    name: str
    about: str
    fits: Callable[[Sequence[str]], bool]
    queries: int
    seeds: int
    max_images: int
    min_images: int
    attacks: tuple[str, ...] = ATTACKS

    def check_classes(self, description: Description) -> None:
        """Raise UsageError for a classifier that it is not for."""
        classes = [name for name in description.classes if name not in (REJECTED, FOOLING_CLASS)]
        if not self.fits(classes):
            raise UsageError(
                f"--protocol: {self.name} is for {self.about}, {description.name} has {len(classes)} "
                f"classes: {', '.join(classes[:3])}, …"
            )

    def check_reference(self, reference: ReferenceStatistics) -> None:
        """Raise UsageError where too few real images are classified rightly."""
        if reference.correct < self.min_images:
            raise UsageError(
                f"--protocol: {self.name} needs {self.min_images} real images that are classified rightly, "
                f"{reference.correct} of {reference.images} are; give more --data"
            )


def _digits(classes: Sequence[str]) -> bool:
    return tuple(classes) == DIGITS


def _cifar(classes: Sequence[str]) -> bool:
    return tuple(classes) == CIFAR


def _imagenet(classes: Sequence[str]) -> bool:
    return len(classes) == IMAGENET_CLASSES


_DIGITS = ("classifiers of the ten digits", _digits)
_CIFAR = ("classifiers of the ten classes of CIFAR-10", _cifar)
_IMAGENET = ("classifiers of the 1000 classes of ImageNet", _imagenet)
PROTOCOLS = {
    protocol.name: protocol
    for protocol in (
        AuditProtocol("digits-1", *_DIGITS, queries=20_000, seeds=3, max_images=2000, min_images=1000),
        AuditProtocol("digits-quick-1", *_DIGITS, queries=3000, seeds=3, max_images=1000, min_images=500),
        AuditProtocol("cifar-1", *_CIFAR, queries=20_000, seeds=3, max_images=2000, min_images=1000),
        AuditProtocol("cifar-quick-1", *_CIFAR, queries=3000, seeds=3, max_images=1000, min_images=500),
        AuditProtocol("imagenet-1", *_IMAGENET, queries=20_000, seeds=3, max_images=2000, min_images=400),
        AuditProtocol("imagenet-quick-1", *_IMAGENET, queries=5000, seeds=2, max_images=1000, min_images=400),
    )
}


def find_protocol(name: str | None) -> AuditProtocol | None:
    """The protocol of that name; raises UsageError for an unknown one."""
    if name is None:
        return None
    if name not in PROTOCOLS:
        raise UsageError(f"--protocol: {name!r} is unknown; {did_you_mean(name, list(PROTOCOLS))}")
    return PROTOCOLS[name]
