"""The panel: who is asked, and what counts as agreement."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from foolery.audit import AuditConfig
from foolery.audit.panel import default_panel, make_panel, member_threshold, panel_misses, predictions
from foolery.classifiers import builtin, load_classifier
from foolery.data import LabelledImages, load_data
from foolery.errors import UsageError
from foolery.search.objectives import margins
from support.plain import Plain, noise

CARDS = Path(__file__).parents[2] / "docs" / "cards"


def test_it_says_which_share_gives_the_claimed_class_first():
    members = [Plain(seed=1), Plain(seed=2)]
    canvases = noise(50)
    first = np.stack([member.scores(canvases).argmax(axis=1) for member in members])
    panel = make_panel(Plain().description, members)
    for index in range(3):
        claimed = np.full(50, index)
        assert panel.agreement(canvases, claimed).tolist() == (first == index).mean(axis=0).tolist()


def test_a_calibrated_member_agrees_only_where_it_is_as_sure_as_of_real_pictures():
    member = Plain(seed=1)
    canvases = noise(200, seed=1)
    answers = member.scores(canvases)
    first = answers.argmax(axis=1)
    real = LabelledImages(canvases, first.astype(np.int64), member.description.classes)
    panel = make_panel(Plain().description, [member]).calibrated(real)
    sure = margins(answers)[np.arange(200), first]
    kept = sure >= np.sort(sure)[10]  # 95 % of 200
    assert panel.agreement(canvases, first).tolist() == kept.tolist()
    assert 0 < kept.sum() < 200


def test_a_member_that_does_not_know_the_pictures_keeps_its_threshold():
    panel = make_panel(Plain().description, [Plain(seed=1)])
    strange = LabelledImages(noise(30), np.zeros(30, np.int64), ("x", "y", "z", "w"))
    assert panel.calibrated(strange).thresholds == panel.thresholds


def test_classes_are_found_by_name_and_those_unknown_are_not_voted_on():
    turned = Plain(seed=1, classes=("owl", "newt", "cat"))
    panel = make_panel(Plain().description, [turned])
    canvases = noise(30)
    predicted = turned.scores(canvases).argmax(axis=1)
    assert panel.agreement(canvases, np.full(30, 0)).tolist() == (predicted == 2).tolist()
    assert np.isnan(panel.agreement(canvases, np.full(30, 1))).all()  # it knows no dog


def test_a_member_sees_pictures_of_its_own_size():
    panel = make_panel(Plain().description, [Plain(seed=1, canvas=(1, 9, 9))])
    assert set(panel.agreement(noise(10), np.zeros(10, np.int64))) <= {0.0, 1.0}


def test_the_audited_classifier_is_no_member_of_its_own_panel():
    assert make_panel(Plain().description, [Plain(), Plain(seed=1)]).members == ("plain1",)
    assert make_panel(Plain().description, [Plain()]) is None


def test_a_member_of_other_classes_is_refused():
    with pytest.raises(UsageError, match="plain1 knows none of the classes of plain0"):
        make_panel(Plain().description, [Plain(seed=1, classes=("a", "b", "c"))])


def test_digits_have_a_panel_without_being_asked(lenet):
    members = default_panel(lenet.description, load_classifier).members
    assert "lenet" not in members
    assert {"lenet-b", "perceptron"} <= set(members)
    assert default_panel(Plain().description, load_classifier) is None


def test_the_classes_of_cifar_have_a_panel_of_three_kinds():
    """Of an audit of another network all are asked, of their own audits neither they nor their twins."""
    members = {}
    for name in ("cifar", "cifar-b", "cifar-vit", "cifar-knn"):
        members[name] = set(default_panel(load_classifier(name).description, load_classifier).members)
    every = {"cifar-vit", "cifar-knn", "cifar-b", "cifar"}
    assert members["cifar"] == every - {"cifar"}
    assert members["cifar-vit"] == every - {"cifar-vit"}
    # The neighbours are looked for among the features of cifar-b.
    assert members["cifar-b"] == members["cifar-knn"] == every - {"cifar-b", "cifar-knn"}
    kinds = {builtin.card_of(name).architecture for name in every}
    assert kinds == {"vit", "neighbors", "convnet"}


def test_networks_of_imagenet_are_a_panel_where_they_are_given(tmp_path):
    """A file of the field with foolery's card beside it; what it misses of real photos is said."""
    data = Path(os.environ.get("FOOLERY_DATA", ""))
    photos = data / "imagenet-samples" / "samples.parquet"
    files = {name: data / "models" / name / "model.onnx" for name in ("squeezenet1_1", "squeezenet1_0")}
    if not photos.is_file() or not all(file.is_file() for file in files.values()):
        pytest.skip("the networks or the photos are not in FOOLERY_DATA")
    for name, file in files.items():
        shutil.copy(CARDS / f"{name}.card.json", tmp_path / f"{name}.card.json")
        (tmp_path / f"{name}.onnx").symlink_to(file)
    one, other = (f"onnx:{tmp_path / name}.onnx" for name in files)
    audited = load_classifier(one)
    panel = AuditConfig(panel=[other]).resolve(audited).panel
    assert panel.members == (other,)
    some = load_data(f"parquet:{photos}", "test").take(np.arange(40))
    assert 0.1 < panel_misses(panel, some, audited.description) < 0.9
    with pytest.raises(UsageError, match="is the audited classifier"):
        AuditConfig(panel=[one]).resolve(audited)


def test_a_panel_says_how_many_real_images_it_misses(lenet, mnist):
    panel = default_panel(lenet.description, load_classifier).calibrated(mnist)
    assert 0.03 < panel_misses(panel, mnist, lenet.description) < 0.2
    noise_as_digits = LabelledImages(noise(60, (1, 28, 28)), np.arange(60) % 10, lenet.description.classes)
    assert panel_misses(panel, noise_as_digits, lenet.description) == 1.0


@pytest.fixture(scope="module")
def nearest():
    return load_classifier("digits-knn")


def test_a_nearest_neighbour_keeps_95_of_100_real_pictures_and_rejects_what_is_like_none(nearest, mnist):
    least = member_threshold(nearest, mnist)
    real = mnist.take(np.arange(5000, 6000))
    first, likeness = predictions(nearest, real.canvases)
    right = first == real.labels
    assert 0.92 < (likeness[right] >= least).mean() < 0.98
    stripes = np.zeros((1, 1, 28, 28), np.uint8)
    stripes[..., ::2] = 255
    first, likeness = predictions(nearest, stripes)
    assert first[0] in range(10)  # it has to answer
    assert likeness[0] < least


def test_far_from_everything_a_lead_over_the_other_classes_does_not_help(nearest, mnist):
    far = 255 - mnist.canvases[:200]  # black on white
    leads = margins(nearest.scores(far)).max(axis=1)
    _, likeness = predictions(nearest, far)
    least = member_threshold(nearest, mnist)
    assert (likeness < least).mean() > 0.95
    real = margins(nearest.scores(mnist.canvases[:1000]))
    kept = np.quantile(real[np.arange(1000), mnist.labels[:1000]], 0.05)
    assert (leads >= kept).mean() > 0.5  # by the margin most of them would pass


def test_of_others_likeness_is_the_lead_of_their_answer():
    member, canvases = Plain(seed=1), noise(40)
    first, likeness = predictions(member, canvases)
    leads = margins(member.scores(canvases))
    assert first.tolist() == leads.argmax(axis=1).tolist()
    assert likeness.tolist() == leads.max(axis=1).tolist()


def test_who_does_not_know_the_classes_or_is_rarely_right_has_no_threshold():
    member, canvases = Plain(seed=1), noise(30)
    first, _ = predictions(member, canvases)
    wrong = LabelledImages(canvases, (first + 1) % 3, member.description.classes)
    strange = LabelledImages(canvases, first, ("x", "y", "z", "w"))
    assert member_threshold(member, wrong) is None
    assert member_threshold(member, strange) is None
    assert member_threshold(member, LabelledImages(canvases, first, member.description.classes)) is not None
