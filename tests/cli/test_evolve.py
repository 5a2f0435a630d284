"""``foolery evolve``: what it prints, where it writes, and what it refuses."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from foolery.install import install_command
from foolery.runs import open_run_file
from support.command import Finished, invoke, is_refused, on_a_terminal, run

SMALL = ("evolve", "-c", "lenet", "--batch", "20")

FIELDS = {
    "run", "classifier", "fingerprint", "backend", "encoding", "seed", "generations", "queries", "seconds",
    "queries_per_second", "median_confidence", "mean_confidence", "min_confidence", "qd_score", "fooled",
    "champions",
}  # fmt: skip


def test_json_is_one_object_and_alone_on_standard_output(tmp_path):
    finished = run(*SMALL, "-n", "3", "--seed", "7", "--json", cwd=tmp_path)
    assert finished.returncode == 0, finished.stderr
    found = json.loads(finished.stdout)
    assert set(found) >= FIELDS
    assert (found["seed"], found["generations"], found["queries"]) == (7, 3, 80)
    assert [champion["class"] for champion in found["champions"]] == list("0123456789")
    assert set(found["fooled"]) == {"0.5", "0.9", "0.99", "0.9999"}


def test_where_the_time_went_is_said_where_it_is_asked_for(tmp_path):
    words = ["evolve", "-c", "lenet", "-n", "3", "--batch", "20", "--out"]
    assert "classify" not in invoke(*words, tmp_path / "plain").stdout
    said = invoke(*words, tmp_path / "profiled", "--profile").stdout
    for stage in ("vary", "render", "classify", "tell", "write"):
        assert f" {stage} " in said


def test_on_a_terminal_a_bar_shows_rate_and_median(tmp_path):
    code, said = on_a_terminal(*SMALL, "-n", "200", "--out", "run", cwd=tmp_path)
    assert code == 0, said
    assert "/200" in said
    assert "images/s" in said
    assert "median" in said


def test_without_out_the_run_gets_a_name_that_is_said_on_standard_error(tmp_path):
    finished = run(*SMALL, "-n", "1", "--encoding", "direct", "--seed", "3", cwd=tmp_path)
    assert finished.returncode == 0, finished.stderr
    assert finished.stderr == "run: runs/lenet-direct-seed3\n"
    assert (tmp_path / "runs/lenet-direct-seed3/run.db").is_file()
    assert "classes with 99.99 % or more" in finished.stdout


def test_the_same_seed_gives_the_same_champions(tmp_path):
    first, second = (
        json.loads(invoke(*SMALL, "-n", "4", "--out", tmp_path / name, "--json").stdout)
        for name in ("first", "second")
    )
    assert first["champions"] == second["champions"]


def test_only_the_chosen_classes_get_champions(tmp_path):
    finished = invoke(*SMALL, "-n", "1", "--classes", "3, 7", "--out", tmp_path / "run", "--json")
    assert [champion["class"] for champion in json.loads(finished.stdout)["champions"]] == ["3", "7"]


def test_the_options_of_an_encoding_are_recorded(tmp_path):
    words = ("-n", "1", "--coordinates", "centered", "--out", tmp_path / "run", "--json")
    assert json.loads(invoke(*SMALL, *words).stdout)["encoding_options"]["coordinates"] == "centered"
    words = ("-n", "1", "-e", "direct", "--crossover", "sbx", "--out", tmp_path / "other", "--json")
    assert json.loads(invoke(*SMALL, *words).stdout)["encoding_options"]["crossover"] == "sbx"


@pytest.mark.parametrize(
    ("encoding", "option", "value"), [("gaussian", "sigma", 0.25), ("sparse", "squares", 3)]
)
def test_every_option_in_the_registry_of_encodings_is_one_of_the_command(tmp_path, encoding, option, value):
    words = ("-n", "1", "-e", encoding, f"--{option}", value, "--out", tmp_path / "run", "--json")
    assert json.loads(invoke(*SMALL, *words).stdout)["encoding_options"][option] == value
    assert f"--{option}" in run("evolve", "--help", COLUMNS="100").stdout


def test_the_objective_is_recorded(tmp_path):
    done = invoke(*SMALL, "-n", "1", "--objective", "margin", "--out", tmp_path / "run")
    assert done.returncode == 0, done.stderr
    assert open_run_file(tmp_path / "run").settings.objective == "margin"


def test_it_stops_as_soon_as_every_class_has_the_confidence_that_was_asked_for(tmp_path):
    words = ("-n", "100000", "--until", "0.3", "--out", tmp_path / "run", "--json")
    summary = json.loads(invoke(*SMALL, *words).stdout)
    assert summary["min_confidence"] >= 0.3
    assert summary["generations"] < 2000


def test_more_generations_extend_a_finished_run_to_what_one_run_would_have_reached(tmp_path):
    out = ("--out", tmp_path / "run", "--json")
    assert invoke(*SMALL, "-n", "3", *out).returncode == 0
    extended = invoke(*SMALL, "-n", "6", "--resume", *out)
    assert extended.returncode == 0, extended.stderr
    whole = invoke(*SMALL, "-n", "6", "--out", tmp_path / "whole", "--json")
    assert json.loads(extended.stdout)["champions"] == json.loads(whole.stdout)["champions"]


def test_resume_says_at_which_generation_it_goes_on(tmp_path):
    assert invoke(*SMALL, "-n", "3", "--out", tmp_path / "run").returncode == 0
    again = ("--resume", "--out", tmp_path / "run")
    assert "continues at generation 3" in invoke(*SMALL, "-n", "4", *again).stderr
    assert "nothing to do" in invoke(*SMALL, "-n", "4", *again).stderr


def started(*words: str | Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "foolery", *map(str, words)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def wait_for_generations(folder: Path, process: subprocess.Popen[str]) -> None:
    """Until the run in ``folder`` has a checkpoint."""
    end = time.monotonic() + 120
    while time.monotonic() < end and process.poll() is None:
        if (folder / "run.db").is_file():
            shown = run("show", folder, "--json")
            if shown.returncode == 0 and json.loads(shown.stdout)["generations"] > 0:
                return
        time.sleep(0.1)
    pytest.fail(f"no checkpoint: {process.communicate()}")


@pytest.mark.skipif(os.name != "posix", reason="sends a signal")
def test_an_interrupted_search_is_saved_and_goes_on(tmp_path):
    out = ("--out", tmp_path / "run", "--checkpoint-every", "5")
    with started(*SMALL, "-n", "1000000", *out) as process:
        wait_for_generations(tmp_path / "run", process)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "--resume to continue" in said
    assert "Traceback" not in said
    reached = json.loads(run("show", tmp_path / "run", "--json").stdout)["generations"]
    resumed = run(*SMALL, "-n", str(reached + 1), *out, "--resume", "--json")
    assert resumed.returncode == 0, resumed.stderr
    assert json.loads(resumed.stdout)["generations"] == reached + 1


@pytest.mark.skipif(os.name != "posix", reason="sends a signal")
def test_a_second_process_on_one_run_is_refused(tmp_path):
    with started(*SMALL, "-n", "1000000", "--checkpoint-every", "1", "--out", tmp_path / "run") as process:
        try:
            wait_for_generations(tmp_path / "run", process)
            is_refused(run(*SMALL, "-n", "9", "--resume", "--out", tmp_path / "run"), str(tmp_path / "run"))
            is_refused(run(*SMALL, "-n", "9", "--overwrite", "--out", tmp_path / "run"), "run")
        finally:
            process.kill()


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["-c", "lanet"], ["classifier", "'lanet'", "lenet"]),
        (["-c", "onnx:missing.onnx"], ["missing.onnx"]),
        (["-e", "cpnn"], ["encoding", "'cpnn'", "did you mean cppn"]),
        (["--coordinates", "centred"], ["coordinates", "'centred'", "centered"]),
        (["--crossover", "sbx"], ["crossover", "cppn"]),
        (["-e", "direct", "--crossover", "SBX"], ["crossover", "'SBX'", "sbx"]),
        (["-e", "gaussian", "--sigma", "wide"], ["sigma", "'wide'"]),
        (["-e", "sparse", "--squares", "1.5"], ["squares", "'1.5'"]),
        (["--squares", "3"], ["squares", "cppn has no 'squares'", "coordinates"]),
        (["--objective", "margins"], ["objective", "'margins'", "did you mean margin"]),
        (["--until", "1.5"], ["until", "1.5"]),
        (["--memetic", "-1"], ["memetic", "-1"]),
        (["--backend", "onix"], ["backend", "'onix'", "onnx"]),
        (["--classes", "3,seven"], ["seven", "7"]),
        (["--classes", "3,3"], ["3"]),
        (["--classes", ","], ["--classes"]),
        (["--generations", "-1"], ["generations", "-1"]),
        (["--generations", "99999999999"], ["generations", "99999999999"]),
        (["--batch", "0"], ["batch", "0"]),
        (["--batch", "99999999999"], ["batch", "99999999999"]),
        (["--initial", "0"], ["initial", "0"]),
        (["--seed", "-1"], ["seed", "-1"]),
        (["--seed", str(2**64)], ["seed", str(2**64)]),
        (["--checkpoint-every", "0"], ["checkpoint", "0"]),
        (["--keep-genomes", "some"], ["'some'", "champions"]),
        (["--resume"], ["no run there"]),
    ],
    ids=" ".join,
)
def test_what_cannot_be_used_gets_one_line_and_nothing_is_written(tmp_path, words, expected):
    defaults = [] if "-c" in words else ["-c", "lenet"]
    finished = invoke("evolve", *defaults, *words, "--out", tmp_path / "run")
    is_refused(finished, *expected)
    assert not (tmp_path / "run" / "run.db").exists()


def test_a_folder_that_holds_a_run_is_not_touched_without_being_asked(small_run):
    before = (small_run / "run.db").read_bytes()
    is_refused(invoke(*SMALL, "-n", "9", "--out", small_run), str(small_run), "--overwrite")
    assert (small_run / "run.db").read_bytes() == before


def test_overwrite_replaces_a_run(tmp_path):
    out = ("--out", tmp_path / "run", "--json")
    invoke(*SMALL, "-n", "2", *out)
    replaced = invoke(*SMALL, "-n", "1", "--seed", "5", "--overwrite", *out)
    assert json.loads(replaced.stdout)["seed"] == 5


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--seed", "1"], "seed"),
        (["--batch", "30"], "batch"),
        (["--encoding", "direct"], "encoding"),
        (["--coordinates", "centered"], "coordinates"),
        (["--classes", "1"], "cells"),
        (["-c", "lenet-b"], "fingerprint"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else value,
)
def test_a_run_is_not_resumed_with_other_settings(small_run, words, expected):
    before = (small_run / "run.db").read_bytes()
    is_refused(invoke(*SMALL, "-n", "9", "--resume", "--out", small_run, *words), expected)
    assert (small_run / "run.db").read_bytes() == before


def test_a_missing_back_end_gets_the_line_that_installs_it(tmp_path):
    without = "import sys; sys.modules.update(onnxruntime=None); from foolery.cli.main import main; main()"
    words = [*SMALL, "--backend", "onnx", "--out", str(tmp_path / "run")]
    finished = subprocess.run(
        [sys.executable, "-c", without, *words], capture_output=True, text=True, timeout=60, check=False
    )
    is_refused(Finished(finished.returncode, finished.stdout, finished.stderr), install_command("onnx"))


@pytest.mark.skipif(os.name != "posix", reason="limits the size of files")
def test_no_space_left_keeps_the_last_checkpoint_readable(tmp_path):
    command = (
        f'ulimit -f 600; exec "{sys.executable}" -m foolery evolve -c lenet -n 100000 --batch 200 '
        f'--checkpoint-every 5 --out "{tmp_path}/run"'
    )
    finished = subprocess.run(
        ["bash", "-c", command], capture_output=True, text=True, timeout=300, check=False
    )
    assert finished.returncode == 3, finished
    assert finished.stderr.startswith("error: ")
    assert "Traceback" not in finished.stderr
    assert "defect" not in finished.stderr
    shown = run("show", tmp_path / "run", "--json")
    assert shown.returncode == 0, shown.stderr
    assert json.loads(shown.stdout)["generations"] > 0
