"""Classifiers that tell too little of what they compute are refused; others keep their verdict."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest

from audit.conftest import Cool, small_config
from foolery.audit import run_audit
from foolery.audit.reference import ReferenceData, reference_statistics, score_reference
from foolery.classifiers.base import Classifier
from foolery.classifiers.scores import from_probabilities, log_softmax
from foolery.errors import UsageError


@dataclass(frozen=True)
class Wrapped:
    """A classifier whose probabilities pass through something."""

    inner: Classifier

    @property
    def description(self):
        return replace(self.inner.description, name=type(self).__name__, fingerprint="d" * 64)

    def scores(self, canvases):
        return from_probabilities(self.probabilities(np.exp(self.inner.scores(canvases))), "wrapped")


@dataclass(frozen=True)
class Rounded(Wrapped):
    """Probabilities with so many decimals."""

    decimals: int = 4

    def probabilities(self, exact):
        return np.round(exact, self.decimals)


@dataclass(frozen=True)
class FirstAnswer(Wrapped):
    """The first answer with its confidence, and for the rest nothing, or equal parts of what is left."""

    spread: bool = False

    def probabilities(self, exact):
        first = exact.max(axis=1, keepdims=True)
        rest = (1 - first) / (exact.shape[1] - 1) if self.spread else np.zeros_like(first)
        return np.where(exact == first, first, rest)


@dataclass(frozen=True)
class Single(Wrapped):
    """Probabilities in float32, as most servers have them."""

    def probabilities(self, exact):
        return exact.astype(np.float32)


@dataclass(frozen=True)
class RoundedLogits(Cool):
    """Logits with two decimals."""

    def scores(self, canvases):
        return log_softmax(np.round(self.inner.scores(canvases), 2))


@pytest.mark.parametrize("decimals", [2, 3, 4, 6])
def test_rounded_probabilities_are_refused(lenet, mnist, tmp_path, decimals):
    """What was seen: above-real-median fell from 40 to 20 to 0 % with 4 and 2 decimals."""
    with pytest.raises(UsageError, match=r"Rounded: gives .*rounded.*give logits"):
        run_audit(Rounded(lenet, decimals), small_config(mnist, tmp_path / "a"))
    assert not (tmp_path / "a").exists()


@pytest.mark.parametrize("spread", [False, True])
def test_first_answers_alone_are_refused(lenet, mnist, tmp_path, spread):
    with pytest.raises(UsageError, match="all classes but its first answer one score"):
        run_audit(FirstAnswer(lenet, spread), small_config(mnist, tmp_path / "a"))


def test_values_that_are_equal_for_many_images_are_refused(lenet, mnist):
    """Probabilities of a few classes alone would do for a search, and not to compare by."""
    reference = ReferenceData(mnist, "mnist", max_images=300)
    scored = score_reference(lenet, reference)
    capped = replace(scored, values=np.minimum(scored.values, np.quantile(scored.values, 0.9)))
    with pytest.raises(
        UsageError, match="10% of the real images that it classifies rightly have one and the"
    ):
        reference_statistics(lenet, capped, reference)


@pytest.mark.parametrize("wrapper", [Single, RoundedLogits, Cool])
def test_float32_and_rounded_or_divided_logits_change_no_verdict(lenet, mnist, tmp_path, wrapper):
    plain = run_audit(lenet, small_config(mnist, tmp_path / "plain")).verdict
    other = run_audit(wrapper(lenet), small_config(mnist, tmp_path / "other")).verdict
    assert plain.score.low <= other.score.value <= plain.score.high
    assert abs(other.score.value - plain.score.value) < 5
    assert other.fooled_at_tpr95.value == pytest.approx(plain.fooled_at_tpr95.value, abs=0.2)
