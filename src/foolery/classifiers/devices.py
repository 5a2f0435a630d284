"""Devices: where a network runs."""

from __future__ import annotations

import re
from importlib.util import find_spec
from typing import Any

from foolery.errors import UsageError, nearest

DEVICES = ("auto", "cpu", "cuda", "mps")


def check_device(device: str) -> str:
    """``device``; raises UsageError unless it is ``auto``, ``cpu``, ``cuda``, ``cuda:N`` or ``mps``."""
    if device not in DEVICES and not re.fullmatch(r"cuda:\d{1,2}", device):
        raise UsageError(f"device: unknown {device!r}; {nearest(device, list(DEVICES))}")
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
        here = ", ".join(name for name in has if has[name])
        raise UsageError(f"device: torch {torch.__version__} cannot run on {device} here; it has: {here}")
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
    chosen = "cuda" if kind == "auto" else device
    # float32 means float32: no TF32
    return chosen, [("CUDAExecutionProvider", {"device_id": int(index or 0), "use_tf32": 0})]


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
