import time

import numpy as np
import pytest

from foolery.classifiers import load_classifier
from foolery.classifiers.wrappers.metered import Budget, BudgetSpent, Metered, images_per_second
from foolery.errors import FooleryError, UsageError
from support.plain import Plain, noise


def test_scores_and_description_are_those_of_the_classifier_within():
    plain = Plain()
    metered = Metered(plain)
    assert metered.description is plain.description
    assert np.array_equal(metered.scores(noise(5)), plain.scores(noise(5)))
    assert metered.images == 5
    assert metered.remaining is None


def test_a_batch_that_does_not_fit_is_refused_whole_and_not_asked():
    plain = Plain()
    metered = Metered(plain, queries=10)
    metered.scores(noise(6))
    with pytest.raises(
        BudgetSpent, match=r"budget of 10 queries is spent: 6 images .* the next 5 do not fit"
    ) as caught:
        metered.scores(noise(5))
    assert plain.asked == [6]
    assert (caught.value.images, caught.value.requested, caught.value.budget.queries) == (6, 5, 10)
    assert isinstance(caught.value, FooleryError)
    metered.scores(noise(4))  # to the last one
    assert (metered.images, metered.remaining) == (10, 0)


def test_images_of_an_earlier_part_of_the_run_count():
    metered = Metered(Plain(), queries=10, images=8)
    with pytest.raises(BudgetSpent):
        metered.scores(noise(3))


def test_time_is_counted_from_the_first_call_whatever_is_done_in_it():
    plain = Plain()
    metered = Metered(plain, seconds=0.2)
    time.sleep(0.25)
    metered.scores(noise(4))
    time.sleep(0.25)
    with pytest.raises(BudgetSpent, match=r"budget of 0\.2 seconds is spent: 4 images"):
        metered.scores(noise(4))
    assert plain.asked == [4]


def test_a_batch_that_would_end_too_late_is_refused():
    class Slow(Plain):
        def scores(self, canvases):
            time.sleep(0.01 * len(canvases))
            return super().scores(canvases)

    metered = Metered(Slow(), seconds=0.4)
    metered.scores(noise(5))
    with pytest.raises(BudgetSpent):
        metered.scores(noise(60))
    assert metered.elapsed < 0.4
    assert metered.rate == pytest.approx(100, rel=0.3)
    assert metered.eta(1000) == pytest.approx(10, rel=0.3)


@pytest.mark.parametrize(
    ("text", "budget"),
    [
        ("1000", Budget(1000)),
        ("100_400", Budget(100_400)),
        ("90s", Budget(seconds=90)),
        ("5m", Budget(seconds=300)),
        ("1.5min", Budget(seconds=90)),
        ("2h", Budget(seconds=7200)),
        ("1000, 5m", Budget(1000, 300)),
    ],
)
def test_a_budget_is_written_in_queries_or_time(text, budget):
    assert Budget.parse(text) == budget


@pytest.mark.parametrize("text", ["", "soon", "0", "-5", "5 days", "1.5", "0m", "5mm", "nan", "1e3"])
def test_what_is_no_budget_is_refused(text):
    with pytest.raises(UsageError, match="budget: expected a number of queries, or 90s, 5m or 2h"):
        Budget.parse(text)


def test_the_rate_of_a_real_network():
    pytest.importorskip("onnxruntime", reason="the extra onnx is not installed")
    assert 100 < images_per_second(load_classifier("lenet"), 50, seconds=0.1) < 1e7
