"""``foolery evolve``: one champion for every class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias, cast, get_args

import typer

from foolery.cli._options import (
    BackendOption,
    BudgetOption,
    CardOption,
    ClassesOption,
    ClassNamesOption,
    DeviceOption,
    OverwriteOption,
    PrecisionOption,
    SetOption,
    TrustOption,
    announce,
    comma_separated,
    command_line,
    default_run,
    load,
    one_of,
    whole_number,
)
from foolery.cli._output import console, is_live, note, print_json
from foolery.cli._progress import search_bar
from foolery.cli._run_summary import lines, lines_of_many
from foolery.cli._run_summary import profile as profile_of
from foolery.errors import UsageError

if TYPE_CHECKING:
    from foolery.classifiers.base import Classifier
    from foolery.runs.records import OptionValue

RunSummaries: TypeAlias = Mapping[str, object] | Sequence[Mapping[str, object]]
KeepGenomes = Literal["auto", "all", "champions"]


def evolve(
    context: typer.Context,
    classifier: Annotated[str, typer.Option("--classifier", "-c", metavar="REF", help="What to fool.")],
    encoding: Annotated[str, typer.Option("--encoding", "-e", metavar="cppn|direct|sparse|…")] = "cppn",
    generations: Annotated[int, typer.Option("--generations", "-n", metavar="N", parser=whole_number)] = 200,
    batch: Annotated[
        int, typer.Option("--batch", metavar="N", parser=whole_number, help="Children per generation.")
    ] = 200,
    initial: Annotated[
        int | None,
        typer.Option(
            "--initial", metavar="N", parser=whole_number, help="Size of generation 0 (default: batch)."
        ),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", metavar="N", parser=whole_number)] = 0,
    replicates: Annotated[
        int | None,
        typer.Option(
            "--replicates",
            metavar="R",
            parser=whole_number,
            help="Runs with seeds N, N + 1 … in common batches, each in --out/seed-N.",
        ),
    ] = None,
    classes: ClassesOption = None,
    refine: Annotated[
        int,
        typer.Option(
            "--refine",
            metavar="K",
            parser=whole_number,
            help="Gradient steps of every child; each is two queries.",
        ),
    ] = 0,
    coordinates: Annotated[
        str | None, typer.Option("--coordinates", metavar="raw|centered", help="Of cppn (default: raw).")
    ] = None,
    crossover: Annotated[
        str | None, typer.Option("--crossover", metavar="none|sbx", help="Of direct (default: none).")
    ] = None,
    colors: Annotated[
        str | None,
        typer.Option(
            "--colors", metavar="hsv|hls|rgb", help="Of a color canvas (default: hsv); rgb: direct only."
        ),
    ] = None,
    backend: BackendOption = "auto",
    card: CardOption = None,
    class_names: ClassNamesOption = None,
    device: DeviceOption = "auto",
    precision: PrecisionOption = "float32",
    trust: TrustOption = False,
    changes: SetOption = None,
    budget: BudgetOption = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="DIR", help="Default: runs/CLASSIFIER-ENCODING-seedN."),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with the run in --out; more generations extend it.")
    ] = False,
    overwrite: OverwriteOption = False,
    checkpoint_every: Annotated[
        int | None,
        typer.Option(
            "--checkpoint-every",
            metavar="N",
            parser=whole_number,
            help="Generations (default: by the clock).",
        ),
    ] = None,
    keep_genomes: Annotated[
        str,
        typer.Option(
            "--keep-genomes", metavar="auto|all|champions", help="auto: all where genomes are small."
        ),
    ] = "auto",
    profile: Annotated[bool, typer.Option("--profile", help="Print where the time went.")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object; of --replicates, a list of them.")
    ] = False,
) -> None:
    """Evolve images that a classifier is certain about, one for every class.

    Ctrl-C saves; --resume goes on. The run is one file, run.db in --out.
    """
    from foolery.classifiers.wrappers.metered import Budget

    if replicates is not None and out is None:
        raise UsageError("--replicates: give --out DIR too; it gets a folder for each run")
    if replicates is not None and refine:
        raise UsageError("--refine: replicates do not climb in common batches; leave --replicates out")
    keep = cast(KeepGenomes, one_of("--keep-genomes", keep_genomes, get_args(KeepGenomes)))
    selected_classes = comma_separated(classes)
    limit = Budget.parse(budget) if budget is not None else None
    encoding_options = {"coordinates": coordinates, "crossover": crossover, "colors": colors}
    options: dict[str, OptionValue] = {
        name: value for name, value in encoding_options.items() if value is not None
    }
    folder = out if out is not None else default_run(classifier, encoding, seed)
    loaded = load(classifier, backend, card, device, class_names, trust, changes, precision)
    if limit is not None or is_live(console(stderr=True)):
        planned = (initial or batch) + generations * batch * (1 + 2 * refine)
        fits = min(planned, limit.queries or planned) if limit is not None else planned
        announce(loaded, batch, fits * (replicates or 1))
    arguments: dict[str, Any] = {
        "encoding": encoding,
        "options": options,
        "generations": generations,
        "batch": batch,
        "initial": initial,
        "seed": seed,
        "classes": selected_classes,
        "out": folder,
        "resume": resume,
        "overwrite": overwrite,
        "checkpoint_every": checkpoint_every,
        "keep_genomes": keep,
        "budget": limit,
        "command": command_line(context),
    }
    try:
        with search_bar(folder, resume=resume, opening=None if out else f"run: {folder}") as watch:
            arguments["on_progress"] = watch
            output, summaries = (
                _one(loaded, refine, arguments)
                if replicates is None
                else _many(loaded, replicates, arguments)
            )
    except KeyboardInterrupt:
        note(f"interrupted; {folder} is saved: the same command with --resume goes on")
        raise
    if as_json:
        print_json(summaries)
        return
    print(*output, sep="\n")
    if profile:
        print(*profile_of([summaries] if isinstance(summaries, Mapping) else summaries), sep="\n")


def _one(classifier: Classifier, refine: int, words: dict[str, Any]) -> tuple[list[str], RunSummaries]:
    """What is printed of one run, for people and as JSON."""
    from foolery.engine.evolution import evolve as search

    run = search(classifier, memetic=refine, **words)
    return [*lines(run), f"next        foolery report {words['out']} -o gallery"], run.summary


def _many(classifier: Classifier, replicates: int, words: dict[str, Any]) -> tuple[list[str], RunSummaries]:
    """The same of runs in common batches."""
    from foolery.engine.evolution import evolve_replicates

    summaries = evolve_replicates(classifier, replicates=replicates, **words)
    return lines_of_many(summaries, words["out"]), summaries
