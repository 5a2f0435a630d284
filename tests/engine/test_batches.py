"""Replicates: R runs in one batch, each of them the run that its seed makes alone."""

import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from foolery.classifiers import load_classifier
from foolery.classifiers.wrappers.metered import Budget
from foolery.engine import batches
from foolery.engine.evolution import evolve
from foolery.errors import UsageError
from foolery.runs import open_run_file

pytest.importorskip("onnxruntime", reason="the extra onnx is not installed")

QUICK = {"generations": 10, "batch": 40, "seed": 4}
SEEDS = (4, 5, 6)


@pytest.fixture(scope="module")
def lenet():
    return load_classifier("lenet", backend="onnx")


def content(folder: Path) -> dict[str, object]:
    """All that a run file says, but for the clock and the command line."""
    run = open_run_file(folder)
    names = ("generation", "queries", "improvements", "median", "mean", "min", "max")
    return {
        "settings": run.settings,
        "status": run.status,
        "keeps_genomes": run.keeps_genomes,
        "history": {name: getattr(run.history, name).tolist() for name in names},
        "champions": run.champions,
        "individuals": run.individuals,
        "reigns": run.replacements,
    }


def alone(classifier, out: Path, seeds=SEEDS, **words) -> dict[int, dict[str, object]]:
    """What every seed finds by itself."""
    for seed in seeds:
        evolve(classifier, out=out / f"alone-{seed}", **(QUICK | words | {"seed": seed}))
    return {seed: content(out / f"alone-{seed}") for seed in seeds}


def contents(out: Path, seeds=SEEDS) -> dict[int, dict[str, object]]:
    return {seed: content(out / f"seed-{seed}") for seed in seeds}


@pytest.mark.parametrize("batch", [40, 50], ids=["slices of another size", "slices that divide it"])
@pytest.mark.parametrize("encoding", ["cppn", "direct"])
def test_each_replicate_is_the_run_of_its_seed(lenet, encoding, batch, tmp_path):
    runs = evolve(lenet, seeds=3, out=tmp_path, encoding=encoding, **(QUICK | {"batch": batch}))
    assert contents(tmp_path) == alone(lenet, tmp_path, encoding=encoding, batch=batch)
    assert [summary["seed"] for summary in runs.summaries] == [4, 5, 6]
    assert [summary["run"] for summary in runs.summaries] == ["seed-4", "seed-5", "seed-6"]
    for seed in SEEDS:
        assert [path.name for path in (tmp_path / f"seed-{seed}").iterdir()] == ["run.db"]


def test_on_torch_too(tmp_path):
    pytest.importorskip("torch", reason="the extra torch is not installed")
    classifier = load_classifier("lenet", backend="torch")
    evolve(classifier, seeds=3, out=tmp_path, **(QUICK | {"batch": 70}))
    assert contents(tmp_path) == alone(classifier, tmp_path, batch=70)


def test_with_crossover_and_a_first_generation_of_another_size(lenet, tmp_path):
    words = {"encoding": "direct", "options": {"crossover": "sbx"}, "initial": 55, "keep_genomes": "all"}
    evolve(lenet, seeds=3, out=tmp_path, **QUICK, **words)
    assert contents(tmp_path) == alone(lenet, tmp_path, **words)


@pytest.mark.parametrize("words", [{"objective": "margin"}, {"objective": "margin", "until": 0.9}])
def test_with_another_objective(lenet, tmp_path, words):
    evolve(lenet, seeds=3, out=tmp_path, **QUICK, **words)
    assert contents(tmp_path) == alone(lenet, tmp_path, **words)
    assert contents(tmp_path)[4]["settings"].objective == "margin"


@pytest.mark.parametrize("encoding", ["cppn", "direct"])
@pytest.mark.parametrize("batch", [20, 70], ids=["one gradient chunk", "several"])
def test_with_gradient_steps_of_every_child(tmp_path, encoding, batch):
    pytest.importorskip("torch", reason="the extra torch is not installed")
    classifier = load_classifier("lenet", backend="torch")
    words = {"encoding": encoding, "memetic": 1, "generations": 3, "batch": batch}
    evolve(classifier, seeds=3, out=tmp_path, **(QUICK | words))
    assert contents(tmp_path) == alone(classifier, tmp_path, **words)
    assert contents(tmp_path)[4]["history"]["queries"] == [batch + 3 * batch * n for n in range(4)]


def test_any_seeds_in_any_order(lenet, tmp_path):
    runs = evolve(lenet, seeds=[9, 4, 2**64 - 1], out=tmp_path, **(QUICK | {"generations": 3}))
    seeds = (9, 4, 2**64 - 1)
    assert [run.settings.seed for run in runs] == list(seeds)
    assert contents(tmp_path, seeds) == alone(lenet, tmp_path, seeds, generations=3)


def test_in_memory_they_are_the_same(lenet, tmp_path):
    runs = evolve(lenet, seeds=3, **QUICK)
    evolve(lenet, seeds=3, out=tmp_path, **QUICK)
    for run, seed in zip(runs, SEEDS, strict=True):
        stored = open_run_file(tmp_path / f"seed-{seed}")
        assert [one.genome for one in run.champions.values()] == [row.genome for row in stored.champions]
        assert run.path is None
    assert len(runs[1:]) == 2
    assert runs[1:][0].settings.seed == runs[-2].settings.seed == 5
    assert "median confidence" in runs._repr_html_()
    assert [run["seed"] for run in runs.to_dict()["runs"]] == [4, 5, 6]


def test_any_number_of_lanes_gives_the_same_runs(lenet, tmp_path, monkeypatch):
    for lanes in ("1", "4"):
        monkeypatch.setenv("FOOLERY_THREADS", lanes)
        evolve(lenet, seeds=3, out=tmp_path / lanes, **QUICK)
    assert contents(tmp_path / "1") == contents(tmp_path / "4")


def test_a_classifier_that_takes_one_call_at_a_time_is_asked_about_one_replicate_at_a_time(tmp_path):
    """An ensemble cannot be asked slice by slice; its members' slices must not part otherwise."""
    both = load_classifier("ensemble:lenet+lenet-b", backend="onnx")
    evolve(both, seeds=2, out=tmp_path, **QUICK)
    assert contents(tmp_path, (4, 5)) == alone(both, tmp_path, (4, 5))


def test_runs_that_are_many_go_in_groups(lenet, tmp_path, monkeypatch):
    monkeypatch.setattr(batches, "MAX_RUNS_PER_BATCH", 2)
    seen = []
    evolve(lenet, seeds=3, out=tmp_path, on_progress=lambda p: seen.append(p.about), **QUICK)
    assert contents(tmp_path) == alone(lenet, tmp_path)
    assert list(dict.fromkeys(seen)) == ["runs 1 to 2 of 3", "run 3 of 3"]


def test_an_interrupt_saves_all_of_them_at_the_same_generation(lenet, tmp_path):
    def interrupt(progress):
        if progress.generation == 6:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        evolve(lenet, seeds=3, out=tmp_path, on_progress=interrupt, **QUICK)
    states = [(run["status"], run["history"]["generation"][-1]) for run in contents(tmp_path).values()]
    assert states == [("interrupted", 6)] * 3
    evolve(lenet, seeds=3, out=tmp_path, resume=True, **QUICK)
    assert contents(tmp_path) == alone(lenet, tmp_path)


def test_runs_that_stand_at_different_generations_are_each_led_to_the_end(lenet, tmp_path):
    """As a killed process leaves them, or a hand: one ahead, one behind, one not yet begun."""
    for seed, generations in ((4, 7), (5, 3)):
        evolve(lenet, out=tmp_path / f"seed-{seed}", **(QUICK | {"seed": seed, "generations": generations}))
    evolve(lenet, seeds=3, out=tmp_path, resume=True, **QUICK)
    assert contents(tmp_path) == alone(lenet, tmp_path)


KILLED = """
import os, signal, sys
from pathlib import Path
from foolery.classifiers import load_classifier
from foolery.engine.evolution import evolve
def watch(progress):
    if progress.generation == 6:
        os.kill(os.getpid(), signal.SIGKILL)
lenet = load_classifier("lenet", backend="onnx")
words = {"generations": 10, "batch": 40, "seed": 4, "checkpoint_every": 2}
evolve(lenet, seeds=3, out=Path(sys.argv[1]), on_progress=watch, **words)
"""


def test_a_killed_process_loses_nothing_that_was_stored(lenet, tmp_path):
    done = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], check=False, timeout=300)
    assert done.returncode == -signal.SIGKILL
    assert all(run["history"]["generation"] for run in contents(tmp_path).values())
    evolve(lenet, seeds=3, out=tmp_path, resume=True, **QUICK)
    assert contents(tmp_path) == alone(lenet, tmp_path)


def test_more_generations_and_more_replicates_extend_what_is_there(lenet, tmp_path):
    evolve(lenet, seeds=2, out=tmp_path, **(QUICK | {"generations": 4}))
    evolve(lenet, seeds=3, out=tmp_path, resume=True, **QUICK)
    assert contents(tmp_path) == alone(lenet, tmp_path)


def test_runs_that_are_done_are_left_alone(lenet, tmp_path):
    evolve(lenet, seeds=2, out=tmp_path, **QUICK)
    before = [(tmp_path / f"seed-{seed}" / "run.db").read_bytes() for seed in (4, 5)]
    runs = evolve(lenet, seeds=2, out=tmp_path, resume=True, **QUICK)
    assert [(tmp_path / f"seed-{seed}" / "run.db").read_bytes() for seed in (4, 5)] == before
    assert [summary["generations"] for summary in runs.summaries] == [10, 10]


def test_a_run_of_replicates_can_be_gone_on_with_alone(lenet, tmp_path):
    evolve(lenet, seeds=3, out=tmp_path, **(QUICK | {"generations": 4}))
    for seed in SEEDS:
        evolve(lenet, out=tmp_path / f"seed-{seed}", resume=True, **(QUICK | {"seed": seed}))
    assert contents(tmp_path) == alone(lenet, tmp_path)


def test_each_stops_as_soon_as_it_is_certain_enough(lenet, tmp_path):
    words = {"generations": 200, "until": 0.4}
    evolve(lenet, seeds=3, out=tmp_path, **(QUICK | words))
    found = contents(tmp_path)
    assert found == alone(lenet, tmp_path, **words)
    lengths = {len(run["history"]["generation"]) for run in found.values()}
    assert len(lengths) > 1, "the seeds were chosen to stop at different generations"
    before = [(tmp_path / f"seed-{seed}" / "run.db").read_bytes() for seed in SEEDS]
    evolve(lenet, seeds=3, out=tmp_path, resume=True, **(QUICK | words))
    assert [(tmp_path / f"seed-{seed}" / "run.db").read_bytes() for seed in SEEDS] == before


def test_a_budget_of_queries_is_each_run_s_own(lenet, tmp_path):
    words = {"generations": 100, "budget": Budget(queries=330)}
    runs = evolve(lenet, seeds=3, out=tmp_path, **(QUICK | words))
    assert [summary["queries"] for summary in runs.summaries] == [320] * 3
    assert contents(tmp_path) == alone(lenet, tmp_path, **words)


def test_a_budget_of_time_is_for_all_of_them(lenet, tmp_path, monkeypatch):
    monkeypatch.setattr(batches, "MAX_RUNS_PER_BATCH", 2)
    runs = evolve(
        lenet,
        seeds=4,
        out=tmp_path,
        budget=Budget(seconds=1.0),
        **(QUICK | {"generations": 1_000_000}),
    )
    assert all(summary["generations"] > 0 for summary in runs.summaries)
    assert sum(summary["seconds"] for summary in runs.summaries) < 1.5


def test_a_watcher_sees_medians_over_all_of_them(lenet, tmp_path):
    seen = []
    evolve(lenet, seeds=3, out=tmp_path, on_progress=seen.append, **QUICK)
    runs = [open_run_file(tmp_path / f"seed-{seed}") for seed in SEEDS]
    assert [progress.generation for progress in seen] == list(range(11))
    last = seen[-1]
    assert last.stats.median == np.median([run.history.median[-1] for run in runs])
    assert last.queries == 3 * 440
    assert last.seconds == pytest.approx(sum(run.seconds for run in runs), rel=0.05)
    confidences = np.array([[one.confidence for one in run.champions] for run in runs])
    assert np.array_equal(last.confidences, np.median(confidences, axis=0))
    assert last.canvases().shape == (10, 1, 28, 28)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"seeds": 0}, "seeds: expected 1 to 100000 runs, got 0"),
        ({"seeds": 2.5}, r"seeds: expected 1 to 100000 runs, got 2\.5"),
        ({"seeds": True}, "seeds: expected 1 to 100000 runs, got True"),
        ({"seeds": []}, "seeds: expected 1 to 100000 different seeds, got 0"),
        ({"seeds": [4, 5, 4]}, "seeds: expected .* different seeds, got 2"),
        ({"seeds": [4, -1]}, "seed: expected a whole number from 0"),
        ({"seed": 2**64 - 2}, r"seed: .* 3 runs need seeds up to 18446744073709551616"),
        ({"out": None, "resume": True}, "give out=FOLDER"),
        ({"generations": -1}, "generations: expected"),
        ({"resume": True}, "holds no run of seeds 4 to 6; leave resume out"),
    ],
)
def test_what_makes_no_sense_is_refused_before_anything_is_written(lenet, tmp_path, words, said):
    with pytest.raises(UsageError, match=said):
        evolve(lenet, **({"seeds": 3, "out": tmp_path / "many"} | QUICK | words))
    assert not (tmp_path / "many").exists()


def test_runs_that_are_there_are_not_replaced_unless_asked(lenet, tmp_path):
    evolve(lenet, out=tmp_path / "seed-6", **(QUICK | {"seed": 6, "generations": 1}))
    before = (tmp_path / "seed-6" / "run.db").read_bytes()
    with pytest.raises(UsageError, match=r"seed-6: already holds a run .*--resume.*--overwrite"):
        evolve(lenet, seeds=3, out=tmp_path, **QUICK)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["seed-6"]
    assert (tmp_path / "seed-6" / "run.db").read_bytes() == before
    evolve(lenet, seeds=3, out=tmp_path, overwrite=True, **QUICK)
    assert contents(tmp_path) == alone(lenet, tmp_path)


def test_mixed_settings_are_refused_before_any_run_goes_on(lenet, tmp_path):
    evolve(lenet, seeds=3, out=tmp_path, **(QUICK | {"generations": 2}))
    shutil.rmtree(tmp_path / "seed-6")
    evolve(lenet, out=tmp_path / "seed-6", **(QUICK | {"seed": 6, "generations": 2, "batch": 41}))
    before = [(tmp_path / f"seed-{seed}" / "run.db").read_bytes() for seed in SEEDS]
    with pytest.raises(UsageError, match=r"seed-6.*settings differ.*batch is 41, not 40"):
        evolve(lenet, seeds=3, out=tmp_path, resume=True, **QUICK)
    assert [(tmp_path / f"seed-{seed}" / "run.db").read_bytes() for seed in SEEDS] == before


def test_another_process_that_writes_one_of_them_is_respected(lenet, tmp_path):
    from foolery.runs.database import RunLock

    (tmp_path / "seed-5").mkdir()
    lock = RunLock(tmp_path / "seed-5")
    try:
        with pytest.raises(UsageError, match="seed-5"):
            evolve(lenet, seeds=3, out=tmp_path, **QUICK)
    finally:
        lock.release()


MANY = """
import resource, sys
from pathlib import Path
from foolery.engine import batches
from foolery.engine.evolution import evolve
batches.MAX_RUNS_PER_BATCH = 10
resource.setrlimit(resource.RLIMIT_NOFILE, (90, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
count, out = int(sys.argv[1]), Path(sys.argv[2])
evolve("lenet", seeds=count, out=out, generations=1, batch=20)
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(peak if sys.platform == "darwin" else 1024 * peak)
"""


def test_many_runs_need_hardly_more_memory_and_files_than_those_that_share_a_batch(tmp_path):
    def peak(replicates: int) -> int:
        words = [sys.executable, "-c", MANY, str(replicates), str(tmp_path / str(replicates))]
        done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=300)
        assert done.returncode == 0, done.stderr
        return int(done.stdout)

    assert peak(40) - peak(10) < 20 * 2**20
    assert len(list((tmp_path / "40").iterdir())) == 40
