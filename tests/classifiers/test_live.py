"""Live models: torch modules, estimators and functions become classifiers in one line."""

import numpy as np
import pytest

import foolery
from foolery.errors import UsageError

GRAY = (1, 8, 8)


def light(images):
    """``(N, 2)`` logits: bright, dark."""
    values = images.reshape(len(images), -1).mean(axis=1) / 255
    return np.stack([values, 1 - values], axis=1)


def test_a_function_gets_canvases_as_they_are():
    seen = []

    def watching(images):
        seen.append((images.shape, images.dtype))
        return light(images)

    classifier = foolery.wrap(watching, canvas=GRAY, classes=2)
    assert seen == [((3, 1, 8, 8), np.uint8)]
    assert classifier.description.classes == ("0", "1")
    assert classifier.description.name == "wrapped:watching"
    bright = np.full((1, *GRAY), 255, np.uint8)
    assert classifier.scores(bright).argmax() == 0


def test_with_mean_and_std_a_function_gets_preprocessed_images():
    seen = []

    def watching(images):
        seen.append(images.copy())
        return images.reshape(len(images), -1)[:, :2]

    foolery.wrap(watching, canvas=(3, 4, 4), classes=2, mean=(0.5, 0.5, 0.5), std=0.25)
    images = seen[0]
    assert images.dtype == np.float32
    assert images[0] == pytest.approx(-2)
    assert images[1] == pytest.approx(2)


def test_a_wrapped_function_is_fooled_and_its_run_verified_when_it_is_given_again(tmp_path):
    classifier = foolery.wrap(light, canvas=GRAY, classes=["bright", "dark"])
    run = foolery.evolve(classifier, generations=3, batch=20, out=tmp_path / "run")
    assert run.champions["bright"].confidence > 0.5
    assert foolery.verify(tmp_path / "run", classifier).passed
    with pytest.raises(UsageError, match=r"wrapped:light.*--classifier python:MODULE:NAME"):
        foolery.verify(tmp_path / "run")


def test_an_estimator_says_itself_what_its_classes_are():
    sklearn = pytest.importorskip("sklearn.pipeline")
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler

    pixels = np.random.default_rng(0).integers(0, 256, (40, 64))
    answers = np.where(pixels.mean(axis=1) > 127, "bright", "dark")
    pipeline = sklearn.make_pipeline(StandardScaler(), LogisticRegression()).fit(pixels, answers)
    classifier = foolery.wrap(pipeline, canvas=GRAY)
    assert classifier.description.classes == ("bright", "dark")
    canvases = pixels.reshape(40, *GRAY).astype(np.uint8)
    assert np.exp(classifier.scores(canvases)) == pytest.approx(pipeline.predict_proba(pixels), abs=1e-5)


@pytest.fixture
def module():
    torch = pytest.importorskip("torch", reason="the extra torch is not installed")
    torch.manual_seed(0)
    return torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Dropout(0.5), torch.nn.Linear(192, 3))


def test_a_module_in_training_mode_is_set_to_eval_and_that_is_said(module):
    from foolery.classifiers.live import ModelNotice

    with pytest.warns(ModelNotice, match="training mode"):
        classifier = foolery.wrap(module, canvas=(3, 8, 8), classes=["a", "b", "c"], device="cpu")
    assert not module.training
    assert any("training mode" in note for note in classifier.description.notes)
    canvases = np.random.default_rng(0).integers(0, 256, (4, 3, 8, 8)).astype(np.uint8)
    assert (classifier.scores(canvases) == classifier.scores(canvases)).all()


def test_a_module_in_eval_mode_gets_what_its_owner_would_give_it_and_stays_trainable(module):
    import torch

    module.eval()
    classifier = foolery.wrap(module, canvas=(3, 8, 8), classes=3, mean=0.5, std=0.25, device="cpu")
    assert classifier.description.notes == ()
    canvases = np.random.default_rng(1).integers(0, 256, (4, 3, 8, 8)).astype(np.uint8)
    with torch.no_grad():
        expected = module((torch.from_numpy(canvases) / 255 - 0.5) / 0.25).log_softmax(1)
    assert classifier.scores(canvases) == pytest.approx(expected.numpy(), abs=1e-5)
    assert all(each.requires_grad for each in module.parameters())


def test_a_module_that_gives_a_tuple_is_refused_with_the_remedy(module):
    import torch

    class Two(torch.nn.Module):
        def forward(self, images):
            return images.flatten(1)[:, :3], images

    with pytest.raises(UsageError, match=r"tuple of 2.*model\(images\)\[0\]"):
        foolery.wrap(Two().eval(), canvas=(3, 8, 8), classes=3, device="cpu")


@pytest.mark.parametrize(
    ("model", "options", "words"),
    [
        (lambda images: light(images)[:, :1], {"classes": 3}, r"expected \(3, 3\).*got \(3, 1\)"),
        (lambda images: light(images)[0], {"classes": 2}, r"expected \(3, 2\).*got \(2, 2\)"),
        (lambda images: light(images) * np.nan, {"classes": 2}, "NaN"),
        (lambda images: (light(images), images), {"classes": 2}, r"tuple of 2.*lambda images"),
        (lambda images: {"logits": light(images)}, {"classes": 2}, r"dict of 1"),
        (lambda images: 1 / 0, {"classes": 2}, "cannot score canvases.*ZeroDivisionError"),
        (light, {}, "classes: function does not say"),
        (light, {"classes": 0}, "classes: expected 1 to"),
        (light, {"classes": ["a", "a"]}, "'a' twice"),
        (light, {"classes": 2, "canvas": (8, 8)}, r"canvas: expected \(channels, height, width\)"),
        (light, {"classes": 2, "canvas": (8, 8, 3)}, "1 or 3 channels first"),
        (light, {"classes": 2, "mean": (0.1, 0.2)}, "mean: expected one number"),
        (light, {"classes": 2, "std": 0.0}, "std"),
        (7, {"classes": 2}, "expected a torch module.*got int"),
    ],
)
def test_what_cannot_be_wrapped_gets_one_sentence(model, options, words):
    with pytest.raises(UsageError, match=words) as caught:
        foolery.wrap(model, **({"canvas": GRAY} | options))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("job", [foolery.evolve, foolery.load_classifier, foolery.preflight])
def test_a_model_that_is_not_wrapped_is_told_how_to_be(job):
    with pytest.raises(UsageError, match=r"foolery\.wrap\(model"):
        job(light)
