"""``foolery harden``: train a network against the images that fool it, and attack it again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast, get_args

import typer

from foolery.cli._next import next_command
from foolery.cli._options import command_line, one_of, real_number, whole_number
from foolery.cli._output import note, print_json
from foolery.cli._signals import saying_what_became_of
from foolery.cli._spread import (
    SPREAD_OPTIONS,
    CpusOption,
    GpusOption,
    OnOption,
    check_spread,
    without_options,
    work_through,
)
from foolery.cli._stage_bars import labelled_stages
from foolery.errors import UsageError
from foolery.stages import Stage

if TYPE_CHECKING:
    from foolery.hardening import ArmsRace

MAX_RACES = 1000


def harden(
    context: typer.Context,
    network: Annotated[
        str,
        typer.Argument(
            metavar="NETWORK",
            help="An architecture (lenet, perceptron, convnet, vit); with acet a network that foolery "
            "trained; with fine-tune any torch network: torchvision:NAME, timm:NAME, torch:FILE.safetensors.",
        ),
    ],
    data: Annotated[
        str, typer.Option("--data", metavar="DATA", help="Labelled images to train with.")
    ] = "mnist",
    method: Annotated[
        str,
        typer.Option(
            "--method",
            metavar="class|acet|fine-tune",
            help="class: train from scratch with an extra class of fooling images. fine-tune: add that class "
            "to a pretrained network. acet: fine-tune on optimized noise.",
        ),
    ] = "class",
    card: Annotated[
        Path | None,
        typer.Option("--card", metavar="FILE", help="Model card of the network (fine-tune)."),
    ] = None,
    rounds: Annotated[
        int,
        typer.Option(
            "--rounds", metavar="N", parser=whole_number, help="Number of networks, the first included."
        ),
    ] = 2,
    first_runs: Annotated[
        int | None,
        typer.Option(
            "--first-runs",
            metavar="N",
            parser=whole_number,
            help="Searches against the first network (default: --runs).",
        ),
    ] = None,
    runs: Annotated[
        int, typer.Option("--runs", metavar="N", parser=whole_number, help="Searches against each network.")
    ] = 50,
    generations: Annotated[
        int, typer.Option("--generations", "-n", metavar="N", parser=whole_number, help="Of each search.")
    ] = 200,
    batch: Annotated[
        int, typer.Option("--batch", metavar="N", parser=whole_number, help="Offspring per generation.")
    ] = 200,
    encoding: Annotated[
        str,
        typer.Option(
            "--encoding", "-e", metavar="NAME", help="cppn, direct, gaussian, sparse, or that of a plugin."
        ),
    ] = "cppn",
    over_represent: Annotated[
        float | None,
        typer.Option(
            "--over-represent",
            metavar="X",
            parser=real_number,
            help="Repeat fooling images until their class is X times as large as an average class.",
        ),
    ] = None,
    iterations: Annotated[
        int | None,
        typer.Option(
            "--iterations", metavar="N", parser=whole_number, help="Training steps for each network."
        ),
    ] = None,
    side: Annotated[
        int | None, typer.Option("--side", metavar="PIXELS", parser=whole_number, help="Side of the canvas.")
    ] = None,
    broken: Annotated[
        str,
        typer.Option("--broken", metavar="refuse|skip", help="What to do with images that cannot be read."),
    ] = "refuse",
    seed: Annotated[
        int, typer.Option("--seed", metavar="N", parser=whole_number, help="Of the first network and search.")
    ] = 0,
    seeds: Annotated[
        int | None,
        typer.Option(
            "--seeds",
            metavar="N",
            parser=whole_number,
            help="N arms races, with seeds from --seed on, each in a folder seed-N of --out.",
        ),
    ] = None,
    on: OnOption = None,
    shard: Annotated[
        str | None,
        typer.Option("--shard", metavar="I/N", help="With --seeds: every N-th race from the I-th."),
    ] = None,
    cpus: CpusOption = 1.0,
    gpus: GpusOption = 0.0,
    out: Annotated[
        Path, typer.Option("--out", "-o", metavar="DIR", help="Folder for networks and images.")
    ] = Path("hardened"),
    resume: Annotated[
        bool, typer.Option("--resume", help="Continue the arms race in --out; more --rounds extend it.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object: settings and rounds.")
    ] = False,
) -> None:
    """Train a network against the images that fool it, and attack it again after every round.

    Each round's network lies in DIR/round-NN, as a classifier for every other command.
    """
    if seeds is not None or on is not None or shard is not None:
        check_spread(seeds)
        _spread(context, out, seed, 1 if seeds is None else seeds, on, shard, (cpus, gpus), as_json=as_json)
        return
    from foolery.hardening import harden as run
    from foolery.hardening.config import Method, OnBroken

    counts = [runs if first_runs is None else first_runs, *[runs] * (rounds - 1)]
    planned = [
        Stage(label, steps, "steps", kind)
        for number, count in enumerate(counts, start=1)
        for label, steps, kind in (
            (f"round {number}: training", 0, "training"),
            (f"round {number}: {count} runs", generations, f"{count} runs"),
        )
    ]
    with saying_what_became_of(out), labelled_stages("harden", planned) as progress:
        race = run(
            network,
            data=data,
            method=cast(Method, one_of("--method", method, get_args(Method))),
            rounds=rounds,
            runs=runs,
            first_runs=first_runs,
            generations=generations,
            batch=batch,
            encoding=encoding,
            over_represent=over_represent,
            iterations=iterations,
            side=side,
            card=card,
            broken=cast(OnBroken, one_of("--broken", broken, get_args(OnBroken))),
            seed=seed,
            out=out,
            resume=resume,
            on_progress=progress,
            on_note=note,
            command=command_line(context),
        )
    if as_json:
        print_json(race.to_dict())
        return
    _print(race)


def _spread(
    context: typer.Context,
    out: Path,
    seed: int,
    seeds: int,
    on: str | None,
    shard: str | None,
    size: tuple[float, float],
    *,
    as_json: bool,
) -> None:
    """Run many races, each of which is this command with one seed."""
    from foolery.hardening import read_arms_race
    from foolery.hardening.config import CONFIG_FILE
    from foolery.shards import parse_shard
    from foolery.sweep import EngineChoice
    from foolery.sweep.tasks import command_job

    if not 1 <= seeds <= MAX_RACES:
        raise UsageError(f"--seeds: expected 1 to {MAX_RACES} races, got {seeds}")
    choice = EngineChoice.parse(on or "local:1", *size)
    races = list(range(seed, seed + seeds))
    races = races if shard is None else parse_shard(shard).take(races)
    words = without_options(context.obj.arguments, {**SPREAD_OPTIONS, "--out": True, "-o": True})
    jobs = []
    for one in races:
        folder = out / f"seed-{one}"
        arguments = [*words, "--seed", str(one), "--out", str(folder)]
        jobs.append(command_job(f"race of seed {one}", arguments, resume_if=[folder / CONFIG_FILE]))
    if jobs:
        work_through(jobs, choice, out)
    done = [read_arms_race(out / f"seed-{one}") for one in races]
    if as_json:
        print_json([race.to_dict() for race in done])
        return
    for race in done:
        print(f"{race.name}")
        _print(race)


def _print(race: ArmsRace) -> None:
    from foolery.text import format_confidence

    print("network  test error  training images  of them fooling  median confidence of fooling images")
    for each in race.rounds:
        print(
            f"DNN {each.number:<4} {each.test_error:<11.2%} {each.training_images:<16} "
            f"{each.fooling_images:<16} {format_confidence(each.median_confidence)}"
        )
    print("next ", next_command("evolve", "--classifier", f"onnx:{race.network}"))
