"""Options that several commands share: how a classifier is loaded, how a search is bounded and kept."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from foolery.cli._output import note
from foolery.errors import UsageError, did_you_mean
from foolery.files import default_folder
from foolery.install import shell_words

if TYPE_CHECKING:
    from foolery.classifiers.base import Classifier


def load(
    reference: str,
    backend: str,
    card: Path | None,
    device: str,
    class_names: str | None,
    trust: bool,
    changes: list[str] | None,
    precision: str = "float32",
) -> Classifier:
    """The classifier that ``reference`` and the options of ``foolery.cli._options`` name.

    Its notes go to standard error.
    """
    from foolery.classifiers import load_classifier

    classifier = load_classifier(
        reference,
        backend=backend,
        card=card,
        device=device,
        classes=class_names,
        trust=trust,
        changes=card_fields(changes or []),
        precision=precision,
    )
    for line in classifier.description.notes:
        note(f"note: {line}")
    return classifier


def card_fields(changes: list[str]) -> dict[str, Any]:
    """``FIELD=VALUE`` words as fields of a card; a value that is no JSON is a word.

    Raises:
        UsageError: for a word without a field, or a field given twice.
    """
    values: dict[str, Any] = {}
    for change in changes:
        name, equals, value = change.partition("=")
        if not equals or not name.strip() or name.strip() in values:
            raise UsageError(f"--set: expected FIELD=VALUE, each field once, got {change!r}")
        try:
            values[name.strip()] = json.loads(value)
        except ValueError:
            values[name.strip()] = value
    return values


def announce(classifier: Classifier, batch: int, queries: int) -> None:
    """Print the measured speed of a classifier, and what ``queries`` will take."""
    from foolery.classifiers.wrappers.metered import images_per_second
    from foolery.text import format_count, format_duration

    rate = images_per_second(classifier, batch)
    time = format_duration(queries / rate)
    note(f"measured {format_count(round(rate))} images/s: {format_count(queries)} queries take about {time}")


def whole_number(text: str | int) -> int:
    """A whole number; raises UsageError for anything else."""
    try:
        return int(str(text).replace("_", ""))
    except ValueError:
        raise UsageError(f"expected a whole number, got {text!r}") from None


def real_number(text: str | float) -> float:
    """A number; raises UsageError for anything else."""
    try:
        return float(text)
    except ValueError:
        raise UsageError(f"expected a number, got {text!r}") from None


def one_of(option: str, value: str, choices: tuple[str, ...]) -> str:
    """``value``; raises UsageError where ``choices`` has it not."""
    if value not in choices:
        raise UsageError(f"{option}: unknown {value!r}; {did_you_mean(value, list(choices))}")
    return value


def comma_separated(text: str | None) -> list[str] | None:
    """Names with commas between them; a name that has commas itself stands in double quotes."""
    if text is None:
        return None
    rows = list(csv.reader([text], skipinitialspace=True))
    words = [name.strip() for name in rows[0] if name.strip()] if rows else []
    if not words:
        raise UsageError(f"--classes: expected class names with commas between them, got {text!r}")
    return words


def command_line(context: typer.Context) -> str:
    """The command as it was typed, for a run's provenance."""
    return shell_words(["foolery", *context.obj.arguments])


def default_run(classifier: str, job: str, seed: int) -> Path:
    """The folder of a run or an audit where ``--out`` names none."""
    return default_folder(classifier, job, seed)


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
