"""The yardstick: what a classifier says about real pictures, whatever its logits are multiplied by."""

from dataclasses import dataclass

import numpy as np
import pytest

from foolery.audit.reference import ask_real, keeping, real_medians, yardstick_of
from foolery.data import Labelled
from foolery.errors import UsageError
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


def labelled(classifier, count=400, wrong=40) -> Labelled:
    """Noise that is labelled as the classifier answers, except for some of it."""
    canvases = noise(count)
    labels = classifier.scores(canvases).argmax(axis=1)
    labels[:wrong] = (labels[:wrong] + 1) % 3
    return Labelled(canvases, labels.astype(np.int64), classifier.description.classes)


@pytest.mark.parametrize(("share", "expected"), [(1.0, 1.0), (0.95, 6.0), (0.9, 11.0), (0.5, 51.0)])
def test_the_threshold_keeps_a_share_of_the_pictures(share, expected):
    values = np.random.default_rng(0).permutation(np.arange(1.0, 101.0))
    assert keeping(values, share) == expected
    assert (values >= keeping(values, share)).mean() >= share


def test_it_measures_the_right_answers():
    plain = Plain()
    data = labelled(plain)
    found = yardstick_of(plain, ask_real(plain, data), "somewhere", "test")
    scores = plain.scores(data.canvases)
    top = np.sort(scores, axis=1)
    leads = (top[:, -1] - top[:, -2])[40:]  # of those that are labelled as they are answered
    assert (found.images, found.right, found.accuracy) == (400, 360, 0.9)
    assert found.measure == "margin"
    assert (leads >= found.threshold).mean() == pytest.approx(0.95, abs=1 / 360)
    assert found.median == pytest.approx(np.median(leads))
    for index in range(3):
        own = leads[data.labels[40:] == index]
        expected = float(np.median(own)) if len(own) >= found.enough else None
        assert found.class_medians[index] == pytest.approx(expected)


def test_a_class_with_few_pictures_is_compared_with_all():
    plain = Plain()
    data = labelled(plain, wrong=0)
    rare = int(np.bincount(data.labels, minlength=3).argmin())
    kept = np.flatnonzero((data.labels != rare) | (np.cumsum(data.labels == rare) <= 5))
    found = yardstick_of(plain, ask_real(plain, data.take(kept)), "somewhere", "test")
    assert found.class_medians[rare] is None
    assert real_medians(found)[rare] == found.median


@pytest.mark.parametrize("divisor", [0.5, 10.0])
def test_divided_logits_move_the_threshold_along(divisor):
    """So every comparison of a champion with it stays as it was."""
    plain = Plain()
    scaled, data, champions = Scaled(plain, divisor), labelled(plain), noise(200, seed=9)
    judged = []
    for each in (plain, scaled):
        found = yardstick_of(each, ask_real(each, data), "somewhere", "test")
        top = np.sort(each.scores(champions), axis=1)
        judged.append(((top[:, -1] - top[:, -2]) >= found.threshold).tolist())
    assert judged[0] == judged[1]
    assert 0 < sum(judged[0]) < 200


def test_the_same_pictures_are_asked_every_time():
    plain = Plain()
    first, again = (ask_real(plain, labelled(plain), most=100) for _ in range(2))
    assert len(first.labels) == 100
    assert first.scores.tolist() == again.scores.tolist()


def test_too_few_right_answers_are_refused():
    plain = Plain()
    data = labelled(plain, count=60, wrong=50)
    with pytest.raises(
        UsageError, match=r"right about 10 of 60 pictures, a threshold needs 20; foolery pref"
    ):
        yardstick_of(plain, ask_real(plain, data), "somewhere", "test")


def test_other_classes_are_refused():
    plain = Plain()
    data = labelled(plain)
    with pytest.raises(UsageError, match="data: 1 of its 4 class names match none"):
        ask_real(plain, Labelled(data.canvases, data.labels, ("cat", "dog", "owl", "newt")))


def test_heads_without_rivals_are_measured_by_their_own_score():
    plain = Plain(kind="sigmoid")
    found = yardstick_of(plain, ask_real(plain, labelled(plain)), "somewhere", "test")
    assert found.measure == "class-score"
    assert found.threshold < 0.0


def test_a_classifier_that_guesses_gives_no_yardstick():
    plain = Plain()
    data = labelled(plain, count=600, wrong=400)
    with pytest.raises(UsageError, match=r"right about 200 of 600 pictures, no better than chance"):
        yardstick_of(plain, ask_real(plain, data), "somewhere", "test")
    better = labelled(plain, count=600, wrong=300)
    assert yardstick_of(plain, ask_real(plain, better), "somewhere", "test").right == 300
