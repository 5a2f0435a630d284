"""A quiz for people: which of two labels did the network give an image? And what their answers say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from foolery.lazy import attach

if TYPE_CHECKING:
    from foolery.quiz.page import quiz_page as quiz_page
    from foolery.quiz.page import run_quiz_page as run_quiz_page
    from foolery.quiz.scoring import Agreement as Agreement
    from foolery.quiz.scoring import power_of as power_of
    from foolery.quiz.scoring import read_answers as read_answers
    from foolery.quiz.scoring import score_answers as score_answers
    from foolery.quiz.trials import Quiz as Quiz
    from foolery.quiz.trials import QuizTrial as QuizTrial
    from foolery.quiz.trials import make_quiz as make_quiz

__all__ = [
    "Agreement",
    "Quiz",
    "QuizTrial",
    "make_quiz",
    "power_of",
    "quiz_page",
    "read_answers",
    "run_quiz_page",
    "score_answers",
]

__getattr__, __dir__ = attach(
    __name__,
    {
        "Agreement": "foolery.quiz.scoring",
        "Quiz": "foolery.quiz.trials",
        "QuizTrial": "foolery.quiz.trials",
        "make_quiz": "foolery.quiz.trials",
        "power_of": "foolery.quiz.scoring",
        "quiz_page": "foolery.quiz.page",
        "read_answers": "foolery.quiz.scoring",
        "run_quiz_page": "foolery.quiz.page",
        "score_answers": "foolery.quiz.scoring",
    },
)
