"""The registry: everything that has a name on the command line, foolery's own and that of plugin packages.

A plugin package offers entries by an entry point of its ``pyproject.toml``::

    [project.entry-points."foolery.encodings"]
    stripes = "foolery_stripes:ENCODING"

and the module says for which version of this interface it was written::

    foolery_api = 1
    ENCODING = Entry("stripes", "horizontal stripes", "foolery_stripes.encoding:Stripes")

Entry points are read when a registry is first asked, and a target is imported when it is first used.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Any

from foolery.errors import MissingExtraError, UsageError, did_you_mean

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

API_VERSION = 1
"""Version of the interface of plugins: of ``Entry``, ``Option``, and of what the targets of a group are."""

Value = str | int | float | bool


class PluginWarning(UserWarning):
    """A plugin is left out; the message names it, its package, and what to do."""


@dataclass(frozen=True)
class Option:
    """One option of an entry, which its target takes as an argument of that name.

    Attributes:
        name: of the argument, a Python identifier in small letters.
        type: of the value: ``str``, ``int``, ``float`` or ``bool``.
        help: what it does, in one line.
        choices: the only values that a ``str`` can have; empty for any.
        default: what the target takes where the option is left out.
    """

    name: str
    type: type[Value]
    help: str
    choices: tuple[str, ...] = ()
    default: Value | None = None

    def parse(self, value: object) -> Value:
        """``value``, or a text for it, as a value of the option.

        Raises:
            UsageError: where it is none.
        """
        if isinstance(value, str) and self.type is not str:
            value = self._from_text(value)
        if self.type is float and isinstance(value, int) and not isinstance(value, bool):
            value = float(value)
        if type(value) is not self.type:
            raise UsageError(f"{self.name}: expected {_TYPE_NAMES[self.type]}, got {value!r}")
        if self.choices and value not in self.choices:
            raise UsageError(
                f"{self.name}: {value!r} is unknown; {did_you_mean(str(value), list(self.choices))}"
            )
        return value

    def _from_text(self, text: str) -> object:
        if self.type is bool:
            return {"true": True, "yes": True, "false": False, "no": False}.get(text.strip().lower(), text)
        try:
            return self.type(text)
        except ValueError:
            return text


_TYPE_NAMES: Mapping[type, str] = {
    str: "a text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
}


@dataclass(frozen=True)
class Entry:
    """One line of a registry.

    Attributes:
        name: how it is named on the command line and in code.
        about: what it is, in one line.
        target: what ``Registry.load`` gives: any object, or a text ``package.module:attribute`` that names it
            and is imported when it is used.
        options: that the target takes.
        extra: of foolery, which brings what the target imports.
        form: what people write, where that is more than the name: ``onnx:FILE``.
        package: that offers it, with its version; foolery's own have none.
    """

    name: str
    about: str
    target: object
    options: tuple[Option, ...] = ()
    extra: str | None = None
    form: str | None = None
    package: str | None = None

    @property
    def usage(self) -> str:
        """What people write."""
        return self.form or self.name


@dataclass(eq=False)
class Registry:
    """Entries of one kind by their names: those of foolery, then those of installed plugins.

    Attributes:
        kind: what an entry is, for messages: ``encoding``.
        group: of entry points that plugins use, for instance ``foolery.encodings``; None where none may.
        own: foolery's entries, in the order of lists.
    """

    kind: str
    group: str | None
    own: Iterable[Entry]
    _broken: dict[str, str] = field(default_factory=dict, init=False)

    def entries(self) -> tuple[Entry, ...]:
        """Every entry that can be used, foolery's own first."""
        return tuple(entries[0] for entries in self._by_name.values() if len(entries) == 1)

    def names(self) -> list[str]:
        """Names of ``entries``."""
        return [entry.name for entry in self.entries()]

    def __contains__(self, name: object) -> bool:
        """Whether an entry has that name, or a plugin that is left out."""
        return name in self._by_name or name in self._broken

    def __iter__(self) -> Iterator[str]:
        return iter(self.names())

    def entry(self, name: str) -> Entry:
        """The entry ``name``.

        Raises:
            UsageError: for a name that is unknown, or that two plugins have; says which are near, or what
                was wrong with the plugin of that name.
        """
        entries = self._by_name.get(name, [])
        if len(entries) == 1:
            return entries[0]
        if entries:
            packages = " and ".join(str(entry.package) for entry in entries)
            raise UsageError(f"{self.kind}: {name!r} is offered by {packages}; uninstall one of them")
        if name in self._broken:
            raise UsageError(f"{self.kind}: {self._broken[name]}")
        raise UsageError(f"{self.kind}: {name!r} is unknown; {self.suggestion(name)}")

    def suggestion(self, name: str, *more: str) -> str:
        """The end of a message for an unknown ``name``: names that are near, or all, and ``more`` of them."""
        suggestion = did_you_mean(name, [*more, *(entry.usage for entry in self.entries())])
        plugin = "; if it is a plugin's, install its package first" if self.group else ""
        return suggestion + plugin

    def load(self, name: str, purpose: str | None = None) -> Any:
        """The target of the entry ``name``, imported.

        Args:
            name: of the entry.
            purpose: what it is needed for, as the end of "is needed to …", where a package is missing.

        Raises:
            UsageError: as ``entry``, and where the target of a plugin cannot be imported.
            MissingExtraError: where a package of the entry's extra is missing.
        """
        entry = self.entry(name)
        if not isinstance(entry.target, str):
            return entry.target
        module, _, attribute = entry.target.partition(":")
        try:
            target: Any = import_module(module)
            for part in filter(None, attribute.split(".")):
                target = getattr(target, part)
        except Exception as error:
            if entry.package is None:
                _raise_missing_extra(error, entry, purpose)
                raise
            raise UsageError(
                f"{self.kind}: {name!r} of {entry.package} cannot be loaded ({_line(error)}); mend it, or "
                f"{_uninstall(entry.package)}"
            ) from error
        return target

    def parse_options(self, name: str, values: Mapping[str, object]) -> dict[str, Value]:
        """``values`` by the names of options of the entry ``name``, each as its option takes it.

        Raises:
            UsageError: as ``entry``, for an option that the entry does not have, and for a value that is not
                valid.
        """
        options = {option.name: option for option in self.entry(name).options}
        for option in values:
            if option not in options:
                rest = f"known: {', '.join(options)}" if options else "it has no options"
                raise UsageError(f"{self.kind} option: {name} has no {option!r}; {rest}")
        return {option: options[option].parse(value) for option, value in values.items()}

    @cached_property
    def _by_name(self) -> dict[str, list[Entry]]:
        """Every entry by its name; more than one where plugins share it."""
        table = {entry.name: [entry] for entry in self.own}
        own = set(table)
        for entry in self._plugins():
            if entry.name in own:
                self._leave_out(
                    entry.name, str(entry.package), "foolery has its own of that name", "rename it"
                )
            else:
                table.setdefault(entry.name, []).append(entry)
        return table

    def _plugins(self) -> Iterator[Entry]:
        """Entries of the installed plugins; warns of those that cannot be used."""
        if self.group is None:
            return
        from importlib.metadata import entry_points

        for point in sorted(entry_points(group=self.group), key=lambda each: (each.name, _package(each))):
            package = _package(point)
            try:
                version, entries = _offered(point)
            except Exception as error:  # a plugin can raise anything
                self._leave_out(point.name, package, f"it cannot be loaded ({_line(error)})", "mend it")
                continue
            if version == API_VERSION:
                yield from (replace(entry, package=package) for entry in entries)
                continue
            problem = f"it is for version {version} of the plugin interface, this foolery has {API_VERSION}"
            self._leave_out(point.name, package, problem, "install a version that fits")

    def _leave_out(self, name: str, package: str, problem: str, remedy: str) -> None:
        """Warn that a plugin is not used, and remember why for whoever names it."""
        message = f"{name!r} of {package} is left out: {problem}; {remedy}, or {_uninstall(package)}"
        self._broken.setdefault(name, message)
        warnings.warn(f"{self.kind} plugin {message}", PluginWarning, stacklevel=2)


def _offered(point: EntryPoint) -> tuple[object, list[Entry]]:
    """The version of the interface that an entry point is for, and its entries.

    Its object is an ``Entry``, or a list of them, or has them as ``entries``. The version is the object's
    ``foolery_api``, or that of its module.
    """
    target = point.load()
    module = import_module(point.module)
    version = getattr(target, "foolery_api", getattr(module, "foolery_api", None))
    if version != API_VERSION:
        return version, []
    entries = getattr(target, "entries", target)
    entries = [entries] if isinstance(entries, Entry) else list(entries)
    if not all(isinstance(entry, Entry) for entry in entries):
        raise TypeError(f"{point.value} is no Entry, and no list of them")
    return version, entries


def _package(point: EntryPoint) -> str:
    """Name and version of the package that an entry point belongs to."""
    return f"{point.dist.name} {point.dist.version}" if point.dist is not None else point.module


def _uninstall(package: str) -> str:
    return f"pip uninstall {package.partition(' ')[0]}"


def _line(error: Exception) -> str:
    return f"{type(error).__name__}: {next(iter(str(error).splitlines()), '')}".rstrip(": ")


def _raise_missing_extra(error: Exception, entry: Entry, purpose: str | None) -> None:
    """Say what to install, where ``error`` is that a package of the entry's extra is missing."""
    package = error.name if isinstance(error, ModuleNotFoundError) else None
    if package is not None and entry.extra is not None and package.partition(".")[0] != "foolery":
        raise MissingExtraError(package, entry.extra, purpose or f"use {entry.usage}") from None
