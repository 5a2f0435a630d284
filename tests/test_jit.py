"""Kernels: what Numba keeps of them must not outlive the sources they were made from."""

import importlib.util
import os
import subprocess
import sys
import textwrap

import pytest

from foolery.jit import cache_stamp, jit, jit_inline, with_cache_stamp

CALLER = """
from foolery.jit import numba, with_cache_stamp
from called import double
def tripled(x):
    return double(x) + x
tripled = numba.njit(cache=True)(with_cache_stamp(tripled, {stamp!r}))
"""
CALLED = """
import numba
@numba.njit(cache=True)
def double(x):
    return {factor} * x
"""


def answer(folder, code):
    """What a fresh interpreter prints; ``hits`` is how many kernels came from the cache."""
    run = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(folder), "NUMBA_CACHE_DIR": str(folder / "cache")},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return run.stdout.split()


def test_another_stamp_makes_a_function_anew_when_only_the_one_it_calls_has_changed(tmp_path):
    ask = "import caller; print(caller.tripled(1), sum(caller.tripled.stats.cache_hits.values()))"
    (tmp_path / "called.py").write_text(CALLED.format(factor=2))
    (tmp_path / "caller.py").write_text(CALLER.format(stamp="old"))
    before = (tmp_path / "caller.py").stat()
    assert answer(tmp_path, ask) == ["3", "0"]
    assert answer(tmp_path, ask) == ["3", "1"]
    (tmp_path / "called.py").write_text(CALLED.format(factor=20))
    assert answer(tmp_path, ask) == ["3", "1"]  # Numba's own rule: stale
    (tmp_path / "caller.py").write_text(CALLER.format(stamp="new"))
    os.utime(tmp_path / "caller.py", ns=(before.st_atime_ns, before.st_mtime_ns))  # as good as unchanged
    assert answer(tmp_path, ask) == ["21", "0"]


def test_a_function_is_the_function_it_was_made_from():
    def plus(values, one=1):
        """Adds."""
        return values + one

    made = jit(plus)
    assert made(2) == 3
    assert made.py_func.__doc__ == "Adds."
    assert made.py_func(2) == 3


def test_a_function_may_close_over_values():
    bound = 5

    def above(x):
        return x > bound

    assert jit_inline(above)(6)
    assert not with_cache_stamp(above, "any")(4)


def test_the_stamp_follows_the_sources(tmp_path):
    original = importlib.util.find_spec("foolery").submodule_search_locations[0]
    script = textwrap.dedent(
        """
        import importlib.util, shutil, sys
        from pathlib import Path
        source, folder = Path(sys.argv[1]), Path(sys.argv[2])
        package = folder / "foolery"
        shutil.copytree(source, package, ignore=shutil.ignore_patterns("__pycache__", "*.safetensors"))
        sys.path.insert(0, str(folder))
        from foolery.jit import cache_stamp
        first = cache_stamp()
        with (package / "encodings" / "cppn" / "constants.py").open("a") as file:
            file.write("\\n")
        cache_stamp.cache_clear()
        print(first, cache_stamp())
        """
    )
    run = subprocess.run(
        [sys.executable, "-c", script, original, str(tmp_path)], capture_output=True, text=True, check=True
    )
    first, second = run.stdout.split()
    assert first == cache_stamp()
    assert first != second


@pytest.mark.parametrize("make", [jit, jit_inline])
def test_every_function_carries_the_stamp(make):
    def nothing(x):
        return x

    assert cache_stamp() in [cell.cell_contents for cell in make(nothing).py_func.__closure__]
