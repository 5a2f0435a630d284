"""A member of a panel: whether it finds a picture like real ones, whatever it has to answer."""

import numpy as np
import pytest

from foolery.audit.member import answers, least_likeness
from foolery.classifiers import load_classifier
from foolery.data import Labelled
from foolery.search.margin import margins
from support.plain import Plain, noise


@pytest.fixture(scope="module")
def nearest():
    return load_classifier("digits-knn")


def test_a_nearest_neighbour_keeps_95_of_100_real_pictures_and_rejects_what_is_like_none(nearest, mnist):
    least = least_likeness(nearest, mnist)
    real = mnist.take(np.arange(5000, 6000))
    first, likeness = answers(nearest, real.canvases)
    right = first == real.labels
    assert 0.92 < (likeness[right] >= least).mean() < 0.98
    stripes = np.zeros((1, 1, 28, 28), np.uint8)
    stripes[..., ::2] = 255
    first, likeness = answers(nearest, stripes)
    assert first[0] in range(10)  # it has to answer
    assert likeness[0] < least


def test_far_from_everything_a_lead_over_the_other_classes_does_not_help(nearest, mnist):
    far = 255 - mnist.canvases[:200]  # black on white
    leads = margins(nearest.scores(far)).max(axis=1)
    _, likeness = answers(nearest, far)
    least = least_likeness(nearest, mnist)
    assert (likeness < least).mean() > 0.95
    real = margins(nearest.scores(mnist.canvases[:1000]))
    kept = np.quantile(real[np.arange(1000), mnist.labels[:1000]], 0.05)
    assert (leads >= kept).mean() > 0.5  # by the margin most of them would pass


def test_of_others_likeness_is_the_lead_of_their_answer():
    member, canvases = Plain(seed=1), noise(40)
    first, likeness = answers(member, canvases)
    leads = margins(member.scores(canvases))
    assert first.tolist() == leads.argmax(axis=1).tolist()
    assert likeness.tolist() == leads.max(axis=1).tolist()


def test_who_does_not_know_the_classes_or_is_rarely_right_has_no_threshold():
    member, canvases = Plain(seed=1), noise(30)
    first, _ = answers(member, canvases)
    wrong = Labelled(canvases, (first + 1) % 3, member.description.classes)
    strange = Labelled(canvases, first, ("x", "y", "z", "w"))
    assert least_likeness(member, wrong) is None
    assert least_likeness(member, strange) is None
    assert least_likeness(member, Labelled(canvases, first, member.description.classes)) is not None
