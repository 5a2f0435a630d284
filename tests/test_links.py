"""Commands that write never follow a link that lies in their folder: another's file stays as it is."""

import os
import shutil
from pathlib import Path

import pytest

from foolery.engine.evolution import evolve
from foolery.errors import UsageError
from foolery.runs import open_run_file
from support.command import invoke, is_refused

pytestmark = pytest.mark.skipif(os.name == "nt", reason="links need rights there")
SHORT = {"generations": 4, "batch": 20, "seed": 3}


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Path:
    """A run of two generations that can be continued."""
    folder = tmp_path_factory.mktemp("run") / "run"
    evolve("lenet", **(SHORT | {"generations": 2}), out=folder)
    return folder


def planted(run: Path, folder: Path) -> tuple[Path, bytes]:
    """Another run's file, and its content."""
    shutil.copytree(run, folder / "another")
    file = folder / "another" / "run.db"
    return file, file.read_bytes()


def test_a_run_is_not_continued_through_a_link(run, tmp_path):
    file, content = planted(run, tmp_path)
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "run.db").symlink_to(file)
    with pytest.raises(UsageError, match=r"run\.db: is a link, and nothing is written through one; copy"):
        evolve("lenet", **SHORT, out=tmp_path / "run", resume=True)
    assert file.read_bytes() == content
    assert sorted(path.name for path in (tmp_path / "another").iterdir()) == ["run.db"]
    assert open_run_file(tmp_path / "run").generation == 2  # it may be read


@pytest.mark.parametrize("beside", ["-wal", "-journal", "-shm"])
def test_nor_through_one_beside_it(run, tmp_path, beside):
    shutil.copytree(run, tmp_path / "run")
    (tmp_path / "private").write_text("private")
    (tmp_path / "run" / f"run.db{beside}").symlink_to(tmp_path / "private")
    with pytest.raises(UsageError, match=f"run.db{beside}: is a link"):
        evolve("lenet", **SHORT, out=tmp_path / "run", resume=True)
    assert (tmp_path / "private").read_text() == "private"


def test_a_run_that_is_replaced_takes_the_place_of_the_link_alone(run, tmp_path):
    file, content = planted(run, tmp_path)
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "run.db").symlink_to(file)
    evolve("lenet", **SHORT, out=tmp_path / "run", overwrite=True)
    assert file.read_bytes() == content
    assert not (tmp_path / "run" / "run.db").is_symlink()


@pytest.mark.parametrize("how", [{"resume": True}, {"overwrite": True}])
def test_runs_of_several_seeds_do_not_follow_the_link_of_a_folder(run, tmp_path, how):
    file, content = planted(run, tmp_path)
    (tmp_path / "many").mkdir()
    (tmp_path / "many" / "seed-3").symlink_to(tmp_path / "another")
    with pytest.raises(UsageError, match="seed-3: leads to another folder by a link"):
        evolve("lenet", **SHORT, seeds=2, out=tmp_path / "many", **how)
    assert file.read_bytes() == content


def test_a_card_takes_the_place_of_a_link(tmp_path):
    from foolery.classifiers.builtin import SHIPPED
    from foolery.classifiers.card import read_card

    (tmp_path / "private").write_text("private")
    (tmp_path / "net.card.json").symlink_to(tmp_path / "private")
    read_card(SHIPPED / "lenet.card.json").write(tmp_path / "net.card.json")
    assert (tmp_path / "private").read_text() == "private"
    assert read_card(tmp_path / "net.card.json").name == "lenet"


def test_a_trained_network_takes_the_place_of_links(tmp_path, mnist):
    pytest.importorskip("torch", reason="the extra torch is not installed")
    (tmp_path / "private").write_text("private")
    for ending in ("safetensors", "onnx", "card.json"):
        (tmp_path / f"net.{ending}").symlink_to(tmp_path / "private")
    words = ("train", "perceptron", "--iterations", "1", "-o", tmp_path, "--name", "net")
    is_refused(invoke(*words), "is there already")
    done = invoke(*words, "--overwrite")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "private").read_text() == "private"
    assert not any(path.is_symlink() for path in tmp_path.iterdir())


def test_an_arms_race_with_a_link_in_it_is_not_continued(tmp_path):
    pytest.importorskip("torch", reason="the extra torch is not installed")
    from foolery.hardening import ArmsRaceConfig
    from foolery.hardening.loop import check_folder

    config = ArmsRaceConfig(rounds=1)
    config.write(tmp_path / "race")
    check_folder(config, tmp_path / "race", resume=True)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "race" / "round-01").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UsageError, match="round-01: is a link, which a folder to be replaced must not hold"):
        check_folder(config, tmp_path / "race", resume=True)
