"""``foolery models``: what can be named as a classifier."""

from __future__ import annotations

from typing import Annotated

import typer

from foolery.cli.output import print_json


def models(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """List the classifiers that can be named, and what each is."""
    from foolery.classifiers import known_classifiers

    known = known_classifiers()
    if as_json:
        print_json({"classifiers": known})
        return
    width = max(len(name) for name in known)
    for name, what in known.items():
        print(f"{name:<{width}}  {what}")
