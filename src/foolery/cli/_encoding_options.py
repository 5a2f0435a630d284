"""Options of encodings on the command line: one for every option in their registry, a plugin's too."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from foolery.registry import Option

PANEL = "Options of encodings"
_METAVARS: Mapping[type, str] = {str: "TEXT", int: "N", float: "X", bool: "true|false"}


def with_encoding_options(command: Callable[..., None]) -> Callable[..., None]:
    """``command``, whose ``**options`` are an option of the command line for each option of any encoding.

    The command gets those that were given, by their names and as texts.
    """
    from foolery.encodings.registry import encoding_options

    signature = inspect.signature(command, eval_str=True)
    own = [one for one in signature.parameters.values() if one.kind is not inspect.Parameter.VAR_KEYWORD]
    options = encoding_options()
    added = [_parameter(name, forms, {one.name for one in own}) for name, forms in options.items()]

    @wraps(command)
    def with_options(**arguments: Any) -> None:
        values = {name: arguments.pop(_argument(name)) for name in options}
        command(**arguments, **{name: value for name, value in values.items() if value is not None})

    with_options.__signature__ = signature.replace(parameters=[*own, *added])  # type: ignore[attr-defined]
    with_options.__annotations__ = {one.name: one.annotation for one in [*own, *added]}
    return with_options


def _argument(name: str) -> str:
    return f"encoding_{name}"


def _parameter(name: str, forms: Mapping[str, Option], taken: Iterable[str]) -> inspect.Parameter:
    """One option; ``forms`` are those that the encodings have of it, by their names."""
    flag = f"encoding-{name}" if name in taken else name
    choices = dict.fromkeys(choice for option in forms.values() for choice in option.choices)
    first = next(iter(forms.values()))
    default = "" if first.default is None else f" (default: {first.default})"
    option = typer.Option(
        f"--{flag.replace('_', '-')}",
        metavar="|".join(choices) or _METAVARS[first.type],
        help=f"Of {', '.join(forms)}: {first.help.rstrip('.')}{default}.",
        rich_help_panel=PANEL,
    )
    return inspect.Parameter(
        _argument(name),
        inspect.Parameter.KEYWORD_ONLY,
        default=None,
        annotation=Annotated[str | None, option],
    )
