"""foolery: search for pictures of nothing that an image classifier is certain about.

The public names below are imported when they are first used, so ``import foolery`` stays quick.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from foolery import audit as audit
    from foolery.audit import open_audit as open_audit
    from foolery.classifiers import load_classifier as load_classifier
    from foolery.engine.ascent import ascend as ascend
    from foolery.engine.evolution import evolve as evolve
    from foolery.engine.run import RunResult as RunResult
    from foolery.engine.run import open_run as open_run
    from foolery.errors import FooleryError as FooleryError
    from foolery.errors import UsageError as UsageError
    from foolery.search.map_elites import MapElites as MapElites

_ROOMS = ("audit",)
_HOMES = {
    "RunResult": "foolery.engine.run",
    "FooleryError": "foolery.errors",
    "MapElites": "foolery.search.map_elites",
    "UsageError": "foolery.errors",
    "ascend": "foolery.engine.ascent",
    "evolve": "foolery.engine.evolution",
    "load_classifier": "foolery.classifiers",
    "open_audit": "foolery.audit",
    "open_run": "foolery.engine.run",
}

__all__ = [
    "FooleryError",
    "MapElites",
    "RunResult",
    "UsageError",
    "__version__",
    "ascend",
    "audit",
    "evolve",
    "load_classifier",
    "open_audit",
    "open_run",
]


def __getattr__(name: str) -> Any:
    if name in _ROOMS:
        return import_module(f"foolery.{name}")
    if name not in _HOMES:
        raise AttributeError(f"module 'foolery' has no attribute {name!r}; it has: {', '.join(__all__)}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
