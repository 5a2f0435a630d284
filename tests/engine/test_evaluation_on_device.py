"""A search whose canvases are tensors from end to end, as on a GPU; here on the processor."""

import numpy as np
import pytest

from foolery.analysis.verification import verify
from foolery.encodings.cppn.encoding import Cppn
from foolery.engine.evolution import evolve

torch = pytest.importorskip("torch", reason="torch is not installed")

from foolery.classifiers import load_classifier  # noqa: E402


class TensorCppn(Cppn):
    """Draws tensors."""

    drawn = 0

    def render(self, genomes):
        """``(N, C, H, W) uint8`` tensor."""
        TensorCppn.drawn += len(genomes)
        return torch.from_numpy(super().render(genomes))


@pytest.fixture
def on_a_device(monkeypatch):
    monkeypatch.setattr(
        Cppn, "on_device", lambda self, device: TensorCppn(self.canvas, self.coordinates, self.colors)
    )


def test_a_run_on_a_device_is_a_run_like_any_other(on_a_device, tmp_path):
    lenet = load_classifier("lenet", backend="torch")
    seen = []
    evolve(
        lenet,
        generations=5,
        batch=30,
        out=tmp_path / "there",
        on_progress=lambda progress: seen.append(progress.canvases()),
    )
    assert TensorCppn.drawn == 6 * 30
    assert all(isinstance(canvases, np.ndarray) for canvases in seen)
    assert verify(tmp_path / "there", lenet).passed
