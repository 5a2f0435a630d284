"""Files and folders: written whole or not at all, and named where nobody names them."""

from __future__ import annotations

import os
import re
from pathlib import Path


def write_atomic(path: Path, text: str) -> None:
    """Write ``text`` whole or not at all; folders are made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.part")
    part.write_text(text, encoding="utf-8")
    os.replace(part, path)


def default_folder(classifier: str, job: str, seed: int) -> Path:
    """``runs/CLASSIFIER-JOB-seedN``; a file's classifier is called by the file's name.

    Example:
        >>> default_folder("onnx:/models/net.onnx", "audit", 3).as_posix()
        'runs/onnx-net-audit-seed3'
    """
    kind, colon, rest = classifier.partition(":")
    name = f"{kind}-{Path(rest).stem}" if colon else kind
    return Path("runs") / f"{re.sub(r'[^A-Za-z0-9._]+', '-', name).strip('-.')}-{job}-seed{seed}"
