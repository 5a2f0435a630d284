"""How this foolery was installed, and the line that adds an extra to it, for this Python and this shell."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from functools import cache
from importlib.metadata import Distribution, PackageNotFoundError
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import url2pathname

from foolery.untrusted import escaped


def install_command(*extras: str) -> str:
    """The command that installs ``extras`` into this Python, from where this foolery came.

    Example:
        >>> "-m pip install" in install_command("onnx") and "[onnx]" in install_command("onnx")
        True
    """
    wanted = f"[{','.join(extras)}]" if extras else ""
    options, before, after = _source()
    pip = [sys.executable, "-m", "pip"] if find_spec("pip") else ["uv", "pip"]
    python = [] if find_spec("pip") else ["--python", sys.executable]
    return shell_words([*pip, "install", *python, *options, f"{before}{wanted}{after}"])


def shell_words(words: list[str], *, windows: bool = os.name == "nt") -> str:
    """One line that the shell of this system splits into ``words``; square brackets are quoted anywhere."""
    if not windows:
        return " ".join(map(_quoted, words))
    line = [f'"{word}"' if "[" in word and " " not in word else word for word in words]
    return " ".join(word if word.startswith('"') else subprocess.list2cmdline([word]) for word in line)


def _quoted(word: str) -> str:
    """One word of a POSIX shell, as bash reads it where its bytes are no UTF-8."""
    if escaped(word) == word:
        return shlex.quote(word)
    inside = word.replace("\\", "\\\\").replace("'", "\\'")
    return f"$'{escaped(inside)}'"


@cache
def _source() -> tuple[tuple[str, ...], str, str]:
    """Options of pip, and what stands before and after the extras: a checkout, a repository or the name."""
    origin = _origin()
    url = str(origin.get("url", ""))
    if "vcs_info" in origin:
        return (), "foolery", f" @ {origin['vcs_info'].get('vcs', 'git')}+{url}"
    checkout = Path(url2pathname(urlsplit(url).path)) if url.startswith("file:") else _checkout_of_this_file()
    if checkout is None or not (checkout / "pyproject.toml").is_file():
        return (), "foolery", ""
    editable = origin.get("dir_info", {}).get("editable", not origin)
    return (("-e",) if editable else ()), str(checkout), ""


def _origin() -> dict[str, Any]:
    """What pip noted about where foolery came from (PEP 610); nothing for a release."""
    try:
        text = Distribution.from_name("foolery").read_text("direct_url.json")
        value = json.loads(text or "{}")
    except (PackageNotFoundError, ValueError, OSError):
        return {}
    return value if isinstance(value, dict) else {}


def _checkout_of_this_file() -> Path | None:
    root = Path(__file__).resolve().parents[2]
    return root if (root / "src" / "foolery").is_dir() else None
