"""The input of an ONNX file: which one takes the image, how its axes can be read, how images are fed."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from foolery.errors import UsageError

Layout: TypeAlias = Literal["nchw", "nhwc"]
#: An axis of an input: its length, or None where the file leaves it open.
Axes: TypeAlias = tuple[int | None, ...]
Size: TypeAlias = tuple[int, int]

INPUT_TYPES: dict[str, Any] = {
    "tensor(float)": np.float32,
    "tensor(float16)": np.float16,
    "tensor(double)": np.float64,
    "tensor(uint8)": np.uint8,
    "tensor(int8)": np.int8,
    "tensor(uint16)": np.uint16,
    "tensor(int16)": np.int16,
    "tensor(int32)": np.int32,
    "tensor(int64)": np.int64,
}
#: Sides that are tried where the file takes many.
COMMON_SIDES = (224, 96, 32, 28, 48, 64, 112, 128, 160, 192, 227, 256, 299, 384)
_CHANNELS: tuple[Literal[1, 3], ...] = (1, 3)
_COLOR_FIRST: tuple[Literal[1, 3], ...] = (3, 1)
_LONGEST = 8  # times as long as wide: more is no image, unless somebody says so


@dataclass(frozen=True)
class ImageInput:
    """The input of a file that takes the image.

    Attributes:
        name: of the input.
        dtype: of its values, a numpy type.
        axes: as the file declares them, the batch included where it has one.
    """

    name: str
    dtype: Any
    axes: Axes

    def batch_of(self, image: tuple[int, int, int]) -> int | None:
        """How many images of those axes it takes at once: a number, or None for any."""
        return 1 if self._is_bare(image) else self.axes[0]

    def fits(self, image: tuple[int, int, int]) -> bool:
        """Whether images of those axes, ``(C, h, w)`` or ``(h, w, C)``, can go in."""
        return _filled(self.axes[1:], image) is not None or self._is_bare(image)

    def arranged(self, images: NDArray[np.float32]) -> NDArray[Any]:
        """``(n, …)`` images of three axes as the file takes them; whole numbers are rounded and clipped.

        Without a batch axis, ``n`` must be 1.
        """
        shape = self.shape_of(*images.shape)
        shaped = images if images.shape == shape else images.reshape(shape)
        if np.issubdtype(self.dtype, np.integer):
            limits = np.iinfo(self.dtype)
            return np.clip(np.rint(shaped), limits.min, limits.max).astype(self.dtype)
        return shaped.astype(self.dtype, copy=False)

    def shape_of(self, count: int, *image: int) -> tuple[int, ...]:
        """Shape in which ``count`` images of those axes go in."""
        rest = None if self._is_bare(image) else _filled(self.axes[1:], image)
        if rest is not None:
            return (count, *rest)
        return _filled(self.axes, image) or (count, *image)

    def _is_bare(self, image: tuple[int, ...]) -> bool:
        """Whether it has no batch axis: the whole shape is one image."""
        axes = self.axes
        if len(axes) == 3 and None in axes[1:] and image[0 if image[0] in _CHANNELS else 2] == 3:
            return axes[0] == 3 or axes[2] == 3 or axes == (None, None, None)
        return _filled(axes[1:], image) is None and _filled(axes, image) is not None


def _filled(rest: Sequence[int | None], image: tuple[int, ...]) -> tuple[int, ...] | None:
    """``rest`` with its open axes as an image fills them; None where it does not fit.

    Axes of length 1 may be more or fewer, pixels may be in one row, and all values may be.
    """
    if len(rest) == 3 and all(theirs in (None, ours) for theirs, ours in zip(rest, image, strict=True)):
        return tuple(image)
    first, middle, last = image
    rows = {3: [(3, middle * last)] if first == 3 else [(first * middle, 3)]}
    forms = [tuple(each for each in image if each != 1), *rows.get(first if first == 3 else last, [])]
    for form in (*forms, (math.prod(image),)):
        filled = _aligned(tuple(rest), form)
        if filled is not None:
            return filled
    return None


def _aligned(rest: Axes, form: tuple[int, ...]) -> tuple[int, ...] | None:
    """``rest`` with the lengths of ``form`` in their order, and 1 for axes that are left over."""
    if not rest:
        return None if form else ()
    if form and rest[0] in (None, form[0]):
        below = _aligned(rest[1:], form[1:])
        if below is not None:
            return (form[0], *below)
    below = _aligned(rest[1:], form) if rest[0] in (None, 1) else None
    return None if below is None else (1, *below)


def image_input(session: Any, graph: Path) -> ImageInput:
    """The only input that has no default; initialisers that older exporters list as inputs have one.

    Raises:
        UsageError: where there are several, or it can be no image.
    """
    inputs = session.get_inputs()
    described = ", ".join(f"{each.name} {each.type[7:-1]}{list(each.shape)}" for each in inputs)
    if len(inputs) != 1:
        raise UsageError(
            f"classifier onnx: {graph} must have one input, the image, and has {len(inputs)}: {described}; "
            f"export it for inference, with the others as constants"
        )
    declared = inputs[0]
    if declared.type not in INPUT_TYPES:
        raise UsageError(
            f"classifier onnx: {graph} takes {declared.type}, but images are numbers "
            f"({', '.join(name[7:-1] for name in INPUT_TYPES)}); export it in float32"
        )
    axes = tuple(each if isinstance(each, int) and each > 0 else None for each in declared.shape)
    if declared.type == "tensor(uint8)" and len(axes) == 1 and axes[0] is None:
        raise UsageError(
            f"classifier onnx: {graph} takes the bytes of an encoded file ({described}), not pixels; export "
            f"the network without its decoder, or call it from your own code (python:MODULE:NAME)"
        )
    if not axes:
        raise UsageError(f"classifier onnx: {graph} takes one number ({described}), but images have axes")
    return ImageInput(declared.name, INPUT_TYPES[declared.type], axes)


@dataclass(frozen=True)
class Reading:
    """One way to read the axes of an input.

    Attributes:
        layout: order of the axes of an image.
        channels: 1 or 3.
        sizes: ``(height, width)`` to try: one, or several where the file leaves it open.
    """

    layout: Layout
    channels: Literal[1, 3]
    sizes: tuple[Size, ...]

    def axes(self, size: Size) -> tuple[int, int, int]:
        """Axes of one image."""
        return (self.channels, *size) if self.layout == "nchw" else (*size, self.channels)


def readings(declared: ImageInput, graph: Path, size: Size | None = None) -> tuple[Reading, ...]:
    """Every way to read an input's axes, the likeliest first.

    Args:
        declared: the input.
        graph: the file, for the error message.
        size: ``(height, width)``, where the file leaves it open.

    Raises:
        UsageError: where it can be no image; names its axes.
    """
    possible: list[Reading] = []
    for layout, channels, sides in _candidates(declared.axes):
        height, width = sides
        sizes = tuple(
            each
            for each in _sizes(height, width, size)
            if (each == size or (max(each) <= _LONGEST * min(each) and min(each) > 1))
            and declared.fits((channels, *each) if layout == "nchw" else (*each, channels))
        )
        reading = Reading(layout, channels, sizes)
        if sizes and reading not in possible:
            possible.append(reading)
    flat = _flat_readings(declared.axes, size)
    possible += [each for each in flat if each not in possible]
    if not possible:
        shown = ["?" if each is None else each for each in declared.axes]
        raise UsageError(f"card: {graph} takes {shown}; {_no_image(declared.axes, size)}")
    return tuple(possible)


def _no_image(axes: Axes, size: Size | None) -> str:
    if len(axes) == 4 and None not in axes[1:] and not {axes[1], axes[3]} & set(_CHANNELS):
        return "images have 1 or 3 channels (export the network for RGB or gray)"
    if len(axes) <= 3 and size is None:
        return "give the height and width of its images with --size HEIGHTxWIDTH"
    return "that is no image of 1 or 3 channels, flat or not" + (
        f", of {size[0]} x {size[1]}" if size else ""
    )


def _candidates(axes: Axes) -> Iterator[tuple[Layout, Literal[1, 3], tuple[int | None, int | None]]]:
    """Layout, channels, and height and width, of shapes that are not flat."""
    core = axes
    while len(core) > 4 and 1 in core[1:]:
        at = core.index(1, 1)
        core = core[:at] + core[at + 1 :]
    if len(core) > 4 and None in core[1:]:
        core = core[:1] + core[2:]
    if len(core) == 4:
        yield from _of_three(core[1:], free=True)
    elif len(core) == 3 and 3 in (core[0], core[2]):  # one colour image, without a batch axis
        if None not in core or not _flat_readings(axes, None):
            yield from _of_three(core, free=False)
    elif len(core) == 3:
        yield "nchw", 1, core[1:]
        if (
            core[2] == 1 and core[0] != 1 and not (None in core and _flat_readings(axes, None))
        ):  # one gray image
            yield "nhwc", 1, core[:2]
        if core[0] is None and core[2] is None:
            yield from _of_three(core, free=True)
    elif len(core) == 2 and None not in core and core[0] != 1:
        yield "nchw", 1, core


def _of_three(
    axes: Axes, *, free: bool
) -> Iterator[tuple[Layout, Literal[1, 3], tuple[int | None, int | None]]]:
    """Readings of ``(a, b, c)``; channels that the file leaves open are tried where ``free``."""
    first, middle, last = axes
    for channels in _COLOR_FIRST:
        if first == channels:
            yield "nchw", channels, (middle, last)
    for channels in _COLOR_FIRST:
        if last == channels:
            yield "nhwc", channels, (first, middle)
    if free and first not in _CHANNELS and last not in _CHANNELS:
        for channels in _COLOR_FIRST:
            if first is None:
                yield "nchw", channels, (middle, last)
            if last is None:
                yield "nhwc", channels, (first, middle)


def _sizes(height: int | None, width: int | None, size: Size | None) -> list[Size]:
    if height is not None and width is not None:
        return [(height, width)]
    sides = [size] if size is not None else [(side, side) for side in COMMON_SIDES]
    return [(height or each[0], width or each[1]) for each in sides]


def _flat_readings(axes: Axes, size: Size | None) -> list[Reading]:
    """Readings of ``(N, 784)``, ``(N, 784, 1)``, ``(N, 1, 784)``, ``(N, 1024, 3)``, ``(784,)`` and such."""
    long = [each for each in axes if each not in (1, None)]
    rest = axes[1:] if len(axes) > 1 else axes
    possible: list[Reading] = []
    if len(rest) == 2 and 3 in rest and max(rest, key=lambda each: each or 0) != 3:
        pixels = next(each for each in rest if each != 3) if rest != (3, 3) else None
        layout: Layout = "nchw" if rest[0] == 3 else "nhwc"
        if pixels is not None and (side := _side(pixels, size)):
            possible.append(Reading(layout, 3, (side,)))
    count = rest[0] if len(rest) == 1 else None
    if len(rest) == 2 and 1 in rest:
        count = next((each for each in rest if each != 1), None)
    if len(rest) == 3 and rest.count(1) == 2:
        count = next((each for each in rest if each != 1), None)
    if count is None and len(axes) == 2 and axes[1] is None and not long:
        sides = [size] if size else [(each, each) for each in COMMON_SIDES]
        return [
            Reading("nchw", 1, tuple(sides)),
            Reading("nhwc", 3, tuple(sides)),
            Reading("nchw", 3, tuple(sides)),
        ]
    if count is not None:
        if side := _side(count, size):
            possible.append(Reading("nchw", 1, (side,)))
        if count % 3 == 0 and (side := _side(count // 3, size)):
            possible += [Reading("nhwc", 3, (side,)), Reading("nchw", 3, (side,))]
    return possible


def _side(pixels: int, size: Size | None) -> Size | None:
    """The picture size of so many pixels: the one that was given, else a square."""
    if size is not None and size[0] * size[1] == pixels:
        return size
    side = math.isqrt(pixels)
    return (side, side) if side > 1 and side * side == pixels else None
