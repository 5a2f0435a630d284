"""Runs are read without the machinery of a search."""

from __future__ import annotations

import subprocess
import sys


def test_reading_and_writing_runs_needs_neither_numba_nor_torch():
    script = (
        "import sys; from foolery.runs import RunWriter, open_run_file;"
        "print(sorted({'numba', 'torch', 'onnxruntime', 'PIL'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_room_itself_imports_nothing_heavy():
    script = "import sys, foolery.runs; print(sorted({'numpy', 'pydantic', 'sqlite3'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
