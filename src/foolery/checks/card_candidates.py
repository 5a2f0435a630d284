"""Card candidates: every combination of what an ONNX file leaves open, as trials."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import product

from foolery.canvas import Resize
from foolery.checks.card_names import Names, Naming, names_for, namings
from foolery.checks.card_trials import CardTrial, with_preprocessing
from foolery.checks.presets import RATIOS, SMALL, Preset, canvas_of, presets, usual_canvas, usualness
from foolery.classifiers.base import Kind
from foolery.classifiers.card import CanvasCard, Card, Crop, Output, Preprocessing
from foolery.classifiers.onnx_input import Reading, Size
from foolery.classifiers.onnx_output import OnnxOutput
from foolery.classifiers.onnx_signature import OnnxSignature
from foolery.errors import UsageError

FAR_APART = (224, 96, 32)  # sides tried at first where the network takes many
FILLS = (0, 114, 128, 255)  # gray levels that letterboxes are filled with
RESIZED: dict[Resize, str] = {
    "crop": "",
    "squash": "squashed",
    "letterbox": "letterboxed",
    "corner": "filled right and below",
}


def named_outputs(
    signature: OnnxSignature, class_names: Sequence[str] | None, data: Sequence[str], output: str | None
) -> list[tuple[OnnxOutput, Names]]:
    """The outputs whose columns fit class names, each with its names.

    Args:
        signature: of the file.
        class_names: names that the user gave.
        data: class names of the labelled images.
        output: the only output to look at, if the user named one.

    Raises:
        UsageError: where there is none; says how many columns each has.
    """
    chosen = [each for each in signature.outputs if output in (None, each.name)]
    if not chosen:
        listed = ", ".join(each.name for each in signature.outputs)
        why = f", which is {signature.left_out[output]}" if output in signature.left_out else ""
        raise UsageError(f"--output: {output!r}{why}; outputs that can hold scores: {listed}")
    pairs = [(each, names_for(each, signature.facts, class_names, data)) for each in chosen]
    fitting = [(each, names) for each, names in pairs if namings(each, names)]
    if not fitting:
        columns = " and ".join(f"{each.columns} outputs" for each in chosen)
        if len(chosen) > 1:
            columns = ", ".join(f"{each.name} with {each.columns}" for each in chosen) + " columns"
        raise UsageError(
            f"card: the network has {columns}, but there are {len(pairs[0][1].classes)} class names; "
            "give --class-names FILE with one name a line, in the order of the outputs (imagenet for "
            "ImageNet's)"
        )
    return fitting


def all_trials(
    name: str,
    signature: OnnxSignature,
    outputs: Sequence[tuple[OnnxOutput, Names]],
    kind: Kind | None,
    resizes: Sequence[Resize] = ("crop",),
) -> list[CardTrial]:
    """Every combination of what is open."""
    trials = []
    for reading in signature.readings:
        orders = ("gray",) if reading.channels == 1 else ("rgb", "bgr")
        sizes = [size for size in reading.sizes if size[0] in FAR_APART] or reading.sizes
        heads = [(output, naming) for output, names in outputs for naming in namings(output, names)]
        presets_of_input = presets(reading.channels, signature.input.dtype, signature.facts)
        for preset, order, size, head, resize in product(presets_of_input, orders, sizes, heads, resizes):
            if preset.small and min(size) >= SMALL:
                continue
            words = [preset.name, *([] if order == "gray" else [order.upper()])]
            words += [f"{size[0]} x {size[1]}"] if len(reading.sizes) > 1 else []
            words += [_reading_words(reading)] if len(signature.readings) > 1 else []
            words += [f"output {head[0].name}"] if len(outputs) > 1 else []
            words += [each for each in (head[1].words, RESIZED[resize]) if each]
            card = _card(name, signature, reading, preset, order, size, head, resize, kind)
            usual = usualness(preset, order, size, resize, signature.facts)
            trials.append(CardTrial(", ".join(words), card, usual))
    return trials


def _reading_words(reading: Reading) -> str:
    return ("gray" if reading.channels == 1 else "color") + f" {reading.layout.upper()}"


def _card(
    name: str,
    signature: OnnxSignature,
    reading: Reading,
    preset: Preset,
    order: str,
    size: Size,
    head: tuple[OnnxOutput, Naming],
    resize: Resize,
    kind: Kind | None,
) -> Card:
    output, naming = head
    single = output.columns == 1
    probabilities = output.kind != "logits" and kind != "similarity"
    output_kind: Output = "probabilities" if probabilities else "logits"
    kind_of_output: Kind = "sigmoid" if output.kind == "independent" and not single else "softmax"
    several = len(signature.outputs) + len(signature.left_out) > 1
    return Card(
        name=name,
        kind=kind_of_output if single and kind == "sigmoid" else kind or kind_of_output,
        classes=naming.classes,
        preprocessing=Preprocessing(
            scale=preset.scale,
            mean=preset.mean,
            std=preset.std,
            per_image=preset.per_image,
            channel_order=order,  # type: ignore[arg-type]
            layout=reading.layout,
            resize=resize,
            **_frame(reading.channels, size, usual_canvas(size) if resize == "crop" else size),  # type: ignore[arg-type]
        ),
        output=output_kind,
        output_name=output.name if several else None,
        batch=1 if signature.one_at_a_time else None,
        background=naming.background,
    )


def _frame(channels: int, size: Size, canvas: Size) -> dict[str, object]:
    return {
        "canvas": CanvasCard(channels=channels, height=canvas[0], width=canvas[1]),  # type: ignore[arg-type]
        "crop": None if canvas == size else Crop(height=size[0], width=size[1]),
    }


def input_size(card: Card) -> Size:
    """``(height, width)`` of the network's input."""
    frame = card.preprocessing.crop or card.preprocessing.canvas
    return frame.height, frame.width


def usual_resize(card: Card) -> int:
    """How usual it is to fit an image as a card says; smaller is more usual."""
    return list(RESIZED).index(card.preprocessing.resize)


def other_sizes(best: CardTrial, signature: OnnxSignature) -> list[CardTrial]:
    """The family of ``best`` at the other sizes that the network takes, from half to twice its own."""
    own, how = input_size(best.card), best.card.preprocessing
    sizes = dict.fromkeys(
        size
        for reading in signature.readings
        if (reading.layout, reading.channels) == (how.layout, how.canvas.channels)
        for size in reading.sizes
    )
    return [
        with_preprocessing(
            best,
            best.family.replace(f"{own[0]} x {own[1]}", f"{size[0]} x {size[1]}"),
            best.usual,
            **_frame(how.canvas.channels, size, usual_canvas(size) if how.resize == "crop" else size),
        )
        for size in sizes
        if size != own and own[0] / 2 <= size[0] <= own[0] * 2
    ]


def framings(best: CardTrial, *, resized: bool) -> dict[str, CardTrial]:
    """The family of ``best`` with every way to frame an image, its own too, by the words for it.

    Args:
        best: the trial.
        resized: whether images have other proportions than the input, so that it matters how they are fitted.
    """
    how = best.card.preprocessing
    channels, size = how.canvas.channels, input_size(best.card)
    ways: list[tuple[Resize, float, int]] = [("crop", ratio, 0) for ratio in RATIOS]
    if resized:
        ways += [("squash", ratio, 0) for ratio in (1.0, RATIOS[-1])]
        ways += [("letterbox", 1.0, fill) for fill in FILLS]
        ways += [("corner", 1.0, fill) for fill in (0, 128)]
    trials: dict[str, CardTrial] = {}
    for rank, (resize, ratio, fill) in enumerate(ways):
        frame = _frame(channels, size, canvas_of(size, ratio))
        words = f"{RESIZED[resize] or 'crop'} {ratio:g}" + (
            f", gray {fill}" if resize in ("letterbox", "corner") else ""
        )
        if _same_frame(how, resize, fill, frame):
            trials[words] = replace(best, family=words, usual=(0,))
        elif not any(_same_frame(each.card.preprocessing, resize, fill, frame) for each in trials.values()):
            trials[words] = with_preprocessing(best, words, (1, rank), resize=resize, fill=fill, **frame)
    return trials


def _same_frame(how: Preprocessing, resize: Resize, fill: int, frame: dict[str, object]) -> bool:
    return (how.resize, how.fill, how.canvas, how.crop) == (resize, fill, frame["canvas"], frame["crop"])
