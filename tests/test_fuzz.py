"""Mutated files of every format, seeded: each is read or refused in a line; ``make fuzz`` does more."""

import os
from pathlib import Path

import pytest

from support.fuzzing import fuzz, problem_of
from support.mutations import mutate

SECONDS = float(os.environ.get("FOOLERY_FUZZ_SECONDS", "30"))


@pytest.mark.skipif(os.name == "nt", reason="no pipes, devices and links there")
@pytest.mark.filterwarnings("ignore")
def test_mutated_files_of_every_format_are_read_or_refused():
    counts, failures = fuzz(60, seed=int(os.environ.get("FOOLERY_FUZZ_SEED", "0")), seconds=SECONDS)
    assert failures == []
    assert counts["exit 2"] > 0


def test_the_fuzzer_sees_what_it_looks_for():
    assert problem_of(3, "error: x", ["show"]) == "exit code 3"
    assert problem_of(1, "error: x", ["show"]) == "exit code 1"
    assert problem_of(99, "", ["show"]) == "took more than 20 s"
    assert problem_of(2, "error: KeyError: 'a' (a defect in foolery; …", ["show"]) == "a traceback"
    assert problem_of(0, "a\x1b[2J", ["show"]) == r"a control character '\x1b'"
    assert problem_of(1, "FAILED", ["verify"]) is problem_of(2, "a\n\tb", ["show"]) is None


def test_a_seed_gives_the_same_mutation(tmp_path: Path):
    import random

    results = []
    for name in "ab":
        (tmp_path / name).mkdir()
        file = tmp_path / name / "x.json"
        file.write_text('{"a": [1, 2], "b": {"c": "d"}}')
        results.append((mutate(file, random.Random(5)), file.read_bytes() if file.is_file() else None))
    assert results[0] == results[1]
