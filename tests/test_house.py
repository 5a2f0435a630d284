"""The house: which room may know which, what the core must not need, and how quickly it opens."""

import ast
import resource
import subprocess
import sys
import time
from graphlib import CycleError, TopologicalSorter
from importlib import import_module
from pathlib import Path

import pytest

import foolery
from foolery.errors import MissingExtraError

SOURCE = Path(foolery.__file__).parent
#: The rooms from the ground up. A file imports from its own room and from lower floors alone.
FLOORS = (
    {
        "errors",
        "canvas",
        "rng",
        "jit",
        "processors",
        "workers",
        "files",
        "text",
        "registry",
        "lazy",
        "results",
        "install",
        "untrusted",
        "arrays",
        "code",
        "stages",
        "schedule",
        "shards",
    },
    {"encodings", "data", "runs", "detectors"},
    {"classifiers"},
    {"training", "search"},
    {"engine", "checks"},
    {"analysis", "hardening"},
    {"audit"},
    {"fooling_sets", "paper", "quiz", "interop", "sweep", "detection"},
    {"report"},
    {"studio"},
    {"cli"},
)
GROUND = FLOORS[0]
FLOOR_OF = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}
#: Rooms on one floor that may know each other, one way; and what only ``cli`` hands to the studio.
NEIGHBOURS: set[tuple[str, str]] = set()
NEVER = {"studio": {"search", "classifiers", "engine"}, "report": {"search"}, "runs": {"classifiers"}}

MODULES = sorted(path for path in SOURCE.rglob("*.py") if path.parent != SOURCE or path.stem in GROUND)


def name_of(path: Path) -> str:
    """The dotted name of a file."""
    parts = path.relative_to(SOURCE).with_suffix("").parts
    return ".".join(("foolery", *(parts[:-1] if parts[-1] == "__init__" else parts)))


def room_of(module: str) -> str:
    """The room that a dotted name below ``foolery`` lies in; the public face is above all."""
    return module.split(".")[1] if "." in module else "cli"


#: What needs torch, or a GPU, in rooms that do without: files that are imported where they are used.
NEED_TORCH = {
    SOURCE / name
    for name in (
        "encodings/differentiable.py", "encodings/torch_direct.py",
        "encodings/cppn/render_torch.py", "encodings/cppn/cuda/encoding.py",
        "search/gradient_ascent.py", "search/gradient_ascent_cppn.py",
    )
}  # fmt: skip
#: Files that import it themselves only where they use it.
ASK_FOR_TORCH = {SOURCE / "search" / "memetic.py"}


def imported_names(path: Path) -> set[str]:
    """Every module that a file imports anywhere, for type checking too."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names.add(str(node.module))
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
    return names


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_a_file_imports_from_its_room_and_from_lower_floors_alone(path):
    room = room_of(name_of(path))
    for name in imported_names(path):
        if name == "foolery" or name.startswith("foolery."):
            other = room_of(name)
            lower = FLOOR_OF[other] < FLOOR_OF[room] or (room in GROUND and other in GROUND)
            assert other == room or lower or (room, other) in NEIGHBOURS, f"{room} imports {name}"
            assert other not in NEVER.get(room, set()), f"{room} imports {name}"


def imports_when_loaded(path: Path) -> set[str]:
    """Modules of foolery that a file imports as soon as it is imported itself."""
    names = set()
    waiting: list[ast.AST] = [ast.parse(path.read_text(encoding="utf-8"))]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            waiting += node.orelse
            continue
        if isinstance(node, ast.ImportFrom):
            names |= {str(node.module)} | {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        waiting += ast.iter_child_nodes(node)
    return names


def test_no_circle_of_files_is_left():
    paths = {name_of(path): path for path in SOURCE.rglob("*.py")}
    graph = {name: imports_when_loaded(path) & set(paths) - {name} for name, path in paths.items()}
    # A file that is imported imports its packages first, so their own imports are none of its.
    graph = {
        name: {other for other in others if not name.startswith(f"{other}.")}
        for name, others in graph.items()
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" imports ".join(reversed(error.args[1])))


def class_names() -> dict[str, list[str]]:
    """Name to the files that define a class of that name."""
    names: dict[str, list[str]] = {}
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                names.setdefault(node.name, []).append(str(path.relative_to(SOURCE)))
    return names


def test_one_name_is_one_class():
    assert {name: paths for name, paths in class_names().items() if len(paths) > 1} == {}


ROOMS = sorted(path.parent for path in SOURCE.glob("*/__init__.py"))


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: room.name)
def test_no_file_has_the_name_of_a_public_name_of_its_room(room):
    """Importing such a file would put the module in the place of the function."""
    module = import_module(f"foolery.{room.name}")
    files = {path.stem for path in room.glob("*.py")} | {
        path.name for path in room.iterdir() if path.is_dir()
    }
    assert set(getattr(module, "__all__", [])) & files == set()


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: room.name)
def test_every_public_name_of_a_room_is_there(room):
    module = import_module(f"foolery.{room.name}")
    for name in getattr(module, "__all__", []):
        try:
            assert getattr(module, name) is not None
        except MissingExtraError as error:
            pytest.skip(str(error))


@pytest.mark.parametrize(
    ("room", "package"),
    [
        ("encodings", "torch"), ("detectors", "torch"), ("search", "torch"), ("runs", "torch"),
        ("engine", "torch"),
        ("checks", "torch"), ("analysis", "torch"), ("hardening", "torch"), ("audit", "torch"),
        ("fooling_sets", "torch"), ("paper", "torch"), ("report", "torch"), ("studio", "torch"),
        ("cli", "torch"),
        ("encodings", "onnxruntime"), ("search", "onnxruntime"), ("runs", "onnxruntime"),
        ("studio", "onnxruntime"), ("studio", "numba"),
    ],
)  # fmt: skip
def test_rooms_that_never_see_a_network_do_not_import_its_package(room, package):
    apart = NEED_TORCH | ASK_FOR_TORCH if package == "torch" else set()
    for path in set((SOURCE / room).rglob("*.py")) - apart:
        assert not {name for name in imported_names(path) if name.split(".")[0] == package}, path


def python(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=300, check=False
    )


def test_the_main_job_is_done_without_torch():
    pytest.importorskip("onnxruntime", reason="the extra onnx is not installed")
    done = python(
        "import sys; sys.modules['torch'] = None\n"
        "import foolery\n"
        "run = foolery.evolve(foolery.load_classifier('lenet'), generations=2, batch=8)\n"
        "print(len(run.champions))\n"
    )
    assert (done.returncode, done.stdout) == (0, "10\n"), done.stderr


def test_the_core_imports_nothing_that_an_extra_brings():
    """All modules of the rooms that do without, every one of them imported."""
    without = set(FLOOR_OF) - GROUND - {"classifiers", "training", "studio"}
    names = [
        ".".join(("foolery", *path.relative_to(SOURCE).with_suffix("").parts))
        for path in MODULES
        if path.relative_to(SOURCE).parts[0] in without and path.stem != "__init__" and path not in NEED_TORCH
    ]
    assert len(names) > 30
    extras = {"torch", "torchvision", "timm", "transformers", "onnx", "onnxscript", "onnxruntime", "pyarrow"}
    extras |= {"matplotlib"}
    imports = "\n".join(f"import {name}" for name in names)
    done = python(f"import sys\n{imports}\nprint(sorted(set(sys.modules) & {extras!r}))")
    assert done.stdout == "[]\n", done.stderr


def seconds_of(*words: str, enough: float) -> float:
    """Processor time of a process, the least of up to 25 tries: busy neighbours slow most of them."""

    def spent() -> float:
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        return used.ru_utime + used.ru_stime

    least = float("inf")
    for _ in range(25):
        before = spent()
        subprocess.run([sys.executable, *words], check=True, stdout=subprocess.DEVNULL, timeout=60)
        least = min(least, spent() - before)
        if least < enough:
            break
        time.sleep(0.2)
    return least


@pytest.mark.parametrize("words", [("-c", "import foolery"), ("-m", "foolery", "--help")])
def test_it_opens_in_under_a_third_of_a_second(words):
    assert seconds_of(*words, enough=0.3) < 0.3


def test_help_loads_nothing_heavy():
    heavy = {"numpy", "numba", "pydantic", "PIL", "jinja2", "onnxruntime", "torch", "rich.console"}
    code = (
        "import sys; from foolery.cli.main import main; sys.argv = ['foolery', '--help']\n"
        "try: main()\nexcept SystemExit: pass\n"
        f"print(sorted({heavy!r} & set(sys.modules)))"
    )
    assert python(code).stdout.splitlines()[-1] == "[]"


def test_every_public_name_is_there():
    for name in foolery.__all__:
        assert getattr(foolery, name) is not None
    assert set(foolery.__all__) <= set(dir(foolery))
    with pytest.raises(AttributeError, match="no attribute 'envolve'"):
        _ = foolery.envolve
