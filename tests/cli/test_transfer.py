"""``foolery transfer``: other classifiers about the champions of a run."""

import json

import pytest

from support.command import invoke, is_refused, run


def test_the_matrix_is_printed(small_run):
    shown = invoke("transfer", small_run, "--classifier", "lenet", "--classifier", "lenet-b")
    assert shown.returncode == 0, shown.stderr
    rows = [line.split() for line in shown.stdout.splitlines() if line.startswith(" lenet, cppn")]
    assert [row[2:4] for row in rows] == [["lenet", "10"], ["lenet-b", "10"]]


def test_json_is_one_object_with_everything(small_run, tmp_path):
    finished = run(
        "transfer",
        small_run,
        "--classifier",
        "lenet",
        "--classifier",
        "lenet-b",
        "-o",
        tmp_path / "page",
        "--json",
    )
    found = json.loads(finished.stdout)
    assert found["columns"] == ["lenet", "lenet-b"]
    own, other = found["pooled"][0]["cells"]
    assert (own["own"], other["own"]) == (True, False)
    assert (own["images"], own["excluded"]) == (10, 0)
    assert (tmp_path / "page" / "index.html").is_file()


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--classifier", "lenet", "--classifier", "lenet"], ["--classifier", "named twice"]),
        (["--classifier", "lanet"], ["'lanet' is unknown", "lenet"]),
        (["--classifier", "lenet", "--overwrite"], ["--overwrite needs --out"]),
    ],
)
def test_what_cannot_be_asked_is_refused(small_run, words, expected):
    is_refused(invoke("transfer", small_run, *words), *expected)


def test_a_folder_without_a_run_is_refused(tmp_path):
    is_refused(invoke("transfer", tmp_path, "--classifier", "lenet"), "run.db")
