"""What a command prints as the next one to type, as it works where the user stands."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from foolery.install import shell_words


def next_command(*words: str | Path) -> str:
    """``foolery WORDS`` as this shell in this folder would start this very installation.

    The word ``foolery`` alone where the shell finds this installation by it, else the script's path (from the
    current folder, if it is below it), else Python with ``-m foolery``.
    """
    return shell_words([*_program(), *map(str, words)])


def _program() -> list[str]:
    on_path = shutil.which("foolery")
    beside = Path(sys.executable).with_name("foolery.exe" if sys.platform == "win32" else "foolery")
    if on_path is not None and (not beside.is_file() or os.path.samefile(on_path, beside)):
        return ["foolery"]
    if not beside.is_file():
        return [_short(Path(sys.executable)), "-m", "foolery"]
    return [_short(beside)]


def _short(path: Path) -> str:
    """``path`` from the current folder where it lies below it."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)
