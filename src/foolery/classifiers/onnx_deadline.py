"""A deadline for every forward pass of an ONNX file: a loop in a stranger's graph may have no end."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

SECONDS = 300.0
"""Of one pass, of at most a few hundred images; a network that needs longer cannot be searched anyway."""
_STEP = 1.0  # seconds between two looks at the clock

_running: dict[int, tuple[Any, float]] = {}
_lock = threading.Lock()
_watcher: threading.Thread | None = None


@contextmanager
def deadline(seconds: float | None = None) -> Iterator[Any]:
    """Options for one ``session.run``, which onnxruntime ends with an error after ``SECONDS``."""
    import onnxruntime

    options = onnxruntime.RunOptions()
    key, end = id(options), time.monotonic() + (SECONDS if seconds is None else seconds)
    with _lock:
        _running[key] = options, end
        _watch()
    try:
        yield options
    finally:
        with _lock:
            del _running[key]


def _watch() -> None:
    """Start the one thread that looks at the clock, while ``_lock`` is held; a forked process has its own."""
    global _watcher  # noqa: PLW0603
    if _watcher is None or not _watcher.is_alive():
        _watcher = threading.Thread(target=_look, name="onnx-deadline", daemon=True)
        _watcher.start()


def _look() -> None:
    while True:
        time.sleep(_STEP)
        with _lock:
            now = time.monotonic()
            for options, end in _running.values():
                if now > end:
                    options.terminate = True
