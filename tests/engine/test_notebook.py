import re
from base64 import b64decode

import numpy as np
import pytest

from foolery.canvas import from_png
from support.results import run_result, thousand


def pictures(html):
    return [from_png(b64decode(data)) for data in re.findall(r'src="data:image/png;base64,([^"]+)"', html)]


def test_a_notebook_shows_every_champion_with_class_and_confidence():
    shown = run_result()
    html = shown._repr_html_()
    for picture, champion in zip(pictures(html), shown.champions.values(), strict=True):
        assert np.array_equal(picture, champion.canvas)
    assert "99.997 %" in html
    assert "lenet, cppn, seed 3" in html
    assert 'width="112" height="112"' in html


def test_names_are_text_and_never_markup():
    html = run_result(
        classes=("<script>", '"><b>'), confidences=(0.5, 0.6), classifier="<u>x</u>"
    )._repr_html_()
    assert not re.search(r"<(script|b|u)\b", html)
    assert "&lt;script&gt;" in html


def test_of_very_many_champions_a_hundred_are_shown():
    html = thousand()._repr_html_()
    assert len(pictures(html)) == 100
    assert "and 900 more" in html


@pytest.mark.parametrize("side", [1, 28, 100, 113, 500])
def test_pictures_of_any_size_are_shown_at_a_size_to_look_at(side):
    html = run_result(canvas=(3, side, side), classes=("a",), confidences=(0.5,))._repr_html_()
    width, height = map(int, re.search(r'width="(\d+)" height="(\d+)"', html).groups())
    assert width == height
    assert 100 <= width <= 224


def test_a_run_without_champions_says_so():
    assert "no champions yet" in run_result(status="running", generations=-1, confidences=())._repr_html_()
