"""``foolery evolve``: one champion for every class."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, cast, get_args

import typer

from foolery.cli.loading import announce, load
from foolery.cli.options import (
    BackendOption,
    CardOption,
    ClassNamesOption,
    DeviceOption,
    SetOption,
    TrustOption,
)
from foolery.cli.output import console, is_live, note, print_json
from foolery.cli.progress import search_bar
from foolery.cli.summary import lines
from foolery.cli.words import command_line, default_run, names, one_of, whole

if TYPE_CHECKING:
    from foolery.runs.settings import OptionValue

Keep = Literal["auto", "all", "champions"]


def evolve(
    context: typer.Context,
    classifier: Annotated[str, typer.Option("--classifier", "-c", metavar="REF", help="What to fool.")],
    encoding: Annotated[str, typer.Option("--encoding", "-e", metavar="cppn|direct")] = "cppn",
    generations: Annotated[int, typer.Option("--generations", "-n", metavar="N", parser=whole)] = 200,
    batch: Annotated[
        int, typer.Option("--batch", metavar="N", parser=whole, help="Children per generation.")
    ] = 200,
    initial: Annotated[
        int | None,
        typer.Option("--initial", metavar="N", parser=whole, help="Size of generation 0 (default: batch)."),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", metavar="N", parser=whole)] = 0,
    classes: Annotated[
        str | None, typer.Option("--classes", metavar="A,B,…", help="Only these classes (default: all).")
    ] = None,
    coordinates: Annotated[
        str | None, typer.Option("--coordinates", metavar="raw|centered", help="Of cppn (default: raw).")
    ] = None,
    crossover: Annotated[
        str | None, typer.Option("--crossover", metavar="none|sbx", help="Of direct (default: none).")
    ] = None,
    colors: Annotated[
        str | None, typer.Option("--colors", metavar="hsv|hls", help="Of a color canvas (default: hsv).")
    ] = None,
    backend: BackendOption = "auto",
    card: CardOption = None,
    class_names: ClassNamesOption = None,
    device: DeviceOption = "auto",
    trust: TrustOption = False,
    changes: SetOption = None,
    budget: Annotated[
        str | None,
        typer.Option("--budget", metavar="QUERIES|TIME", help="End in time: 100000, 90s, 5m, or 100000,5m."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="DIR", help="Default: runs/CLASSIFIER-ENCODING-seedN."),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with the run in --out; more generations extend it.")
    ] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the run in --out.")] = False,
    checkpoint_every: Annotated[
        int | None,
        typer.Option(
            "--checkpoint-every", metavar="N", parser=whole, help="Generations (default: by the clock)."
        ),
    ] = None,
    keep_genomes: Annotated[
        str,
        typer.Option(
            "--keep-genomes", metavar="auto|all|champions", help="auto: all where genomes are small."
        ),
    ] = "auto",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Evolve images that a classifier is certain about, one for every class.

    Ctrl-C saves; --resume goes on. The run is one file, run.db in --out.
    """
    from foolery.classifiers.metered import Budget
    from foolery.experiments.evolve import evolve as search

    keep = cast(Keep, one_of("--keep-genomes", keep_genomes, get_args(Keep)))
    chosen = names(classes)
    limit = Budget.parse(budget) if budget is not None else None
    given = {"coordinates": coordinates, "crossover": crossover, "colors": colors}
    options: dict[str, OptionValue] = {name: value for name, value in given.items() if value is not None}
    folder = out if out is not None else default_run(classifier, encoding, seed)
    loaded = load(classifier, backend, card, device, class_names, trust, changes)
    if limit is not None or is_live(console(stderr=True)):
        planned = (initial or batch) + generations * batch
        announce(loaded, batch, min(planned, limit.queries or planned) if limit is not None else planned)
    try:
        with search_bar(folder, resume=resume, opening=None if out else f"run: {folder}") as watch:
            exhibit = search(
                loaded,
                encoding=encoding,
                options=options,
                generations=generations,
                batch=batch,
                initial=initial,
                seed=seed,
                classes=chosen,
                out=folder,
                resume=resume,
                overwrite=overwrite,
                checkpoint_every=checkpoint_every,
                keep=keep,
                budget=limit,
                watch=watch,
                command=command_line(context),
            )
    except KeyboardInterrupt:
        note(f"interrupted; {folder} is saved: the same command with --resume goes on")
        raise
    if as_json:
        print_json(exhibit.summary)
        return
    print(*lines(exhibit), sep="\n")
    print(f"next        foolery report {folder} -o gallery")
