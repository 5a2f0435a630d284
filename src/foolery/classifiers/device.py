"""Device and precision: where a network runs, and in which numbers; float32 unless another is chosen.

What is not float32 is recorded in ``Description.forward``, so that a run is not resumed in another one. On a
processor without instructions for them, bf16 is 3 times and fp16 10 times slower than float32 (AVX-512).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager as Context
from contextlib import ExitStack, contextmanager, nullcontext
from importlib.util import find_spec
from typing import Any

from foolery.classifiers.base import Description
from foolery.errors import UsageError, did_you_mean

DEVICES = ("auto", "cpu", "cuda", "mps")


def check_device(device: str) -> str:
    """``device``; raises UsageError unless it is ``auto``, ``cpu``, ``cuda``, ``cuda:N`` or ``mps``."""
    if device not in DEVICES and not re.fullmatch(r"cuda:\d{1,2}", device):
        raise UsageError(f"device: unknown {device!r}; {did_you_mean(device, list(DEVICES))}")
    return device


def torch_device(device: str) -> str:
    """Where torch runs a network: ``auto`` is the first of cuda, mps and cpu that this machine has.

    Raises:
        UsageError: where it cannot run there.
    """
    import torch

    has = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if device == "auto":
        return next(name for name in ("cuda", "mps", "cpu") if has[name])
    kind, _, index = device.partition(":")
    if not has[kind] or (index and int(index) >= torch.cuda.device_count()):
        available = ", ".join(name for name in has if has[name])
        raise UsageError(
            f"device: torch {torch.__version__} cannot run on {device} here; it has: {available}"
        )
    return device


def onnx_providers(device: str) -> tuple[str, list[Any]]:
    """The device that onnxruntime uses, and its providers; ``auto`` is cuda where this build has it.

    Raises:
        UsageError: where it cannot run there.
    """
    import onnxruntime

    kind, _, index = device.partition(":")
    has_cuda = "CUDAExecutionProvider" in onnxruntime.get_available_providers()
    if kind == "cpu" or (kind == "auto" and not has_cuda):
        return "cpu", ["CPUExecutionProvider"]
    if kind == "mps" or not has_cuda:
        remedy = "give --device cpu" + (", or pip install onnxruntime-gpu" if kind == "cuda" else "")
        raise UsageError(f"device: this onnxruntime cannot run on {device}; {remedy}, or --backend torch")
    used = "cuda" if kind == "auto" else device
    # float32 means float32: no TF32
    return used, [("CUDAExecutionProvider", {"device_id": int(index or 0), "use_tf32": 0})]


def prefers_torch(device: str) -> bool:
    """True where a network that runs on both back ends has to run on torch to run on ``device``."""
    if device in ("auto", "cpu") or find_spec("torch") is None:
        return False
    if find_spec("onnxruntime") is None:
        return True
    try:
        onnx_providers(device)
    except UsageError:
        return True
    return False


def only_torch_has(device: str) -> bool:
    """True where torch reaches ``device`` and onnxruntime, as installed here, does not."""
    if not prefers_torch(device):
        return False
    try:
        torch_device(device)
    except UsageError:
        return False
    return True


PRECISIONS = ("float32", "tf32", "bf16", "fp16")
_HALF = {"bf16": "bfloat16", "fp16": "float16"}
#: How far a confidence in each of them may lie from the same one in float32, for ``foolery verify``.
#: Measured on CPPNs of the first generations: LeNet 0.0033 with bf16 and 0.0003 with fp16, SqueezeNet 1.0
#: (360 images, 1000 classes) 0.064 and 0.0024. The digits of tf32 are as many as fp16's.
TOLERANCE = {"tf32": 0.02, "bf16": 0.2, "fp16": 0.02}


def check_precision(precision: str) -> str:
    """``precision``; raises UsageError unless it is one of ``PRECISIONS``."""
    if precision not in PRECISIONS:
        raise UsageError(f"precision: unknown {precision!r}; {did_you_mean(precision, list(PRECISIONS))}")
    return precision


def check_backend(reference: str, backend: str, precision: str) -> None:
    """Raise UsageError where ``backend`` cannot compute in ``precision``."""
    if precision == "float32" or backend == "torch":
        return
    runtime = "onnxruntime" if backend == "onnx" else "code of its own"
    raise UsageError(
        f"precision: {reference} runs on {runtime}, which computes as it was written to; {precision} needs a "
        f"classifier that runs on torch: give --backend torch or name another one, or leave --precision out"
    )


def check_described(description: Description, precision: str) -> None:
    """Raise UsageError where a classifier that was opened does not compute in ``precision``."""
    if recorded_precision(description.forward) != precision:
        check_backend(description.name, "python", precision)


def check_computes(precision: str, device: str) -> None:
    """Raise UsageError where ``device`` (``cpu``, ``cuda:1``, ``mps`` …) cannot compute in ``precision``."""
    if precision == "tf32" and not device.startswith("cuda"):
        raise UsageError(
            f"precision: tf32 is a mode of the tensor cores of NVIDIA's GPUs, and the classifier runs on "
            f"{device}; give --device cuda, or --precision float32"
        )


def recorded_precision(forward: Mapping[str, str | int]) -> str:
    """The precision in ``Description.forward``; of an ensemble, the roughest."""
    precisions = [str(value) for key, value in forward.items() if key.rpartition(".")[2] == "precision"]
    return max(precisions, key=lambda name: TOLERANCE.get(name, 0.0), default="float32")


def precision_context(precision: str, device: str) -> Context[None]:
    """Within it, torch computes in ``precision`` on ``device``, and the same numbers every time."""
    if precision == "float32" and device == "cpu":
        return nullcontext()
    return _precision_context(precision, device.partition(":")[0])


@contextmanager
def _precision_context(precision: str, kind: str) -> Iterator[None]:
    import torch

    with ExitStack() as modes:
        if kind == "cuda":
            tf32 = precision == "tf32"
            modes.enter_context(
                torch.backends.cudnn.flags(enabled=True, benchmark=False, deterministic=True, allow_tf32=tf32)
            )
            modes.enter_context(_allow_tf32(tf32))
        if precision in _HALF:
            modes.enter_context(torch.autocast(kind, dtype=getattr(torch, _HALF[precision])))
        yield


@contextmanager
def _allow_tf32(tf32: bool) -> Iterator[None]:
    """Whether products of matrices may use TF32; put back as it was."""
    from torch.backends import cuda

    before = cuda.matmul.allow_tf32
    cuda.matmul.allow_tf32 = tf32
    try:
        yield
    finally:
        cuda.matmul.allow_tf32 = before
