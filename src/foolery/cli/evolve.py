"""``foolery evolve``: one champion for every class."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from foolery.cli._encoding_options import with_encoding_options
from foolery.cli._next import next_command
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
    real_number,
    whole_number,
)
from foolery.cli._output import console, is_live, note, print_json
from foolery.cli._progress import search_bar
from foolery.cli._run_summary import lines, lines_of_many
from foolery.cli._run_summary import profile as profile_of
from foolery.cli._signals import interruption_note
from foolery.cli._spread import (
    SPREAD_OPTIONS,
    CpusOption,
    GpusOption,
    OnOption,
    check_spread,
    part_count,
    parts_of,
    without_options,
    work_through,
)
from foolery.errors import UsageError


def evolve(
    context: typer.Context,
    classifier: Annotated[str, typer.Option("--classifier", "-c", metavar="REF", help="What to fool.")],
    encoding: Annotated[
        str,
        typer.Option(
            "--encoding",
            "-e",
            metavar="NAME",
            help="cppn, direct, gaussian, sparse, a plugin's, or your own: python:MODULE:NAME.",
        ),
    ] = "cppn",
    generations: Annotated[
        int,
        typer.Option(
            "--generations", "-n", metavar="N", parser=whole_number, help="Generations after the initial one."
        ),
    ] = 200,
    batch: Annotated[
        int, typer.Option("--batch", metavar="N", parser=whole_number, help="Children per generation.")
    ] = 200,
    initial: Annotated[
        int | None,
        typer.Option(
            "--initial", metavar="N", parser=whole_number, help="Size of generation 0 (default: batch)."
        ),
    ] = None,
    seed: Annotated[
        int, typer.Option("--seed", metavar="N", parser=whole_number, help="The seed of everything random.")
    ] = 0,
    seeds: Annotated[
        int | None,
        typer.Option(
            "--seeds",
            metavar="R",
            parser=whole_number,
            help="R runs, with seeds from --seed on, each in a folder seed-N of --out.",
        ),
    ] = None,
    classes: ClassesOption = None,
    objective: Annotated[
        str,
        typer.Option(
            "--objective",
            metavar="class-score|margin|python:MODULE:NAME",
            help="What selection maximizes for each class.",
        ),
    ] = "class-score",
    until: Annotated[
        float | None,
        typer.Option(
            "--until", metavar="P", parser=real_number, help="Stop when every class has this confidence."
        ),
    ] = None,
    memetic: Annotated[
        int,
        typer.Option(
            "--memetic",
            metavar="K",
            parser=whole_number,
            help="Gradient steps of every child; each is two queries.",
        ),
    ] = 0,
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
        bool, typer.Option("--resume", help="Continue the run in --out; more generations extend it.")
    ] = False,
    overwrite: OverwriteOption = False,
    checkpoint_every: Annotated[
        int | None,
        typer.Option(
            "--checkpoint-every",
            metavar="N",
            parser=whole_number,
            help="Generations between checkpoints (default: every 3 s).",
        ),
    ] = None,
    keep_genomes: Annotated[
        str,
        typer.Option(
            "--keep-genomes",
            metavar="auto|all|champions",
            help="Of former champions: auto is all where genomes are small.",
        ),
    ] = "auto",
    profile: Annotated[bool, typer.Option("--profile", help="Print where the time went.")] = False,
    on: OnOption = None,
    shard: Annotated[
        str | None,
        typer.Option("--shard", metavar="I/N", help="With --seeds: the I-th of N parts of them."),
    ] = None,
    cpus: CpusOption = 1.0,
    gpus: GpusOption = 0.0,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object; with --seeds a list of them.")
    ] = False,
    **options: str,
) -> None:
    """Evolve images that fool a classifier, one for every class.

    Ctrl-C saves; --resume continues. The run is one file, run.db in --out.
    """
    from foolery.classifiers.wrappers.metered import Budget
    from foolery.engine.evolution import evolve as search
    from foolery.engine.run import RunResult

    if seeds is not None and out is None:
        raise UsageError("--seeds: give --out DIR too; it gets a folder for each run")
    selected_classes = comma_separated(classes)
    limit = Budget.parse(budget) if budget is not None else None
    first = batch if initial is None else initial
    if limit is not None and limit.queries is not None and limit.queries < first and not resume:
        raise UsageError(
            f"--budget: {limit.queries} queries are fewer than the {first} images of generation 0; "
            f"give more, or a smaller --initial"
        )
    folder = out if out is not None else default_run(classifier, encoding, seed)
    if on is not None or shard is not None:
        check_spread(seeds, overwrite=overwrite)
        _spread(
            context, folder, seed, 1 if seeds is None else seeds, on, shard, (cpus, gpus), as_json=as_json
        )
        return
    loaded = load(classifier, backend, card, device, class_names, trust, changes, precision)
    if limit is not None or is_live(console(stderr=True)):
        planned = (initial or batch) + generations * batch * (1 + 2 * memetic)
        fits = min(planned, limit.queries or planned) if limit is not None else planned
        announce(loaded, batch, fits * (seeds or 1))
    try:
        with search_bar(folder, resume=resume, opening=None if out else f"run: {folder}") as on_progress:
            result = search(
                loaded,
                seed=seed,
                seeds=seeds,
                encoding=encoding,
                options=options,
                generations=generations,
                batch=batch,
                initial=initial,
                classes=selected_classes,
                objective=objective,
                memetic=memetic,
                out=folder,
                resume=resume,
                overwrite=overwrite,
                checkpoint_every=checkpoint_every,
                keep_genomes=keep_genomes,
                until=until,
                budget=limit,
                on_progress=on_progress,
                command=command_line(context),
            )
    except KeyboardInterrupt:
        note(interruption_note(folder))
        raise
    summaries = [result.summary] if isinstance(result, RunResult) else result.summaries
    if as_json:
        print_json(summaries if seeds is not None else summaries[0])
        return
    if isinstance(result, RunResult):
        print(*lines(result), f"next        {next_command('report', folder, '-o', 'gallery')}", sep="\n")
    else:
        print(*lines_of_many(summaries, folder), sep="\n")
    if profile:
        print(*profile_of(summaries), sep="\n")


def _spread(
    context: typer.Context,
    folder: Path,
    seed: int,
    seeds: int,
    on: str | None,
    shard: str | None,
    size: tuple[float, float],
    *,
    as_json: bool,
) -> None:
    """Evolve many seeds in parts, each of which is this command with some of them."""
    from foolery.engine.run import open_run
    from foolery.shards import parse_shard
    from foolery.sweep import EngineChoice
    from foolery.sweep.tasks import command_job

    choice = EngineChoice.parse(on or "local:1", *size)
    parts = parts_of(seed, seeds, part_count(choice, shard))
    parts = parts if shard is None else parse_shard(shard).take(parts)
    words = without_options(context.obj.arguments, SPREAD_OPTIONS)
    jobs = [
        command_job(
            f"seeds {first} to {first + count - 1}",
            [*words, "--seed", str(first), "--seeds", str(count)],
            count,
            [folder / f"seed-{one}" / "run.db" for one in range(first, first + count)],
        )
        for first, count in parts
    ]
    if jobs:
        work_through(jobs, choice, folder)
    runs = [folder / f"seed-{one}" for first, count in parts for one in range(first, first + count)]
    summaries = [open_run(run).summary for run in runs]
    if as_json:
        print_json(summaries)
    elif summaries:
        print(*lines_of_many(summaries, folder), sep="\n")


def make_command() -> Callable[..., None]:
    """The command, with the options of all encodings."""
    return with_encoding_options(evolve)
