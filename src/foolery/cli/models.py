"""``foolery models``: what can be named as a classifier."""

from __future__ import annotations

from typing import Annotated

import typer

from foolery.cli._output import print_json
from foolery.errors import UsageError, nearest


def models(
    wanted: Annotated[
        str | None, typer.Argument(metavar="FILTER", help="Only those with this in name or description.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """List the classifiers that can be named, and what each is.

    Words in capitals stand for what you give; wrappers take any other reference.
    """
    from foolery.classifiers import known_classifiers

    every = known_classifiers()
    words = "" if wanted is None else wanted.casefold()
    known = {name: what for name, what in every.items() if words in f"{name} {what}".casefold()}
    if not known:
        raise UsageError(
            f"models: nothing has {wanted!r} in its name or description; {nearest(words, list(every))}"
        )
    if as_json:
        print_json({"classifiers": known})
        return
    width = max(len(name) for name in known)
    for name, what in known.items():
        print(f"{name:<{width}}  {what}")
