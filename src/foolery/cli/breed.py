"""``foolery breed``: nine pictures at a time, and a person chooses the parents."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from foolery.cli._options import (
    BackendOption,
    CardOption,
    ClassNamesOption,
    DeviceOption,
    command_line,
    load,
    whole_number,
)
from foolery.cli._output import note
from foolery.cli.studio import ServedStudio, default_library
from foolery.errors import UsageError, did_you_mean


def breed(
    context: typer.Context,
    runs: Annotated[
        Path | None,
        typer.Argument(metavar="RUNS", help="The folder for bred runs (default: runs)."),
    ] = None,
    classifier: Annotated[
        str, typer.Option("--classifier", "-c", metavar="REF", help="Whose answers are shown and kept.")
    ] = "lenet",
    source: Annotated[
        Path | None,
        typer.Option("--from", metavar="RUN", help="Start from a champion of this run of CPPNs."),
    ] = None,
    label: Annotated[
        str | None,
        typer.Option("--class", metavar="NAME", help="Which champion (default: the most confident one)."),
    ] = None,
    port: Annotated[
        int, typer.Option("--port", metavar="N", parser=whole_number, help="0 for any free one.")
    ] = 8765,
    browse: Annotated[
        bool, typer.Option("--open/--no-open", help="Whether to open the page in the browser.")
    ] = True,
    card: CardOption = None,
    class_names: ClassNamesOption = None,
    backend: BackendOption = "auto",
    device: DeviceOption = "auto",
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object with the address, once it answers.")
    ] = False,
) -> None:
    """Breed images by hand in the browser: choose parents among nine, and see a classifier's answers.

    Every step is stored in a run (bred-1, bred-2 …) that report, lineage, verify and export read.
    """
    folder = runs if runs is not None else default_library()
    folder.mkdir(parents=True, exist_ok=True)
    if label is not None and source is None:
        raise UsageError("--class goes with --from: name the run whose champion it is")
    page = "breed"
    if source is not None:
        loaded = load(classifier, backend, card, device, class_names, False, None)
        started = start_from(loaded, folder, source, label, command_line(context))
        note(f"run: {started}")
        page = f"breed?name={started.name}"
    served = ServedStudio(folder, [classifier], card, backend, device)
    served.serve("127.0.0.1", port, (), "", page=page, browse=browse and not as_json, as_json=as_json)


def start_from(loaded: object, folder: Path, source: Path, label: str | None, command: str) -> Path:
    """A new bred run in ``folder``, from a champion; returns its folder.

    Raises:
        UsageError: the run is not of CPPNs, or has no such champion.
    """
    from foolery.classifiers.live import as_classifier
    from foolery.engine.breeding import Breeding, free_folder
    from foolery.engine.run import open_run

    run = open_run(source)
    if run.settings.encoding != "cppn":
        raise UsageError(f"--from: only CPPNs can be bred; {source} is a run of {run.settings.encoding}")
    if not run.champions:
        raise UsageError(f"--from: {source} has no champions yet")
    if label is not None and label not in run.champions:
        raise UsageError(f"--class: no champion {label!r}; {did_you_mean(label, list(run.champions))}")
    best = max(run.champions.values(), key=lambda each: each.confidence)
    champion = run.champions[label] if label is not None else best
    place, seed = free_folder(folder)
    classifier = as_classifier(loaded)  # type: ignore[arg-type]
    Breeding.start(classifier, place, seed=seed, source=champion.genome, command=command).close()
    return place
