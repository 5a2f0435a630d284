"""``foolery train``: train a built-in network on labelled data."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from foolery.cli._next import next_command
from foolery.cli._options import whole_number
from foolery.cli._output import print_json
from foolery.cli._progress import step_bar


def train(
    architecture: Annotated[
        str, typer.Argument(metavar="NETWORK", help="lenet, perceptron, vae, convnet or vit.")
    ],
    data: Annotated[
        str, typer.Option("--data", metavar="DATA", help="Labelled images to train with.")
    ] = "mnist",
    seed: Annotated[
        int, typer.Option("--seed", metavar="N", parser=whole_number, help="Of weights and order.")
    ] = 0,
    out: Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help="Folder to write to.")] = Path(),
    name: Annotated[
        str | None, typer.Option("--name", metavar="NAME", help="Name of the files (default: NETWORK).")
    ] = None,
    iterations: Annotated[
        int | None,
        typer.Option(
            "--iterations", metavar="N", parser=whole_number, help="Training steps (default: the recipe's)."
        ),
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace files of that name.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object: the card.")] = False,
) -> None:
    """Train a built-in network: writes NAME.safetensors, NAME.onnx and NAME.card.json."""
    from foolery.training.from_scratch import train as run

    with step_bar(f"training {architecture}") as progress:
        card = run(
            architecture,
            data=data,
            seed=seed,
            out=out,
            name=name,
            on_step=progress,
            iterations=iterations,
            overwrite=overwrite,
        )
    if as_json:
        print_json(card.model_dump(mode="json"))
        return
    print(f"{out / card.name}.onnx: test error {card.test_error:.2%}")
    print("next ", next_command("evolve", "--classifier", f"onnx:{out / card.name}.onnx"))
