"""Replicates: one plot for runs that differ in their seeds."""

from foolery.report import write_report
from foolery.report.replicates import replicate_plots
from report.pages import read_page
from support.exhibits import display


def runs(count):
    return [
        display(classes=("a", "b"), confidences=(0.5 + 0.1 * at, 0.9 - 0.2 * at), seed=at)
        for at in range(count)
    ]


def test_a_few_runs_show_least_median_and_most_of_every_class():
    (plot,) = replicate_plots(runs(3))
    assert plot.rows == (("b", "50.0 %", "70.0 %", "90.0 %"), ("a", "50.0 %", "60.0 %", "70.0 %"))
    assert plot.head == ("class", "least", "median", "most")
    assert "3 runs" in plot.title


def test_more_runs_show_quartiles():
    (plot,) = replicate_plots(runs(5))
    assert plot.rows[0] == ("a", "60.0 %", "70.0 %", "80.0 %")


def test_other_encodings_and_single_runs_are_no_replicates():
    assert replicate_plots([display(), display(encoding="direct")]) == ()
    assert replicate_plots([display(), display(confidences=())]) == ()
    assert len(replicate_plots([*runs(2), display(), display(seed=4)])) == 2


def test_the_page_has_the_plot_and_its_table(tmp_path):
    page = read_page(write_report(runs(2), tmp_path / "out"))
    assert "Over several runs" in page.texts["h2"]
    assert any("class by class" in text for text in page.texts["h3"])
