"""``foolery studio``: runs on a local web page, live."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from foolery.cli._options import BackendOption, CardOption, DeviceOption, whole_number
from foolery.cli._output import note, open_page, print_json
from foolery.errors import MissingExtraError, UsageError


def studio(
    runs: Annotated[
        Path | None,
        typer.Argument(
            metavar="RUNS",
            help="A folder of runs and audits, or one run (default: runs, else what the demo wrote).",
        ),
    ] = None,
    classifier: Annotated[
        list[str] | None,
        typer.Option(
            "--classifier",
            "-c",
            metavar="REF",
            help="A classifier for the playground; repeatable (default: lenet).",
        ),
    ] = None,
    port: Annotated[
        int, typer.Option("--port", metavar="N", parser=whole_number, help="0 for any free one.")
    ] = 8765,
    host: Annotated[
        str,
        typer.Option("--host", metavar="NAME", help="0.0.0.0 for access from other machines, with a token."),
    ] = "127.0.0.1",
    allowed: Annotated[
        list[str] | None,
        typer.Option(
            "--allow-host",
            metavar="NAME",
            help="A host name that a proxy asks by (.example.org: all below it); repeatable.",
        ),
    ] = None,
    root_path: Annotated[
        str, typer.Option("--root-path", metavar="PATH", help="The prefix that a proxy leaves in addresses.")
    ] = "",
    card: CardOption = None,
    browse: Annotated[bool, typer.Option("--open", help="Open the page in the browser.")] = False,
    backend: BackendOption = "auto",
    device: DeviceOption = "auto",
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object with the address, once it answers.")
    ] = False,
) -> None:
    """Show runs live on a local web page, with a playground for pictures, and breed images by hand.

    Only this machine can reach it. Ctrl-C ends it.
    """
    folder = runs if runs is not None else default_library()
    served = ServedStudio(folder, classifier or [], card, backend, device)
    served.serve(host, port, allowed or (), root_path, page="", browse=browse, as_json=as_json)


@dataclass(frozen=True)
class ServedStudio:
    """What a studio shows, and what it may ask: arguments of ``studio`` and of ``breed``."""

    folder: Path
    classifiers: Sequence[str]
    card: Path | None
    backend: str
    device: str

    def serve(
        self,
        host: str,
        port: int,
        allowed: Sequence[str],
        root_path: str,
        *,
        page: str,
        browse: bool,
        as_json: bool,
    ) -> None:
        """Answer until Ctrl-C; ``page`` is the part of the address behind the studio's own."""
        try:
            from foolery.studio.server import serve
        except ModuleNotFoundError as error:
            if error.name not in ("starlette", "uvicorn"):
                raise
            raise MissingExtraError(error.name, "studio", "serve pages") from None
        from foolery.cli._breeder import StudioBreeder
        from foolery.cli._studio_backend import load_predictors, render_genomes, report_builder
        from foolery.data.fitting import FIT, how_fitted
        from foolery.studio.app import Studio
        from foolery.studio.library import Library

        if self.card is not None and len(self.classifiers) != 1:
            raise UsageError("--card goes with one --classifier; put the cards of several beside their files")
        library = Library(self.folder)
        predictors, reason = load_predictors(self.classifiers, self.backend, self.card, self.device)
        ways = "; or ".join(dict.fromkeys(how_fitted(each.canvas) for each in predictors)) or FIT
        app = Studio(
            library,
            predictors,
            render_genomes,
            report_builder(predictors),
            StudioBreeder(predictors),
            fit=ways[:1].upper() + ways[1:],
            no_predictors=reason,
        )

        def ready(studio: str) -> None:
            start, _, token = studio.partition("?")
            address = start + page + (("&" if "?" in page else "?") + token if token else "")
            if as_json:
                names = [predictor.name for predictor in predictors]
                print_json({"url": address, "runs": str(library.root), "classifiers": names})
            else:
                print(f"{address}  shows {self.folder}; Ctrl-C ends it")
            sys.stdout.flush()
            if token:
                note(
                    "note: whoever has this address can see the runs, breed new ones and use the "
                    "classifiers; it is not encrypted"
                )
            if browse:
                open_page(address)

        serve(app, host, port, ready, allowed=allowed, root_path=root_path)


def default_library() -> Path:
    """``runs``, or the newest folder of a demo; where there is neither, ``runs``, made for runs to come."""
    runs = Path("runs")
    if not runs.exists():
        demos = [each for each in Path().glob("foolery-demo*") if each.is_dir()]
        if demos:
            return max(demos, key=lambda each: each.stat().st_mtime)
        runs.mkdir()
    return runs
