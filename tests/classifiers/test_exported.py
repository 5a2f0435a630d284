import zipfile
from pathlib import Path

import numpy as np
import pytest

from foolery.classifiers import load_classifier
from foolery.classifiers.card import Card, card_beside
from foolery.classifiers.scores import log_softmax
from foolery.errors import UsageError
from support.trap import Trap

torch = pytest.importorskip("torch", reason="the extra torch is not installed")

CANVASES = np.random.default_rng(1).integers(0, 256, (5, 1, 4, 4)).astype(np.uint8)


def exported(folder: Path, *, dynamic: bool = True, height: int = 4) -> tuple[Path, object]:
    torch.manual_seed(0)
    network = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(16, 3)).eval()
    shapes = ({0: torch.export.Dim("batch")},) if dynamic else None
    program = torch.export.export(network, (torch.zeros(2, 1, 4, 4),), dynamic_shapes=shapes)
    path = folder / "net.pt2"
    torch.export.save(program, path)
    how = {
        "canvas": {"channels": 1, "height": height, "width": 4},
        "mean": (0.5,),
        "std": (0.5,),
        "channel_order": "gray",
    }
    said = {"name": "net", "kind": "softmax", "classes": ("a", "b", "c"), "preprocessing": how}
    Card.model_validate(said).write(card_beside(path))
    return path, network


@pytest.mark.parametrize("dynamic", [True, False])
def test_a_trusted_program_is_a_classifier(tmp_path: Path, dynamic):
    path, network = exported(tmp_path, dynamic=dynamic)
    classifier = load_classifier(f"torch:{path}", trust=True)
    with torch.no_grad():
        logits = network((torch.from_numpy(CANVASES).float() / 255 - 0.5) / 0.5)
    np.testing.assert_allclose(classifier.scores(CANVASES), log_softmax(logits.numpy()), atol=1e-5)
    given = classifier.logits(torch.from_numpy(CANVASES).float())
    np.testing.assert_allclose(given.detach().numpy(), logits.numpy(), atol=1e-5)
    assert classifier.description.forward["chunk"] == (50 if dynamic else 2)


def test_without_trust_nothing_in_it_is_run(tmp_path: Path):
    path, _ = exported(tmp_path)
    poisoned = tmp_path / "poisoned.pt2"
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(poisoned, "w") as new:
        for entry in old.infolist():
            content = old.read(entry)
            if entry.filename.endswith(".pt"):
                torch.save(Trap(tmp_path / "sprung"), tmp_path / "trap")
                content = (tmp_path / "trap").read_bytes()
            new.writestr(entry.filename, content)
    card_beside(path).rename(card_beside(poisoned))
    with pytest.raises(UsageError, match=r"can carry code; give --trust if you made it, or convert it"):
        load_classifier(f"torch:{poisoned}")
    assert not (tmp_path / "sprung").exists()


def test_a_card_that_does_not_fit_is_refused(tmp_path: Path):
    path, _ = exported(tmp_path, height=5)
    with pytest.raises(UsageError, match=r"takes .*1, 4, 4\), but its card makes \(N, 1, 5, 4\)"):
        load_classifier(f"torch:{path}", trust=True)


def test_a_damaged_file_gets_one_line(tmp_path: Path):
    path, _ = exported(tmp_path)
    path.write_bytes(path.read_bytes()[:500])
    with pytest.raises(UsageError, match="torch cannot read it") as caught:
        load_classifier(f"torch:{path}", trust=True)
    assert "\n" not in str(caught.value)
