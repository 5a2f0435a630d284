"""The public face: every name is there, documented, and its examples do what they say."""

import doctest
import importlib
import inspect
import re
from pathlib import Path

import pytest

import foolery

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
FUNCTIONS = sorted(name for name in foolery.__all__ if name[0].islower())
#: Functions whose example needs data that are downloaded, or minutes.
UNTESTED = {"detect", "evaluate", "find_card", "harden", "load_data", "reproduce"}


def function_of(name):
    """The function behind a public name; a room that is called stands for one of its own."""
    value = getattr(foolery, name)
    return getattr(value, value.called) if inspect.ismodule(value) else value


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_is_documented_with_an_example(name):
    text = inspect.getdoc(function_of(name))
    assert text
    assert ">>> " in text or "Example" in text


@pytest.mark.parametrize("name", sorted(set(FUNCTIONS) - UNTESTED))
def test_the_examples_do_what_they_say(name, tmp_path, monkeypatch):
    pytest.importorskip("onnxruntime", reason="the extra onnx is not installed")
    if name == "ascend":
        pytest.importorskip("torch", reason="the extra torch is not installed")
    monkeypatch.chdir(tmp_path)
    function = function_of(name)
    module = importlib.import_module(function.__module__)
    tests = doctest.DocTestFinder(recurse=False).find(function, name, module=module)
    results = [doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(test) for test in tests]
    assert sum(result.attempted for result in results) > 0
    assert sum(result.failed for result in results) == 0


def test_a_room_that_is_called_is_still_a_room():
    from foolery.audit import AuditConfig
    from foolery.report import open_artifact

    assert foolery.AuditConfig is AuditConfig
    assert foolery.audit.AuditConfig is AuditConfig
    assert foolery.report.open_artifact is open_artifact
    assert "classifier" in inspect.signature(foolery.audit).parameters


@pytest.mark.parametrize("page", PAGES, ids=[str(page.relative_to(ROOT)) for page in PAGES])
def test_pages_import_from_no_deeper_than_a_room(page):
    blocks = re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    deeper = [
        line for block in blocks for line in block.splitlines() if re.search(r"from foolery\.\w+\.", line)
    ]
    assert deeper == []
