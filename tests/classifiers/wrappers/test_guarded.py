"""A guarded classifier: every command attacks it like any other."""

import json

import numpy as np
import pytest

pytest.importorskip("onnxruntime", reason="the extra onnx is not installed")

from PIL import Image

import foolery.classifiers.wrappers.guarded as guarded_module
from foolery.classifiers import load_classifier, load_recorded
from foolery.classifiers.base import ChunkedClassifier
from foolery.classifiers.observation import observer_of
from foolery.classifiers.wrappers import guards, leaves
from foolery.classifiers.wrappers.ensemble import ensemble
from foolery.classifiers.wrappers.guarded import guard
from foolery.classifiers.wrappers.metered import Metered
from foolery.classifiers.wrappers.rejection import REJECTED
from foolery.detectors import DETECTORS, make_detector
from foolery.engine.ascent import ascend
from foolery.engine.evolution import evolve
from foolery.errors import UsageError
from support.command import invoke
from support.plain import Plain

NOISE = np.random.default_rng(1).integers(0, 256, (60, 1, 28, 28), np.uint8)
OUTPUT_ONLY = ["msp", "max-logit", "margin", "energy", "gen"]
DEEPER = [name for name in DETECTORS if name not in OUTPUT_ONLY]


@pytest.fixture(scope="module", autouse=True)
def training_digits(mnist_train):
    """The same images that are read for each guard, read once."""
    patch = pytest.MonkeyPatch()
    read = guarded_module.load_data
    patch.setattr(
        guarded_module,
        "load_data",
        lambda name, split: mnist_train if (name, split) == ("mnist", "train") else read(name, split),
    )
    yield
    patch.undo()


@pytest.fixture(scope="module")
def lenet():
    return load_classifier("lenet")


@pytest.fixture(scope="module", params=OUTPUT_ONLY)
def guarded(request, lenet):
    return guard(lenet, request.param)


def test_it_is_named_as_it_was_asked_for_and_has_one_class_more(guarded):
    description = guarded.description
    assert description.classes == (*"0123456789", REJECTED)
    assert description.name == f"guarded:lenet+{guarded.reference}"
    assert load_classifier(description.name).description == description


def test_scores_are_logarithms_of_probabilities_that_sum_to_one(guarded, mnist):
    scores = guarded.scores(np.concatenate([mnist.canvases[:100], NOISE]))
    assert np.isfinite(scores).all()
    np.testing.assert_allclose(np.exp(scores).sum(1), 1.0, atol=1e-9)


def test_what_is_accepted_has_the_scores_of_the_classifier_and_what_is_refused_has_no_class(guarded, mnist):
    canvases = np.concatenate([mnist.canvases[:300], NOISE])
    accepted = guarded.margins(canvases) >= 0
    plain, scores = guarded.inner.scores(canvases), guarded.scores(canvases)
    assert 0.85 < accepted[:300].mean() < 0.99
    assert not accepted[300:].any()
    np.testing.assert_array_equal(scores[accepted, :10], plain[accepted])
    np.testing.assert_array_equal(scores.argmax(1) == 10, ~accepted)


def test_nineteen_in_twenty_of_unseen_digits_are_accepted(guarded, mnist):
    assert 0.93 < (guarded.margins(mnist.canvases) >= 0).mean() < 0.97


@pytest.mark.parametrize("name", DEEPER)
@pytest.mark.parametrize("backend", ["onnx", "torch"])
def test_detectors_that_look_deeper_guard_both_back_ends(name, backend, mnist):
    torch = pytest.importorskip("torch", reason="the extra torch is not installed")
    guarded = guard(load_classifier("lenet", backend=backend), name)
    canvases = np.concatenate([mnist.canvases[:400], NOISE[:20]])
    scores, accepted = guarded.scores(canvases), guarded.margins(canvases) >= 0
    np.testing.assert_allclose(scores[accepted, :10], guarded.inner.scores(canvases)[accepted], atol=1e-4)
    np.testing.assert_array_equal(scores.argmax(1) == 10, ~accepted)
    assert 0.85 < accepted[:400].mean() < 0.99
    assert accepted[400:].all() if name == "openmax" else not accepted[400:].any()
    pixels = torch.from_numpy(canvases[380:].astype(np.float32)).requires_grad_()
    logits = guarded.logits(pixels)
    np.testing.assert_allclose(logits.detach().numpy(), scores[380:], rtol=1e-3, atol=0.02)
    (slope,) = torch.autograd.grad(logits[:, 3].sum(), pixels)
    assert (slope != 0).flatten(1).any(1).all()


def test_one_pass_serves_all_detectors(mnist):
    pytest.importorskip("torch", reason="the extra torch is not installed")
    lenet, canvases = load_classifier("lenet"), mnist.canvases[:30]
    detectors = [make_detector(name) for name in DETECTORS]
    seen = observer_of(lenet, detectors)(canvases)
    assert seen.shifted_logits is not None
    for values in (seen.logits, seen.features, seen.density, seen.shifted_logits(0.4, 1000.0)):
        assert len(values) == 30
    np.testing.assert_allclose(seen.features @ seen.weights.T + seen.bias, seen.logits, atol=1e-3)


def test_beyond_the_threshold_scores_still_show_which_image_is_nearer(lenet, mnist):
    guarded = guard(lenet, "energy")
    canvases = np.concatenate([mnist.canvases[:200], NOISE])
    margins = guarded.margins(canvases)
    beyond = margins < 0
    left = np.logaddexp.reduce(guarded.scores(canvases)[:, :10], axis=1)
    np.testing.assert_allclose(left[beyond], margins[beyond] + np.log(0.5), atol=1e-9)


def test_logits_are_the_scores_with_gradients(guarded, mnist):
    torch = pytest.importorskip("torch", reason="the extra torch is not installed")
    canvases = np.concatenate([mnist.canvases[:20], NOISE[:5]])
    pixels = torch.from_numpy(canvases.astype(np.float32)).requires_grad_()
    logits = guarded.logits(pixels)
    np.testing.assert_allclose(logits.detach().numpy(), guarded.scores(canvases), rtol=1e-4, atol=0.01)
    (slope,) = torch.autograd.grad(logits[:, 3].sum(), pixels)
    assert torch.isfinite(slope).all()
    assert (slope.flatten(1) != 0).any(1).all()


def test_chunk_by_chunk_it_gives_the_same(guarded, mnist):
    assert isinstance(guarded, ChunkedClassifier)
    step, canvases = guarded.chunk, mnist.canvases[:53]
    parts = [guarded.outputs(canvases[at : at + step]) for at in range(0, len(canvases), step)]
    np.testing.assert_array_equal(guarded.to_scores(np.concatenate(parts)), guarded.scores(canvases))


def test_its_champions_are_verified_from_their_png_files(tmp_path, lenet):
    from foolery.analysis.verification import verify

    run = evolve(
        guard(lenet, "energy"), encoding="cppn", generations=6, batch=60, seed=1, out=tmp_path / "run"
    )
    assert set(run.champions) == {*"0123456789", REJECTED}
    verification = verify(tmp_path / "run")
    assert verification.passed, verification.problems
    assert verification.champions == 11


def test_gradient_ascent_reaches_images_that_the_detector_accepts(lenet):
    pytest.importorskip("torch", reason="the extra torch is not installed")
    guarded = guard(lenet, "energy")
    run = ascend(guarded, classes=["0", "7"], steps=60, rule={"step_nats": 5.0})
    canvases = np.stack([run.champions[digit].canvas for digit in ("0", "7")])
    assert (guarded.margins(canvases) >= 0).all()
    assert (guarded.scores(canvases).argmax(1) == [0, 7]).all()


def test_black_boxes_are_guarded_by_what_needs_scores_alone():
    both = ensemble(load_classifier("lenet"), load_classifier("lenet-b"))
    with pytest.raises(
        UsageError, match=r"gives scores alone, no logits; detectors that work with it: msp, margin"
    ):
        guard(both, "energy?fit=mnist")
    assert (guard(both, "msp?fit=mnist").scores(NOISE).argmax(1) == 10).all()


def test_what_counts_queries_is_looked_through(lenet):
    assert guard(Metered(lenet), "energy").description == guard(lenet, "energy").description


def test_its_fingerprint_changes_with_what_was_fitted_on(lenet):
    prints = [
        guard(lenet, reference).description.fingerprint
        for reference in ("msp", "msp?count=1000", "msp?tpr=0.9", "margin", "energy", "energy?temperature=2")
    ]
    assert len(set(prints)) == len(prints)


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        (
            "guarded:lenet",
            r"expected a classifier and a detector with \+ between them .* guarded:lenet\+energy",
        ),
        ("guarded:lenet+lenet-b+energy", "expected a classifier and a detector"),
        ("guarded:lenet+enrgy", "did you mean energy"),
        ("guarded:", "wraps nothing"),
        ("guarded:lenet+msp?tpr=much", "tpr: expected a number, got 'much'"),
        ("guarded:lenet+msp?tpr=1.5", "expected a share between 0 and 1"),
        ("guarded:lenet+msp?count=50", r"25 for|50 images .* at least 40 .* give 80"),
        ("guarded:lenet+msp?fit=mist", "data: 'mist' is unknown"),
        ("guarded:guarded:lenet++msp+msp", "has a class 'rejected' already"),
    ],
)
def test_what_does_not_fit_is_refused(reference, message):
    with pytest.raises(UsageError, match=message):
        load_classifier(reference)


def test_a_network_of_unknown_data_needs_some_to_be_named(tmp_path):
    with pytest.raises(
        UsageError, match=r"name some that nothing else uses: guarded:plain0\+msp\?fit=folder:DIR"
    ):
        guard(Plain(), "msp")
    with pytest.raises(UsageError, match="expected a softmax of classes, plain0 gives sigmoid"):
        guard(Plain(kind="sigmoid"), "msp")


def test_a_run_file_does_not_have_data_fetched(monkeypatch, tmp_path):
    monkeypatch.setenv("FOOLERY_DATA", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with pytest.raises(UsageError, match="nothing is fetched because a run file says so"):
        load_recorded("guarded:lenet+msp")


def test_the_parts_of_a_reference_are_told_apart():
    assert leaves("guarded:onnx:a++b.onnx+knn?k=3") == ["onnx:a+b.onnx"]
    assert guards("ensemble:guarded:lenet++energy?fit=mnist+lenet-b") == ["energy?fit=mnist"]
    assert guards("tencrop:lenet") == []


@pytest.mark.parametrize(("row", "label"), [(0, "7"), (None, REJECTED)])
def test_the_command_line_takes_it(tmp_path, mnist, row, label):
    Image.fromarray(NOISE[0, 0] if row is None else mnist.canvases[row, 0]).save(tmp_path / "image.png")
    done = invoke("predict", "guarded:lenet+energy", tmp_path / "image.png", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["images"][0]["top"][0]["class"] == label
