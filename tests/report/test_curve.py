import numpy as np

from foolery.report.curve import curve_of
from support.exhibits import exhibit


def points(line):
    return np.array([[float(value) for value in point.split(",")] for point in line.points.split()])


def test_lines_rise_from_the_first_to_the_last_generation():
    curve = curve_of(exhibit(generations=20))
    assert [line.name for line in curve.lines] == ["median", "mean", "least"]
    for line in curve.lines:
        drawn = points(line)
        assert drawn.shape == (21, 2)
        assert drawn[[0, -1], 0].tolist() == [0, 1000]
        assert (np.diff(drawn[:, 0]) > 0).all()
        assert (np.diff(drawn[:, 1]) <= 0).all()
        assert ((drawn >= 0) & (drawn <= 1000)).all()


def test_the_least_certain_stands_below_the_median():
    median, _, least = (points(line)[:, 1] for line in curve_of(exhibit()).lines)
    assert (least > median).all()


def test_every_line_of_the_table_is_one_of_the_history():
    curve = curve_of(exhibit(generations=3))
    assert curve.recorded == 4
    assert [row[:2] for row in curve.rows] == [("0", "200"), ("1", "400"), ("2", "600"), ("3", "800")]
    assert curve.rows[0][2] == "9.9 %"
    assert curve.rows[-1][2] == "99.9991 %"


def test_a_long_run_is_thinned_out_and_keeps_its_ends():
    curve = curve_of(exhibit(generations=100_000))
    assert len(curve.rows) == 40
    assert [curve.rows[0][0], curve.rows[-1][0]] == ["0", "100\u202f000"]
    drawn = points(curve.lines[0])
    assert len(drawn) == 500
    assert drawn[[0, -1], 0].tolist() == [0, 1000]


def test_one_generation_is_a_dot():
    drawn = points(curve_of(exhibit(generations=0)).lines[0])
    assert len(drawn) == 2
    assert (drawn[0] == drawn[1]).all()


def test_nothing_recorded_is_no_curve():
    assert curve_of(exhibit(generations=-1, confidences=())) is None


def test_a_similarity_has_a_linear_axis():
    curve = curve_of(exhibit(kind="similarity", confidences=(0.1, 0.2)))
    assert not any("%" in tick.label for tick in curve.ticks)
