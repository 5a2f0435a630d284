import pytest

from foolery.training.recipes import RECIPES


def test_lenet_has_caffe_s_recipe_and_the_paper_s_preprocessing():
    recipe = RECIPES["lenet"]
    assert (recipe.iterations, recipe.batch) == (10_000, 64)
    assert (recipe.rate_at(0), recipe.momentum, recipe.decay, recipe.bias_rate) == (0.01, 0.9, 5e-4, 2.0)
    assert (recipe.preprocessing.scale, recipe.preprocessing.mean) == (1 / 256, (0.0,))


def test_the_learning_rate_falls_as_caffe_s_inv_policy():
    recipe = RECIPES["lenet"]
    assert recipe.rate_at(0) == 0.01
    assert recipe.rate_at(10_000) == pytest.approx(0.01 * 2**-0.75)


@pytest.mark.parametrize("name", list(RECIPES))
def test_a_recipe_says_all_of_itself(name):
    recipe = RECIPES[name]
    said = recipe.describe()
    for part in (recipe.source, recipe.schedule.describe(), f"batch {recipe.batch}", str(recipe.decay)):
        assert part in said
    assert ("mirrored" in said) == bool(recipe.shift)
    assert ("No augmentation" in said) == (not recipe.shift)
    assert said.endswith("no choice among checkpoints.")
