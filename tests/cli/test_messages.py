"""Every command and every option that a message of foolery names: it exists."""

import ast
import re
from pathlib import Path

import pytest

import foolery
from foolery.cli._app import load
from foolery.cli.commands import COMMANDS

SOURCE = Path(foolery.__file__).parent
FILES = sorted(SOURCE.rglob("*.py"))
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]*[a-z]\b")
COMMAND = re.compile(r"(?<![\w./-])foolery ([a-z][a-z-]+)(.*?)(?=foolery |[.;)] |$)", re.DOTALL)
#: Options of other programs that strings name: the CUDA compiler's, uv's, tf2onnx's.
OF_OTHERS = {
    "--python", "--fmad", "--ftz", "--gpu-architecture", "--opset", "--prec-div", "--prec-sqrt", "--std",
}  # fmt: skip
#: What follows the word "foolery" in a sentence and is no command.
WORDS = {
    "can", "does", "has", "is", "itself", "knows", "needs", "reads", "run", "ships", "takes", "trained",
    "wrote", "that", "gives", "find", "trains", "build", "or", "and", "cannot", "version", "again", "to",
    "with",
}  # fmt: skip


def options_of(name: str) -> set[str]:
    """Every option of a command."""
    command = load(next(entry for entry in COMMANDS if entry.name == name))
    listed = {word for each in command.params for word in (*each.opts, *each.secondary_opts)}
    return listed | {"--help", "--debug", "--version", "--with", "--events"}


EVERY = set().union(*(options_of(entry.name) for entry in COMMANDS))


def texts(path: Path) -> list[str]:
    """String literals of a file that are no docstrings; what is filled in stands as ``{}``."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, documented) and node.body and isinstance(node.body[0], ast.Expr)
    }
    found, inner = [], set()
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            inner |= {id(part) for part in node.values}
            parts = [str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values]
            found.append("".join(parts))
    found += [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        if id(node) not in docstrings | inner
    ]
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_options_and_commands_of_messages_exist(path):
    names = {entry.name for entry in COMMANDS}
    for text in texts(path):
        unknown = set(OPTION.findall(text)) - EVERY - OF_OTHERS
        assert not unknown, f"no command has {sorted(unknown)}: {text!r}"
        for name, rest in COMMAND.findall(text):
            if name in names:
                strange = set(OPTION.findall(rest)) - options_of(name)
                assert not strange, f"foolery {name} has no {sorted(strange)}: {text!r}"
            else:
                assert name in WORDS, f"no command {name!r}: {text!r}"


def test_a_wrong_option_would_be_found():
    assert OPTION.findall("evolve with --keep all, or --keep-genomes=all") == ["--keep", "--keep-genomes"]
    assert COMMAND.findall("see: foolery verify {} --json, or foolery cannot") == [
        ("verify", " {} --json, or "),
        ("cannot", ""),
    ]
