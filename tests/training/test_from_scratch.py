from pathlib import Path

import pytest

from foolery.classifiers import load_classifier
from foolery.classifiers.accuracy import measure_accuracy
from foolery.classifiers.builtin import SHIPPED, card_of
from foolery.classifiers.card import read_card
from foolery.errors import UsageError
from foolery.training.from_scratch import train

torch = pytest.importorskip("torch", reason="the extra torch is not installed")
pytest.importorskip("onnxscript", reason="the extra torch is not installed")

STEPS = 30
FILES = ["tiny.card.json", "tiny.onnx", "tiny.safetensors"]


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory, mnist, mnist_train) -> Path:
    """A short, real training."""
    folder = tmp_path_factory.mktemp("trained") / "new"
    train("lenet", data="mnist", seed=7, out=folder, name="tiny", iterations=STEPS)
    return folder


def test_three_files_are_written(tiny: Path):
    assert sorted(path.name for path in tiny.iterdir()) == FILES
    assert (tiny / "tiny.onnx").stat().st_size < 20_000


def test_the_card_says_how_it_was_made(tiny: Path):
    card = read_card(tiny / "tiny.card.json")
    assert card.name == "tiny"
    assert card.architecture == "lenet"
    assert card.made_by == f"foolery train lenet --data mnist --seed 7 --name tiny --iterations {STEPS}"
    assert "30 iterations of batch 64" in card.notes


def test_both_files_are_the_classifier_that_the_card_measured(tiny: Path, mnist):
    pytest.importorskip("onnxruntime", reason="the extra onnx is not installed")
    card = read_card(tiny / "tiny.card.json")
    for reference in (f"onnx:{tiny / 'tiny.onnx'}", f"torch:{tiny / 'tiny.safetensors'}"):
        answers = measure_accuracy(load_classifier(reference), mnist)
        assert 1 - answers.top(1) == pytest.approx(card.test_error, abs=2e-4)
        assert answers.median_confidence() == pytest.approx(card.median_confidence, abs=1e-4)
        assert answers.calibration_error() == pytest.approx(card.calibration_error, abs=1e-3)
    assert card.test_error is not None
    assert card.test_error < 0.4


def test_the_same_seed_writes_the_same_files(tiny: Path, tmp_path: Path):
    train("lenet", data="mnist", seed=7, out=tmp_path, name="tiny", iterations=STEPS)
    for name in FILES:
        assert (tmp_path / name).read_bytes() == (tiny / name).read_bytes(), name


def test_nothing_is_overwritten_unless_asked_for(tiny: Path):
    before = {name: (tiny / name).read_bytes() for name in FILES}
    with pytest.raises(UsageError, match=r"out: .*tiny\.safetensors is there already; .*--overwrite"):
        train("lenet", data="mnist", seed=8, out=tiny, name="tiny", iterations=1)
    assert {name: (tiny / name).read_bytes() for name in FILES} == before


def test_files_can_be_replaced_when_asked_for(tiny: Path, tmp_path: Path):
    for name in FILES:
        (tmp_path / name).write_bytes(b"old")
    card = train("lenet", data="mnist", seed=8, out=tmp_path, name="tiny", iterations=1, overwrite=True)
    assert read_card(tmp_path / "tiny.card.json") == card


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"architecture": "lenett"}, "architecture: 'lenett' is unknown; did you mean lenet"),
        ({"data": "mnits"}, "data: 'mnits' is unknown; did you mean mnist"),
        ({"seed": -1}, "seed: expected a whole number"),
        ({"iterations": 0}, "iterations: expected a whole number"),
        ({"name": "../elsewhere"}, "name: expected letters"),
        ({"out": Path(__file__)}, "out: cannot make the folder"),
    ],
)
def test_what_cannot_be_done_is_refused_before_the_work(tmp_path: Path, mnist_train, changes, said):
    asked = {"architecture": "lenet", "data": "mnist", "seed": 0, "out": tmp_path / "new", "iterations": 1}
    with pytest.raises(UsageError, match=said):
        train(**(asked | changes))
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    ("name", "architecture"), [("lenet", "lenet"), ("lenet-b", "lenet"), ("perceptron", "perceptron")]
)
def test_the_shipped_graphs_are_what_is_written_today(name, architecture, tmp_path: Path):
    from safetensors.torch import load_file

    from foolery.classifiers.architectures import build
    from foolery.training.export import export_network

    network = build(architecture, 10)
    network.load_state_dict(load_file(SHIPPED / f"{name}.safetensors"))
    export_network(network, (1, 28, 28), tmp_path / f"{name}.safetensors", tmp_path / f"{name}.onnx")
    assert (tmp_path / f"{name}.safetensors").read_bytes() == (SHIPPED / f"{name}.safetensors").read_bytes()
    onnx = pytest.importorskip("onnx")
    ours, shipped = (
        onnx.load_model(path / f"{name}.onnx", load_external_data=False) for path in (tmp_path, SHIPPED)
    )
    assert [node.op_type for node in ours.graph.node] == [node.op_type for node in shipped.graph.node]
    assert ours.graph.initializer == shipped.graph.initializer
    assert card_of(name).architecture == architecture


def test_a_graph_says_nothing_about_the_machine_that_wrote_it(tiny: Path):
    content = (tiny / "tiny.onnx").read_bytes()
    for word in (b"/", b"stack_trace", b"torch"):
        assert word not in content
