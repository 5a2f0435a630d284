"""The GitHub Action and the container: their steps are run as the scripts that they are."""

import json
import os
import re
import subprocess
import sys
import sysconfig
import tempfile
import venv
from pathlib import Path

import pytest
import yaml

import foolery

ROOT = Path(__file__).parents[1]
ACTION = ROOT / "action" / "action.yml"
PIP_WHEEL = (sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "-q")
CONTAINER = ROOT / "container" / "Containerfile"

pytest.importorskip("onnxruntime", reason="the extra onnx is not installed")


@pytest.fixture(scope="module")
def action():
    return yaml.safe_load(ACTION.read_text(encoding="utf-8"))


def run_step(step, inputs, cwd):
    """What GitHub does with a step: its inputs go into the environment, and bash runs it."""
    own = {
        name: re.sub(r"\$\{\{ inputs\.([\w-]+) \}\}", lambda match: inputs[match[1]], value)
        for name, value in step["env"].items()
    }
    environment = {
        **os.environ,
        **own,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(Path(foolery.__file__).parents[1]),
        "GITHUB_STEP_SUMMARY": str(cwd / "step-summary.md"),
    }
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
        cwd=cwd, env=environment, capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip


def inputs_of(action, **given):
    return {name: given.get(name, one.get("default", "")) for name, one in action["inputs"].items()}


def steps_of(action):
    return {step["name"]: step for step in action["runs"]["steps"] if "name" in step}


def test_what_it_uses_is_pinned_by_digest(action):
    used = [step["uses"] for step in action["runs"]["steps"] if "uses" in step]
    assert used
    assert all(re.fullmatch(r"[\w/-]+@[0-9a-f]{40}", one) for one in used)


def test_no_input_is_pasted_into_a_script(action):
    for step in action["runs"]["steps"]:
        assert "${{" not in step.get("run", "")
        assert "run" not in step or step["shell"] == "bash"


@pytest.mark.parametrize(("gate", "code"), [("score < 1", 0), ("fooled-by-any > 1%", 1)])
def test_its_steps_audit_and_summarize(action, mnist, tmp_path, gate, code):
    """Two gates, one on each line; spaces and special characters stay what they are."""
    given = {"classifier": "lenet", "data": "mnist", "budget": "1000", "out": "the audit"}
    inputs = inputs_of(action, **given, **{"fail-on": f"{gate}\nscore < 0.5\n"})
    audit = run_step(steps_of(action)["audit"], inputs, tmp_path)
    assert audit.returncode == code, audit.stderr
    assert (tmp_path / "the audit.junit.xml").read_text().count("<testcase") == 2
    assert (tmp_path / "the audit.sarif").is_file()
    assert not list((tmp_path / "the audit").rglob("*.db"))
    assert run_step(steps_of(action)["summary"], inputs, tmp_path).returncode == 0
    assert "## Audit of `lenet`" in (tmp_path / "step-summary.md").read_text()


def test_a_summary_that_is_not_there_is_no_error(action, tmp_path):
    assert run_step(steps_of(action)["summary"], inputs_of(action), tmp_path).returncode == 0


def container_lines():
    """The instructions of the container file: name and argument, continued lines joined."""
    text = CONTAINER.read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line.split(None, 1) for line in text.splitlines() if line and not line.startswith("#")]
    return [(name, argument.strip()) for name, argument in lines]


def test_the_container_file_has_no_secret_and_no_root():
    lines = container_lines()
    assert [name for name, _ in lines] == ["FROM", "COPY", "RUN", "USER", "WORKDIR", "ENTRYPOINT", "CMD"]
    (user,) = [argument for name, argument in lines if name == "USER"]
    assert f"useradd --create-home {user}" in dict(lines)["RUN"]


def test_the_container_installs_the_wheel_and_starts_foolery(tmp_path):
    """Its steps as a script, for there is no container engine: a fresh environment stands for the image.

    What foolery depends on is lent to it, so that pip need not download; the wheel is really installed.
    """
    with tempfile.TemporaryDirectory() as folder:
        wheels = Path(folder)
        built = subprocess.run(
            [*PIP_WHEEL, "-w", folder, str(ROOT)],
            capture_output=True, text=True, check=False, timeout=600,
        )  # fmt: skip
        if built.returncode:
            pytest.skip(f"no wheel can be built here: {built.stderr[-200:]}")
        image = tmp_path / "image"
        venv.create(image, with_pip=False, symlinks=True)
        (packages,) = (image / "lib").glob("python*/site-packages")
        (packages / "lent.pth").write_text(f"{sysconfig.get_path('purelib')}\n")
        lines = dict(container_lines())
        steps = [step.strip() for step in lines["RUN"].replace("/tmp/", f"{wheels}/").split("&&")]
        assert [step.split()[0] for step in steps] == ['wheel="$(ls', "python", "rm", "useradd"]
        script = " && ".join(step for step in steps if not step.startswith("useradd"))
        environment = {"PATH": f"{image / 'bin'}{os.pathsep}{os.defpath}", "HOME": str(tmp_path)}
        done = subprocess.run(
            ["bash", "-ec", script], env=environment, capture_output=True, text=True, check=False, timeout=600
        )
        assert done.returncode == 0, done.stderr
        assert not list(wheels.glob("*.whl"))
        assert (packages / "foolery" / "__init__.py").is_file()
        program = [*json.loads(lines["ENTRYPOINT"]), *json.loads(lines["CMD"])]
        shown = subprocess.run(
            program, env=environment, capture_output=True, text=True, check=False, cwd=tmp_path
        )
        assert shown.returncode == 0, shown.stderr
        assert "audit" in shown.stdout
