"""Figures: files for a manuscript, the same for the same run."""

import io

import pytest
from PIL import Image

pytest.importorskip("matplotlib", reason="the extra plots is not installed")

from foolery.report.figures import figure_files
from support.results import run_report


def test_champions_and_classes_as_pdf_and_png():
    files = figure_files(run_report())
    assert sorted(files) == [
        f"figures/{name}.{kind}" for name in ("champions", "classes") for kind in ("pdf", "png")
    ]
    assert files["figures/champions.pdf"].startswith(b"%PDF")
    image = Image.open(io.BytesIO(files["figures/champions.png"]))
    assert abs(image.width - 6.9 * 300) <= 2


def test_the_same_run_gives_the_same_files():
    assert figure_files(run_report()) == figure_files(run_report())


def test_names_that_mean_mathematics_or_have_no_letters_are_drawn():
    names = ("$x^2$", "\\frac{", "a" * 500, "$")
    files = figure_files(run_report(classes=names, confidences=(0.9, 0.8, 0.7, 0.6, 0.5)))
    assert len(files) == 4


def test_many_classes_are_dots_and_some_of_them_pictures():
    names = tuple(f"class {at}" for at in range(60))
    files = figure_files(run_report(classes=names, canvas=(3, 8, 8), confidences=tuple([0.5] * 60)))
    assert len(files) == 4


def test_a_run_without_champions_has_none():
    assert figure_files(run_report(generations=-1, confidences=())) == {}
