"""The score of answers, on simulated people whose agreement is set; and files that are none."""

import json

import numpy as np
import pytest
from scipy import stats

from foolery.errors import UsageError
from foolery.quiz import power_of, read_answers, score_answers
from foolery.quiz.scoring import AnswerFile, binomial_tail, t_quantile


def simulated(agreement, name, trials=60, *, seed=0, catches_right=4):
    """The file of a person who chooses the network's label with this probability."""
    random = np.random.default_rng([seed, *map(ord, name)])
    answers = []
    for number in range(trials + 4):
        kind = "catch" if number >= trials else ("random", "competitive")[number % 2]
        right = random.random() < agreement if number < trials else number - trials < catches_right
        chosen = "target" if right else "foil"
        answers.append(
            {"trial": f"t{number}", "kind": kind, "target": "target", "foil": "foil", "chosen": chosen,
             "milliseconds": 900}
        )  # fmt: skip
    return {
        "foolery_quiz_answers": 1, "quiz": "q", "trials": trials + 4, "person": name, "answers": answers,
    }  # fmt: skip


def people(agreement, count, **options):
    return [AnswerFile.model_validate(simulated(agreement, f"p{one}", **options)) for one in range(count)]


def test_agreement_lies_in_its_interval_and_chance_does_not_where_people_agree():
    score = score_answers(people(0.7, 20))
    assert score.overall.low < 0.7 < score.overall.high
    assert score.overall.low > 0.5
    assert set(score.by_kind) == {"random", "competitive"}
    assert len(score.by_image) == 60
    assert score.above_chance[0] > 0.9


def test_guessers_are_not_above_chance_more_often_than_one_in_twenty_or_so():
    above = [score_answers(people(0.5, 8, trials=30, seed=seed)).overall.low > 0.5 for seed in range(30)]
    assert sum(above) <= 4


def test_who_fails_catch_trials_does_not_count():
    score = score_answers(
        [*people(0.8, 3), AnswerFile.model_validate(simulated(0.1, "asleep", catches_right=2))]
    )
    assert score.left_out == {"asleep": 0.5}
    assert "asleep" not in score.by_person
    with pytest.raises(UsageError, match="nobody passed"):
        score_answers([AnswerFile.model_validate(simulated(0.1, "asleep", catches_right=0))])


def test_the_probability_by_chance_is_the_binomial_one():
    assert binomial_tail(14, 20) == pytest.approx(stats.binom.sf(13, 20, 0.5))
    assert binomial_tail(0, 5) == 1


def test_the_quantile_is_student_s():
    for freedom in (3, 5, 10, 40, 200):
        assert t_quantile(freedom) == pytest.approx(stats.t.ppf(0.975, freedom), rel=0.01)


def test_more_people_have_more_power_and_guessers_have_none():
    shares = [share for share, _ in score_answers(people(0.56, 20)).by_person.values()]
    assert power_of(shares, 5) < power_of(shares, 20) < power_of(shares, 80) <= 1
    guesses = np.linspace(0.4, 0.6, 21).tolist()
    assert power_of(guesses, 40) < 0.06
    with pytest.raises(UsageError, match="two or more"):
        power_of(shares, 1)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"foolery_quiz_answers": 2}, "version 2"),
        ({"foolery_quiz_answers": None}, "no answers to a quiz"),
        ({"trials": 65}, "each of 65 trials, got 64"),
        ({"answers": 7}, "answers"),
        ({"person": 3}, "person"),
    ],
)
def test_another_version_or_missing_trials_are_one_sentence(tmp_path, change, words):
    file = tmp_path / "a.json"
    file.write_text(json.dumps(simulated(0.5, "p") | change))
    with pytest.raises(UsageError, match=words) as caught:
        read_answers(file)
    assert "\n" not in str(caught.value)


def test_an_answer_that_was_not_offered_is_refused(tmp_path):
    document = simulated(0.5, "p")
    document["answers"][0]["chosen"] = "third"
    (tmp_path / "a.json").write_text(json.dumps(document))
    with pytest.raises(UsageError, match="neither of the labels"):
        read_answers(tmp_path / "a.json")


def test_two_quizzes_or_one_person_twice_are_refused():
    one = simulated(0.5, "p")
    other = AnswerFile.model_validate(one | {"quiz": "other", "person": "q"})
    with pytest.raises(UsageError, match="one quiz, got 2"):
        score_answers([AnswerFile.model_validate(one), other])
    with pytest.raises(UsageError, match="'p' answered twice"):
        score_answers([AnswerFile.model_validate(one)] * 2)
