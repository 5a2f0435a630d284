"""Settings of an arms race: the paper's defaults, and the file that keeps them."""

import json

import pytest

from foolery.errors import UsageError
from foolery.hardening import ArmsRaceConfig
from foolery.hardening.config import (
    CONFIG_FILE,
    FORMAT,
    OLD_CONFIG_FILE,
    search_seed,
    training_seed,
)


def test_the_defaults_are_the_paper_s():
    contest = ArmsRaceConfig()
    assert [contest.runs_in(number) for number in (1, 2, 14, 15)] == [300, 50, 50, 30]
    assert contest.queries() == (300 + 13 * 50 + 30) * 201 * 200
    assert contest.recipe().iterations == 10_000


def test_steps_and_canvas_can_be_chosen():
    recipe = ArmsRaceConfig(architecture="convnet", iterations=7, side=64).recipe()
    assert recipe.iterations == 7
    assert (recipe.preprocessing.shape.height, recipe.preprocessing.shape.channels) == (64, 3)


def test_an_unknown_architecture_is_refused():
    with pytest.raises(UsageError, match="architecture: 'lenett' is unknown"):
        ArmsRaceConfig(architecture="lenett").recipe()


def test_a_damaged_file_is_named(tmp_path):
    for name in (CONFIG_FILE, OLD_CONFIG_FILE):
        (tmp_path / name).write_text('{"rounds": "many"}')
        with pytest.raises(UsageError, match=f"{name}: cannot be read .*rounds"):
            ArmsRaceConfig.read(tmp_path)
        (tmp_path / name).unlink()


@pytest.mark.parametrize("content", ["", "[]", "{", '{"foolery_arms_race": "two"}'])
def test_what_is_no_settings_is_refused_in_one_line(tmp_path, content):
    (tmp_path / CONFIG_FILE).write_text(content)
    with pytest.raises(UsageError) as error:
        ArmsRaceConfig.read(tmp_path)
    assert "\n" not in str(error.value)


def test_a_file_of_a_later_version_says_what_to_do(tmp_path):
    (tmp_path / CONFIG_FILE).write_text(json.dumps({"foolery_arms_race": FORMAT + 1}))
    with pytest.raises(UsageError, match=r"format 3 of a later foolery; .* reads 1 to 2: update foolery"):
        ArmsRaceConfig.read(tmp_path)


def test_settings_are_read_as_they_were_written(tmp_path):
    config = ArmsRaceConfig(rounds=3, iterations=7, start="lenet", method="acet")
    config.write(tmp_path)
    assert ArmsRaceConfig.read(tmp_path) == config
    assert json.loads((tmp_path / CONFIG_FILE).read_text())["foolery_arms_race"] == FORMAT


def test_neighbouring_races_share_no_seed():
    races = [{training_seed(seed, number) for number in range(1, 101)} for seed in range(4)]
    assert sum(map(len, races)) == len(set.union(*races))
    runs = [
        {search_seed(seed, number) + run for number in range(1, 16) for run in range(300)}
        for seed in range(3)
    ]
    assert sum(map(len, runs)) == len(set.union(*runs))
    assert [training_seed(0, number) for number in (1, 15)] == [0, 14], "races of seed 0 stay what they were"
