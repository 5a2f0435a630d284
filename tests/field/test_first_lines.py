"""Every command that reads labelled images says first what it read, and what it took by position."""

import time
from pathlib import Path

import pytest

from foolery.cli._data import Announcer
from foolery.data import load_data
from foolery.data.opened import data_for, on_open, opening
from support.command import Finished, invoke
from support.field import network, photos

READ = "40 images of 2 classes (20 of each)"
BY_POSITION = "no class name agrees: the 2 classes were matched by position alone: a as hot, b as cold"
LEFT_OUT = "left out: hidden, or left by other programs (1)"


@pytest.fixture(scope="module")
def things(tmp_path_factory) -> Path:
    """A network, photos whose folders have other names, and an audit of the network."""
    folder = tmp_path_factory.mktemp("things")
    photos(folder / "photos", ["a", "b"], count=20)
    (folder / "photos" / "a" / "Thumbs.db").write_bytes(b"none")
    network(folder / "net.onnx", ["hot", "cold"])
    done = audited(folder, "audit")
    assert done.returncode == 0, done.stderr
    return folder


def audited(folder: Path, out: str, *words: str) -> Finished:
    """An audit that is as short as they get."""
    return invoke(
        "audit", f"onnx:{folder / 'net.onnx'}", "--data", f"folder:{folder / 'photos'}", "--budget", "1000",
        "--attacks", "uniform-noise,gradients", "--out", folder / out, *words,
    )  # fmt: skip


def commands(folder: Path) -> dict[str, tuple[str | Path, ...]]:
    model, data = f"onnx:{folder / 'net.onnx'}", ("--data", f"folder:{folder / 'photos'}")
    return {
        "evaluate": ("evaluate", model, *data),
        "preflight": ("preflight", model, *data),
        "card": ("card", folder / "net.onnx", *data, "--class-names", "hot,cold", "--overwrite"),
        "report": ("report", folder / "audit", *data, "-o", folder / "page"),
        "report of a classifier": ("report", folder / "audit", *data, "-o", folder / "page", "-c", model),
    }


@pytest.mark.parametrize(
    "command", ["evaluate", "preflight", "card", "report", "report of a classifier", "audit"]
)
def test_the_first_line_says_what_was_read_and_what_was_taken_by_position(things, command):
    if command == "card":
        (things / "names.txt").write_text("hot\ncold\n")
    words = commands(things).get(command, ())
    words = tuple(things / "names.txt" if word == "hot,cold" else word for word in words)
    done = audited(things, "again") if command == "audit" else invoke(*words)
    assert done.returncode in (0, 1), done.stderr
    first, second = done.stdout.splitlines()[:2]
    assert READ in first
    assert BY_POSITION in first
    assert second == LEFT_OUT


def test_json_stays_one_object_and_the_lines_go_to_standard_error(things):
    done = audited(things, "json", "--json")
    assert done.stdout.startswith("{")
    assert BY_POSITION in done.stderr.splitlines()[0]


def test_an_audit_of_images_that_show_another_order_is_refused(tmp_path):
    photos(tmp_path / "photos", ["a", "b", "c"], count=20)
    network(tmp_path / "net.onnx", ["x", "y", "z"], (2, 0, 1))
    said = ("0.0% of 60 images are right", "100.0% would be", "a as z, b as x, c as y")
    done = audited(tmp_path, "audit")
    assert done.returncode == 2
    assert all(
        words in done.stderr.splitlines()[-1] for words in ("error: data: no class name agrees", *said)
    )
    assert not (tmp_path / "audit").exists()


class Recorder:
    """Writes down what it is told."""

    def __init__(self) -> None:
        self.heard: list[object] = []

    def opening(self, reference: str) -> "Recorder":
        self.heard.append(("opening", reference))
        return self

    def __enter__(self) -> None:
        self.heard.append("begins")

    def __exit__(self, *_: object) -> None:
        self.heard.append("ends")

    def opened(self, reference, data, classes) -> None:
        self.heard.append(("opened", reference, len(data), classes))


def test_whoever_listens_is_told_before_and_after_data_are_listed(tmp_path):
    data, recorder = f"folder:{photos(tmp_path / 'photos', ['a', 'b'])}", Recorder()
    with on_open(recorder):
        load_data(data)
        with data_for(("x", "y")):
            load_data(data)
    listed = [("opening", data), "begins", "ends"]
    assert recorder.heard == [*listed, ("opened", data, 8, None), *listed, ("opened", data, 8, ("x", "y"))]


def test_a_folder_that_takes_long_to_list_is_said_to_be_listed(capsys):
    said = ""
    with on_open(Announcer(as_json=False, wait=0.01)), opening("folder:slow"):
        end = time.monotonic() + 60
        while "listing" not in said and time.monotonic() < end:
            time.sleep(0.02)
            said += capsys.readouterr().err
    assert said == "listing folder:slow …\n"


def test_nothing_is_said_of_a_folder_that_is_listed_at_once(capsys, tmp_path):
    with on_open(Announcer(as_json=False, wait=60.0)):
        load_data(f"folder:{photos(tmp_path / 'photos', ['a', 'b'])}")
    assert capsys.readouterr().err == ""


def test_an_audit_says_which_images_could_not_be_read(tmp_path):
    data = photos(tmp_path / "photos", ["a", "b"], count=20)
    network(tmp_path / "net.onnx", ["a", "b"])
    whole = (data / "a" / "0.png").read_bytes()
    (data / "a" / "0.png").write_bytes(whole[: len(whole) // 2])
    done = audited(tmp_path, "audit")
    assert done.returncode == 0, done.stderr
    assert any(line.startswith("left out while reading: ") for line in done.stderr.splitlines())
