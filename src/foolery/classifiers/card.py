"""Card: what a weights file cannot say about itself, as a JSON file beside it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from foolery.canvas import LARGEST_SIDE, CanvasShape
from foolery.classifiers.contract import Kind
from foolery.errors import UsageError

Side = Annotated[int, Field(ge=1, le=LARGEST_SIDE)]
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
        crop: cut out of its centre first; None for all of it.
        scale: factor of the 8-bit values, for instance 1/255.
        mean: subtracted after scaling, one per channel of the canvas, in the canvas's order.
        std: divided by, one per channel likewise.
        channel_order: in which the network wants the channels.
        layout: of the network's input.
    """

    canvas: CanvasCard
    crop: Crop | None = None
    scale: Annotated[Finite, Field(gt=0)] = 1 / 255
    mean: Annotated[tuple[Finite, ...], Field(strict=False)]
    std: Annotated[tuple[Annotated[Finite, Field(gt=0)], ...], Field(strict=False)]
    channel_order: Literal["gray", "rgb", "bgr"]
    layout: Literal["nchw", "nhwc"] = "nchw"

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
        """The canvas as the rest of foolery knows it."""
        return CanvasShape(self.canvas.channels, self.canvas.height, self.canvas.width)


class Card(_Frozen):
    """Everything about a classifier that its weights file cannot say.

    Attributes:
        foolery_card: version of this format.
        name: of the classifier.
        kind: of its scores: ``softmax`` or ``sigmoid`` (the file gives logits), or ``similarity``.
        classes: one name per output.
        preprocessing: from a canvas to the network's input.
        architecture: the name by which ``foolery train`` knows the network; None for a foreign file.
        made_by: the command that made the weights.
        notes: the recipe, the source, the licence: what a reader has to know.
        test_error: share of wrong answers on the test pictures.
        median_confidence: on the test pictures, of the class that was answered.
        calibration_error: expected calibration error on the test pictures, 15 bins.
    """

    foolery_card: Literal[1] = 1
    name: Annotated[str, Field(min_length=1)]
    kind: Kind
    classes: Annotated[tuple[str, ...], Field(min_length=1, strict=False)]
    preprocessing: Preprocessing
    architecture: str | None = None
    made_by: str = ""
    notes: str = ""
    test_error: Finite | None = None
    median_confidence: Finite | None = None
    calibration_error: Finite | None = None

    def write(self, path: Path) -> None:
        """Write the card as indented JSON."""
        path.write_text(self.model_dump_json(indent=2, exclude_none=True) + "\n", encoding="utf-8")


def card_beside(weights: Path) -> Path:
    """Where the card of a weights file lies: ``net.card.json`` for ``net.onnx`` or ``net.safetensors``."""
    return weights.with_suffix(".card.json")


def read_card(path: Path) -> Card:
    """The card in a JSON file.

    Raises:
        UsageError: where there is none, or it is not one; names the first field that is wrong.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UsageError(f"card: cannot read {path}: {error.strerror}; give one with --card FILE") from None
    try:
        return Card.model_validate_json(content)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the file"
        more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
        raise UsageError(f"card {path}: {where}: {first['msg']}{more}") from None
