"""Gradient ascent as a run: what is stored, resumed, refused."""

import numpy as np
import pytest

pytest.importorskip("torch", reason="the extra torch is not installed")

from foolery import ascend, evolve, load_classifier, open_run
from foolery.analysis.verification import verify_run
from foolery.canvas import canvas_hash, from_png, png_bytes, to_image
from foolery.classifiers.scores import confidence
from foolery.classifiers.wrappers.metered import Budget
from foolery.engine.ascent_start import distances, mean_pixel, start_levels
from foolery.errors import UsageError

QUICK = {"first_gain": 0.1, "last_gain": 0.5}


@pytest.fixture(scope="module")
def lenet():
    return load_classifier("lenet", backend="torch")


def same(first, second) -> None:
    """Champions and history are equal, times apart."""
    for label, champion in first.champions.items():
        other = second.champions[label]
        assert champion.canvas_hash == other.canvas_hash
        assert (champion.confidence, champion.generation) == (other.confidence, other.generation)
    for name in ("queries", "improvements", "median", "min"):
        assert np.array_equal(getattr(first.history, name), getattr(second.history, name)), name


def test_every_digit_is_certain_and_scored_as_exported(lenet, tmp_path):
    exhibit = ascend(lenet, rule=QUICK, steps=100, until=0.9999, out=tmp_path / "run")
    assert exhibit.status == "finished"
    assert exhibit.summary["fooled"]["0.9999"] == 10
    read = np.stack([from_png(png_bytes(each.canvas)) for each in exhibit.champions.values()])
    own = confidence(lenet.scores(read), "softmax")[np.arange(10), np.arange(10)]
    np.testing.assert_allclose(own, [each.confidence for each in exhibit.champions.values()], atol=1e-9)
    assert own.min() >= 0.9999
    assert verify_run(open_run(tmp_path / "run"), lenet).passed
    assert [file.name for file in (tmp_path / "run").iterdir() if file.name.startswith("ascent")] == []


def test_the_run_records_what_was_asked_for(lenet):
    settings = ascend(lenet, preset="blur", steps=2, start="noise", seed=3, classes=["4", "9"]).settings
    assert (settings.search, settings.encoding, settings.seed, settings.cells) == (
        "ascent",
        "direct",
        3,
        (4, 9),
    )
    told = settings.search_options
    assert (told["preset"], told["start"], told["blur"], told["decay"]) == ("blur", "noise", 0.4, 0.001)


def test_every_pass_through_the_network_is_a_query(lenet):
    exhibit = ascend(lenet, steps=5, classes=["1", "2", "3"])
    assert exhibit.history.queries.tolist() == [1, 10, 19, 28, 37, 46]  # one start, then 3 x 3 a step


def test_a_class_rests_once_it_is_certain_enough(lenet):
    exhibit = ascend(lenet, rule=QUICK, steps=100, until=0.9, classes=["3", "5"])
    assert all(0.9 <= each.confidence < 0.999 for each in exhibit.champions.values())
    assert len(exhibit.history) < 60


def test_a_champion_is_the_best_step_not_the_last(lenet):
    exhibit = ascend(lenet, rule={"first_gain": 0.5, "last_gain": 0.9, "decay": 0.3}, steps=30, classes=["0"])
    assert exhibit.champions["0"].confidence == pytest.approx(exhibit.history.max.max())
    assert (np.diff(exhibit.history.max) >= 0).all()


@pytest.mark.parametrize("through", [None, "cppn"])
def test_interrupted_and_resumed_it_ends_as_it_would_have(lenet, tmp_path, through):
    whole = ascend(lenet, through=through, steps=12, seed=1)

    def interrupt(progress) -> None:
        if progress.generation == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ascend(lenet, through=through, steps=12, seed=1, out=tmp_path, on_progress=interrupt)
    stopped = open_run(tmp_path)
    assert (stopped.status, len(stopped.champions), len(stopped.history)) == ("interrupted", 10, 6)
    same(whole, ascend(lenet, through=through, steps=12, seed=1, out=tmp_path, resume=True))


def test_a_spent_budget_ends_it_and_more_goes_on(lenet, tmp_path):
    part = ascend(lenet, steps=9, out=tmp_path, budget=Budget(queries=100))
    assert (part.status, part.history.queries.tolist()) == ("finished", [1, 31, 61, 91])
    same(ascend(lenet, steps=9), ascend(lenet, steps=9, out=tmp_path, resume=True))


def test_a_run_that_reached_its_last_step_has_nothing_to_go_on_from(lenet, tmp_path):
    done = ascend(lenet, steps=3, out=tmp_path)
    same(done, ascend(lenet, steps=3, out=tmp_path, resume=True))
    with pytest.raises(UsageError, match=r"keeps none.*--overwrite"):
        ascend(lenet, steps=4, out=tmp_path, resume=True)
    with pytest.raises(UsageError, match=r"search_options\.preset is plain, not decay"):
        ascend(lenet, preset="decay", steps=4, out=tmp_path, resume=True)


def test_from_a_picture_distances_are_reported(lenet, tmp_path):
    canvas = np.random.default_rng(0).integers(0, 256, (1, 28, 28), np.uint8)
    to_image(canvas).save(tmp_path / "start.png")
    exhibit = ascend(lenet, start=tmp_path / "start.png", rule=QUICK, steps=40, classes=["2"])
    assert exhibit.settings.search_options["start_hash"] == canvas_hash(canvas)
    (far,) = distances({"2": exhibit.champions["2"].canvas}, canvas)
    off = exhibit.champions["2"].canvas.astype(int) - canvas
    assert (far.label, far.linf) == ("2", np.abs(off).max())
    assert far.l2 == pytest.approx(np.linalg.norm(off / 255))
    assert exhibit.champions["2"].confidence > 0.9


def test_the_starts(lenet):
    mean, _ = start_levels(lenet, "mean", 0)
    noise, _ = start_levels(lenet, "noise", 0)
    assert np.array_equal(mean, start_levels(lenet, "mean", 0)[0])
    assert not np.array_equal(mean, start_levels(lenet, "mean", 1)[0])
    how = lenet.card.preprocessing
    assert mean_pixel(lenet)[0] == pytest.approx(how.mean[0] / how.scale)
    assert abs((mean - mean_pixel(lenet)[0]).std() - 1) < 0.1
    assert noise.min() >= 0
    assert noise.max() <= 255
    assert noise.std() == pytest.approx(255 / 12**0.5, rel=0.1)


def test_through_cppns_it_starts_at_the_champions_of_a_run(lenet, tmp_path):
    bred = evolve(lenet, generations=3, batch=20, out=tmp_path)
    exhibit = ascend(lenet, through="cppn", source=tmp_path, steps=10)
    assert exhibit.settings.encoding == "cppn"
    assert exhibit.settings.search_options["start"] == "champions"
    for label, champion in bred.champions.items():
        assert exhibit.champions[label].confidence >= champion.confidence - 1e-5
    assert exhibit.summary["median_confidence"] > bred.summary["median_confidence"]
    assert verify_run(exhibit, lenet).passed


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"start": "nowhere.png"}, "start: expected mean or noise, or an image file"),
        ({"through": "direct"}, "through: unknown 'direct'"),
        ({"through": "cppn", "start": "noise"}, "leave --start out"),
        ({"through": "cppn", "preset": "sparse"}, "use plain or decay"),
        ({"source": "run"}, "--through cppn; name both"),
        ({"through": "cppn", "source": "nowhere"}, "no run there"),
        ({"until": 2.0}, "until: expected a confidence"),
        ({"resume": True}, "resume: a run in memory"),
        ({"preset": "plane"}, "did you mean plain"),
    ],
)
def test_what_cannot_be_used_is_refused(lenet, given, said):
    with pytest.raises(UsageError, match=said):
        ascend(lenet, **given)


def test_a_classifier_without_gradients_is_told_which_search_works(lenet):
    class Blind:
        description = lenet.description

        def scores(self, canvases):
            return lenet.scores(canvases)

    with pytest.raises(UsageError, match=r"has no gradients.*foolery evolve --classifier lenet"):
        ascend(Blind())
