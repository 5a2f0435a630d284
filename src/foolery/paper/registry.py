"""The registry: every reproduction by its name. A new one is one file and one entry here."""

from __future__ import annotations

from collections.abc import Sequence

from foolery.errors import UsageError
from foolery.paper.experiment import Reproduction
from foolery.registry import Entry, Registry


def _entry(name: str, about: str, file: str | None = None) -> Entry:
    return Entry(name, about, f"foolery.paper.{file or name}:REPRODUCTION")


REPRODUCTIONS = Registry(
    "experiment",
    None,
    (
        _entry("fig4", "digits pixel by pixel"),
        _entry("fig5", "digits, by CPPNs"),
        _entry("fig6", "many classes, pixel by pixel"),
        _entry("fig7", "many classes, by CPPNs"),
        _entry("fig9", "related classes, other runs, lineages"),
        _entry("fig10", "repeated elements removed"),
        _entry("fig11", "fifteen rounds of retraining on MNIST"),
        _entry("races", "ten arms races with controls", "controlled_races"),
        _entry("fig12", "retraining on CIFAR-10"),
        _entry("fig12-64", "retraining on twenty classes of Tiny ImageNet", "fig12_64"),
        _entry("classes", "retraining and the number of classes", "class_counts"),
        _entry("classes-gray", "the same, small and in gray", "class_counts_gray"),
        _entry("unseen", "unseen CPPN images against retrained networks"),
        _entry("transfer", "transfer between networks"),
        _entry("transfer-photos", "transfer between networks of many classes", "transfer_photos"),
        _entry("ensemble", "an ensemble of networks"),
        _entry("fig13", "gradient ascent"),
        _entry("real-confidence", "confidence on real images", "real_confidence"),
        _entry("baselines", "MAP-Elites over classes beside other searches"),
        _entry("datasize", "size of the training set", "dataset_size"),
        _entry("generative", "generative against discriminative networks"),
    ),
)
"""In the order of the paper; a target is a ``Reproduction``."""
ALL = "all"


def load_reproduction(name: str) -> Reproduction:
    """The reproduction of that name.

    Raises:
        UsageError: for an unknown name, with the nearest ones.
    """
    reproduction: Reproduction = REPRODUCTIONS.load(name)
    return reproduction


def select_reproductions(names: Sequence[str]) -> list[Reproduction]:
    """Those that ``names`` say, each once, in the order given; ``all`` is every one.

    Raises:
        UsageError: for an unknown name, or no name at all.
    """
    if not names:
        raise UsageError(f"reproduce: expected one or more of {', '.join([*REPRODUCTIONS, ALL])}")
    selected = [each for name in names for each in (REPRODUCTIONS if name == ALL else (name,))]
    return [load_reproduction(name) for name in dict.fromkeys(selected)]
