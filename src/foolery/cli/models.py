"""``foolery models``: what can be named as a classifier."""

from __future__ import annotations

from typing import Annotated

import typer

from foolery.cli._output import print_json
from foolery.errors import UsageError, did_you_mean


def models(
    text: Annotated[
        str | None, typer.Argument(metavar="FILTER", help="Only those with this in name or description.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """List the classifiers that can be named, and what each is.

    Words in capitals stand for what you give; wrappers take any other reference.
    """
    from foolery.classifiers import list_classifiers

    every = list_classifiers()
    words = "" if text is None else text.casefold()
    matching = {name: what for name, what in every.items() if words in f"{name} {what}".casefold()}
    if not matching:
        raise UsageError(
            f"models: nothing has {text!r} in its name or description; {did_you_mean(words, list(every))}"
        )
    if as_json:
        print_json({"classifiers": matching})
        return
    width = max(len(name) for name in matching)
    for name, description in matching.items():
        print(f"{name:<{width}}  {description}")
