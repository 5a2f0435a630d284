"""Reference data: what a classifier says about real images, whatever its logits are multiplied by."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest

from audit.conftest import finished_session, small_config
from foolery.audit import open_audit, run_audit
from foolery.audit.compare import compare_with
from foolery.audit.mitigations import check_mitigations, measure_mitigations
from foolery.audit.panel import default_panel
from foolery.audit.reference import (
    ReferenceData,
    class_medians,
    excluded_classes,
    reference_statistics,
    score_reference,
    target_classes,
    threshold_at_tpr,
)
from foolery.classifiers import load_classifier
from foolery.data import LabelledImages
from foolery.errors import UsageError
from foolery.hardening import FOOLING_CLASS
from support.plain import Plain, noise


@dataclass
class Scaled:
    """A classifier with its logits divided by a number."""

    inner: Plain
    divisor: float

    @property
    def description(self):
        return self.inner.description

    def scores(self, canvases):
        exact = self.inner.scores(canvases) / self.divisor
        return exact - np.log(np.exp(exact).sum(axis=1, keepdims=True))


def labelled(classifier, count=400, wrong=40) -> LabelledImages:
    """Noise that is labelled as the classifier predicts, except for some of it."""
    canvases = noise(count)
    labels = classifier.scores(canvases).argmax(axis=1)
    labels[:wrong] = (labels[:wrong] + 1) % 3
    return LabelledImages(canvases, labels.astype(np.int64), classifier.description.classes)


def statistics(classifier, data):
    """Of all of ``data``."""
    reference = ReferenceData(data, "somewhere")
    return reference_statistics(classifier, score_reference(classifier, reference), reference)


@pytest.mark.parametrize(("share", "expected"), [(1.0, 1.0), (0.95, 6.0), (0.9, 11.0), (0.5, 51.0)])
def test_the_threshold_keeps_a_share_of_the_pictures(share, expected):
    values = np.random.default_rng(0).permutation(np.arange(1.0, 101.0))
    assert threshold_at_tpr(values, share) == expected
    assert (values >= threshold_at_tpr(values, share)).mean() >= share


def test_it_measures_the_right_answers():
    plain = Plain()
    data = labelled(plain)
    reference = statistics(plain, data)
    scores = plain.scores(data.canvases)
    top = np.sort(scores, axis=1)
    leads = (top[:, -1] - top[:, -2])[40:]  # of those that are labelled as they are answered
    assert (reference.images, reference.correct, reference.accuracy) == (400, 360, 0.9)
    assert reference.measure == "margin"
    assert (leads >= reference.threshold).mean() == pytest.approx(0.95, abs=1 / 360)
    assert reference.median == pytest.approx(np.median(leads))
    for index in range(3):
        own = leads[data.labels[40:] == index]
        expected = float(np.median(own)) if len(own) >= reference.min_class_images else None
        assert reference.class_medians[index] == pytest.approx(expected)


def test_a_class_with_few_pictures_is_compared_with_all():
    plain = Plain()
    data = labelled(plain, wrong=0)
    rare = int(np.bincount(data.labels, minlength=3).argmin())
    kept = np.flatnonzero((data.labels != rare) | (np.cumsum(data.labels == rare) <= 5))
    reference = statistics(plain, data.take(kept))
    assert reference.class_medians[rare] is None
    assert class_medians(reference)[rare] == reference.median


@pytest.mark.parametrize("divisor", [0.5, 10.0])
def test_divided_logits_move_the_threshold_along(divisor):
    """So every comparison of a champion with it stays as it was."""
    plain = Plain()
    scaled, data, champions = Scaled(plain, divisor), labelled(plain), noise(200, seed=9)
    judged = []
    for each in (plain, scaled):
        reference = statistics(each, data)
        top = np.sort(each.scores(champions), axis=1)
        judged.append(((top[:, -1] - top[:, -2]) >= reference.threshold).tolist())
    assert judged[0] == judged[1]
    assert 0 < sum(judged[0]) < 200


def test_the_same_pictures_are_asked_every_time():
    plain = Plain()
    first, again = (
        score_reference(plain, ReferenceData(labelled(plain), "here", max_images=100)) for _ in range(2)
    )
    assert len(first.labels) == 100
    assert first.scores.tolist() == again.scores.tolist()


def test_too_few_right_answers_are_refused():
    plain = Plain()
    data = labelled(plain, count=60, wrong=50)
    with pytest.raises(UsageError, match=r"right about 10 of 60 images, a threshold needs 20; foolery pref"):
        statistics(plain, data)


def test_other_classes_are_refused():
    plain = Plain()
    data = labelled(plain)
    with pytest.raises(UsageError, match="data: 1 of its 4 class names match none"):
        statistics(plain, LabelledImages(data.canvases, data.labels, ("cat", "dog", "owl", "newt")))


def test_heads_without_rivals_are_measured_by_their_own_score():
    plain = Plain(kind="sigmoid")
    reference = statistics(plain, labelled(plain))
    assert reference.measure == "class-score"
    assert reference.threshold < 0.0


def test_a_classifier_that_guesses_gives_no_threshold():
    plain = Plain()
    data = labelled(plain, count=600, wrong=400)
    with pytest.raises(UsageError, match=r"right about 200 of 600 images, no better than chance"):
        statistics(plain, data)
    better = labelled(plain, count=600, wrong=300)
    assert statistics(plain, better).correct == 300


NAMES = [str(digit) for digit in range(10)]


@pytest.fixture(scope="session")
def picky():
    """Ten digits and a class of its own for pictures that look like none."""
    return load_classifier("rejecting:digits-vae")


@pytest.fixture
def audited(picky, mnist, tmp_path):
    return run_audit(picky, small_config(mnist, tmp_path / "picky"))


def test_classes_for_pictures_of_nothing_are_no_targets(lenet, picky):
    assert target_classes(lenet.description).tolist() == list(range(10))
    assert target_classes(picky.description).tolist() == list(range(10))
    hardened = replace(lenet.description, classes=(*NAMES[:3], FOOLING_CLASS, *NAMES[3:9]))
    assert target_classes(hardened).tolist() == [0, 1, 2, 4, 5, 6, 7, 8, 9]
    assert excluded_classes(hardened, ["7"]) == (FOOLING_CLASS, "7")


def test_names_that_are_left_out_are_classes(lenet):
    assert target_classes(lenet.description, ["0", "3"]).tolist() == [1, 2, 4, 5, 6, 7, 8, 9]
    with pytest.raises(UsageError, match="--exclude: 'three' is no class"):
        target_classes(lenet.description, ["three"])
    with pytest.raises(UsageError, match="no class of lenet is left"):
        target_classes(lenet.description, NAMES)


def test_a_class_for_pictures_of_nothing_counts_nowhere(audited):
    audit = audited
    assert audit.excluded == ("rejected",)
    assert audit.targets == tuple(NAMES)
    assert {one.label for one in audit.champions} <= set(NAMES)
    assert any("rejected" in note for note in audit.notes)
    fallen = [one.queries_to_fool[0] is not None for one in audit.champions]
    assert audit.verdict.fooled_by_any.value == pytest.approx(sum(fallen) / 10)
    # noise is called rejected with certainty: were it a target, half of the classes would not be needed
    best = audit.attacks[0].fooled_at_tpr95 * 10
    assert best == pytest.approx(round(best))


def test_the_shipped_panel_is_asked_about_digits_whatever_stands_beside_them(picky):
    panel = default_panel(picky.description, load_classifier)
    assert panel is not None
    assert "rejecting:digits-vae" not in panel.members


def test_audits_with_such_a_class_compare(audited):
    comparison = compare_with(audited, audited, "audit.json")
    assert comparison.before == comparison.after == pytest.approx(audited.verdict.score.value, abs=1e-3)
    assert not comparison.regression


def test_a_hardened_network_may_have_a_class_more(lenet, picky, mnist, tmp_path):
    check_mitigations(lenet, {"hardened": picky})
    with pytest.raises(UsageError, match="--ensemble: expected the 10 classes of lenet"):
        check_mitigations(lenet, {"ensemble": picky})
    with pytest.raises(UsageError, match="--hardened: expected the 10 classes"):
        check_mitigations(lenet, {"hardened": load_classifier("cifar")})
    session = finished_session(lenet, small_config(mnist, tmp_path / "a", hardened=picky))
    rows, notes = measure_mitigations(session)
    said = [*(row.mitigation for row in rows), *notes]
    assert any(one.startswith("hardened rejecting:digits-vae") for one in said)
    hardened = open_audit(tmp_path / "a" / "mitigations" / "hardened")
    assert 0 < hardened.verdict.score.value <= 100
    assert open_audit(tmp_path / "a" / "mitigations" / "hardened").excluded == ("rejected",)


def test_what_the_user_leaves_out_is_not_searched_for(lenet, mnist, tmp_path):
    audit = run_audit(lenet, small_config(mnist, tmp_path / "few", exclude=("1", "8")))
    assert audit.excluded == ("1", "8")
    assert [one.label for one in audit.champions] == [name for name in NAMES if name not in "18"]
    assert np.isclose(audit.verdict.fooled_at_tpr95.value * 8 % 1, 0)
    with pytest.raises(UsageError, match="--exclude 1, 8; give that"):
        run_audit(lenet, small_config(mnist, tmp_path / "few"), resume=True)


def test_detectors_are_mitigations_and_the_best_is_named(lenet, mnist, mnist_train, tmp_path):
    session = finished_session(lenet, small_config(mnist, tmp_path / "a", guards=("msp", "digits-vae")))
    rows, notes = measure_mitigations(session)
    named = [*(row.mitigation for row in rows), *notes]
    assert any("guarded:lenet+digits-vae" in one for one in named)
    guarded = open_audit(tmp_path / "a" / "mitigations" / "guard2")
    assert guarded.excluded == ("rejected",)
    best = [note for note in notes if note.startswith("Of the detectors, guarded:lenet+")]
    helped = {row.mitigation for row in rows if row.mitigation.startswith("guard") and row.figure == "score"}
    assert len(best) == bool(helped)


def test_images_that_a_detector_was_fitted_on_are_no_reference(lenet, mnist_train):
    from foolery.classifiers.wrappers.guarded import guard

    reference = ReferenceData(mnist_train, "mnist", "train", 2000)
    with pytest.raises(UsageError, match=r"guarded:lenet\+msp was fitted on 2000 of the 2000"):
        score_reference(guard(lenet, "msp"), reference)
