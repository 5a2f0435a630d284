"""Provenance: where and with what a run is being made."""

from __future__ import annotations

import platform
import re
import sys
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from foolery.classifiers.base import Description
from foolery.runs import Provenance
from foolery.runs.settings import ONNXRUNTIME_BUILD

_ALWAYS = ("foolery", "numpy", "numba", "llvmlite", "pillow")
_BACKENDS = {"onnx": ("onnxruntime",), "torch": ("torch",)}


def make_provenance(description: Description, command: str) -> Provenance:
    """Versions, device and machine of this process, for a run on the described classifier."""
    return Provenance(
        command=command,
        started=datetime.now(UTC).isoformat(timespec="seconds"),
        device=description.device,
        versions=package_versions(description.backend),
        machine=machine_name(),
    )


def package_versions(backend: str) -> dict[str, str]:
    """Versions of Python, of this package, and of what a back end is made of."""
    result = {"python": platform.python_version()}
    for package in (*_ALWAYS, *_BACKENDS.get(backend, ())):
        try:
            result[package] = version(package)
        except PackageNotFoundError:
            continue
    build = _onnxruntime_build() if backend == "onnx" else None
    return result if build is None else {**result, ONNXRUNTIME_BUILD: build}


def _onnxruntime_build() -> str | None:
    """The revision that the loaded onnxruntime was built from; None where it is not loaded, or says none."""
    runtime = sys.modules.get("onnxruntime")
    text = "" if runtime is None else str(getattr(runtime, "get_build_info", str)())
    match = re.search(r"git-commit-id=(\w+)", text)
    return None if match is None else match[1]


def machine_name() -> str:
    """Processor and system, in words."""
    return f"{_processor()}, {platform.system()}"


def _processor() -> str:
    """The processor's model where the system tells it, else its architecture."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    models = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(models, platform.machine())
