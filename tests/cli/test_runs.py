"""Runs on the command line: a folder of runs stands for those in it."""

import json

from foolery.cli._runs import runs_in
from support.command import run


def test_a_folder_stands_for_the_runs_in_it(small_run):
    folder = small_run.parent
    verified = run("verify", folder, "--json")
    assert [each["run"] for each in json.loads(verified.stdout)["runs"]] == ["small"]
    assert run("transfer", folder, "-c", "lenet").returncode == 0
    assert json.loads(run("show", folder, "--json").stdout)["run"].endswith("small")


def test_a_run_and_what_is_neither_stay_as_they_are(small_run, tmp_path):
    assert runs_in([small_run, tmp_path / "none"]) == [small_run, tmp_path / "none"]
    assert runs_in([tmp_path]) == [tmp_path]
