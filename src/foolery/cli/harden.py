"""``foolery harden``: train a network against the images that fool it, and see whether it helps."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast, get_args

import typer

from foolery.cli._options import command_line, one_of, real_number, whole_number
from foolery.cli._output import note, print_json
from foolery.cli._progress import labelled_bar

if TYPE_CHECKING:
    from foolery.hardening.rounds import Round


def harden(
    context: typer.Context,
    network: Annotated[
        str,
        typer.Argument(
            metavar="NETWORK",
            help="An architecture (lenet, perceptron, convnet, vit); for acet a network that foolery "
            "trained; for fine-tune any torch network: torchvision:NAME, timm:NAME, torch:FILE.safetensors.",
        ),
    ],
    data: Annotated[str, typer.Option("--data", metavar="DATA", help="What to learn from.")] = "mnist",
    method: Annotated[
        str,
        typer.Option(
            "--method",
            metavar="class|acet|fine-tune",
            help="class: from scratch with one class more, of fooling images. fine-tune: the same, from a "
            "pretrained network. acet: fine-tune on optimised noise.",
        ),
    ] = "class",
    card: Annotated[
        Path | None,
        typer.Option("--card", metavar="FILE", help="Model card of the network (fine-tune)."),
    ] = None,
    rounds: Annotated[
        int, typer.Option("--rounds", metavar="N", parser=whole_number, help="Networks, the first included.")
    ] = 2,
    first_runs: Annotated[
        int | None,
        typer.Option(
            "--first-runs", metavar="N", parser=whole_number, help="Against the first (default: --runs)."
        ),
    ] = None,
    runs: Annotated[
        int, typer.Option("--runs", metavar="N", parser=whole_number, help="Runs against each network.")
    ] = 50,
    generations: Annotated[int, typer.Option("--generations", "-n", metavar="N", parser=whole_number)] = 200,
    batch: Annotated[
        int, typer.Option("--batch", metavar="N", parser=whole_number, help="Children per generation.")
    ] = 200,
    encoding: Annotated[str, typer.Option("--encoding", "-e", metavar="cppn|direct|sparse|…")] = "cppn",
    over_represent: Annotated[
        float | None,
        typer.Option(
            "--over-represent",
            metavar="X",
            parser=real_number,
            help="Repeat fooling images to X times an average class, after the first round.",
        ),
    ] = None,
    iterations: Annotated[
        int | None,
        typer.Option("--iterations", metavar="N", parser=whole_number, help="Of each training."),
    ] = None,
    side: Annotated[
        int | None, typer.Option("--side", metavar="PIXELS", parser=whole_number, help="Of the canvas.")
    ] = None,
    broken: Annotated[
        str,
        typer.Option(
            "--broken", metavar="refuse|skip", help="What to do about pictures that cannot be read."
        ),
    ] = "refuse",
    seed: Annotated[int, typer.Option("--seed", metavar="N", parser=whole_number)] = 0,
    out: Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help="For networks and images.")] = Path(
        "hardened"
    ),
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with what is in --out; more --rounds extend it.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object: the rounds.")] = False,
) -> None:
    """Train a network against the images that fool it, and attack it afresh after every round.

    Each round's network lies in DIR/round-NN, as a classifier for every other command.
    """
    from foolery.hardening.arms_race import check_folder, run_arms_race
    from foolery.hardening.settings import Method, OnBroken, prepare_arms_race

    ready = prepare_arms_race(
        network,
        data,
        cast(Method, one_of("--method", method, get_args(Method))),
        broken=cast(OnBroken, one_of("--broken", broken, get_args(OnBroken))),
        over_represent=over_represent,
        settings={
            "rounds": rounds,
            "first_runs": first_runs or runs,
            "runs": runs,
            "reported": min(runs, first_runs or runs, 30),
            "generations": generations,
            "batch": batch,
            "encoding": encoding,
            "iterations": iterations,
            "side": side,
            "seed": seed,
            "card": None if card is None else str(card),
        },
    )
    check_folder(ready.config, out, resume=resume)
    for line in ready.notes:
        note(line)
    note(
        f"{rounds} networks, {ready.config.queries():,} queries".replace(",", " ")
        + f", {rounds - (ready.config.start is not None)} trainings"
    )
    with labelled_bar() as progress:
        results = run_arms_race(
            ready.config,
            out,
            train_data=ready.train_data,
            test_data=ready.test_data,
            resume=resume,
            on_progress=progress,
            command=command_line(context),
        )
    if as_json:
        contest = ready.config.model_dump(mode="json")
        print_json({"contest": contest, "rounds": [each.model_dump(mode="json") for each in results]})
        return
    _print(results, out)


def _print(rounds: tuple[Round, ...], out: Path) -> None:
    from foolery.text import format_confidence

    print("network  error     training pictures  of them fooling  median confidence of fooling images")
    for each in rounds:
        print(
            f"DNN {each.number:<4} {each.error:<9.2%} {each.pictures:<18} {each.fooling:<16} "
            f"{format_confidence(each.confidence)}"
        )
    last = out / f"round-{rounds[-1].number:02d}" / "network.onnx"
    print(f"next  foolery evolve --classifier onnx:{last}")
