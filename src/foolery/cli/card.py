"""``foolery card``: the preprocessing of an ONNX file, found and written down."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_args

import typer

from foolery.cli._options import command_line, one_of, whole
from foolery.cli._output import note, print_json
from foolery.cli.evaluate import note_unreadable
from foolery.errors import UsageError

if TYPE_CHECKING:
    from foolery.checks.card_search import Finding
    from foolery.classifiers.base import Kind

SHOWN = 10  # families in the table
CLOSE = 4  # families that are named as being too close to call


def card(
    context: typer.Context,
    file: Annotated[str, typer.Argument(metavar="FILE", help="An ONNX file.")],
    data: Annotated[str, typer.Option("--data", metavar="DATA", help="Labelled photos.")],
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="OUT", help="Default: FILE's name with .card.json.")
    ] = None,
    classes: Annotated[
        str | None,
        typer.Option(
            "--class-names", metavar="FILE", help="Names of the outputs, or imagenet (default: the data's)."
        ),
    ] = None,
    kind: Annotated[
        str | None, typer.Option("--kind", metavar="softmax|sigmoid|similarity", help="Default: found.")
    ] = None,
    photos: Annotated[
        int, typer.Option("--photos", metavar="N", parser=whole, help="At most so many of them.")
    ] = 200,
    size: Annotated[
        int | None,
        typer.Option(
            "--size", metavar="N", parser=whole, help="Side of the input, where FILE leaves it open."
        ),
    ] = None,
    split: Annotated[str, typer.Option("--split", metavar="train|test")] = "test",
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the card that is there.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Find the preprocessing of an ONNX file on labelled photos, and write its model card.

    DATA is mnist, cifar10, folder:DIR (one folder for each class) or parquet:FILE.
    """
    from foolery.checks.card_search import find_card
    from foolery.classifiers.base import Kind as Kinds
    from foolery.classifiers.card import card_beside
    from foolery.classifiers.request import names_from
    from foolery.data import match_classes, open_data
    from foolery.data.class_matching import told_of_placed

    if kind is not None:
        one_of("--kind", kind, get_args(Kinds))
    chosen: Kind | None = kind  # type: ignore[assignment]
    graph = Path(file.removeprefix("onnx:")).expanduser()
    check_graph(graph)
    target = out if out is not None else card_beside(graph)
    if target.exists() and not overwrite:
        raise UsageError(f"--out: {target} is there already; give another name, or --overwrite")
    pictures = open_data(data, split)
    found = find_card(
        graph,
        pictures,
        classes=names_from(classes) if classes is not None else None,
        kind=chosen,
        photos=photos,
        size=size,
        watch=note,
    )
    note_unreadable(pictures.unreadable)
    notes = (
        f"Preprocessing found on {found.photos} photos: {found.family}, top-1 {found.accuracy:.1%} of them."
    )
    written = found.card.model_copy(update={"made_by": command_line(context), "notes": notes})
    try:
        written.write(target)
    except OSError as error:
        raise UsageError(
            f"--out: cannot write {target}: {error.strerror}; give another place with -o"
        ) from None
    if as_json:
        print_json({"file": str(graph), "card": str(target), **as_object(found)})
        return
    print(*lines(found), sep="\n")
    placed = told_of_placed(
        match_classes(pictures.classes, found.card.classes), pictures.classes, found.card.classes
    )
    if placed is not None:
        print(f"classes    {placed}")
    where = "" if target == card_beside(graph) else f" --card {target}"
    print(f"card       {target}")
    print(f"next       foolery preflight onnx:{graph}{where} --data {data}")


def check_graph(graph: Path) -> None:
    """Raise UsageError unless ``graph`` is a file that may be an ONNX file."""
    if not graph.is_file():
        raise UsageError(f"card: no file {graph}")
    if graph.suffix in (".safetensors", ".pt", ".pth", ".pt2", ".bin", ".h5", ".keras", ".tflite"):
        raise UsageError(f"card: expected an ONNX file, got {graph}; export it to ONNX first")


def as_object(found: Finding) -> dict[str, Any]:
    """What was found, as JSON takes it."""
    return {
        "family": found.family,
        "accuracy": found.accuracy,
        "photos": found.photos,
        "close": found.close,
        "preprocessing": found.card.preprocessing.model_dump(mode="json"),
        "kind": found.card.kind,
        "output": found.card.output,
        "background": found.card.background,
        "families": [
            {
                "family": each.family,
                "accuracy": each.accuracy,
                "photos": len(each.right),
                "failed": each.failed,
            }
            for each in found.trials
        ],
        "crops": {f"{share:g}": accuracy for share, accuracy in found.crops.items()},
    }


def lines(found: Finding) -> list[str]:
    """The families with their accuracy, then what was chosen and what could not be told from it."""
    shown = found.trials[:SHOWN]
    width = max(len(each.family) for each in shown)
    said = [f"{'preprocessing':<{width}}  top-1   photos"]
    for each in shown:
        mark = "  <- best" if each.family == found.family else ""
        mark = (
            f"  <- too close to call (p {found.close[each.family]:.2g})"
            if each.family in found.close
            else mark
        )
        said.append(f"{each.family:<{width}}  {each.accuracy:6.1%}  {len(each.right):>5}{mark}")
    if len(found.trials) > SHOWN:
        said.append(f"… and {len(found.trials) - SHOWN} others that did no better on their first photos")
    how = found.card.preprocessing
    crop = "no crop" if how.crop is None else f"crop {how.crop.height} x {how.crop.width}"
    said.append("")
    said.append(f"best       {found.family}: {found.accuracy:.1%} of {found.photos} photos")
    if found.close:
        close = list(found.close)
        more = f"; and {len(close) - CLOSE} others" if len(close) > CLOSE else ""
        said.append(f"           these photos cannot tell it from: {'; '.join(close[:CLOSE])}{more}")
        said.append(
            "           the likelihood of the labels decided; more --photos, or the training code, can tell"
        )
    others = ", ".join(f"{share:g}: {accuracy:.1%}" for share, accuracy in found.crops.items())
    said.append(
        f"canvas     {how.canvas.height} x {how.canvas.width}, {crop} (by the share that is seen: {others})"
    )
    if found.crop_close and found.ratio not in found.crop_close:
        said.append("           other shares are too close to call; the usual one was taken")
    background = ", background output dropped" if found.card.background else ""
    said.append(f"scores     {found.card.kind}, from {found.card.output}{background}")
    return said
