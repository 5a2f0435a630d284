"""What every result can do."""

import pytest

from foolery.results import Result, table_html


class Accuracy(Result):
    def to_dict(self):
        return {"right_answers": 3, "classifier": "<lenet>", "classes": ["0", "1"]}


def test_plain_values_are_a_table_without_markup_of_their_own():
    html = Accuracy()._repr_html_()
    assert "right answers" in html
    assert "&lt;lenet&gt;" in html
    assert "classes" not in html
    assert html == table_html("Accuracy", Accuracy().to_dict())


def test_a_result_must_say_what_it_is():
    with pytest.raises(NotImplementedError, match="Result must define to_dict"):
        Result().to_dict()
