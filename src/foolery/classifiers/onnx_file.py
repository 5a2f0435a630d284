"""ONNX files: the weights that they point to, sessions, and the form of their input and output."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from foolery.classifiers.device import onnx_providers
from foolery.classifiers.onnx_deadline import deadline
from foolery.errors import MissingExtraError, UsageError
from foolery.files import instead
from foolery.untrusted import UnreadableError, read_bytes, shortened

INPUT_TYPES = {"tensor(float)": np.float32, "tensor(float16)": np.float16, "tensor(uint8)": np.uint8}


_LONGEST_LOCATION = 1000  # characters
_MOST_BYTES = 2**31  # of a protocol buffer


def external_files(graph: Path) -> list[Path]:
    """The weights files that an ONNX file points to, sorted by name, each once.

    Raises:
        UsageError: where the file is no ONNX file, or points to a file that is missing or outside its folder.
    """
    try:
        locations = sorted(set(_locations(_model(graph))))
    except UnicodeDecodeError:
        raise UsageError(f"classifier onnx: {graph} is not an ONNX file{instead(graph)}") from None
    folder = graph.resolve().parent
    files = []
    for location in locations:
        if "\0" in location or len(location) > _LONGEST_LOCATION:
            raise UsageError(
                f"classifier onnx: {graph} points to {shortened(location)!r}, which is no path of a file"
            )
        path = folder / location
        if not path.resolve().is_relative_to(folder):
            raise UsageError(f"classifier onnx: {graph} points outside its folder, to {location!r}")
        if not path.is_file():
            raise UsageError(f"classifier onnx: {graph} needs {location!r} beside it, which is missing")
        files.append(path)
    return files


def _model(graph: Path) -> Any:
    """The ``ModelProto`` in a file; the parser refuses messages that are nested more than 100 deep."""
    try:
        from google.protobuf.message import DecodeError
        from onnx import ModelProto
    except ImportError:
        raise MissingExtraError("onnx", "onnx", f"read {graph}") from None
    try:
        return ModelProto.FromString(read_bytes(graph, _MOST_BYTES))
    except UnreadableError as error:
        raise UsageError(f"classifier onnx: {error}") from None
    except DecodeError:
        raise UsageError(f"classifier onnx: {graph} is not an ONNX file{instead(graph)}") from None


def _locations(message: Any) -> Iterator[str]:
    """Where the tensors below a message of ONNX lie, in every kind of message that can hold some.

    What the package onnx offers for it leaves sparse tensors out, and those without the mark "external".
    """
    if message.DESCRIPTOR.name == "TensorProto":
        yield from (entry.value for entry in message.external_data if entry.key == "location")
        return
    for field, value in message.ListFields():
        if field.message_type is not None:
            for below in [value] if hasattr(value, "ListFields") else value:
                yield from _locations(below)


Layout = Literal["nchw", "nhwc"]
_COMMON_SIDES = (224, 96, 32, 28, 64, 128, 160, 192, 227, 256, 299)  # sides, where the file takes many


@dataclass(frozen=True)
class OnnxSignature:
    """Input and output of a graph.

    Attributes:
        layout: of the input.
        channels: 1 or 3.
        sizes: ``(height, width)`` that the network runs with: one, or several where the file leaves it open.
        takes_uint8: whether the input is uint8, so that the network normalises by itself.
        outputs: number of them.
        output_kind: ``logits``; ``probabilities`` that sum to 1; or ``independent`` ones.
    """

    layout: Layout
    channels: Literal[1, 3]
    sizes: tuple[tuple[int, int], ...]
    takes_uint8: bool
    outputs: int
    output_kind: Literal["logits", "probabilities", "independent"]


def open_session(graph: Path, device: str) -> tuple[Any, str]:
    """A session of onnxruntime with one thread, and the device it runs on.

    Raises:
        UsageError: where the file is missing, or onnxruntime cannot run it there.
        MissingExtraError: without onnxruntime.
    """
    try:
        import onnxruntime
    except ImportError:
        raise MissingExtraError("onnxruntime", "onnx", "run a classifier with the back end onnx") from None
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    options.log_severity_level = 4  # what goes wrong is raised, and shown once
    if not graph.is_file():
        raise UsageError(f"classifier onnx: no file {graph}")
    used, providers = onnx_providers(device)
    try:
        session = onnxruntime.InferenceSession(str(graph), options, providers=providers)
    except Exception as error:  # onnxruntime's own exceptions share no base class
        if device == "auto" and used != "cpu":
            return open_session(graph, "cpu")
        raise UsageError(f"classifier onnx: onnxruntime cannot run {graph}: {first_line(error)}") from None
    if used != "cpu" and session.get_providers()[0] != "CUDAExecutionProvider":
        if device != "auto":
            raise UsageError(f"device: onnxruntime found no usable {device}; see its own log, or give cpu")
        return open_session(graph, "cpu")
    return session, used


def first_line(error: Exception) -> str:
    """The first line of an error's message."""
    return next(iter(str(error).strip().splitlines()), type(error).__name__)


def only_input(session: Any, graph: Path) -> Any:
    """The session's only input, four-dimensional, of a type that images can have."""
    inputs = session.get_inputs()
    if len(inputs) != 1 or inputs[0].type not in INPUT_TYPES:
        found_inputs = ", ".join(f"{each.name} {each.type}" for each in inputs)
        raise UsageError(
            f"classifier onnx: {graph} must have one input, tensor(float), tensor(float16) or tensor(uint8), "
            f"and has {found_inputs}"
        )
    if len(inputs[0].shape) != 4:
        raise UsageError(f"classifier onnx: {graph} takes {inputs[0].shape}, but images have four axes")
    return inputs[0]


def read_signature(graph: Path, size: int | None = None) -> OnnxSignature:
    """Input and output of the ONNX file ``graph``, which is run on noise to find them out.

    Args:
        graph: the file.
        size: side of the input, where the file leaves it open.

    Raises:
        UsageError: where onnxruntime cannot run it, or it takes no images.
        MissingExtraError: without onnxruntime.
    """
    external_files(graph)
    session, _ = open_session(graph, "cpu")
    graph_input = only_input(session, graph)
    layout, channels = _layout(graph_input.shape, graph)
    outputs_by_size: dict[tuple[int, int], NDArray[np.floating]] = {}
    message = ""
    for side in _sizes(graph_input.shape, layout, size):
        try:
            outputs_by_size[side] = _outputs_on_noise(session, graph_input, layout, channels, side)
        except Exception as error:  # onnxruntime's own exceptions share no base class
            message = first_line(error)
    if not outputs_by_size:
        raise UsageError(f"card: {graph} cannot be run on {channels} x N x N noise: {message}; give --size")
    outputs = next(iter(outputs_by_size.values()))
    return OnnxSignature(
        layout=layout,
        channels=channels,
        sizes=tuple(outputs_by_size),
        takes_uint8=graph_input.type == "tensor(uint8)",
        outputs=outputs.shape[1],
        output_kind=_output_kind(outputs),
    )


def _layout(shape: list[Any], graph: Path) -> tuple[Layout, Literal[1, 3]]:
    if shape[1] in (1, 3):
        return "nchw", shape[1]
    if shape[3] in (1, 3):
        return "nhwc", shape[3]
    if isinstance(shape[1], int) and isinstance(shape[3], int):
        raise UsageError(f"card: {graph} takes {shape}; images have 1 or 3 channels")
    return ("nhwc", 3) if isinstance(shape[1], int) else ("nchw", 3)


def _sizes(shape: list[Any], layout: Layout, size: int | None) -> list[tuple[int, int]]:
    sides = shape[2:4] if layout == "nchw" else shape[1:3]
    height, width = (side if isinstance(side, int) else None for side in sides)
    if height is not None and width is not None:
        return [(height, width)]
    return [(height or side, width or side) for side in ((size,) if size is not None else _COMMON_SIDES)]


def _outputs_on_noise(
    session: Any, graph_input: Any, layout: Layout, channels: int, size: tuple[int, int]
) -> NDArray[np.floating]:
    """``(n, outputs)`` about noise in the ranges 0 to 1 and 0 to 255."""
    count = graph_input.shape[0] if isinstance(graph_input.shape[0], int) else 4
    axes = (channels, *size) if layout == "nchw" else (*size, channels)
    noise = np.random.default_rng(0).random((count, *axes))
    dtype = INPUT_TYPES[graph_input.type]
    outputs = []
    for scale in (255,) if dtype is np.uint8 else (1, 255):
        with deadline() as options:
            outputs.append(session.run(None, {graph_input.name: (noise * scale).astype(dtype)}, options)[0])
    rows: NDArray[np.floating] = np.concatenate(outputs).reshape(len(outputs) * count, -1)
    return rows


def _output_kind(outputs: NDArray[np.floating]) -> Literal["logits", "probabilities", "independent"]:
    if not np.isfinite(outputs).all() or outputs.min() < 0 or outputs.max() > 1 + 1e-3:
        return "logits"
    summed = np.abs(outputs.sum(axis=1, dtype=np.float64) - 1).max() < 1e-2
    return "probabilities" if summed else "independent"
