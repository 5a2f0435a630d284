"""``foolery card``: the preprocessing of an ONNX file, found and written down."""

import json
import shutil
import subprocess
import sys

import pytest

from foolery.classifiers.builtin import SHIPPED
from foolery.classifiers.card import read_card
from foolery.install import install_command
from support.command import invoke, is_refused
from support.pictures import class_folders

pytest.importorskip("onnxruntime", reason="the extra onnx is not installed")


@pytest.fixture
def lenet(tmp_path, mnist):
    """LeNet's files without the card."""
    for ending in ("onnx", "safetensors"):
        shutil.copy(SHIPPED / f"lenet.{ending}", tmp_path)
    return tmp_path / "lenet.onnx"


def test_a_card_is_found_and_written_beside_the_file_and_the_file_can_be_used(lenet):
    shown = invoke("card", lenet, "--data", "mnist")
    assert shown.returncode == 0, shown.stderr
    assert "too close to call" in shown.stdout  # 1/255 and 1/256
    assert "ways of preprocessing on 25 images" in shown.stderr
    card = read_card(lenet.with_suffix(".card.json"))
    assert card.classes == tuple("0123456789")
    assert card.made_by.startswith("foolery card ")
    assert "images" in card.notes
    found = json.loads(invoke("evaluate", f"onnx:{lenet}", "--data", "mnist", "--json").stdout)
    assert found["top1"] > 0.98


def test_json_and_another_place(lenet, tmp_path):
    out = tmp_path / "other.json"
    found = json.loads(invoke("card", f"onnx:{lenet}", "--data", "mnist", "-o", out, "--json").stdout)
    assert found["card"] == str(out)
    assert found["preprocessing"] == read_card(out).preprocessing.model_dump(mode="json")
    assert {each["family"] for each in found["families"]} >= {"0 to 1", "1/256", "0 to 255"}
    assert not lenet.with_suffix(".card.json").exists()


def test_a_card_that_is_there_is_kept(lenet):
    card = lenet.with_suffix(".card.json")
    card.write_text("mine")
    is_refused(invoke("card", lenet, "--data", "mnist"), "exists", "--overwrite")
    assert card.read_text() == "mine"
    assert invoke("card", lenet, "--data", "mnist", "--overwrite").returncode == 0


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("sieben\nüber\n".encode("latin-1"), "10 outputs, but there are 2 class names"),
        (b"one\ntwo\n", "10 outputs, but there are 2 class names"),
        (b"\n".join(b"kind %d" % number for number in range(11)), "10 outputs, but there are 11 class names"),
    ],
)
def test_class_names_that_cannot_be_used_get_one_line(lenet, tmp_path, content, said):
    names = tmp_path / "names.txt"
    names.write_bytes(content)
    finished = invoke("card", lenet, "--data", "mnist", "--class-names", names)
    assert finished.returncode == 2
    assert said in finished.stderr
    assert len(finished.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("name", "said"),
    [("absent.onnx", "no file"), ("net.pt", "expected an ONNX file"), ("net.onnx", "is not an ONNX file")],
)
def test_a_file_that_is_none_gets_one_line(tmp_path, name, said):
    (tmp_path / "net.pt").write_bytes(b"pickle")
    (tmp_path / "net.onnx").write_bytes(b"not onnx")
    data = class_folders(tmp_path / "photos", "a", "b")
    finished = invoke("card", tmp_path / name, "--data", f"folder:{data}")
    is_refused(finished, said, after_reading=name == "net.onnx")


def test_data_of_other_classes_gets_one_line(lenet, tmp_path):
    data = class_folders(tmp_path / "photos", "cat", "dog")
    is_refused(
        invoke("card", lenet, "--data", f"folder:{data}"),
        "10 outputs, but there are 2 class names",
        "--class-names",
        after_reading=True,
    )
    is_refused(invoke("card", lenet, "--data", "mnist", "--kind", "relu"), "--kind: unknown 'relu'")


def test_without_onnxruntime_the_error_is_the_pip_line(lenet):
    code = (
        "import sys; sys.modules['onnxruntime'] = None\n"
        "from foolery.cli.main import main\n"
        f"sys.argv = ['foolery', 'card', {str(lenet)!r}, '--data', 'mnist']\nmain()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert install_command("onnx") in done.stderr
