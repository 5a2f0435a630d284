"""The text of the CUDA renderer as a library of this machine, by g++ and without contraction."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
from pathlib import Path

import pytest

from foolery.encodings.cppn.cuda.program import source

_SHIM = Path(__file__).with_name("cuda_on_host.h")
_OPTIONS = ("-std=c++17", "-O1", "-ffp-contract=off", "-shared", "-fPIC", "-Wno-unknown-pragmas")


def on_host(folder: Path, meaning: str, entries: str) -> ctypes.CDLL:
    """The kernel for planes of one ``meaning``, and what ``entries`` (C++) makes of it; skips without g++."""
    compiler = shutil.which("g++")
    if compiler is None:
        pytest.skip("needs g++")
    text, library = folder / f"{meaning}.cpp", folder / f"{meaning}.so"
    text.write_text(source(meaning) + entries)
    command = [compiler, *_OPTIONS, "-include", str(_SHIM), str(text), "-o", str(library)]
    subprocess.run(command, check=True)
    return ctypes.CDLL(str(library))
