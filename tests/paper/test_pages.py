"""The page: tables of what was found, plain Markdown, and no path of this machine."""

import json
import sys

import numpy as np
import pytest
from PIL import Image

from foolery.classifiers import load_classifier
from foolery.install import install_command
from foolery.paper.cost import Cost, CostItem
from foolery.paper.experiment import (
    ClassifierRequirement,
    Context,
    Judgement,
    Reproduction,
    ReproductionOutcome,
    Requirements,
    ResultTable,
)
from foolery.paper.figures import ImageRow, ImageTile, PlotLine, image_grid, line_plot
from foolery.paper.pages import markdown_table, overview_page
from foolery.paper.prepare import PreparedReproduction
from foolery.paper.publishing import publish_pages
from foolery.paper.results import json_text, shorten_reference
from foolery.paper.runner import run_reproduction
from foolery.paper.verdicts import Amount, Claim, Evidence, decide

pytest.importorskip("onnxruntime", reason="the extra onnx is not installed")

CLAIM = Claim("median", "the median is | high", "3.1", "88 %")


def run(context):
    return ReproductionOutcome(
        {"values": [0.5, 1e-3, 2], "names": ["a", "b"]},
        tables=(ResultTable("More", ("a", "b"), (("1", "2"),)),),
        picture=image_grid([ImageRow("", (ImageTile(np.zeros((1, 4, 4), np.uint8), ("zero",)),))]),
        caption="A picture.",
        seconds=90.0,
    )


def judge(figures):
    amounts = (Amount("runs", 2, 2),)
    finding = decide(CLAIM, "90 %", "holds", "it is at least 88 %", Evidence("run", 5, amounts))
    return Judgement((finding,), amounts, ("A note.",))


ONE = Reproduction(
    name="fig4",
    title="One",
    place="3.1",
    scale_multiplies="the runs",
    seeds=2,
    requirements=Requirements((ClassifierRequirement("digits", "lenet", "digits"),)),
    claims=(CLAIM,),
    cost=lambda scale, seeds: Cost((CostItem("digits", int(1_000_000 * scale)),)),
    run=run,
    judge=judge,
)


@pytest.fixture
def written(tmp_path):
    context = Context(work=tmp_path, scale=1.0, seeds=2, classifiers={"digits": load_classifier("lenet")})
    run_reproduction(PreparedReproduction(ONE, context, {"digits": "lenet"}, {}, {}), tmp_path)
    return tmp_path


def test_the_page_says_claim_number_ours_and_verdict(written):
    text = (written / "fig4" / "page.md").read_text()
    assert text.startswith("# One\n\nPlace: 3.1. Against `lenet` (10 classes); the paper's scale, 2 runs.\n")
    assert "```sh\nfoolery reproduce fig4\n```" in text
    assert "| the median is \\| high | 3.1 | 88 % | 90 % | **holds** |" in text
    assert "- **median**, holds (unit: run, 5): it is at least 88 %" in text
    assert "![A picture.](picture.png)" in text
    assert "## More\n\n| a | b |\n| --- | --- |\n| 1 | 2 |" in text
    assert "Measured: the searches took 90 s" in text
    assert "\n\n\n" not in text
    assert str(written) not in text


def test_the_result_is_json_with_lists_of_numbers_on_a_line(written):
    text = (written / "fig4" / "result.json").read_text()
    found = json.loads(text)
    assert found["figures"] == {"values": [0.5, 1e-3, 2], "names": ["a", "b"]}
    assert '"values": [0.5, 0.001, 2]' in text
    assert found["full_scale"] is True
    assert found["seconds"] == 90.0
    assert found["findings"][0]["verdict"] == "holds"
    assert found["classifiers"]["digits"]["reference"] == "lenet"
    assert str(written) not in text


@pytest.mark.parametrize(
    "value", [{"a": [1, -2.5, 1e-300]}, {"a": [[1, 2], [3]], "b": []}, {"a": ["[ 1, 2 ]"]}]
)
def test_the_text_of_a_result_is_the_result(value):
    assert json.loads(json_text(value)) == value


def test_pages_are_published_flat_with_a_readme_of_budgets_and_findings(written, tmp_path):
    pages = tmp_path / "pages"
    paths = publish_pages(written, pages)
    assert sorted(path.name for path in paths) == ["README.md", "fig4.json", "fig4.md", "fig4.png"]
    assert "](fig4.png)" in (pages / "fig4.md").read_text()
    readme = (pages / "README.md").read_text()
    assert "| [fig4](fig4.md) | the median is \\| high | 88 % | 90 % | **holds** |" in readme
    for name in ("fig4", "fig6", "fig7", "baselines", "real-confidence"):
        assert f"\n| {name} | " in readme, "what it costs"
    assert "## What each costs at full scale: estimated" in readme
    measured = readme[readme.index("## What each took: measured") :]
    assert "| name | scale | runs | estimate, 4 cores | measured | machine | cores |" in measured
    assert "| fig4 | 1 | 2 | 6 s | 90 s |" in measured, "the estimate stands beside what it took"


def test_the_overview_gives_the_budgets_of_full_scale():
    text = overview_page([ONE], {}, ".md")
    assert "| fig4 | One | 3.1 | 1,000,000 | 77 s | 2 | the runs |" in text
    assert "What was found" not in text


def test_a_table_is_no_wider_than_its_rows():
    assert markdown_table(ResultTable("", ("a",), (("x\ny",),))) == "| a |\n| --- |\n| x y |"


@pytest.mark.parametrize(
    ("reference", "short"),
    [
        ("onnx:/home/me/nets/net/model.onnx", "onnx:net/model.onnx"),
        ("onnx:model.onnx", "onnx:model.onnx"),
        ("parquet:/data/x/photos.parquet", "parquet:x/photos.parquet"),
        ("hf:google/vit", "hf:google/vit"),
        ("lenet", "lenet"),
    ],
)
def test_folders_of_this_machine_are_left_out(reference, short):
    assert shorten_reference(reference) == short


def test_a_wall_has_a_place_for_every_tile():
    gray, color = np.zeros((1, 28, 28), np.uint8), np.full((3, 20, 20), 200, np.uint8)
    picture = image_grid(
        [
            ImageRow("one", (ImageTile(gray, ("a", "b")), ImageTile(color))),
            ImageRow("two", (ImageTile(color),)),
        ],
        side=40,
    )
    assert picture.mode == "RGB"
    assert picture.getpixel((90 + 20, 10 + 20)) == (0, 0, 0)
    assert picture.getpixel((90 + 50 + 20, 10 + 20)) == (200, 200, 200)


def curves():
    lines = [PlotLine("up", (0, 1000), (0, 4)), PlotLine("dot", (500,), (1,))]
    return line_plot(lines, x_label="queries", y_label="nines")


def test_lines_are_drawn_where_they_belong():
    pytest.importorskip("matplotlib", reason="the extra plots is not installed")
    picture = curves()
    assert isinstance(picture, Image.Image)
    assert (picture.mode, picture.size) == ("RGB", (900, 420))
    colors = {color for _, color in picture.getcolors(1 << 20)}
    assert (0, 114, 178) in colors
    assert (213, 94, 0) in colors


def test_without_matplotlib_a_page_has_no_curves_and_one_line_says_why(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    notes = []
    context = Context(work=tmp_path, scale=1.0, seeds=1, classifiers={}, log=notes.append)
    assert context.draw(curves) is None
    assert notes == [
        "the page has no picture: matplotlib is needed to draw curves and is not installed; "
        f"run: {install_command('plots')}"
    ]
