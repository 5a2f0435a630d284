"""The registry: every reproduction by its name. A new one is one file and one line here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module

from foolery.errors import UsageError, did_you_mean
from foolery.paper.experiment import Reproduction

#: Name on the command line to module of this package, in the order of the paper.
REPRODUCTIONS: Mapping[str, str] = {
    "fig4": "fig4",
    "fig5": "fig5",
    "fig6": "fig6",
    "fig7": "fig7",
    "fig9": "fig9",
    "fig10": "fig10",
    "fig11": "fig11",
    "fig12": "fig12",
    "fig12-64": "fig12_64",
    "transfer": "transfer",
    "ensemble": "ensemble",
    "fig13": "fig13",
    "real-confidence": "real_confidence",
    "baselines": "baselines",
    "datasize": "dataset_size",
    "generative": "generative",
}
ALL = "all"


def load_reproduction(name: str) -> Reproduction:
    """The reproduction of that name.

    Raises:
        UsageError: for an unknown name, with the nearest ones.
    """
    if name not in REPRODUCTIONS:
        raise UsageError(f"reproduce: unknown {name!r}; {did_you_mean(name, [*REPRODUCTIONS, ALL])}")
    module = import_module(f"foolery.paper.{REPRODUCTIONS[name]}")
    loaded: Reproduction = module.REPRODUCTION
    return loaded


def select_reproductions(names: Sequence[str]) -> list[Reproduction]:
    """Those that ``names`` say, each once, in the order given; ``all`` is every one.

    Raises:
        UsageError: for an unknown name, or no name at all.
    """
    if not names:
        raise UsageError(f"reproduce: expected one or more of {', '.join([*REPRODUCTIONS, ALL])}")
    selected = [each for name in names for each in (REPRODUCTIONS if name == ALL else (name,))]
    return [load_reproduction(name) for name in dict.fromkeys(selected)]
