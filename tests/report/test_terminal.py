import io
import re
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from foolery.errors import UsageError
from foolery.report import progress_panel, terminal_image
from foolery.report import terminal as halfblocks

DIGITS = [str(digit) for digit in range(10)]
CERTAIN = [0.3, 0.9, 0.99, 0.999, 0.9999, 0.99999, 0.999999, 1.0, 0.0, 0.5]


def noise(count, axes=(1, 28, 28)):
    return np.random.default_rng(0).integers(0, 256, (count, *axes)).astype(np.uint8)


def shown(renderable, *, width, colors="truecolor", encoding="utf-8"):
    """What a terminal of that width is sent, with and without its colors."""
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    console = Console(
        file=stream, force_terminal=True, color_system=colors, width=width, legacy_windows=False, _environ={}
    )
    console.print(renderable)
    stream.seek(0)
    sent = stream.read()
    return sent, re.sub(r"\x1b\[[\d;]*m", "", sent).splitlines()


def cells(sent):
    """Color of the upper and the lower half of every cell, line by line, as the terminal shows them."""
    lines = []
    for line in sent.splitlines():
        row = []
        for codes, text in re.findall(r"\x1b\[([\d;]+)m(▀+)", line):
            colors = re.findall(r"(38|48);2;(\d+);(\d+);(\d+)", codes)
            found = {which: tuple(map(int, rgb)) for which, *rgb in colors}
            row += [(found["38"], found.get("48"))] * len(text)
        lines.append(row)
    return [row for row in lines if row]


@pytest.mark.parametrize("axes", [(1, 28, 28), (3, 28, 28), (3, 7, 5), (1, 1, 1)])
def test_a_picture_in_full_has_two_pixels_in_a_cell(axes):
    canvas = noise(1, axes)[0]
    rows = cells(shown(terminal_image(canvas, 80), width=80)[0])
    _, height, width = axes
    assert [len(row) for row in rows] == [width] * -(-height // 2)
    pixels = np.broadcast_to(canvas, (3, height, width))
    for y in range(height):
        for x in range(width):
            color = rows[y // 2][x][y % 2]
            assert np.abs(np.array(color) - pixels[:, y, x]).max() <= 8


def test_the_lower_half_of_a_last_odd_row_is_left_open():
    rows = cells(shown(terminal_image(noise(1, (1, 3, 4))[0], 80), width=80)[0])
    assert all(lower is None for _, lower in rows[-1])
    assert all(lower is not None for _, lower in rows[0])


def test_black_and_white_are_black_and_white():
    canvas = np.array([[[0, 255], [255, 0]]], np.uint8)
    black, white = (0, 0, 0), (255, 255, 255)
    assert cells(shown(terminal_image(canvas, 2), width=80)[0]) == [[(black, white), (white, black)]]


def test_a_narrower_picture_shows_means():
    canvas = np.zeros((1, 4, 4), np.uint8)
    canvas[:, :2, :2], canvas[:, 2:, ::2] = 255, 255
    rows = cells(shown(terminal_image(canvas, 2), width=80)[0])
    (left_top, left_bottom), (right_top, right_bottom) = ((up[0], low[0]) for up, low in rows[0])
    assert (left_top, right_top) == (255, 0)
    assert abs(left_bottom - 127) <= 8
    assert left_bottom == right_bottom


def test_eighty_columns_hold_five_digits_beside_each_other():
    _, lines = shown(progress_panel(DIGITS, noise(10), CERTAIN, width=80), width=80)
    assert len(lines) == 2 * (7 + 2) + 1
    assert lines[0] == "  ".join(["▀" * 14] * 5)
    assert lines[7].split()[:2] == ["0", "30.0"]
    assert lines[9] == ""


def test_a_wide_terminal_shows_them_in_full():
    _, lines = shown(progress_panel(DIGITS, noise(10), CERTAIN, width=150), width=150)
    assert lines[0] == "  ".join(["▀" * 28] * 5)
    assert len(lines) == 2 * (14 + 2) + 1
    _, lines = shown(progress_panel(DIGITS, noise(10), CERTAIN, width=300), width=300)
    assert lines[0] == "  ".join(["▀" * 28] * 10)


def test_a_low_terminal_shows_smaller_pictures():
    panel = progress_panel(DIGITS, noise(10), CERTAIN, width=150, height=20)
    _, lines = shown(panel, width=150)
    assert len(lines) <= 20
    assert lines[0].count("▀") >= 5 * 10


def test_the_bar_tells_nearly_certain_confidences_apart():
    values = [0.0, 0.9, 0.99, 0.999, 0.9999, 0.99999, 0.999999, 1.0]
    bars = []
    for value in values:
        _, lines = shown(progress_panel(["x"], noise(1), [value], width=28), width=80)
        bars.append(sum("▏▎▍▌▋▊▉█".index(sign) + 1 for sign in lines[-1] if sign in "▏▎▍▌▋▊▉█"))
        assert len(lines[-1]) == 28
    assert bars[:7] == sorted(set(bars[:7]))
    assert (bars[0], bars[6], bars[7]) == (0, 8 * 28, 8 * 28)
    assert bars[4] - bars[1] >= 8 * 13


@given(
    count=st.integers(0, 12),
    axes=st.sampled_from([(1, 28, 28), (3, 64, 64), (3, 5, 9), (1, 1, 1), (3, 30, 200)]),
    width=st.integers(1, 200),
    height=st.none() | st.integers(1, 60),
    label=st.text(max_size=40),
    data=st.data(),
)
@hypothesis_settings(max_examples=60)
def test_no_line_is_ever_wider_than_asked_for(count, axes, width, height, label, data):
    confidences = data.draw(st.lists(st.floats(0, 1), min_size=count, max_size=count))
    panel = progress_panel([label] * count, noise(count, axes), confidences, width=width, height=height)
    for colors, encoding in (("truecolor", "utf-8"), ("256", "utf-8"), (None, "utf-8"), (None, "ascii")):
        _, lines = shown(panel, width=200, colors=colors, encoding=encoding)
        assert all(cell_len(line) <= width for line in lines)
        assert "\x1b" not in "".join(lines)
    if count and height is not None and height >= 12:
        assert len(lines) <= max(height, 100 // 2 + 3)


@pytest.mark.parametrize("width", [52, 60, 80, 100, 120, 200])
@pytest.mark.parametrize("height", [12, 15, 17, 37])
def test_a_digit_s_name_is_never_dropped_however_sure_the_network_is(width, height):
    sure = [0.9999999] * 10
    _, lines = shown(progress_panel(DIGITS, noise(10), sure, width=width, height=height), width=width)
    last = lines.pop().split() if lines[-1].startswith("and ") else ["and", "0", "more"]
    words, left_out = " ".join(lines).split(), int(last[1])
    assert [word for word in words if word in DIGITS] == DIGITS[: 10 - left_out]
    assert words.count(">99.9999") == 10 - left_out


def test_a_terminal_of_usual_size_is_used():
    _, lines = shown(progress_panel(DIGITS, noise(10), CERTAIN, width=120, height=37), width=120)
    assert len(lines) > 25


def test_what_does_not_fit_is_counted():
    panel = progress_panel(
        [f"class {n}" for n in range(1000)], noise(1000, (3, 64, 64)), [0.5] * 1000, width=80, height=24
    )
    _, lines = shown(panel, width=80)
    assert len(lines) <= 24
    pictures = sum(line.count("50.0 %") for line in lines)
    assert lines[-1].strip() == f"and {1000 - pictures} more"
    assert pictures >= 5


def test_a_terminal_obeys_no_class_name():
    sent, lines = shown(progress_panel(["\x1b[2J\n\x07a\u202eb"], noise(1), [0.5], width=80), width=80)
    assert "\x1b[2J" not in sent
    assert "\x07" not in sent
    assert "\u202e" not in sent
    assert "ab" in lines[-2]


def test_without_colors_pictures_are_shades():
    canvas = np.repeat(np.arange(0, 256, 60, dtype=np.uint8), 2).reshape(1, 1, 10).repeat(2, axis=1)
    assert shown(terminal_image(canvas, 10), width=80, colors=None)[1] == ["  ░░▒▒▓▓██"]
    assert shown(terminal_image(canvas, 10), width=80, colors=None, encoding="ascii")[1][0].isascii()


@pytest.mark.parametrize("colors", ["256", "standard"])
def test_terminals_with_few_colors_get_theirs(colors):
    halfblocks._style.cache_clear()  # a style keeps what it was first written as; a process has one terminal
    sent, _ = shown(progress_panel(DIGITS, noise(10), CERTAIN, width=80), width=80, colors=colors)
    halfblocks._style.cache_clear()
    assert "38;2;" not in sent
    assert "▀" in sent


def test_ten_digits_are_drawn_in_less_than_ten_milliseconds():
    """Processor time of the best of ten frames, each of other pictures: what a live screen needs."""
    generator, spent = np.random.default_rng(1), []
    for _ in range(10):
        canvases = generator.integers(0, 256, (10, 1, 28, 28)).astype(np.uint8)
        console = Console(file=io.StringIO(), force_terminal=True, color_system="truecolor", width=80)
        start = time.process_time()
        console.print(progress_panel(DIGITS, canvases, CERTAIN, width=80))
        spent.append(time.process_time() - start)
    assert min(spent) < 0.01


def test_labels_canvases_and_confidences_belong_together():
    with pytest.raises(UsageError, match="labels: expected one for each of 3 canvases"):
        progress_panel(["a"], noise(3), [0.1, 0.2, 0.3], width=80)
