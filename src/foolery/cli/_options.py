"""Options that several commands share: how a classifier is loaded, how a search is bounded and kept."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

BackendOption = Annotated[
    str, typer.Option("--backend", metavar="auto|onnx|torch", help="What runs the classifier.")
]
CardOption = Annotated[
    Path | None, typer.Option("--card", metavar="FILE", help="The classifier's model card.")
]
DeviceOption = Annotated[
    str, typer.Option("--device", metavar="auto|cpu|cuda|mps", help="Where the classifier runs.")
]
PrecisionOption = Annotated[
    str,
    typer.Option(
        "--precision",
        metavar="float32|tf32|bf16|fp16",
        help="What torch computes in; tf32 on cuda.",
    ),
]
TrustOption = Annotated[
    bool, typer.Option("--trust", help="Open exported programs (.pt2) too: they can carry code.")
]
SetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set", metavar="FIELD=VALUE", help="Overrides a field of the card: --set scale=0.0039 (JSON)."
    ),
]
ClassNamesOption = Annotated[
    str | None,
    typer.Option(
        "--class-names", metavar="FILE|LIST", help="A file of class names, or a list of foolery's (imagenet)."
    ),
]
ClassesOption = Annotated[
    str | None, typer.Option("--classes", metavar="A,B,…", help="Only these classes (default: all).")
]
BudgetOption = Annotated[
    str | None,
    typer.Option("--budget", metavar="QUERIES|TIME", help="End in time: 100000, 90s, 5m, or 100000,5m."),
]
OverwriteOption = Annotated[bool, typer.Option("--overwrite", help="Replace the run in --out.")]
