"""``foolery ascend``: gradient ascent, one image for each class."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

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
    comma_separated,
    command_line,
    default_run,
    load,
    real_number,
    whole_number,
)
from foolery.cli._output import note, print_json
from foolery.cli._progress import search_bar
from foolery.cli._run_summary import lines
from foolery.cli._signals import interruption_note
from foolery.errors import UsageError

if TYPE_CHECKING:
    from foolery.classifiers.base import Classifier
    from foolery.engine.ascent_start import Distance
    from foolery.engine.run import RunResult


def ascend(
    context: typer.Context,
    classifier: Annotated[
        str, typer.Option("--classifier", "-c", metavar="REF", help="What to fool; it needs gradients.")
    ],
    preset: Annotated[
        str,
        typer.Option("--preset", metavar="plain|decay|blur|sparse", help="The paper's settings."),
    ] = "plain",
    steps: Annotated[
        int | None,
        typer.Option(
            "--steps", "-n", metavar="N", parser=whole_number, help="At most (default: the preset's)."
        ),
    ] = None,
    rule: Annotated[
        list[str] | None,
        typer.Option(
            "--rule", metavar="NAME=NUMBER", help="Replaces a number of the preset: --rule first_gain=0.1."
        ),
    ] = None,
    start: Annotated[
        str,
        typer.Option(
            "--start",
            metavar="mean|noise|FILE",
            help="Mean pixel plus noise, uniform noise, or an image, from which distances are reported.",
        ),
    ] = "mean",
    through: Annotated[
        str | None,
        typer.Option("--through", metavar="cppn", help="Move the weights of CPPNs in place of pixels."),
    ] = None,
    source: Annotated[
        Path | None,
        typer.Option("--from", metavar="RUN", help="With --through: start at the champions of a run."),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", metavar="N", parser=whole_number, help="Of the start.")] = 0,
    classes: ClassesOption = None,
    until: Annotated[
        float | None,
        typer.Option(
            "--until",
            metavar="P",
            parser=real_number,
            help="Stop a class at this confidence: 0.9999.",
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
        typer.Option("--out", "-o", metavar="DIR", help="Default: runs/CLASSIFIER-ascent-seedN."),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Continue the run in --out, if it was interrupted.")
    ] = False,
    overwrite: OverwriteOption = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Follow the gradient of each class to an image that fools the classifier.

    A step counts as three queries: forward, backward, and the score of the image rounded to 8 bits.
    Classifiers without gradients: foolery evolve. Ctrl-C saves; --resume continues.
    """
    from foolery.classifiers.wrappers.metered import Budget
    from foolery.engine.ascent import ascend as search

    limit = Budget.parse(budget) if budget is not None else None
    chosen, numbers = comma_separated(classes), rule_numbers(rule or [])
    folder = out if out is not None else default_run(classifier, "ascent", seed)
    loaded = load(classifier, backend, card, device, class_names, trust, changes, precision)
    try:
        with search_bar(folder, resume=resume, opening=None if out else f"run: {folder}") as watch:
            run = search(
                loaded,
                preset=preset,
                rule=numbers,
                steps=steps,
                start=start,
                through=through,
                source=source,
                seed=seed,
                classes=chosen,
                out=folder,
                resume=resume,
                overwrite=overwrite,
                until=until,
                budget=limit,
                on_progress=watch,
                command=command_line(context),
            )
    except KeyboardInterrupt:
        note(interruption_note(folder))
        raise
    far = distances_of(run, loaded, start)
    if as_json:
        print_json({**run.summary, **({"distances": [asdict(each) for each in far]} if far else {})})
        return
    print(*lines(run), *distance_lines(far), sep="\n")
    print(f"next        {next_command('report', folder, '-o', 'gallery')}")


def rule_numbers(words: list[str]) -> dict[str, float]:
    """``NAME=NUMBER`` words; raises UsageError for anything else."""
    numbers: dict[str, float] = {}
    for word in words:
        name, equals, number = word.partition("=")
        if not equals or name in numbers:
            raise UsageError(f"--rule: expected NAME=NUMBER, each name once, got {word!r}")
        numbers[name] = real_number(number)
    return numbers


def distances_of(run: RunResult, classifier: Classifier, start: str) -> list[Distance]:
    """How far the champions are from the image that they started from; nothing for another start."""
    from foolery.engine.ascent_start import distances, start_levels

    if run.settings.search_options.get("start") != "image":
        return []
    levels, _ = start_levels(classifier, start, 0)
    canvases = {label: champion.canvas for label, champion in run.champions.items()}
    return distances(canvases, levels.astype("uint8"))


def distance_lines(far: list[Distance]) -> list[str]:
    """One line for each champion."""
    return [
        f"distance    {each.label}: L2 {each.l2:.2f} (values 0 to 1), Linf {each.linf} of 255" for each in far
    ]
