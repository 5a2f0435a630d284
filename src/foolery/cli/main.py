"""The command line: ``foolery COMMAND``."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from foolery import __version__
from foolery.cli._app import Commands

app = typer.Typer(
    cls=Commands,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def print_version(version: bool) -> None:
    """Print the version and stop."""
    if version:
        print(f"foolery {__version__}")
        raise typer.Exit


@app.callback(epilog="foolery COMMAND --help says what a command takes.")
def foolery(
    version: Annotated[
        bool, typer.Option("--version", callback=print_version, is_eager=True, help="Print the version.")
    ] = False,
    debug: Annotated[
        bool, typer.Option("--debug", help="Show tracebacks (or set FOOLERY_DEBUG=1); anywhere on the line.")
    ] = False,
    events: Annotated[
        bool,
        typer.Option(
            "--events", help="With --json: one JSON object a line, on progress too; anywhere on the line."
        ),
    ] = False,
    code: Annotated[
        str | None,
        typer.Option(
            "--with",
            metavar="python:MODULE:NAME",
            help="Import your own encoding, so that runs that name it can be read; anywhere on the line.",
        ),
    ] = None,
) -> None:
    """Find unrecognizable images that an image classifier accepts with high confidence.

    How many queries it takes, for how many classes, and which mitigation helps.
    """


def main() -> None:
    """The ``foolery`` command."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    typer.main.get_command(app).main()
