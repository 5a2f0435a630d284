"""A plugin package, built and installed into a fresh environment, is used from the command line by name."""

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import numpy as np
import pytest

import foolery

pytest.importorskip("hatchling", reason="hatchling, which builds the plugin, is not installed")

PLUGIN = Path(__file__).parent / "foolery-stripes"
PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "write-a-plugin.md"
SOURCE = Path(foolery.__file__).parents[1]


class Environment:
    """A virtual environment that sees the packages of the tests' own."""

    def __init__(self, folder):
        self.folder = folder
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
        (self.python,) = [path for path in folder.glob("*/python*") if path.stem == "python"]
        (packages,) = [path for path in folder.rglob("site-packages") if not path.is_symlink()]
        seen = [SOURCE, sysconfig.get_path("purelib"), sysconfig.get_path("platlib")]
        (packages / "tests.pth").write_text("\n".join(map(str, dict.fromkeys(seen))) + "\n")
        self.packages = packages

    def install(self, package):
        """``pip install`` of a folder; without the network, since all that it needs is there."""
        pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", self.python, "install"]
        done = self._run([*pip, "--no-deps", "--no-build-isolation", "--no-index", package])
        assert done.returncode == 0, done.stderr

    def foolery(self, *words):
        """``foolery WORDS``."""
        return self._run([self.python, "-m", "foolery", *words])

    def _run(self, command):
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        return subprocess.run(
            list(map(str, command)),
            cwd=self.folder,
            env=environment | {"COLUMNS": "200"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("plugins")
    shutil.copytree(PLUGIN, folder / "source")
    environment = Environment(folder / "venv")
    environment.install(folder / "source")
    return environment


@pytest.fixture(scope="module")
def digits(installed):
    """A file of the plugin's data format."""
    file = installed.folder / "digits.npz"
    images = np.random.default_rng(0).integers(0, 256, (40, 1, 28, 28), np.uint8)
    np.savez(file, images=images, labels=np.arange(40) % 10, classes=np.array(list("0123456789")))
    return file


def test_its_encoding_evolves_images_by_name(installed, tmp_path):
    pytest.importorskip("onnxruntime", reason="the extra onnx is not installed")
    words = ["-e", "stripes", "--stripes", "4", "--generations", "3", "--batch", "20", "--json"]
    done = installed.foolery("evolve", "-c", "lenet", *words, "--out", tmp_path / "run")
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    assert (summary["encoding"], summary["encoding_options"]) == ("stripes", {"stripes": 4})
    verified = installed.foolery("verify", tmp_path / "run")
    assert verified.returncode == 0, verified.stderr


def test_its_options_are_checked_and_stand_in_the_help(installed, tmp_path):
    words = ["evolve", "-c", "lenet", "-e", "stripes", "--out", tmp_path / "run"]
    done = installed.foolery(*words, "--stripes", "many")
    assert done.returncode == 2
    assert "stripes: expected a whole number, got 'many'" in done.stderr
    assert "Number of stripes" in installed.foolery("evolve", "--help").stdout


def test_its_data_format_is_named_as_foolerys_own_are(installed, digits):
    pytest.importorskip("onnxruntime", reason="the extra onnx is not installed")
    done = installed.foolery("evaluate", "lenet", "--data", f"npz:{digits}", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["images"] == 40
    nothing = installed.foolery("evaluate", "lenet", "--data", "npz:nothing.npz")
    assert nothing.returncode == 2
    assert nothing.stderr.startswith("error: data npz:nothing.npz: expected images, labels and classes")


def test_its_attack_is_tried_by_an_audit_that_names_it(installed, tmp_path):
    pytest.importorskip("onnxruntime", reason="the extra onnx is not installed")
    words = [
        "audit",
        "lenet",
        "--attacks",
        "random-stripes,uniform-noise",
        "--budget",
        "1000",
        "--seeds",
        "1",
    ]
    done = installed.foolery(*words, "--out", tmp_path / "audit", "--json")
    assert done.returncode == 0, done.stderr
    attacks = {attack["name"]: attack for attack in json.loads(done.stdout)["attacks"]}
    assert set(attacks) == {"random-stripes", "uniform-noise"}
    assert attacks["random-stripes"]["about"] == "random horizontal stripes"
    assert attacks["random-stripes"]["queries"] > 0


def test_without_the_package_its_names_are_unknown_and_say_what_to_do(tmp_path):
    code = "from foolery.data import load_data; load_data('npz:digits.npz')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "data: 'npz:digits.npz' is unknown; known: mnist" in done.stderr
    assert "if it is a plugin's, install its package first" in done.stderr


def test_one_that_is_broken_is_a_line_of_warning_and_foolery_goes_on(tmp_path):
    environment = Environment(tmp_path / "venv")
    shutil.copytree(PLUGIN, tmp_path / "source")
    (tmp_path / "source" / "foolery_stripes" / "__init__.py").write_text("import no_such_package\n")
    environment.install(tmp_path / "source")
    done = environment.foolery("evolve", "--help")
    assert done.returncode == 0, done.stderr
    fine = environment.foolery("evaluate", "lenet", "--data", "npz:digits.npz")
    assert fine.returncode == 2
    warning, error = fine.stderr.splitlines()
    left_out = (
        "'npz' of foolery-stripes 1.0 is left out: it cannot be loaded (ModuleNotFoundError: No module named "
        "'no_such_package'); mend it, or pip uninstall foolery-stripes"
    )
    assert warning == f"warning: data plugin {left_out}"
    assert error == f"error: data: {left_out}"


def test_one_for_another_version_is_named_with_both_versions(tmp_path):
    environment = Environment(tmp_path / "venv")
    shutil.copytree(PLUGIN, tmp_path / "source")
    module = tmp_path / "source" / "foolery_stripes" / "__init__.py"
    module.write_text(module.read_text().replace("foolery_api = 1", "foolery_api = 2"))
    environment.install(tmp_path / "source")
    done = environment.foolery("evolve", "-c", "lenet", "-e", "stripes", "--out", tmp_path / "run")
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1] == (
        "error: encoding: 'stripes' of foolery-stripes 1.0 is left out: it is for version 2 of the plugin "
        "interface, this foolery has 1; install a version that fits, or pip uninstall foolery-stripes"
    )


def test_two_of_one_name_are_both_named(tmp_path):
    environment = Environment(tmp_path / "venv")
    for name in ("foolery-stripes", "other-stripes"):
        source = shutil.copytree(PLUGIN, tmp_path / name)
        module = name.replace("-", "_")
        (source / "foolery_stripes").rename(source / module)
        for file in (source / "pyproject.toml", source / module / "__init__.py"):
            text = file.read_text().replace("foolery-stripes", name).replace("foolery_stripes", module)
            file.write_text(text)
        environment.install(source)
    done = environment.foolery("evolve", "-c", "lenet", "-e", "stripes", "--out", tmp_path / "run")
    assert done.returncode == 2
    assert done.stderr.splitlines() == [
        "error: encoding: 'stripes' is offered by foolery-stripes 1.0 and other-stripes 1.0; uninstall one "
        "of them"
    ]


def test_the_page_shows_the_plugin_as_it_is():
    text = PAGE.read_text(encoding="utf-8")
    shown = dict(re.findall(r"`([\w./]+)`:\n\n```\w+\n(.*?)```", text, re.DOTALL))
    files = [path for path in PLUGIN.rglob("*") if path.suffix in (".py", ".toml")]
    assert {str(path.relative_to(PLUGIN)) for path in files} == set(shown)
    for path in files:
        assert shown[str(path.relative_to(PLUGIN))] == path.read_text(encoding="utf-8"), path
