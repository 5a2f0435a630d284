"""A classifier that rejects on p(x)."""

import numpy as np
import pytest

pytest.importorskip("onnxruntime", reason="the extra onnx is not installed")

from foolery.classifiers import load_classifier
from foolery.classifiers.accuracy import measure_accuracy
from foolery.classifiers.base import ChunkedClassifier
from foolery.classifiers.wrappers.rejection import REJECTED
from foolery.engine.ascent import ascend
from foolery.engine.evolution import evolve
from foolery.errors import UsageError

NOISE = np.random.default_rng(1).integers(0, 256, (60, 1, 28, 28), np.uint8)
BOTH = ["rejecting:digits-vae", "rejecting:lenet+digits-vae"]


@pytest.fixture(params=BOTH)
def classifier(request):
    return load_classifier(request.param)


def test_it_is_named_as_it_was_asked_for_and_has_one_class_more(classifier):
    known = classifier.description
    assert known.classes == (*"0123456789", REJECTED)
    assert known.name in BOTH
    assert load_classifier(known.name).description == known


def test_scores_are_logarithms_of_probabilities_that_sum_to_one(classifier, mnist):
    scores = classifier.scores(np.concatenate([mnist.canvases[:100], NOISE]))
    np.testing.assert_allclose(np.exp(scores).sum(1), 1.0, atol=1e-9)


def test_nearly_all_digits_are_accepted_and_noise_is_rejected(classifier, mnist):
    some = mnist.take(np.arange(1000))
    assert 0.02 < measure_accuracy(classifier, some).error < 0.12
    assert (classifier.scores(NOISE).argmax(1) == 10).all()
    assert (classifier.margins(NOISE) < -100).all()


def test_what_is_accepted_has_the_scores_without_a_reject_option(mnist):
    plain, wrapped = load_classifier("lenet"), load_classifier(BOTH[1])
    canvases = mnist.canvases[:200]
    accepted = wrapped.margins(canvases) > 30
    assert accepted.sum() > 50
    np.testing.assert_allclose(
        wrapped.scores(canvases)[accepted, :10], plain.scores(canvases)[accepted], atol=1e-9
    )


def test_far_below_the_level_scores_still_show_which_image_is_nearer(classifier, mnist):
    """A search climbs by them, where a threshold would tell it nothing."""
    blend = np.stack([(share * mnist.canvases[0] + (1 - share) * NOISE[0]) for share in (0, 0.2, 0.4)])
    scores = classifier.scores(blend.astype(np.uint8))[:, :10].max(1)
    assert (np.diff(scores) > 10).all()
    assert np.isfinite(scores).all()


def test_chunk_by_chunk_it_gives_the_same(classifier, mnist):
    assert isinstance(classifier, ChunkedClassifier)
    step = classifier.chunk
    assert step is not None
    canvases = mnist.canvases[: 2 * step + 3]
    parts = [classifier.outputs(canvases[at : at + step]) for at in range(0, len(canvases), step)]
    np.testing.assert_array_equal(classifier.to_scores(np.concatenate(parts)), classifier.scores(canvases))


def test_logits_are_the_scores_with_gradients(classifier, mnist):
    torch = pytest.importorskip("torch", reason="the extra torch is not installed")
    canvases = np.concatenate([mnist.canvases[:20], NOISE[:5]])
    pixels = torch.from_numpy(canvases.astype(np.float32)).requires_grad_()
    logits = classifier.logits(pixels)
    np.testing.assert_allclose(logits.detach().numpy(), classifier.scores(canvases), rtol=1e-4, atol=0.01)
    (slope,) = torch.autograd.grad(logits[:, 3].sum(), pixels)
    assert torch.isfinite(slope).all()
    assert (slope.flatten(1) != 0).any(1).all()


def test_evolution_can_be_run_against_it(classifier):
    exhibit = evolve(classifier, encoding="direct", classes=["3", "8"], generations=3, batch=40, seed=1)
    assert set(exhibit.champions) == {"3", "8"}
    assert exhibit.champions["3"].score < 0


def test_gradient_ascent_moves_where_the_probability_is_zero():
    """The paper's step follows p, and stands still where p underflows."""
    pytest.importorskip("torch", reason="the extra torch is not installed")
    classifier = load_classifier(BOTH[0])
    how = {"start": "noise", "classes": ["0", "7"], "steps": 15}
    still = ascend(classifier, **how)
    climbed = ascend(classifier, rule={"step_nats": 20.0}, **how)
    for digit in how["classes"]:
        first = classifier.scores(still.champions[digit].canvas[None])[0, int(digit)]
        assert climbed.champions[digit].score > first + 100


@pytest.mark.parametrize(
    ("reference", "said"),
    [
        ("rejecting:lenet", r"rejecting: lenet knows no p\(x\) .* rejecting:lenet\+digits-vae"),
        ("rejecting:digits-vae+lenet", "lenet knows no p"),
        ("rejecting:lenet+lenet-b+digits-vae", "expected a classifier and a generative network"),
        ("rejecting:", "wraps nothing"),
        ("rejecting:lenet+digits-vea", "did you mean digits-vae"),
    ],
)
def test_what_does_not_fit_is_refused(reference, said):
    with pytest.raises(UsageError, match=said):
        load_classifier(reference)


def test_it_is_not_wrapped_twice(classifier):
    from foolery.classifiers.wrappers.rejection import with_reject_option

    with pytest.raises(UsageError, match="has a class 'rejected' already"):
        with_reject_option(classifier, load_classifier("digits-vae"))
