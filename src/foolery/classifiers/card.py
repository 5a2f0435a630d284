"""Model card: a JSON file beside the weights, with their preprocessing, class names and kind of scores."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from foolery.canvas import MAX_SIDE, CanvasShape, Resize
from foolery.classifiers.base import Kind
from foolery.classifiers.class_names import named_list, read_class_names
from foolery.errors import UsageError
from foolery.files import write_atomic
from foolery.untrusted import MAX_JSON_BYTES, UnreadableError, parse_json, read_bytes

Output = Literal["logits", "probabilities"]

Side = Annotated[int, Field(ge=1, le=MAX_SIDE)]
Finite = Annotated[float, Field(allow_inf_nan=False)]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class CanvasCard(_Frozen):
    """The canvas that the classifier takes: 1 (gray) or 3 (RGB) channels, sides in pixels."""

    channels: Literal[1, 3]
    height: Side
    width: Side


class Crop(_Frozen):
    """The centre crop that the classifier cuts out of the canvas, in pixels."""

    height: Side
    width: Side


class Preprocessing(_Frozen):
    """From a canvas to the network's input: ``(crop(canvas) * scale - mean) / std``.

    Attributes:
        canvas: what is searched and scored.
        resize: how an image of another size becomes a canvas: ``crop``, ``squash``, ``letterbox`` or
            ``corner``; see ``CanvasShape``.
        fill: gray level of what a letterbox fills.
        orientation: ``stored``, as the loaders of torchvision and Keras give photos, or ``upright``: their
            orientation tags are followed, as OpenCV does.
        crop: cut out of its centre first; None for all of it.
        scale: factor of the 8-bit values, for instance 1/255.
        mean: subtracted after scaling, one per channel of the canvas, in the canvas's order.
        std: divided by, one per channel likewise.
        channel_order: in which the network wants the channels.
        layout: of the network's input.
        per_image: whether, after scaling, each image's own mean is subtracted and its own standard deviation
            divided by (TensorFlow's ``per_image_standardization``), before mean and std.
    """

    canvas: CanvasCard
    resize: Resize = "crop"
    fill: Annotated[int, Field(ge=0, le=255)] = 0
    orientation: Literal["stored", "upright"] = "stored"
    crop: Crop | None = None
    scale: Annotated[Finite, Field(gt=0)] = 1 / 255
    mean: Annotated[tuple[Finite, ...], Field(strict=False)]
    std: Annotated[tuple[Annotated[Finite, Field(gt=0)], ...], Field(strict=False)]
    channel_order: Literal["gray", "rgb", "bgr"]
    layout: Literal["nchw", "nhwc"] = "nchw"
    per_image: bool = False

    @model_validator(mode="after")
    def _fits_together(self) -> Preprocessing:
        channels = self.canvas.channels
        if len(self.mean) != channels or len(self.std) != channels:
            raise ValueError(f"mean and std need one value for each of the {channels} channels")
        if (self.channel_order == "gray") != (channels == 1):
            raise ValueError(f"channel_order {self.channel_order} does not fit {channels} channels")
        if self.crop and (self.crop.height > self.canvas.height or self.crop.width > self.canvas.width):
            raise ValueError("crop is larger than the canvas")
        return self

    @property
    def shape(self) -> CanvasShape:
        """The canvas as a ``CanvasShape``."""
        return CanvasShape(
            self.canvas.channels,
            self.canvas.height,
            self.canvas.width,
            self.resize,
            self.fill,
            self.orientation == "upright",
        )


#: Fields of ``Preprocessing`` that came later: a card or a fingerprint has them where they say something.
LATER_PREPROCESSING = ("resize", "fill", "orientation", "per_image")


class Card(_Frozen):
    """What a weights file does not hold: preprocessing, class names, kind of scores.

    Attributes:
        foolery_card: version of this format.
        name: of the classifier.
        kind: of its scores: ``softmax``, ``sigmoid``, or ``similarity``.
        classes: one name per class, each once. In a file: a list of names, or the name of one of foolery's
            own lists (``"imagenet"``), or instead ``classes_file``: a text or JSON file in the card's folder.
        preprocessing: from a canvas to the network's input.
        output: what the network gives: ``logits``, or ``probabilities`` (after a softmax or sigmoid: these
            saturate, and a search can stall). A ``similarity`` network gives cosines.
        output_name: of the output to read, where an ONNX file has several; None for the first.
        batch: 1 where an ONNX file must be asked about one image at a time, though it does not say so.
        background: leading outputs that are no class and are dropped: 1 for TensorFlow's background class.
        density: true where the logits are logarithms of p(x, y), less a level: log p(x), the logarithm of
            their summed exponentials, is above 0 for 95 % of images of the kind that it was trained on.
        architecture: of the network in a safetensors file: one that ``foolery train`` knows, or
            ``torchvision:NAME``, or ``timm:NAME``.
        made_by: the command that made the weights.
        notes: the recipe, the source, the licence.
        test_error: share of wrong predictions on the test images.
        median_confidence: on the test images, of the predicted class.
        calibration_error: expected calibration error on the test images, 15 bins.
    """

    foolery_card: Literal[1] = 1
    name: Annotated[str, Field(min_length=1)]
    kind: Kind
    classes: Annotated[tuple[str, ...], Field(min_length=1, strict=False)]
    preprocessing: Preprocessing
    output: Output = "logits"
    output_name: str | None = None
    batch: Literal[1] | None = None
    background: Annotated[int, Field(ge=0)] = 0
    density: bool | None = None
    architecture: str | None = None
    made_by: str = ""
    notes: str = ""
    test_error: Finite | None = None
    median_confidence: Finite | None = None
    calibration_error: Finite | None = None

    @model_validator(mode="after")
    def _names_and_output(self) -> Card:
        if len(set(self.classes)) < len(self.classes):
            twice = next(name for name in self.classes if self.classes.count(name) > 1)
            raise ValueError(f"classes has {twice!r} twice; every class needs a name of its own")
        if self.kind == "similarity" and self.output != "logits":
            raise ValueError("output must be left out where kind is similarity: the network gives cosines")
        return self

    def write(self, path: Path) -> None:
        """Write the card as indented JSON; what earlier versions do not know is left out where it can be."""
        content = self.model_dump(mode="json", exclude_none=True)
        for name in LATER_PREPROCESSING:
            if getattr(self.preprocessing, name) == Preprocessing.model_fields[name].default:
                del content["preprocessing"][name]
        text = json.dumps(content, indent=2, ensure_ascii=False)
        try:
            write_atomic(path, f"{text}\n".encode())
        except UnicodeEncodeError:  # a name from bytes that are no UTF-8
            write_atomic(path, json.dumps(content, indent=2) + "\n")


def card_beside(weights: Path) -> Path:
    """Where the card of a weights file lies: ``net.card.json`` for ``net.onnx`` or ``net.safetensors``."""
    return weights.with_suffix(".card.json")


def read_card(path: Path, changes: Mapping[str, Any] | None = None) -> Card:
    """The card in a JSON file.

    Args:
        path: the file.
        changes: fields that override the file's, by name; those of ``preprocessing`` likewise.

    Raises:
        UsageError: where there is none, or it is not one; names the first field that is wrong, or every one
            that is missing.
    """
    try:
        content = parse_json(read_bytes(path, MAX_JSON_BYTES))
    except UnreadableError as error:
        raise UsageError(f"card: cannot read {path}: {error.reason}; give one with --card FILE") from None
    except ValueError as error:
        raise UsageError(f"card {path}: the file: not JSON ({error})") from None
    return make_card(content, f"card {path}", changes, path.parent)


def make_card(
    content: Any, source: str, changes: Mapping[str, Any] | None = None, folder: Path | None = None
) -> Card:
    """A card from plain values, as JSON has them.

    Args:
        content: fields by name.
        source: for the error message, for instance ``card net.card.json``.
        changes: fields that override it, those of ``preprocessing`` not nested.
        folder: in which a ``classes_file`` lies.

    Raises:
        UsageError: as ``read_card``.
    """
    if not isinstance(content, dict):
        raise UsageError(f"{source}: the file: expected a JSON object, got {type(content).__name__}")
    content = _with_changes(content, changes or {})
    try:
        content = _with_names(content, folder)
        return Card.model_validate(content)
    except ValidationError as error:
        raise UsageError(f"{source}: {_validation_message(error)}") from None
    except UsageError as error:
        raise UsageError(f"{source}: {error}") from None


def _with_changes(content: dict[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    inner = {name: value for name, value in changes.items() if name in Preprocessing.model_fields}
    outer = {name: value for name, value in changes.items() if name not in inner}
    changed = content | outer
    if "classes" in outer:
        changed.pop("classes_file", None)
    if inner and isinstance(content.get("preprocessing", {}), dict):
        changed["preprocessing"] = content.get("preprocessing", {}) | inner
    return changed


def _with_names(content: dict[str, Any], folder: Path | None) -> dict[str, Any]:
    """The card's fields with its class names in place, wherever they come from."""
    classes, classes_file = content.get("classes"), content.get("classes_file")
    if isinstance(classes, str):
        content = content | {"classes": named_list(classes)}
    if classes_file is None:
        return content
    if classes is not None:
        raise UsageError("classes and classes_file are both given; leave one out")
    if not isinstance(classes_file, str) or folder is None:
        raise UsageError(f"classes_file: expected the name of a file beside the card, got {classes_file!r}")
    if not (folder / classes_file).resolve().is_relative_to(folder.resolve()):
        raise UsageError(
            f"classes_file: {classes_file!r} lies outside the card's folder; put it beside the card"
        )
    left = {name: value for name, value in content.items() if name != "classes_file"}
    return left | {"classes": read_class_names(folder / classes_file)}


_EXAMPLES = {
    "name": 'any, for instance "net"',
    "kind": '"softmax", "sigmoid" or "similarity"',
    "classes": "a list of names, or classes_file with the name of a file beside the card",
    "preprocessing": "canvas, mean, std and channel_order",
    "preprocessing.canvas": '{"channels": 3, "height": 256, "width": 256}',
    "preprocessing.mean": "one number per channel after scaling, for instance [0.485, 0.456, 0.406]",
    "preprocessing.std": "one number per channel after scaling, for instance [0.229, 0.224, 0.225]",
    "preprocessing.channel_order": '"rgb", "bgr" or "gray"',
}


def _validation_message(error: ValidationError) -> str:
    """One line: every field that is missing and what to write there, or the first that is wrong."""
    errors = error.errors()
    missing = [".".join(map(str, each["loc"])) for each in errors if each["type"] == "missing"]
    if missing:
        return "missing: " + "; ".join(
            f"{name} ({_EXAMPLES.get(name, 'see the format')})" for name in missing
        )
    where = ".".join(map(str, errors[0]["loc"])) or "the card"
    more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
    return f"{where}: {errors[0]['msg'].removeprefix('Value error, ')}{more}"
