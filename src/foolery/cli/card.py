"""``foolery card``: find the preprocessing of an ONNX file, and write its model card."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, get_args

import typer

from foolery.canvas import MAX_SIDE
from foolery.cli._data import announced_after
from foolery.cli._next import next_command
from foolery.cli._options import command_line, one_of, whole_number
from foolery.cli._output import note, print_json
from foolery.cli._stage_bars import stage_bars
from foolery.cli.evaluate import note_unreadable
from foolery.errors import UsageError
from foolery.files import instead

if TYPE_CHECKING:
    from foolery.checks.card_search import CardSearchResult
    from foolery.classifiers.base import Kind

SHOWN = 10  # families in the table
DOUBTFUL = 0.5  # accuracy below which a card may be of the wrong kind
CLOSE = 4  # families that are named as being too close to call


def card(
    context: typer.Context,
    file: Annotated[str, typer.Argument(metavar="FILE", help="An ONNX file.")],
    data: Annotated[str, typer.Option("--data", metavar="DATA", help="Labelled images.")],
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="OUT", help="Default: FILE's name with .card.json.")
    ] = None,
    classes: Annotated[
        str | None,
        typer.Option(
            "--class-names",
            metavar="FILE|LIST",
            help="A file of class names, or a list of foolery's (imagenet). Default: those of the data.",
        ),
    ] = None,
    kind: Annotated[
        str | None, typer.Option("--kind", metavar="softmax|sigmoid|similarity", help="Default: detected.")
    ] = None,
    max_images: Annotated[
        int | None,
        typer.Option(
            "--max-images",
            metavar="N",
            parser=whole_number,
            help="At most so many images. Default: 200, more where it takes more to tell ways apart.",
        ),
    ] = None,
    size: Annotated[
        str | None,
        typer.Option(
            "--size", metavar="N|HxW", help="Side, or height x width, of the input, if FILE does not fix it."
        ),
    ] = None,
    output: Annotated[
        str | None,
        typer.Option("--output", metavar="NAME", help="The output to read, if FILE has several that fit."),
    ] = None,
    split: Annotated[str, typer.Option("--split", metavar="train|test")] = "test",
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an existing card.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Find the preprocessing of an ONNX file with labelled images, and write its model card.

    DATA is mnist, cifar10, folder:DIR (one folder for each class) or parquet:FILE.
    """
    from foolery.checks.card_search import find_card
    from foolery.classifiers.base import Kind as Kinds
    from foolery.classifiers.card import card_beside
    from foolery.classifiers.request import class_names_from

    if kind is not None:
        one_of("--kind", kind, get_args(Kinds))
    chosen: Kind | None = kind  # type: ignore[assignment]
    graph = Path(file.removeprefix("onnx:")).expanduser()
    check_graph(graph)
    target = out if out is not None else card_beside(graph)
    if target.exists() and not overwrite:
        raise UsageError(f"--out: {target} exists; give another name, or --overwrite")
    check_target(target)
    class_names = class_names_from(classes) if classes is not None else None
    sides = image_size(size) if size is not None else None
    with stage_bars("card"), announced_after(data, split, as_json=as_json) as opened:
        images = opened.data
        result = find_card(
            graph,
            images,
            classes=class_names,
            kind=chosen,
            max_images=max_images,
            size=sides,
            output=output,
            on_progress=note,
        )
        opened.by_position = result.by_position
    note_unreadable(images, as_json=as_json)
    stored = "images as stored: their orientation tags are not followed"
    notes = " ".join(f"{line}." for line in (outcome_line(result), *result.notes, stored))
    written = result.card.model_copy(update={"made_by": command_line(context), "notes": notes})
    try:
        written.write(target)
    except OSError as error:
        raise UsageError(
            f"--out: cannot write {target}: {error.strerror}; choose another path with --out"
        ) from None
    if as_json:
        print_json({"file": str(graph), "card": str(target), **result.to_dict()})
        return
    for line in result.notes:
        if line != result.by_position:  # that is in the first line
            print(f"note       {line}")
    print(*lines(result), sep="\n")
    where = () if target == card_beside(graph) else ("--card", target)
    print(f"card       {target}")
    print(f"next       {next_command('preflight', f'onnx:{graph}', *where, '--data', data)}")


def check_graph(graph: Path) -> None:
    """Raise UsageError unless ``graph`` is a file that may be an ONNX file."""
    if not graph.is_file():
        raise UsageError(f"card: no file {graph}")
    if graph.suffix in (".safetensors", ".pt", ".pth", ".pt2", ".bin", ".h5", ".keras", ".tflite"):
        raise UsageError(f"card: expected an ONNX file, got {graph}; export it to ONNX first")
    other = instead(graph)
    if other:
        raise UsageError(f"card: {graph} is not an ONNX file{other}")


def check_target(target: Path) -> None:
    """Raise UsageError where no card can be written to ``target``, before any work is done."""
    place = target if target.exists() else target.parent
    if place.is_dir() == target.exists() or not os.access(place, os.W_OK):
        why = "it is a folder" if target.is_dir() else f"{place} cannot be written to"
        why = why if place.exists() else f"there is no folder {place}"
        raise UsageError(f"--out: cannot write {target}: {why}; choose another path with --out")


def image_size(text: str) -> tuple[int, int]:
    """``(height, width)`` from ``224`` or ``48x192``.

    Raises:
        UsageError: for anything else.
    """
    sides = text.lower().replace("×", "x").split("x")
    if len(sides) > 2 or not all(side.strip().isdecimal() and 0 < int(side) <= MAX_SIDE for side in sides):
        raise UsageError(
            f"--size: expected a side, such as 224, or HEIGHTxWIDTH, such as 48x192, got {text!r}"
        )
    return int(sides[0]), int(sides[-1])


def outcome_line(result: CardSearchResult) -> str:
    """What was found, and how surely, as a sentence without its stop."""
    low, high = result.interval
    how = "" if result.framing.startswith("crop") else f", {result.framing}"
    close = f"; not distinguishable from {'; '.join(list(result.close)[:CLOSE])}" if result.close else ""
    return (
        f"Preprocessing found with {result.images} images: {result.family}{how}, top-1 {result.accuracy:.1%} "
        f"(95 % interval {low:.1%} to {high:.1%}){close}"
    )


def lines(result: CardSearchResult) -> list[str]:
    """The families with their accuracy, then what was chosen, how surely, and what is too close to it."""
    shown = result.trials[:SHOWN]
    width = max(len(each.family) for each in shown)
    table = [f"{'preprocessing':<{width}}  top-1   images"]
    for each in shown:
        mark = "  <- best" if each.family == result.family else ""
        mark = (
            f"  <- too close to call (p {result.close[each.family]:.2g})"
            if each.family in result.close
            else mark
        )
        table.append(f"{each.family:<{width}}  {each.accuracy:6.1%}  {len(each.correct):>5}{mark}")
    if len(result.trials) > SHOWN:
        table.append(f"… and {len(result.trials) - SHOWN} others that were no better on their first images")
    low, high = result.interval
    table.append("")
    table.append(
        f"best       {result.family}: {result.accuracy:.1%} of {result.images} images "
        f"(95 % interval {low:.1%} to {high:.1%})"
    )
    if result.close:
        close = list(result.close)
        more = f"; and {len(close) - CLOSE} others" if len(close) > CLOSE else ""
        table.append(f"           not distinguishable with these images: {'; '.join(close[:CLOSE])}{more}")
        table.append("           chosen as the usual one; more images, or its makers, can tell")
    if result.accuracy < DOUBTFUL:
        table.append(
            "           if its makers state more, its preprocessing is none of those: write the card"
        )
    table += _framing_lines(result)
    background = ", background output dropped" if result.card.background else ""
    table.append(f"scores     {result.card.kind}, from {result.card.output}{background}")
    return table


def _framing_lines(result: CardSearchResult) -> list[str]:
    preprocessing = result.card.preprocessing
    crop = preprocessing.crop
    seen = "no crop" if crop is None else f"crop {crop.height} x {crop.width}"
    resized = "" if preprocessing.resize == "crop" else f", images {result.framing}"
    others = ", ".join(f"{words}: {accuracy:.1%}" for words, accuracy in result.framings.items())
    lines = [
        f"canvas     {preprocessing.canvas.height} x {preprocessing.canvas.width}, {seen}{resized} ({others})"
    ]
    if result.framing_close:
        lines.append(f"           too close to call: {', '.join(result.framing_close)}")
    return lines
