"""The line that adds an extra, for each way in which foolery comes onto a machine."""

import json
import shlex
import sys

import pytest

from foolery import install
from foolery.install import install_command, shell_words


@pytest.fixture
def installed_from(monkeypatch):
    """Sets what pip noted about where foolery came from."""

    def note(origin):
        class Noted:
            def read_text(self, name):
                return None if origin is None else json.dumps(origin)

        monkeypatch.setattr(install.Distribution, "from_name", lambda name: Noted())
        install._source.cache_clear()

    yield note
    install._source.cache_clear()


@pytest.fixture
def checkout(tmp_path):
    folder = tmp_path / "a checkout"
    folder.mkdir()
    (folder / "pyproject.toml").write_text("")
    return folder


def test_a_checkout_is_named_by_its_path(installed_from, checkout):
    installed_from({"url": checkout.as_uri(), "dir_info": {}})
    pip = [sys.executable, "-m", "pip", "install"]
    assert shlex.split(install_command("onnx")) == [*pip, f"{checkout}[onnx]"]
    installed_from({"url": checkout.as_uri(), "dir_info": {"editable": True}})
    assert shlex.split(install_command("onnx", "studio")) == [*pip, "-e", f"{checkout}[onnx,studio]"]


def test_a_repository_is_named_by_its_address(installed_from):
    installed_from({"url": "https://example.org/f.git", "vcs_info": {"vcs": "git", "commit_id": "1"}})
    assert shlex.split(install_command("plots"))[-1] == "foolery[plots] @ git+https://example.org/f.git"


def test_a_release_is_named_by_its_name_and_a_checkout_that_is_gone_too(
    installed_from, tmp_path, monkeypatch
):
    monkeypatch.setattr(install, "_checkout_of_this_file", lambda: None)
    installed_from(None)
    assert shlex.split(install_command("onnx"))[-1] == "foolery[onnx]"
    installed_from({"url": (tmp_path / "gone").as_uri(), "dir_info": {}})
    assert shlex.split(install_command("onnx"))[-1] == "foolery[onnx]"


def test_without_pip_it_is_uv_that_installs_into_this_python(installed_from, monkeypatch):
    monkeypatch.setattr(install, "find_spec", lambda name: None)
    installed_from(None)
    assert shlex.split(install_command("onnx"))[:5] == ["uv", "pip", "install", "--python", sys.executable]


def test_both_shells_of_windows_read_double_quotes():
    line = shell_words(["C:\\py\\python.exe", "-m", "pip", "C:\\my folder[a]", "foolery[a]"], windows=True)
    assert line == 'C:\\py\\python.exe -m pip "C:\\my folder[a]" "foolery[a]"'
