import subprocess
import sys

import pytest

from foolery.install import install_command

pytest.importorskip("torch", reason="the extra torch is not installed")

MISSING = """
import sys
for name in {missing!r}:
    sys.modules[name] = None
from foolery.classifiers import load_classifier
try:
    load_classifier({reference!r})
except Exception as error:
    print(type(error).__name__, error)
"""


def output_of(program: str) -> str:
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize(
    ("missing", "reference", "package", "extra"),
    [
        (["torch"], "torchvision:alexnet", "torch", "vision"),
        (["torch"], "hf:org/name", "torch", "hf"),
        (["torch"], "torch:net.safetensors", "torch", "torch"),
        (["torchvision"], "torchvision:alexnet", "torchvision", "vision"),
        (["timm"], "timm:resnet18", "timm", "vision"),
        (["transformers"], "hf:org/name", "transformers", "hf"),
    ],
)
def test_a_missing_extra_gets_the_line_that_installs_it(missing, reference, package, extra):
    said = output_of(MISSING.format(missing=missing, reference=reference))
    assert said.startswith(f"MissingExtraError {package} is needed to run "), said
    assert said.endswith(f"and is not installed; run: {install_command(extra)}")


FAILING = """
import sys
from importlib.abc import MetaPathFinder
class Fails(MetaPathFinder):
    tries = 0
    def find_spec(self, name, path, target=None):
        if name == "torchvision":
            Fails.tries += 1
            if Fails.tries == 1:
                raise RuntimeError({complaint!r})
sys.meta_path.insert(0, Fails())
import foolery.classifiers.torchvision as tried
try:
    module = tried.import_torchvision("run a test")
    print("imported", len(tried._LIBRARIES))
except RuntimeError as error:
    print("raised", error, len(tried._LIBRARIES))
"""


@pytest.mark.parametrize("complaint", ["operator torchvision::roi_align does not exist", "another"])
def test_other_failures_are_not_touched(complaint):
    assert output_of(FAILING.format(complaint=complaint)) == f"raised {complaint} 0"


def test_operators_are_declared_only_where_they_are_missing():
    said = output_of(
        "from foolery.classifiers.torchvision import _LIBRARIES, import_torchvision\n"
        "try:\n"
        "    import torchvision\n"
        "    needed = False\n"
        "except RuntimeError:\n"
        "    needed = True\n"
        "import_torchvision('run a test'); import_torchvision('run a test')\n"
        "from torchvision import models, transforms\n"
        "print(len(_LIBRARIES) == needed)\n"
    )
    assert said == "True"
