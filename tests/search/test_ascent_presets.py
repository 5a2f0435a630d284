"""The settings of gradient ascent."""

import pytest

from foolery.errors import UsageError
from foolery.search.ascent_presets import PRESETS, make_rule


def test_the_presets_are_the_paper_s_four_settings():
    assert {name: rule.steps for name, rule in PRESETS.items()} == {
        "plain": 500, "decay": 1500, "blur": 1000, "sparse": 1500,
    }  # fmt: skip
    assert PRESETS["plain"].options == {
        "first_gain": 0.02, "last_gain": 0.1, "decay": 0.0, "blur": 0.0, "blur_every": 1,
        "small_norm": 0.0, "benefit": 0.0, "abs_benefit": 0.0, "max_step": 1e7,
    }  # fmt: skip
    assert (PRESETS["decay"].decay, PRESETS["decay"].last_gain) == (0.01, 0.02)
    assert (PRESETS["blur"].blur, PRESETS["blur"].blur_every) == (0.4, 2)
    assert (PRESETS["sparse"].small_norm, PRESETS["sparse"].abs_benefit) == (20.0, 20.0)


def test_numbers_replace_those_of_a_preset():
    rule = make_rule("blur", {"decay": 0.1}, steps=7)
    assert (rule.steps, rule.decay, rule.blur) == (7, 0.1, 0.4)


def test_nats_are_recorded_only_where_they_count():
    """Runs of before they were known can be resumed."""
    assert "step_nats" not in make_rule("plain").options
    assert make_rule("plain", {"step_nats": 5.0}).options["step_nats"] == 5.0


@pytest.mark.parametrize(
    ("preset", "changes", "said"),
    [
        ("plane", {}, "did you mean plain"),
        ("plain", {"decai": 1.0}, "did you mean decay"),
        ("plain", {"decay": 2.0}, "decay: expected a number from 0 to 1, got 2.0"),
        ("plain", {"steps": 1.5}, "steps: expected a whole number"),
        ("plain", {"last_gain": float("nan")}, "last_gain: expected a number"),
    ],
)
def test_what_makes_no_sense_is_refused(preset, changes, said):
    with pytest.raises(UsageError, match=said):
        make_rule(preset, changes)
