"""Precision: the numbers that a network of torch computes in. Float32 means float32 unless asked otherwise.

What is not float32 is recorded in ``Description.forward``, so that a run is not resumed in another one. On a
processor without instructions for them, bf16 is 3 times and fp16 10 times slower than float32 (AVX-512).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager as Context
from contextlib import ExitStack, contextmanager, nullcontext

from foolery.classifiers.base import Description
from foolery.errors import UsageError, nearest

PRECISIONS = ("float32", "tf32", "bf16", "fp16")
_HALF = {"bf16": "bfloat16", "fp16": "float16"}
#: How far a confidence in each of them may lie from the same one in float32, for ``foolery verify``.
#: Measured on CPPNs of the first generations: LeNet 0.0033 with bf16 and 0.0003 with fp16, SqueezeNet 1.0
#: (360 pictures, 1000 classes) 0.064 and 0.0024. The digits of tf32 are as many as fp16's.
ALLOWED = {"tf32": 0.02, "bf16": 0.2, "fp16": 0.02}


def check_precision(precision: str) -> str:
    """``precision``; raises UsageError unless it is one of ``PRECISIONS``."""
    if precision not in PRECISIONS:
        raise UsageError(f"precision: unknown {precision!r}; {nearest(precision, list(PRECISIONS))}")
    return precision


def check_backend(reference: str, backend: str, precision: str) -> None:
    """Raise UsageError where ``backend`` cannot be asked for ``precision``."""
    if precision == "float32" or backend == "torch":
        return
    what = "onnxruntime" if backend == "onnx" else "code of its own"
    raise UsageError(
        f"precision: {reference} runs on {what}, which computes as it was written to; {precision} needs a "
        f"classifier that runs on torch: give --backend torch or name another one, or leave --precision out"
    )


def check_described(description: Description, precision: str) -> None:
    """Raise UsageError where a classifier that was opened does not compute in ``precision``."""
    if recorded(description.forward) != precision:
        check_backend(description.name, "python", precision)


def check_device(precision: str, device: str) -> None:
    """Raise UsageError where ``device`` (``cpu``, ``cuda:1``, ``mps`` …) cannot compute in ``precision``."""
    if precision == "tf32" and not device.startswith("cuda"):
        raise UsageError(
            f"precision: tf32 is a mode of the tensor cores of NVIDIA's GPUs, and the classifier runs on "
            f"{device}; give --device cuda, or --precision float32"
        )


def recorded(forward: Mapping[str, str | int]) -> str:
    """The precision that ``Description.forward`` says; of an ensemble's, the roughest."""
    found = [str(value) for key, value in forward.items() if key.rpartition(".")[2] == "precision"]
    return max(found, key=lambda name: ALLOWED.get(name, 0.0), default="float32")


def computing(precision: str, device: str) -> Context[None]:
    """Within it, torch computes in ``precision`` on ``device``, and the same numbers every time."""
    if precision == "float32" and device == "cpu":
        return nullcontext()
    return _computing(precision, device.partition(":")[0])


@contextmanager
def _computing(precision: str, kind: str) -> Iterator[None]:
    import torch

    with ExitStack() as modes:
        if kind == "cuda":
            tf32 = precision == "tf32"
            modes.enter_context(
                torch.backends.cudnn.flags(enabled=True, benchmark=False, deterministic=True, allow_tf32=tf32)
            )
            modes.enter_context(_products(tf32))
        if precision in _HALF:
            modes.enter_context(torch.autocast(kind, dtype=getattr(torch, _HALF[precision])))
        yield


@contextmanager
def _products(tf32: bool) -> Iterator[None]:
    """Whether products of matrices may use TF32; put back as it was."""
    from torch.backends import cuda

    before = cuda.matmul.allow_tf32
    cuda.matmul.allow_tf32 = tf32
    try:
        yield
    finally:
        cuda.matmul.allow_tf32 = before
