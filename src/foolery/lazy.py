"""Rooms whose public names are imported when they are first used, and rooms that can be called."""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType

TYPE_CHECKING = False  # typing takes as long to import as all of this
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any


def attach(
    package: str, homes: Mapping[str, str], call: str | None = None
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """``__getattr__`` and ``__dir__`` of a room (PEP 562).

    A file must not have the name of a public name: importing it would put the module in the name's place.

    Args:
        package: ``__name__`` of the room.
        homes: public name to the dotted name of the module that defines it; a room within is a name itself.
        call: the public name that the room itself stands for when it is called: ``foolery.audit(…)`` is
            ``foolery.audit.audit(…)``.

    Example:
        >>> lookup, names = attach("foolery.runs", {"RunWriter": "foolery.runs.writer"})
        >>> "RunWriter" in names()
        True
        >>> lookup("RunWriter").__name__
        'RunWriter'
    """

    def look_up(name: str) -> Any:
        if name not in homes:
            if name.startswith("__") or not homes:
                raise AttributeError(f"module {package!r} has no attribute {name!r}")
            raise AttributeError(f"module {package!r} has no attribute {name!r}; it has: {', '.join(homes)}")
        module = import_module(homes[name])
        value = module if homes[name] == f"{package}.{name}" else getattr(module, name)
        setattr(sys.modules[package], name, value)
        return value

    if call is not None:
        sys.modules[package].__class__ = _callable_room(call)

    def names() -> list[str]:
        return sorted({*homes, *getattr(sys.modules.get(package), "__all__", ())})

    return look_up, names


def _callable_room(call: str) -> type[ModuleType]:
    class Room(ModuleType):
        """A room that can be called."""

        called = call

        def __call__(self, *arguments: Any, **named: Any) -> Any:
            return getattr(self, call)(*arguments, **named)

        @property
        def __signature__(self) -> Any:
            from inspect import signature

            return signature(getattr(self, call))

    return Room
