"""``foolery report``: runs, audits and arms races as web pages."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from foolery.cli._options import BackendOption, CardOption, ClassNamesOption, DeviceOption, TrustOption, load
from foolery.cli._output import note, open_page, print_json
from foolery.cli._stage_bars import stage_bars
from foolery.errors import UsageError


def report(
    runs: Annotated[
        list[Path],
        typer.Argument(metavar="RUN|AUDIT|FOLDER", help="Runs, an audit, an arms race, or a folder of them."),
    ],
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="DIR", help="Output folder (default: report in the first)."),
    ] = None,
    single_file: Annotated[
        bool, typer.Option("--single-file", help="Write one HTML file with everything in it.")
    ] = False,
    data: Annotated[
        str | None,
        typer.Option("--data", metavar="DATA", help="Real images to show beside: mnist, folder:DIR …"),
    ] = None,
    split: Annotated[str, typer.Option("--split", metavar="train|test")] = "test",
    panel: Annotated[
        list[str] | None,
        typer.Option(
            "--panel", metavar="REF", help="An independent classifier to score champions with; repeatable."
        ),
    ] = None,
    figures: Annotated[
        bool, typer.Option("--figures", help="Also draw PDF and PNG figures for a manuscript (extra plots).")
    ] = False,
    classifier: Annotated[
        str | None,
        typer.Option(
            "--classifier", "-c", metavar="REF", help="The fooled classifier (default: as each run names it)."
        ),
    ] = None,
    budget: Annotated[
        str,
        typer.Option(
            "--budget",
            metavar="QUERIES|TIME",
            help="For top-5 predictions and occlusion maps; 0 for none.",
        ),
    ] = "20000,30s",
    browse: Annotated[bool, typer.Option("--open", help="Open the page in the browser.")] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Write into a folder that holds other files.")
    ] = False,
    backend: BackendOption = "auto",
    card: CardOption = None,
    device: DeviceOption = "auto",
    class_names: ClassNamesOption = None,
    trust: TrustOption = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Write runs, an audit, an arms race, or an index of a folder as web pages that need no network."""
    from foolery.data.opened import data_for
    from foolery.report.artifact import ClassifierLoader, recorded_classes
    from foolery.report.write import report_options, write_pages

    if classifier is None and (trust or class_names is not None):
        raise UsageError("--trust and --class-names go with --classifier: name the classifier too")
    with stage_bars("report"):
        chosen = None
        if classifier is not None:
            chosen = load(classifier, backend, card, device, class_names, trust, None)
        classes = recorded_classes(Path(runs[0])) if chosen is None else chosen.description.classes
        with data_for(classes if data is not None else None):
            options = report_options(
                classifier=chosen,
                data=data,
                split=split,
                panel=[load(each, backend, None, device, None, False, None) for each in panel or []],
                budget=budget,
                figures=figures,
                single_file=single_file,
                on_note=lambda text: note(f"note: {text}"),
                loader=ClassifierLoader(backend, card, device),
            )
        written = write_pages(runs, out, options, overwrite=overwrite)
    if as_json:
        print_json({"page": str(written.page), "runs": written.count, "broken": written.unreadable})
    else:
        print(written.page, flush=True)
    if browse:
        open_page(written.page.resolve().as_uri())
