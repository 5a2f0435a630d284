import numpy as np
import pytest

from foolery.errors import UsageError
from foolery.report import contact_sheet
from support.results import run_result, thousand

WALL = (22, 23, 27)


def find(sheet, champion, scale):
    """Corners at which the enlarged champion stands on the sheet, pixel for pixel."""
    pixels = np.asarray(sheet)[:, :, :3]
    tile = np.asarray(champion.image().convert("RGB")).repeat(scale, axis=0).repeat(scale, axis=1)
    height, width, _ = tile.shape
    corners = np.argwhere((pixels[: 1 - height, : 1 - width] == tile[0, 0]).all(axis=2))
    return [
        (int(x), int(y)) for y, x in corners if np.array_equal(pixels[y : y + height, x : x + width], tile)
    ]


def test_every_champion_stands_on_it_in_whole_multiples():
    shown = [run_result(seed=1), run_result(seed=2, encoding="direct")]
    sheet = contact_sheet(shown, scale=3)
    rows = []
    for each in shown:
        corners = [find(sheet, champion, 3) for champion in each.champions.values()]
        assert all(len(found) == 1 for found in corners)
        columns = [found[0][0] for found in corners]
        assert columns == sorted(set(columns))
        rows.append({found[0][1] for found in corners})
    assert [len(row) for row in rows] == [1, 1]
    assert max(rows[0]) < min(rows[1])


def test_it_is_a_dark_wall_with_smooth_transparent_corners():
    sheet = contact_sheet([run_result()])
    pixels = np.asarray(sheet)
    assert sheet.mode == "RGBA"
    assert tuple(pixels[10, sheet.width // 2]) == (*WALL, 255)
    corner = pixels[:28, :28, 3]
    assert corner[0, 0] == 0
    assert corner[-1, -1] == 255
    assert ((corner > 0) & (corner < 255)).any()
    for turned in (
        pixels[:28, -28:, 3][:, ::-1],
        pixels[-28:, :28, 3][::-1],
        pixels[-28:, -28:, 3][::-1, ::-1],
    ):
        assert np.abs(turned.astype(int) - corner).max() <= 1


def test_the_text_under_a_picture_stays_under_it():
    long = run_result(classes=("W" * 500, "second"), confidences=(0.9, 0.9), canvas=(3, 28, 28))
    sheet = contact_sheet([long], scale=5)
    (x, y), (next_x, _) = (find(sheet, champion, 5)[0] for champion in long.champions.values())
    between = np.asarray(sheet)[y : y + 28 * 5 + 60, x + 140 : next_x, :3]
    assert (between == WALL).all()


def test_the_chosen_scale_makes_pictures_of_a_similar_size():
    for side, scale in ((28, 5), (64, 2), (140, 1), (300, 1)):
        shown = run_result(canvas=(3, side, side), classes=("a", "b"), confidences=(0.5, 0.6))
        assert len(find(contact_sheet([shown]), shown.champions["a"], scale)) == 1


def test_a_thousand_classes_fit():
    sheet = contact_sheet([thousand()], scale=1)
    assert sheet.width < 2000
    assert sheet.height > 100 * 64


def test_a_run_without_champions_has_a_title_only():
    sheet = contact_sheet([run_result(status="running", generations=-1, confidences=())])
    assert (np.asarray(sheet)[:, :, :3] != WALL).any()


@pytest.mark.parametrize("scale", [0, -1, 65, 2.5])
def test_a_scale_that_makes_no_sense_is_named(scale):
    with pytest.raises(UsageError, match="scale: expected a whole number from 1 to 64"):
        contact_sheet([run_result()], scale=scale)


def test_a_sheet_too_large_for_memory_is_refused_before_it_is_drawn():
    with pytest.raises(UsageError, match="give a smaller scale or fewer runs"):
        contact_sheet([thousand()], scale=64)


def test_no_runs_are_no_sheet():
    with pytest.raises(UsageError, match="results: expected at least one run"):
        contact_sheet([])
