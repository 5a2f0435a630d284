"""Words: what is written on the command line, read into values."""

from __future__ import annotations

import csv
import re
import shlex
from pathlib import Path

import typer

from foolery.errors import UsageError, nearest


def whole(text: str | int) -> int:
    """A whole number; raises UsageError for anything else."""
    try:
        return int(str(text).replace("_", ""))
    except ValueError:
        raise UsageError(f"expected a whole number, got {text!r}") from None


def real(text: str | float) -> float:
    """A number; raises UsageError for anything else."""
    try:
        return float(text)
    except ValueError:
        raise UsageError(f"expected a number, got {text!r}") from None


def one_of(option: str, value: str, known: tuple[str, ...]) -> str:
    """``value``; raises UsageError where ``known`` has it not."""
    if value not in known:
        raise UsageError(f"{option}: unknown {value!r}; {nearest(value, list(known))}")
    return value


def names(text: str | None) -> list[str] | None:
    """Names with commas between them; a name that has commas itself stands in double quotes."""
    if text is None:
        return None
    rows = list(csv.reader([text], skipinitialspace=True))
    found = [name.strip() for name in rows[0] if name.strip()] if rows else []
    if not found:
        raise UsageError(f"--classes: expected class names with commas between them, got {text!r}")
    return found


def command_line(context: typer.Context) -> str:
    """The command as it was typed, for a run's provenance."""
    return shlex.join(["foolery", *context.obj.arguments])


def default_run(classifier: str, encoding: str, seed: int) -> Path:
    """``runs/CLASSIFIER-ENCODING-seedN``; a file's classifier is called by the file's name."""
    kind, colon, rest = classifier.partition(":")
    name = f"{kind}-{Path(rest).stem}" if colon else kind
    return Path("runs") / f"{re.sub(r'[^A-Za-z0-9._]+', '-', name).strip('-.')}-{encoding}-seed{seed}"
