"""The group of all commands: imports a command when it is run, and turns errors into exit codes."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from inspect import cleandoc
from traceback import print_exception
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from foolery.cli._data import announcing
from foolery.cli._errors import print_error, show_warning
from foolery.cli._help import help_page
from foolery.cli._output import events, note
from foolery.cli._signals import (
    end_in_peace,
    ended_by_signals,
    interruption_code,
    interruption_over,
    is_noted,
)
from foolery.cli._streams import plain_streams, raw
from foolery.cli.commands import COMMANDS, EXAMPLES, OPTION_GROUPS, CommandEntry
from foolery.errors import UsageError, did_you_mean

DONE, INTERRUPTED = 0, 130
MANY_OPTIONS = 12


@dataclass(frozen=True)
class Invocation:
    """What a command finds in ``context.obj``: the words after ``foolery``."""

    arguments: tuple[str, ...]


class Command(TyperCommand):
    """A command whose flags stand in the help without the word ``<bool>``."""

    def get_params(self, ctx: typer.Context) -> list[Any]:  # type: ignore[override]
        """All parameters, the help option last, in groups where there are many."""
        return grouped(without_flag_types(super().get_params(ctx)))


def without_flag_types(parameters: list[Any]) -> list[Any]:
    """The same parameters, flags and arguments without a type."""
    for parameter in parameters:
        if getattr(parameter, "is_flag", False):
            parameter.metavar = ""
        if parameter.param_type_name == "argument":
            parameter.display_type_rich = _no_type
    return parameters


def _no_type(ctx: typer.Context) -> None:
    """A name in capital letters says enough; ``<list[Path]>`` says it to programmers only."""


def grouped(parameters: list[Any]) -> list[Any]:
    """The same parameters, each under its heading where a command has many options."""
    if len(parameters) > MANY_OPTIONS:
        headings = {option: heading for heading, options in OPTION_GROUPS.items() for option in options}
        for parameter in parameters:
            heading = next((headings[name] for name in parameter.opts if name in headings), None)
            if heading is not None and getattr(parameter, "rich_help_panel", None) is None:
                parameter.rich_help_panel = heading
    return parameters


class LazyCommand(Command):
    """A line of the help; the command's own file is imported when the command is run."""

    def __init__(self, listing: CommandEntry) -> None:
        super().__init__(listing.name, help=listing.help, rich_help_panel=listing.panel)
        self.listing = listing

    def make_context(self, info_name: str | None, args: list[str], *rest: Any, **extra: Any) -> Any:
        """The context of the command itself, whose ``command`` is the real one."""
        return load(self.listing).make_context(info_name, args, *rest, **extra)


def load(listing: CommandEntry) -> TyperCommand:
    """The command ``listing.name`` of its file: what ``make_command`` gives, or the function of that name."""
    module = import_module(f"foolery.cli.{listing.name}")
    make: Callable[[], Callable[..., None]] | None = getattr(module, "make_command", None)
    function: Callable[..., None] = getattr(module, listing.name) if make is None else make()
    single = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    example = EXAMPLES.get(listing.name)
    single.command(listing.name, cls=Command, epilog=example and f"Example: {example}")(function)
    command = typer.main.get_command(single)
    if not isinstance(command, TyperCommand):
        raise TypeError(f"{listing.name}: expected one command")
    return command


class Commands(TyperGroup):
    """Every command of ``foolery.cli.commands``, and the one place where errors become exit codes."""

    def list_commands(self, ctx: typer.Context) -> list[str]:  # type: ignore[override]
        """Names, in the order of the help."""
        return [listing.name for listing in COMMANDS]

    def get_params(self, ctx: typer.Context) -> list[Any]:  # type: ignore[override]
        """The options of ``foolery`` itself."""
        return without_flag_types(super().get_params(ctx))

    def get_command(self, ctx: typer.Context, cmd_name: str) -> TyperCommand:  # type: ignore[override]
        """The command of that name, or UsageError with the nearest names."""
        for listing in COMMANDS:
            if listing.name == cmd_name:
                return LazyCommand(listing)
        raise UsageError(f"no command {cmd_name!r}; {did_you_mean(cmd_name, self.list_commands(ctx))}")

    def format_help(self, ctx: typer.Context, formatter: Any) -> None:  # type: ignore[override]
        """Print the front page, past the stream that takes colors out; what is left to write is empty."""
        options = [
            (", ".join((*parameter.opts, *parameter.secondary_opts)), parameter.help)
            for parameter in self.get_params(ctx)
        ]
        usage = f"{ctx.command_path} {' '.join(self.collect_usage_pieces(ctx))}"
        page = help_page(usage, cleandoc(self.help or ""), options, self.epilog or "")
        typer.echo(page.rstrip("\n"), file=raw(sys.stdout), nl=False)

    def main(self, args: Sequence[str] | None = None, *_: Any, **__: Any) -> Any:
        """Run the command that ``args`` names and exit; see ``foolery.cli._errors`` for the codes."""
        code = self.run(list(sys.argv[1:] if args is None else args))
        end_in_peace()
        sys.exit(code)

    def run(self, arguments: list[str]) -> int:
        """Run the command that ``arguments`` name; returns the exit code, prints errors on stderr."""
        arguments, debug = without_debug(arguments or ["--help"])
        warnings.showwarning = show_warning
        with ended_by_signals(), plain_streams():
            code = self._run(arguments, debug=debug)
            interruption_over()
            if code == DONE and interruption_code() is not None and not is_noted():
                note("interrupted, and done nevertheless: all that the command makes is there")
            return interruption_code() or code  # whatever became of the signal

    def _run(self, arguments: list[str], *, debug: bool) -> int:
        words = tuple(arguments)
        try:
            arguments, streamed = without_events(without_code(arguments))
            with (
                events(wanted=streamed),
                announcing(as_json="--json" in arguments),
                self.make_context("foolery", arguments, obj=Invocation(words)) as context,
            ):
                self.invoke(context)
            sys.stdout.flush()
        except typer.Exit as done:
            return done.exit_code
        except BrokenPipeError:
            discard_output()
        except (KeyboardInterrupt, typer.Abort):
            _say_interrupted()
            return INTERRUPTED
        except Exception as error:
            if interruption_code() is not None:  # a library made something else of it
                if debug:
                    print_exception(error)
                _say_interrupted()
                return INTERRUPTED
            return print_error(error, debug=debug)
        return DONE


def _say_interrupted() -> None:
    """Say so, unless the command has said what became of its work."""
    interruption_over()
    if not is_noted():
        note("interrupted; repeat the command")


def without_debug(arguments: list[str]) -> tuple[list[str], bool]:
    """``arguments`` without ``--debug``, which may stand anywhere before ``--``; and whether it did."""
    stop = arguments.index("--") if "--" in arguments else len(arguments)
    words = [word for word in arguments[:stop] if word != "--debug"]
    debug = len(words) < stop or os.environ.get("FOOLERY_DEBUG", "0") not in ("", "0")
    return words + arguments[stop:], debug


def without_events(arguments: list[str]) -> tuple[list[str], bool]:
    """``arguments`` without ``--events``, which may stand anywhere before ``--``; and whether it did.

    Raises:
        UsageError: without ``--json``.
    """
    stop = arguments.index("--") if "--" in arguments else len(arguments)
    words = [word for word in arguments[:stop] if word != "--events"]
    if len(words) < stop and "--json" not in words:
        raise UsageError("--events: goes with --json, whose one object becomes the last of many lines")
    return words + arguments[stop:], len(words) < stop


def without_code(arguments: list[str]) -> list[str]:
    """``arguments`` without ``--with REF``, which may stand anywhere before ``--``; each REF is in use then.

    Raises:
        UsageError: a reference is missing or leads nowhere.
    """
    stop = arguments.index("--") if "--" in arguments else len(arguments)
    words, rest = arguments[:stop], arguments[stop:]
    while "--with" in words:
        at = words.index("--with")
        if at + 1 == len(words):
            raise UsageError("--with: expected python:MODULE:NAME after it")
        from foolery.code import use_code

        use_code(words[at + 1])
        del words[at : at + 2]
    return words + rest


def discard_output() -> None:
    """Whoever read our output has read enough: send the rest nowhere, so that closing it is quiet."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
