"""ONNX files: the weights that they point to, and sessions of onnxruntime."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from foolery.classifiers.device import onnx_providers
from foolery.errors import MissingExtraError, UsageError
from foolery.files import instead
from foolery.untrusted import UnreadableError, read_bytes, shortened

#: Folders in which caches (Hugging Face, DVC, git-annex) keep what links beside each other lead to.
_CACHES = {"blobs", "cache", ".cache", "objects"}
_LONGEST_LOCATION = 1000  # characters
_MOST_BYTES = 2**31  # of a protocol buffer


def external_files(graph: Path) -> list[Path]:
    """The weights files that an ONNX file points to, sorted by name, each once.

    They are looked for beside ``graph`` as it was named: where that is a link into a cache, its weights are
    links beside it, and may lead into the same cache.

    Raises:
        UsageError: where the file is no ONNX file, or points to a file that is missing or outside its folder.
    """
    try:
        # Where a name is no UTF-8, protobuf may give its bytes, which have no such method.
        locations = sorted({str.strip(location, "") for location in _locations(read_model(graph))})
    except (UnicodeDecodeError, TypeError):
        raise UsageError(f"classifier onnx: {graph} is not an ONNX file{instead(graph)}") from None
    folder = graph.parent.resolve()
    files = []
    for location in locations:
        if "\0" in location or len(location) > _LONGEST_LOCATION:
            raise UsageError(
                f"classifier onnx: {graph} points to {shortened(location)!r}, which is no path of a file"
            )
        path = folder / location
        inside = not os.path.isabs(location) and os.path.normpath(location).split(os.sep)[0] != ".."
        if inside and not path.exists():  # beside what a link leads to
            path = graph.resolve().parent / location
        if not inside or not _may_lead_to(path.resolve(), graph):
            raise UsageError(f"classifier onnx: {graph} points outside its folder, to {location!r}")
        if not path.is_file():
            raise UsageError(f"classifier onnx: {graph} needs {location!r} beside it, which is missing")
        files.append(path)
    return files


def _may_lead_to(weights: Path, graph: Path) -> bool:
    """Whether resolved ``weights`` lie in the folder of ``graph``, or in the cache that it is a link into."""
    own = graph.resolve()
    if weights.is_relative_to(graph.parent.resolve()) or weights.is_relative_to(own.parent):
        return True
    common = Path(os.path.commonpath([own, weights]))
    return graph.is_symlink() and any(part in _CACHES for part in common.parts)


def read_model(graph: Path) -> Any:
    """The ``ModelProto`` in a file; the parser refuses messages that are nested more than 100 deep.

    Raises:
        UsageError: where it cannot be read, or is no ONNX file.
        MissingExtraError: without the package onnx.
    """
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
        if _has_empty_axes(session):
            session = _rewritten_session(graph, options, providers)
    except Exception as error:  # onnxruntime's own exceptions share no base class
        if device == "auto" and used != "cpu":
            return open_session(graph, "cpu")
        if "escapes model directory" not in str(error):
            raise UsageError(_why_not(graph, error)) from None
        session = _rewritten_session(graph, options, providers)
    if used != "cpu" and session.get_providers()[0] != "CUDAExecutionProvider":
        if device != "auto":
            raise UsageError(f"device: onnxruntime found no usable {device}; see its own log, or give cpu")
        return open_session(graph, "cpu")
    return session, used


def _has_empty_axes(session: Any) -> bool:
    """Whether an input promises an axis of 0, which some exporters write for "any"."""
    return any(0 in (each.shape or ()) for each in session.get_inputs())


def _rewritten_session(graph: Path, options: Any, providers: list[Any]) -> Any:
    """A session for a file that onnxruntime does not take as it is, made in memory.

    Axes of 0 become free, and weights beside a link into a cache are read here: onnxruntime looks for them in
    the folder that the link leads to, and nowhere else.

    Raises:
        UsageError: where that does not help.
    """
    import onnxruntime

    weights = external_files(graph)
    model = read_model(graph)
    for value in (*model.graph.input, *model.graph.output):
        for axis in value.type.tensor_type.shape.dim:
            if axis.HasField("dim_value") and axis.dim_value <= 0:
                axis.ClearField("dim_value")
    contents = [path.read_bytes() for path in weights]
    names = sorted(set(_locations(model)))
    if names:
        sizes = [len(content) for content in contents]
        options.add_external_initializers_from_files_in_memory(names, contents, sizes)
    try:
        return onnxruntime.InferenceSession(model.SerializeToString(), options, providers=providers)
    except Exception as error:  # onnxruntime's own exceptions share no base class
        raise UsageError(_why_not(graph, error)) from None


def first_line(error: Exception) -> str:
    """The first line of an error's message."""
    return next(iter(str(error).strip().splitlines()), type(error).__name__)


#: What onnxruntime says of a file that it cannot run, and what to do about it.
_REMEDIES = (
    (
        r"ai\.onnx\.contrib:(?P<op>\w+)",
        "its operator {op} needs onnxruntime-extensions, which decodes or prepares images inside the file; "
        "export the network without that part, or call it from your own code (python:MODULE:NAME)",
    ),
    (
        r"(?:registered for |\(\"\", |:)(?P<op>ATen|\w*_TRT|TRT\w*)\b",
        "its operator {op} belongs to another runtime; export it with standard operators only "
        "(torch.onnx.export without operator_export_type, no TensorRT plugins)",
    ),
    (
        r"(?P<op>[\w.]*:?\w+)(?:\(-?\d+\))? is not a registered function/op|"
        r"No Op registered for (?P<other>\w+)|No opset import for domain '(?P<domain>[^']*)'",
        "it knows no operator {op}{other}{domain}; export the network with standard operators only, or call "
        "it from your own code (python:MODULE:NAME)",
    ),
    (
        r"Could not find an implementation for (?P<op>\w+)\((?P<version>\d+)\)",
        "it has no implementation of {op} (version {version}) for these types; export it in float32, or with "
        "another opset_version",
    ),
    (
        r"opset (?P<version>\d+) is under development|till opset (?P<known>\d+)|"
        r"[Oo]pset (?P<other>\d+).{0,80}(?:not|only)",
        "its opset is newer than this onnxruntime; export it again with a smaller one "
        "(opset_version=17 in torch.onnx.export, --opset 17 in tf2onnx), or pip install -U onnxruntime",
    ),
    (
        r"Unsupported model IR version: (?P<version>\d+)",
        "IR version {version} is newer than this onnxruntime; pip install -U onnxruntime, or save it again "
        "with ir_version 10 (onnx.load, model.ir_version = 10, onnx.save)",
    ),
)


def _why_not(graph: Path, error: Exception) -> str:
    """One line: that onnxruntime cannot run ``graph``, and why, with a remedy where one is known."""
    reason = re.sub(r"\s+", " ", str(error))
    for pattern, remedy in _REMEDIES:
        match = re.search(pattern, reason)
        if match:
            words = {name: value or "" for name, value in match.groupdict().items()}
            return f"classifier onnx: onnxruntime cannot run {graph}: {remedy.format(**words)}"
    message = re.sub(r"/onnxruntime_src/\S+ .*?\) ", "", first_line(error))
    return f"classifier onnx: onnxruntime cannot run {graph}: {message}"
