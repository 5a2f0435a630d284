import json
import os
import re
import time
from base64 import b64encode
from hashlib import sha256
from itertools import pairwise

import numpy as np
import pytest
from PIL import Image

from foolery.canvas import from_png
from foolery.errors import UsageError
from foolery.report import write_report
from foolery.report.artifact import ArtifactCard
from foolery.report.html import asset
from foolery.report.index_page import IndexEntry, index_title
from foolery.report.model import RunReport
from report.pages import read_page
from support.results import CONFIDENCES, DIGITS, run_report, thousand

HOSTILE = (
    '<script>alert("x")</script>',
    "\"><img src=x onerror='a'>",
    "a&amp;b",
    "../../etc/passwd",
    "{{ 7*7 }}",
)


def tree(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def text_of(page, tag):
    return "".join(page.texts.get(tag, [])).strip()


def test_the_page_is_whole_and_needs_nothing_from_elsewhere(tmp_path):
    index = write_report(
        [run_report(name="a"), run_report(name="b", encoding="direct")], tmp_path / "gallery"
    )
    page = read_page(index)
    assert index == tmp_path / "gallery" / "index.html"
    assert len(page.ids()) == len(set(page.ids()))
    anchors = [at["href"] for at in page.all("a") if at.get("href", "").startswith("#")]
    assert {anchor[1:] for anchor in anchors} <= set(page.ids())
    assert anchors == ["#run-1", "#run-2"]
    for file in (index, *index.parent.glob("*.css"), *index.parent.glob("*.js")):
        text = file.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
        assert not re.search(r"https?:|//[a-z]|url\(|@import", text), file
    assert not any(name == "style" or name.startswith("on") for _, at in page.elements for name in at)
    assert "style" not in {name for name, _ in page.elements}
    assert all(at.get("src") for at in page.all("script"))


def policy_of(page):
    return next(at["content"] for at in page.all("meta") if at.get("http-equiv") == "Content-Security-Policy")


def test_the_content_security_policy_allows_files_beside_the_page_and_nothing_within(tmp_path):
    page = read_page(write_report([run_report()], tmp_path / "gallery"))
    assert policy_of(page).split("; ") == [
        "default-src 'none'", "img-src 'self' file: data:", "style-src 'self' file:",
        "script-src 'self' file:", "base-uri 'none'", "form-action 'none'",
    ]  # fmt: skip


def test_a_single_file_allows_its_own_styles_and_scripts_and_no_others(tmp_path):
    index = write_report([run_report()], tmp_path / "gallery", single_file=True)
    assert sorted(path.name for path in index.parent.iterdir()) == ["gallery.json", "index.html"]
    page = read_page(index)
    assert page.files() == []
    text = index.read_text(encoding="utf-8")
    for tag in ("style", "script"):
        inside = re.findall(rf"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
        digests = [b64encode(sha256(each.encode()).digest()).decode() for each in inside]
        assert f"{tag}-src " + " ".join(f"'sha256-{digest}'" for digest in digests) in policy_of(page)
    images = [image["src"] for image in page.all("img") if "src" in image]
    assert len(images) == 16
    assert all(source.startswith("data:image/") for source in images)


def luminance(color):
    """Relative luminance (WCAG 2.2) of ``#rrggbb``."""
    parts = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_texts_stand_out_in_the_light_and_in_the_dark():
    pairs = re.findall(r"--(\w+): light-dark\((#\w{6}), (#\w{6})\)", asset("report.css"))
    for palette in ({name: light for name, light, _ in pairs}, {name: dark for name, _, dark in pairs}):
        for ground in ("paper", "shade"):
            for ink in ("ink", "quiet", "accent", "second"):
                low, high = sorted((luminance(palette[ground]), luminance(palette[ink])))
                assert (high + 0.05) / (low + 0.05) >= 4.5, (ground, ink)


def tiles_of(page):
    """The pictures of the gallery, in its order."""
    return [image for image in page.all("img") if image.get("loading") == "lazy"]


def champions_of(index):
    """Name to canvas, from the PNG files that the summary names."""
    runs = json.loads((index.parent / "summary.json").read_bytes())["runs"]
    return [
        {label: from_png((index.parent / file).read_bytes()) for label, file in run["images"].items()}
        for run in runs
    ]


def test_every_picture_is_the_canvas_that_was_scored(tmp_path):
    shown = run_report()
    index = write_report([shown], tmp_path / "gallery")
    tiles = tiles_of(read_page(index))
    assert len(tiles) == len(DIGITS)
    for tile, champion in zip(tiles, shown.result.champions.values(), strict=True):
        thumbnail = Image.open(index.parent / tile["src"])
        assert thumbnail.format == "WEBP"
        assert np.array_equal(np.asarray(thumbnail.convert("L")), champion.canvas[0])
        assert (tile["width"], tile["height"]) == ("140", "140")
        assert champion.label in tile["alt"]
    (files,) = champions_of(index)
    for label, champion in shown.result.champions.items():
        assert np.array_equal(files[label], champion.canvas)


def test_headings_come_in_order_and_the_first_says_what_was_found(tmp_path):
    page = read_page(write_report([run_report(), run_report(encoding="direct")], tmp_path / "gallery"))
    levels = [int(name[1]) for name, _ in page.elements if re.fullmatch("h[1-6]", name)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(later <= earlier + 1 for earlier, later in pairwise(levels))
    assert text_of(page, "h1") == "lenet is at least 99.99\u202f% confident in 14 of 20 evolved images"
    assert text_of(page, "title") == text_of(page, "h1")


def test_a_confidence_is_never_rounded_up(tmp_path):
    page = read_page(write_report([run_report()], tmp_path / "gallery"))
    captions = [text for text in page.texts["li"] if "%" in text][-len(CONFIDENCES) :]
    assert captions == [
        "99.997\u202f%", ">99.9999\u202f%", "99.5\u202f%", "99.993\u202f%", "100\u202f%", "87.0\u202f%",
        "99.99\u202f%", "99.995\u202f%", ">99.9999\u202f%", "31.0\u202f%",
    ]  # fmt: skip


def test_names_are_text_and_never_markup_or_paths(tmp_path):
    shown = run_report(
        classes=HOSTILE,
        confidences=CONFIDENCES[: len(HOSTILE)],
        classifier="onnx:<b>bold</b>.onnx",
        name="<i>run</i>; rm -rf /",
        commands=("foolery evolve -c '</code><script>'",),
    )
    index = write_report([shown], tmp_path / "gallery")
    page = read_page(index)
    for label in HOSTILE:
        assert label in page.texts["b"]
    assert "foolery evolve -c '</code><script>'" in page.texts["code"]
    assert "foolery verify '<i>run</i>; rm -rf /'" in page.texts["code"]
    assert "i" not in {name for name, _ in page.elements}
    assert all(set(at) == {"src"} for at in page.all("script"))
    addresses = [at["src"] for at in page.all("img") if at.get("src")]
    assert all(re.fullmatch(r"\w+/run-1/\d{4}[A-Za-z0-9_-]*\.(png|webp)", address) for address in addresses)
    assert list(tmp_path.iterdir()) == [tmp_path / "gallery"]


@pytest.mark.parametrize("single", [False, True], ids=["folder", "single file"])
def test_the_data_of_a_champion_end_no_script_and_no_string(tmp_path, single):
    names = ("</script><script>alert(1)</script>", "a\u2028b\u2029c", "<!--<script>", "]]>", '"};alert(1)//')
    shown = run_report(classes=names, confidences=CONFIDENCES[: len(names)], classifier="<!--script>")
    index = write_report([shown], tmp_path / "gallery", single_file=single)
    texts = [path.read_text(encoding="utf-8") for path in sorted(index.parent.glob("data/run-1/*.js"))]
    if single:
        page = index.read_text(encoding="utf-8")
        texts = re.findall(
            r'<script type="application/json" data-record="[^"]*">(.*?)</script>', page, re.DOTALL
        )
    assert len(texts) == len(names)
    for text, name in zip(texts, names, strict=True):
        assert not re.search("[<>\u2028\u2029]", text)
        data = text if single else re.fullmatch(r'foolery\.addRecord\("run-1/\d{4}",(.*)\);\n', text).group(1)
        assert json.loads(data)["label"] == name
        assert "<!--script>" in json.loads(data)["alt"]


def test_names_of_any_length_and_script_have_files_of_their_own(tmp_path):
    names = (
        "\N{OWL}\N{FULL MOON SYMBOL}",
        "x" * 3000,
        "x" * 3000 + "y",
        "a/b\\c:d",
        "..",
        "CON",
        "\u202egnp.exe",
    )
    shown = run_report(classes=names, confidences=CONFIDENCES[: len(names)])
    folder = write_report([shown], tmp_path / "gallery").parent
    sources = [each["href"] for each in read_page(folder / "index.html").all("a") if "data-id" in each][-7:]
    assert len({source.casefold() for source in sources}) == len(names)
    for source, champion in zip(sources, shown.result.champions.values(), strict=True):
        assert re.fullmatch(r"champions/run-1/\d{4}[A-Za-z0-9_-]{0,80}\.png", source)
        assert np.array_equal(from_png((folder / source).read_bytes()), champion.canvas)
    assert json.loads((folder / "summary.json").read_bytes())["runs"][0]["images"].keys() == set(names)


def test_a_folder_name_that_is_not_unicode_is_shown_with_a_question_mark(tmp_path):
    index = write_report([run_report(name="run\udcff")], tmp_path / "gallery")
    assert "foolery verify 'run?'" in read_page(index).texts["code"]
    assert json.loads((index.parent / "summary.json").read_bytes())["runs"][0]["run"] == "run?"


def test_independent_probabilities_are_percentages_too(tmp_path):
    page = read_page(write_report([run_report(kind="sigmoid")], tmp_path / "gallery"))
    assert "99.997\u202f%" in page.texts["li"]
    assert "sigmoid" in page.texts["dd"]


def test_the_summary_beside_it_is_that_of_the_command_line_with_the_pictures(tmp_path):
    shown = [run_report(name="a"), run_report(name="b", encoding="direct")]
    folder = write_report(shown, tmp_path / "gallery").parent
    runs = json.loads((folder / "summary.json").read_bytes())["runs"]
    assert [run["run"] for run in runs] == ["a", "b"]
    for run, each in zip(runs, shown, strict=True):
        images = run.pop("images")
        assert run == each.result.summary
        assert list(images) == list(each.result.champions)
        assert all((folder / image).is_file() for image in images.values())


def test_several_runs_keep_their_pictures_apart(tmp_path):
    shown = [run_report(seed=1), run_report(seed=2)]
    index = write_report(shown, tmp_path / "gallery")
    assert len(tiles_of(read_page(index))) == 20
    for files, each in zip(champions_of(index), shown, strict=True):
        for label, champion in each.result.champions.items():
            assert np.array_equal(files[label], champion.canvas)


@pytest.mark.parametrize(
    ("shown", "state", "heading"),
    [
        (
            run_report(status="interrupted"),
            "lenet, CPPN encoding, seed 3, interrupted at generation 20",
            "confident in",
        ),
        (
            run_report(status="running", generations=0),
            "lenet, CPPN encoding, seed 3, running at generation 0",
            "confident in",
        ),
        (
            run_report(status="running", generations=-1, confidences=()),
            "lenet, CPPN encoding, seed 3, running, no generation yet",
            "No champions yet for lenet",
        ),
    ],
    ids=["interrupted", "generation 0", "nothing yet"],
)
def test_an_unfinished_run_says_so(tmp_path, shown, state, heading):
    page = read_page(write_report([shown], tmp_path / "gallery"))
    assert state in page.texts["p"]
    assert heading in text_of(page, "h1")
    assert not re.search(r"\bnan\b|None|\binf\b", "".join(page.texts["body"]))


def test_a_similarity_is_no_percentage(tmp_path):
    shown = run_report(kind="similarity", confidences=(0.31, -0.02, 0.2), classes=("a", "b", "c"))
    page = read_page(write_report([shown], tmp_path / "gallery"))
    assert text_of(page, "h1") == "3 evolved images, with a median similarity of 0.200 in lenet"
    assert "−0.020" in page.texts["li"]
    assert "%" not in "".join(page.texts["li"])
    assert "Similarity over generations" in page.texts["h3"]


def test_a_thousand_classes_in_color_are_one_small_page(tmp_path):
    start = time.process_time()
    index = write_report([RunReport(thousand())], tmp_path / "gallery")
    assert time.process_time() - start < 20
    assert index.stat().st_size < 5_000_000
    assert len(tiles_of(read_page(index))) == 1000
    (files,) = champions_of(index)
    last = "class 0999, a name of some length"
    assert np.array_equal(files[last], thousand().champions[last].canvas)


def test_a_search_that_python_started_is_made_again_by_the_call(tmp_path):
    shown = run_report(commands=("python",), classes=(*DIGITS, 'ten "quoted"'))
    page = read_page(write_report([shown], tmp_path / "gallery"))
    call = next(text for text in page.texts["code"] if "foolery.evolve(" in text)
    given = {}
    exec(
        call.replace("import foolery", ""),
        {"foolery": type("F", (), {"evolve": lambda *a, **k: given.update(k, first=a)})},
    )
    assert given == {
        "first": ("lenet",), "encoding": "cppn", "options": {"coordinates": "raw"}, "generations": 20,
        "batch": 200, "initial": 200, "seed": 3,
    }  # fmt: skip


def test_a_resumed_run_shows_each_of_its_commands_once(tmp_path):
    commands = (
        "foolery evolve -c lenet",
        "foolery evolve -c lenet --resume",
        "foolery evolve -c lenet --resume",
    )
    page = read_page(write_report([run_report(commands=commands)], tmp_path / "gallery"))
    assert [text for text in page.texts["code"] if "evolve" in text] == list(commands[:2])


def test_a_gallery_is_written_again_and_loses_what_it_no_longer_shows(tmp_path):
    folder = tmp_path / "gallery"
    write_report([run_report(), run_report()], folder)
    (folder / "champions" / "mine.txt").write_text("mine")
    write_report([run_report(classes=("0", "1"), confidences=(0.5, 0.6))], folder)
    pictures = sorted(str(path.relative_to(folder)) for path in folder.rglob("*.png"))
    assert pictures == ["champions/run-1/0000_0.png", "champions/run-1/0001_1.png"]
    assert (folder / "champions" / "mine.txt").read_text() == "mine"
    assert not (folder / "champions" / "run-2").exists()
    read_page(folder / "index.html")


def test_the_same_runs_give_the_same_files(tmp_path):
    shown = [run_report()]
    write_report(shown, tmp_path / "one")
    write_report(shown, tmp_path / "two")
    assert tree(tmp_path / "one") == tree(tmp_path / "two")


def test_a_folder_with_other_files_is_left_alone(tmp_path):
    (tmp_path / "index.html").write_text("mine")
    with pytest.raises(UsageError, match=r"out: .* holds no report; .*--overwrite"):
        write_report([run_report()], tmp_path)
    assert tree(tmp_path) == {"index.html": b"mine"}


def test_overwrite_writes_beside_other_files_and_over_those_of_the_same_names(tmp_path):
    (tmp_path / "index.html").write_text("mine")
    (tmp_path / "photo.png").write_bytes(b"mine")
    index = write_report([run_report()], tmp_path, overwrite=True)
    assert len(tiles_of(read_page(index))) == 10
    assert (tmp_path / "photo.png").read_bytes() == b"mine"


def test_a_file_of_the_gallery_that_was_changed_is_kept_until_overwriting_is_asked_for(tmp_path):
    index = write_report([run_report()], tmp_path / "gallery")
    index.write_text("edited by hand")
    with pytest.raises(UsageError, match=r"index.html was not written by foolery, or was changed since"):
        write_report([run_report()], tmp_path / "gallery")
    assert index.read_text() == "edited by hand"
    write_report([run_report()], tmp_path / "gallery", overwrite=True)
    assert len(tiles_of(read_page(index))) == 10


def test_a_list_of_files_that_names_strangers_deletes_none(tmp_path):
    outside = tmp_path / "precious.txt"
    outside.write_text("precious")
    digest = sha256(b"precious").hexdigest()
    folder = tmp_path / "gallery"
    write_report([run_report()], folder)
    (folder / "notes.txt").write_text("notes")
    listed = json.loads((folder / "gallery.json").read_bytes())
    names = ("../precious.txt", str(outside), "notes.txt", "..", "", "champions/../../precious.txt")
    listed["files"].update(dict.fromkeys(names, digest))
    (folder / "gallery.json").write_text(json.dumps(listed))
    write_report([run_report()], folder)
    assert outside.read_text() == "precious"
    assert (folder / "notes.txt").read_text() == "notes"


@pytest.mark.skipif(not hasattr(os, "symlink"), reason="no links on this system")
def test_pictures_are_never_written_through_a_link(tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    folder = tmp_path / "gallery"
    folder.mkdir()
    (folder / "champions").symlink_to(elsewhere, target_is_directory=True)
    with pytest.raises(UsageError, match="leads to another folder by a link"):
        write_report([run_report()], folder, overwrite=True)
    assert list(elsewhere.iterdir()) == []


@pytest.mark.skipif(not hasattr(os, "symlink"), reason="no links on this system")
@pytest.mark.parametrize("name", ["index.html", "champions/run-1/0003_3.png", "gallery.json"])
def test_a_link_in_the_place_of_a_file_is_replaced_and_never_followed(tmp_path, name):
    outside = tmp_path / "outside"
    outside.write_bytes(b"mine")
    link = tmp_path / "gallery" / name
    write_report([run_report()], tmp_path / "gallery")
    link.unlink()
    link.symlink_to(outside)
    with pytest.raises(UsageError, match="--overwrite"):
        write_report([run_report()], tmp_path / "gallery")
    assert link.is_symlink()
    write_report([run_report()], tmp_path / "gallery", overwrite=True)
    assert outside.read_bytes() == b"mine"
    assert not link.is_symlink()


@pytest.mark.parametrize("taken", ["file", "file/below"])
def test_a_file_in_the_way_is_named(tmp_path, taken):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(UsageError, match="out: cannot write to"):
        write_report([run_report()], tmp_path / taken, overwrite=True)
    assert (tmp_path / "file").read_text() == "mine"


def test_no_runs_are_no_gallery(tmp_path):
    with pytest.raises(UsageError, match="report: expected at least one run"):
        write_report([], tmp_path / "gallery")
    assert not (tmp_path / "gallery").exists()


def test_an_index_counts_runs_audits_and_arms_races():
    def entry(kind):
        return IndexEntry(ArtifactCard("x", kind, "", "", "", running=False, attention=False), None)

    run, audit, race = map(entry, ("run", "audit", "arms-race"))
    assert index_title([run], "folder") == "1 run in folder"
    assert index_title([run, run, audit], "folder") == "2 runs and 1 audit in folder"
    assert index_title([run, audit, race, race], "folder") == "1 run, 1 audit and 2 arms races in folder"
