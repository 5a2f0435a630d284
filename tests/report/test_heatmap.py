"""The heat map: an image with words in it."""

from xml.etree import ElementTree as Xml

from foolery.report.heatmap import HeatMap, heat_map_svg

SPACE = "{http://www.w3.org/2000/svg}"


def heat_map(**changes):
    given = {
        "title": "Shares <of> some",
        "rows": ("first & best", "second"),
        "columns": ("a", "b" * 60),
        "values": ((1.0, 0.25), (0.0, float("nan"))),
        "texts": (("100 %", "25 %"), ("0 %", "–")),
        "framed": ((True, False), (False, False)),
    }
    return HeatMap(**(given | changes))


def brightness(rect):
    return sum(int(rect.attrib["fill"][at : at + 2], 16) for at in (1, 3, 5))


def test_it_is_a_picture_whose_cells_say_their_numbers():
    root = Xml.fromstring(heat_map_svg(heat_map(), alone=True))
    texts = ["".join(each.itertext()) for each in root.iter(f"{SPACE}text")]
    assert {"100 %", "25 %", "0 %", "–", "first & best", "second", "a"} <= set(texts)
    titles = [each.text for each in root.iter(f"{SPACE}title")]
    assert "first & best, scored by a: 100 %" in titles
    assert titles[0] == "Shares <of> some"


def test_more_is_darker_and_a_frame_marks_the_own_classifier():
    root = Xml.fromstring(heat_map_svg(heat_map(), alone=True))
    cells = [rect for rect in root.iter(f"{SPACE}rect") if rect.attrib["width"] != "100%"]
    whole, quarter, nothing, _ = cells
    assert brightness(whole) < brightness(quarter) < brightness(nothing)
    assert ["stroke" in cell.attrib for cell in cells] == [True, False, False, False]


def test_everything_stays_inside_the_picture():
    root = Xml.fromstring(heat_map_svg(heat_map(), alone=True))
    width, height = float(root.attrib["width"]), float(root.attrib["height"])
    for rect in root.iter(f"{SPACE}rect"):
        if rect.attrib["width"] != "100%":
            assert float(rect.attrib["x"]) + float(rect.attrib["width"]) <= width
            assert float(rect.attrib["y"]) + float(rect.attrib["height"]) <= height
