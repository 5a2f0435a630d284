import pytest

from foolery.errors import UsageError
from foolery.hardening.settings_contest import Contest


def test_the_defaults_are_the_paper_s():
    contest = Contest()
    assert [contest.runs_in(number) for number in (1, 2, 14, 15)] == [300, 50, 50, 30]
    assert contest.queries() == (300 + 13 * 50 + 30) * 201 * 200
    assert contest.recipe().iterations == 10_000


def test_steps_and_canvas_can_be_chosen():
    recipe = Contest(architecture="convnet", iterations=7, side=64).recipe()
    assert recipe.iterations == 7
    assert (recipe.preprocessing.shape.height, recipe.preprocessing.shape.channels) == (64, 3)


def test_an_unknown_architecture_is_refused():
    with pytest.raises(UsageError, match="architecture: unknown 'lenett'"):
        Contest(architecture="lenett").recipe()


def test_a_damaged_file_is_named(tmp_path):
    (tmp_path / "contest.json").write_text('{"rounds": "many"}')
    with pytest.raises(UsageError, match=r"contest\.json cannot be read"):
        Contest.read(tmp_path / "contest.json")
