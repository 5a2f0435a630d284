"""Plots: what is drawn is what was recorded, and the table below it says the same."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from foolery.report import write_report
from foolery.report.model import RunReport
from foolery.report.model.champion import RealImages
from foolery.report.model.run import Convergence
from foolery.report.plots import (
    classes_plot,
    convergence_plot,
    histogram_plot,
    plots_of,
    timings_plot,
)
from foolery.report.replicates import replicate_plots
from report.pages import read_page
from support.results import run_report, run_result


def points(shape):
    """``(N, 2)`` from 0 to 1, up is up."""
    pairs = np.array([pair.split(",") for pair in shape.points.split()], float)
    return np.column_stack([pairs[:, 0] / 1000, 1 - pairs[:, 1] / 1000])


def shape_of(plot, style):
    return next(shape for shape in plot.shapes if shape.style == style)


def with_convergence(shown):
    """As if a quarter and a tenth of the classes were always a little below and above the median."""
    history, count = shown.result.history, len(shown.result.settings.cells)
    final = np.array([each.confidence for each in shown.result.champions.values()])
    spread = np.stack([history.median * share for share in (0.6, 0.8, 1.0, 1.0, 1.0)], axis=1)
    return replace(
        shown,
        convergence=Convergence(
            history.generation, history.queries, spread, final[:count] * 0.5, final[:count]
        ),
    )


def test_the_curve_goes_up_with_the_median_and_has_its_rows():
    shown = run_report(generations=20)
    plot = convergence_plot(shown)
    median = points(shape_of(plot, "median"))
    assert median[0, 0] == 0
    assert median[-1, 0] == 1
    assert (np.diff(median[:, 1]) >= 0).all()
    assert (points(shape_of(plot, "min"))[:, 1] <= median[:, 1] + 1e-3).all()
    assert len(plot.rows) == 21
    assert plot.shown == ""
    assert [row[0] for row in plot.rows] == [str(number) for number in range(21)]


def test_quantiles_are_areas_one_within_the_other():
    plot = convergence_plot(with_convergence(run_report()))
    inner, outer = points(shape_of(plot, "inner")), points(shape_of(plot, "outer"))
    assert inner[:, 1].min() >= outer[:, 1].min()
    assert [style for style, _ in plot.legend] == ["median", "inner", "outer", "min"]


def test_a_long_run_is_thinned_and_says_so():
    plot = convergence_plot(run_report(generations=5000))
    assert len(plot.rows) == 40
    assert plot.shown == "40 of 5,001 generations"
    assert len(points(shape_of(plot, "median"))) == 400


def test_before_the_first_generation_there_is_nothing_to_plot():
    assert plots_of(run_report(generations=-1, confidences=())) == ()


def test_every_class_is_in_the_table_highest_first():
    shown = with_convergence(run_report())
    plot = classes_plot(shown)
    assert [row[2] for row in plot.rows][:3] == ["100 %", ">99.9999 %", ">99.9999 %"]
    assert {row[0] for row in plot.rows} == set(shown.result.champions)
    heights = points(shape_of(plot, "median"))[:, 1]
    assert (np.diff(heights) <= 0).all()
    assert shape_of(plot, "inner").closed


def test_the_histogram_sets_champions_against_real_images():
    real = RealImages({}, np.array([0.2, 0.6, 0.95, 0.9999, 0.99999, 1.0, 1.0, 1.0]))
    plot = histogram_plot(RunReport(run_result(), real_images=real))
    assert plot.head == ("confidence", "champions", "real images")
    table = {row[0]: row[1:] for row in plot.rows}
    assert table["99.99 % or more"] == ("70.0 %", "62.5 %")
    assert table["0 % to 50 %"] == ("10.0 %", "12.5 %")
    for column in (1, 2):
        assert sum(float(row[column].split()[0]) for row in plot.rows) == pytest.approx(100, abs=0.5)
    assert len(plot.shapes) == 12


def test_cosines_have_their_own_bins():
    plot = histogram_plot(
        run_report(kind="similarity", confidences=(0.3, -0.02, 0.2), classes=("a", "b", "c"))
    )
    assert plot.rows[0][0].startswith("−0.020 to ")
    assert [row[1] for row in plot.rows].count("33.3 %") == 3


def test_where_the_time_went_is_all_of_it():
    shown = run_result()
    times = {"vary": 1.0, "render": 2.0, "classify": 6.0, "tell": 0.5, "write": 0.5}
    plot = timings_plot(RunReport(replace(shown, summary={**shown.summary, "timings": times})))
    assert plot.about == "60 % of the time was spent in classify."
    assert [row[2] for row in plot.rows] == ["10.0 %", "20.0 %", "60.0 %", "5.0 %", "5.0 %"]
    heights = [points(shape)[:, 1].max() for shape in plot.shapes]
    assert heights.index(max(heights)) == 2
    assert timings_plot(RunReport(shown)) is None


def test_no_plot_leaves_its_frame():
    for plot in plots_of(with_convergence(run_report())):
        for shape in plot.shapes:
            placed = points(shape)
            assert placed.min() >= 0
            assert placed.max() <= 1
        assert all(0 <= tick.place <= 1 for tick in (*plot.up, *plot.across))
        assert all(len(row) == len(plot.head) for row in plot.rows)


def runs(count):
    return [
        run_report(classes=("a", "b"), confidences=(0.5 + 0.1 * at, 0.9 - 0.2 * at), seed=at)
        for at in range(count)
    ]


def test_a_few_runs_show_minimum_median_and_maximum_of_every_class():
    (plot,) = replicate_plots(runs(3))
    assert plot.rows == (("b", "50.0 %", "70.0 %", "90.0 %"), ("a", "50.0 %", "60.0 %", "70.0 %"))
    assert plot.head == ("class", "minimum", "median", "maximum")
    assert "3 runs" in plot.title


def test_more_runs_show_quartiles():
    (plot,) = replicate_plots(runs(5))
    assert plot.rows[0] == ("a", "60.0 %", "70.0 %", "80.0 %")


def test_other_encodings_and_single_runs_are_no_replicates():
    assert replicate_plots([run_report(), run_report(encoding="direct")]) == ()
    assert replicate_plots([run_report(), run_report(confidences=())]) == ()
    assert len(replicate_plots([*runs(2), run_report(), run_report(seed=4)])) == 2


def test_the_page_has_the_plot_and_its_table(tmp_path):
    page = read_page(write_report(runs(2), tmp_path / "out"))
    assert "Across runs" in page.texts["h2"]
    assert any("2 runs, by class" in text for text in page.texts["h3"])
