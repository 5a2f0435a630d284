""""""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foolery.training.recipes import RECIPES, InverseDecay, OneCycle


def test_lenet_has_caffe_s_recipe_and_the_paper_s_preprocessing():
    recipe = RECIPES["lenet"]
    assert (recipe.iterations, recipe.batch) == (10_000, 64)
    assert (recipe.rate_at(0), recipe.momentum, recipe.weight_decay, recipe.bias_rate) == (
        0.01,
        0.9,
        5e-4,
        2.0,
    )
    assert (recipe.preprocessing.scale, recipe.preprocessing.mean) == (1 / 256, (0.0,))


def test_the_learning_rate_falls_as_caffe_s_inv_policy():
    recipe = RECIPES["lenet"]
    assert recipe.rate_at(0) == 0.01
    assert recipe.rate_at(10_000) == pytest.approx(0.01 * 2**-0.75)


@pytest.mark.parametrize("name", list(RECIPES))
def test_a_recipe_says_all_of_itself(name):
    recipe = RECIPES[name]
    said = recipe.describe()
    for part in (
        recipe.source,
        recipe.schedule.describe(),
        f"batch {recipe.batch}",
        str(recipe.weight_decay),
    ):
        assert part in said
    assert ("mirrored" in said) == bool(recipe.shift)
    assert ("No augmentation" in said) == (not recipe.shift)
    assert said.endswith("no choice among checkpoints.")


def test_falling_is_caffe_s_inv_policy_whatever_the_number_of_steps():
    schedule = InverseDecay(rate=0.01, gamma=1e-4, power=0.75)
    assert schedule.rate_at(0, 10) == 0.01
    assert schedule.rate_at(10_000, 10) == schedule.rate_at(10_000, 99_999) == pytest.approx(0.01 * 2**-0.75)


@given(steps=st.integers(2, 5000), rise=st.floats(0.05, 0.95))
def test_one_cycle_rises_to_its_peak_and_falls_to_nearly_nothing(steps, rise):
    rates = [OneCycle(0.4, rise).rate_at(step, steps) for step in range(steps)]
    top = rates.index(max(rates))
    assert rates[: top + 1] == sorted(rates[: top + 1])
    assert rates[top:] == sorted(rates[top:], reverse=True)
    assert 0 < min(rates) <= max(rates) <= 0.4 + 1e-12
    assert rates[-1] == pytest.approx(0.4 / (steps + 1) / (1 - rise)) or top == steps - 1


def test_one_cycle_reaches_its_peak_where_it_says():
    rates = [OneCycle(0.3, 0.25).rate_at(step, 3999) for step in range(3999)]
    assert rates[999] == pytest.approx(0.3)
    assert rates[499] == pytest.approx(0.15)
    assert rates[2499] == pytest.approx(0.15)
