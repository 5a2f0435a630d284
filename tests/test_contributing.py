"""CONTRIBUTING: its map is the house, and whoever follows a line of "What to copy" has added something."""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

import foolery
from foolery.data.registry import load_data
from foolery.errors import UsageError
from test_house import FLOOR_OF, FLOORS, GROUND

SOURCE = Path(foolery.__file__).parent
PAGE = (Path(__file__).parents[1] / "CONTRIBUTING.md").read_text(encoding="utf-8")
LINE = re.compile(r"\| ([\w ]+) \| `([\w/]+\.py)` \| one (?:`Entry`|line) in `([\w/]+\.py)` \|")
COPIES = LINE.findall(PAGE)


def rows(heading: str) -> list[list[str]]:
    """The cells of the table under a heading, without its head."""
    part = PAGE.split(f"## {heading}\n")[1].split("\n## ")[0]
    lines = [line for line in part.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines[2:]]


def test_the_map_has_every_room_on_its_floor():
    for floor, rooms, _ in rows("The rooms"):
        names = set(re.findall(r"`(\w+)/?`", rooms))
        assert names <= FLOORS[int(floor) - 1]
    named = {name for _, rooms, _ in rows("The rooms") for name in re.findall(r"`(\w+)/?`", rooms)}
    assert named == set(FLOOR_OF)
    assert set(FLOORS[0]) == GROUND


def test_every_place_that_is_named_is_there():
    headings = ("Where is what?", "What to copy", "Changes that touch several files")
    for text in [cell for heading in headings for row in rows(heading) for cell in row]:
        for place in re.findall(r"`([\w/]+(?:/|\.py))`", text):
            beside = [SOURCE / room / place for room in re.findall(r"`([\w/]+)/`", text)]
            assert any(path.exists() for path in (SOURCE / place, *beside)), place


@dataclass(frozen=True)
class Copy:
    """One line of the table, followed.

    Attributes:
        renames: names in the copied file that become others.
        before: in the file of the registry, what the new line goes in front of.
        line: the new line.
        command: that uses what was added.
        says: what the command prints then.
        data: that it needs.
        imported: the import that the new line needs.
    """

    renames: dict[str, str]
    before: str
    line: str
    command: tuple[str, ...]
    says: str
    data: str | None = None
    imported: str = ""


FOLLOWED = {
    "an encoding": Copy(
        {"class Sparse": "class Copied", '"sparse"': '"copied"'},
        '        Entry("sparse"',
        '        Entry("copied", "a copy", "foolery.encodings.copied:Copied", (_SQUARES,)),\n',
        ("evolve", "-c", "lenet", "-e", "copied", "-n", "1", "--batch", "8", "--out", "run"),
        "copied",
    ),
    "a kind of classifier": Copy(
        {},
        '        Entry(\n            "torch"',
        '        Entry("copied", "a copy", f"{_HERE}.copied:open_reference", form="copied:FILE"),\n',
        ("preflight", "copied:LENET", "--json"),
        '"copied:LENET"',
    ),
    "a data format": Copy(
        {},
        '        Entry(\n            "cifar10"',
        '        Entry("copied", "a copy", "foolery.data.copied:open_mnist"),\n',
        ("evaluate", "lenet", "--data", "copied"),
        "copied",
        data="mnist",
    ),
    "a detector": Copy(
        {},
        '        Entry(\n            "gen"',
        '        Entry("copied", "a copy", f"{_HERE}.copied:Energy"),\n',
        ("preflight", "guarded:lenet+copied", "--json"),
        "guarded:lenet+copied",
        data="mnist",
    ),
    "images that need no search": Copy(
        {},
        ")\n\n\nSYNTHETIC",
        '    SyntheticKind("copied", "a copy", 8, copied),\n',
        ("audit", "lenet", "--attacks", "copied", "--budget", "1000", "--out", "audit"),
        "copied",
        imported="from foolery.data.synthetic.copied import uniform as copied",
    ),
    "an attack of an audit": Copy(
        {
            "class SyntheticAttack": "class CopiedAttack",
            "return self.kind.name": 'return "copied"',
        },
        '    _Row("sparse"',
        '    _Row("copied", 5.0, 100, "a copy", CopiedAttack(synthetic_kinds()[0])),\n',
        ("audit", "lenet", "--attacks", "copied", "--budget", "1000", "--out", "audit"),
        "copied",
        imported="from foolery.audit.attacks.copied import CopiedAttack",
    ),
    "an experiment of the paper": Copy(
        {'name="fig4"': 'name="copied"'},
        '        _entry("fig5"',
        '        _entry("copied", "a copy"),\n',
        ("reproduce", "--list"),
        "copied",
    ),
    "a command": Copy(
        {"def show(": "def copied("},
        '    CommandEntry("verify"',
        '    CommandEntry("copied", "A copy.", MORE),\n',
        ("--help",),
        "copied",
    ),
}


def test_every_line_is_followed():
    assert [name for name, _, _ in COPIES] == list(FOLLOWED)


@pytest.mark.parametrize(("what", "file", "registry"), COPIES, ids=[name for name, _, _ in COPIES])
def test_whoever_follows_a_line_has_added_something(what, file, registry, tmp_path):
    follow = FOLLOWED[what]
    if follow.data is not None:
        try:
            load_data(follow.data)
        except UsageError as error:
            pytest.skip(str(error))
    house = tmp_path / "foolery"
    shutil.copytree(SOURCE, house, ignore=shutil.ignore_patterns("__pycache__"))
    text = (house / file).read_text(encoding="utf-8")
    for old, new in follow.renames.items():
        assert old in text
        text = text.replace(old, new)
    (house / file).with_name("copied.py").write_text(text, encoding="utf-8")
    table = (house / registry).read_text(encoding="utf-8")
    assert table.count(follow.before) == 1
    table = table.replace(follow.before, follow.line + follow.before)
    table = table.replace("\nfrom foolery", f"\n{follow.imported}\nfrom foolery", 1)
    (house / registry).write_text(table, encoding="utf-8")
    lenet = SOURCE / "classifiers" / "shipped" / "lenet.onnx"
    words = [word.replace("LENET", str(lenet)) for word in follow.command]
    done = subprocess.run(
        [sys.executable, "-m", "foolery", *words],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(tmp_path), "FOOLERY_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert follow.says.replace("LENET", str(lenet)) in done.stdout + done.stderr
