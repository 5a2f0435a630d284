"""Detect on a real network: every set is there, and whoever knows the detector is not weaker."""

import json

import numpy as np
import pytest

pytest.importorskip("onnxruntime", reason="the extra onnx is not installed")

from foolery.canvas import canvas_hash
from foolery.data.synthetic import synthetic_kinds
from foolery.detection import DetectionPlan, detect, make_table, read_scores
from foolery.detection.runner import check_apart
from foolery.errors import UsageError
from support.command import invoke, is_refused

SETS = {kind.name for kind in synthetic_kinds()} | {"evolved-direct", "evolved-cppn", "random-cppn"}
KNOWING = {f"knowing-{name}" for name in ("evolved-direct", "evolved-cppn", "random-cppn")}


@pytest.fixture(scope="module")
def folder(tmp_path_factory, mnist, mnist_train):
    return tmp_path_factory.mktemp("table")


@pytest.fixture(scope="module")
def table(folder):
    plan = DetectionPlan(
        "mnist", detectors=("energy", "pixel-knn"), queries=400, images=200, synthetic=30, fit_images=300,
        out=folder,
    )  # fmt: skip
    return detect("lenet", plan, "perceptron")


def test_every_set_is_there_for_every_detector(table):
    for detector in ("energy", "pixel-knn"):
        names = {row.set for row in table.rows if row.detector == detector}
        assert names - {"ascent", "knowing-ascent"} == SETS | KNOWING | {"transferred"}
    assert table.networks == ("lenet", "perceptron")
    assert table.row("pixel-knn", "uniform-noise").auroc.value > 0.95


def test_whoever_knows_the_detector_is_never_weaker(table):
    for row in table.rows:
        if row.set.startswith("knowing-"):
            ignorant = table.row(row.detector, row.set.removeprefix("knowing-"))
            assert row.fpr95.value >= ignorant.fpr95.value


def test_champions_were_verified_from_their_png_files(table):
    assert not [note for note in table.notes if "score" in note and "guarded:" in note]


def test_every_figure_can_be_computed_from_the_stored_scores(table, folder):
    again = make_table(read_scores(folder / "scores.csv.gz"))
    assert again.to_dict()["rows"] == json.loads((folder / "detection.json").read_text())["rows"]
    printed = json.loads(invoke("detect", "--scores", folder / "scores.csv.gz", "--json").stdout)
    assert printed["rows"] == again.to_dict()["rows"]


def test_the_table_is_printed(folder):
    done = invoke("detect", "--scores", folder / "scores.csv.gz")
    assert done.returncode == 0, done.stderr
    assert "knowing-evolved-cppn" in done.stdout
    assert "FPR95" in done.stdout


def test_the_detectors_are_listed():
    listed = json.loads(invoke("detect", "--list", "--json").stdout)
    assert {"msp", "knn", "digits-vae", "openmax"} <= set(listed)


def test_images_that_detectors_were_fitted_on_are_no_test(mnist):
    canvases = mnist.canvases[:100]
    hashes = frozenset(canvas_hash(canvas) for canvas in canvases[:50])
    with pytest.raises(UsageError, match="--fit: 50 of the 100 images of mnist are among those of folder:x"):
        check_apart(hashes, canvases, "folder:x", "mnist")
    check_apart(hashes, np.ascontiguousarray(mnist.canvases[100:200]), "folder:x", "mnist")


def test_a_folder_that_is_both_is_refused(tmp_path, mnist):
    from PIL import Image

    for row in range(300):
        place = tmp_path / str(mnist.labels[row])
        place.mkdir(exist_ok=True)
        Image.fromarray(mnist.canvases[row, 0]).save(place / f"{row}.png")
    reference = f"folder:{tmp_path}"
    refused = invoke(
        "detect", "lenet", "--data", reference, "--fit", reference, "--budget", "0", "--detectors", "msp"
    )
    is_refused(refused, "--fit:", "among those of", after_reading=True)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "REF: name a classifier"),
        (("lenet",), "--data: real images are what detectors compare with"),
        (("lenet", "--data", "mnist", "--detectors", "enrgy"), "did you mean energy"),
        (("lenet", "--data", "mnist", "--seeds", "0"), "seeds: expected at least 1"),
        (("lenet", "--data", "mnist", "--fit-images", "50", "--detectors", "msp"), "give 80 or more"),
        (
            ("ensemble:lenet+lenet-b", "--data", "mnist", "--detectors", "knn"),
            "detectors that work with it: msp",
        ),
        (("digits-knn", "--data", "mnist", "--detectors", "odin"), "shows no gradients"),
    ],
)
def test_what_cannot_be_measured_is_refused(words, message, mnist, mnist_train):
    read = "mnist" in words and "--seeds" not in words
    is_refused(invoke("detect", *words), message, after_reading=read)
