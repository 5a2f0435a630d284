"""Display: everything scored and drawn that a page shows, from a real run of a real classifier."""

import numpy as np
import pytest

from foolery.classifiers import load_classifier
from foolery.classifiers.scores import confidence
from foolery.classifiers.wrappers.metered import Budget
from foolery.data.labelled import LabelledImages
from foolery.engine.evolution import evolve
from foolery.errors import UsageError
from foolery.report.model import make_run_report
from foolery.report.model.champion import GRID, OCCLUSION_QUERIES, occlusion_map
from foolery.report.model.discover import ClassifierLoader
from foolery.runs import open_run_file
from support.plain import Plain, noise


@pytest.fixture(scope="module")
def lenet():
    return load_classifier("lenet")


@pytest.fixture(scope="module")
def folder(tmp_path_factory, lenet):
    folder = tmp_path_factory.mktemp("run")
    evolve(lenet, generations=25, batch=40, seed=2, out=folder)
    return folder


@pytest.fixture(scope="module")
def display(folder, lenet):
    return make_run_report(open_run_file(folder), lenet, panel=[load_classifier("perceptron")])


def test_first_answers_are_the_classifier_s_and_hold_what_the_run_recorded(display):
    for label, champion in display.exhibit.champions.items():
        top = display.sight(label).top
        assert len(top) == 5
        values = [answer.confidence for answer in top]
        assert values == sorted(values, reverse=True)
        own = [answer.confidence for answer in top if answer.label == label]
        assert not own or abs(own[0] - champion.confidence) < 1e-5
        assert own or champion.confidence <= values[-1] + 1e-5


def test_without_a_classifier_nothing_is_scored_and_everything_else_is_drawn(folder):
    display = make_run_report(open_run_file(folder))
    assert display.real_images is None
    for sight in display.details.values():
        assert (sight.top, sight.occlusion, sight.panel) == ((), None, ())
        assert sight.graph is not None
        assert sight.ancestry is not None


def test_a_line_of_ancestors_ends_with_the_champion_and_says_what_the_run_recorded(folder, display):
    run = open_run_file(folder)
    recorded = {(reign.generation, reign.confidence) for reign in run.replacements}
    for row in run.champions:
        label = run.settings.classes[run.settings.cells[row.cell]]
        line = display.sight(label).line
        assert line.length == len(run.lineage(row.individual))
        assert 1 <= len(line.shown) <= min(8, line.length)
        generations = [one.generation for one in line.shown]
        assert generations == sorted(generations)
        assert (line.shown[-1].label, line.shown[-1].confidence) == (label, row.confidence)
        assert np.array_equal(line.shown[-1].canvas, display.exhibit.champions[label].canvas)
        assert {(one.generation, one.confidence) for one in line.shown} <= recorded


def test_a_run_that_keeps_no_ancestors_has_no_lines(tmp_path, lenet):
    evolve(lenet, encoding="direct", generations=3, batch=20, out=tmp_path)
    display = make_run_report(open_run_file(tmp_path))
    assert all(sight.ancestry is None and sight.graph is None for sight in display.details.values())


def test_the_course_ends_with_the_champions_and_its_median_is_the_recorded_one(folder, display):
    run, course = open_run_file(folder), display.course
    assert course.generation.tolist() == run.history.generation.tolist()
    assert np.allclose(course.quantiles[:, 2], run.history.median)
    assert (np.diff(course.quantiles, axis=1) >= 0).all()
    assert course.late.tolist() == [row.confidence for row in run.champions]
    assert (course.early <= course.late).all()


def test_covering_a_part_is_what_the_map_says(display, lenet):
    label = max(display.exhibit.champions, key=lambda each: display.exhibit.champions[each].confidence)
    champion, occlusion = display.exhibit.champions[label], display.sight(label).occlusion
    assert occlusion.confidences.shape == (GRID, GRID)
    covered = champion.canvas.copy()
    centre = round(2.5 * 28 / 8 - 3.5), round(5.5 * 28 / 8 - 3.5)
    covered[:, centre[0] : centre[0] + 7, centre[1] : centre[1] + 7] = round(float(champion.canvas.mean()))
    value = confidence(lenet.scores(covered[None]), "softmax")[0, champion.index]
    assert occlusion.confidences[2, 5] == pytest.approx(value, abs=1e-6)


@pytest.mark.parametrize("axes", [(1, 1, 1), (3, 2, 9), (1, 28, 28), (3, 31, 17)])
def test_patches_together_cover_every_pixel_of_any_canvas(axes):
    picture = noise(1, axes)[0]
    seen = np.zeros(axes[1:], bool)

    class Watch(Plain):
        def scores(self, canvases):
            seen[(canvases != picture).any(axis=(0, 1))] = True
            return super().scores(canvases)

    watch = Watch(1, axes)
    occlusion_map(watch, picture, 0)
    assert sum(watch.asked) == OCCLUSION_QUERIES
    mean = picture.mean(axis=(1, 2)).round().astype(np.uint8)[:, None, None]
    assert (seen | (picture == mean).all(axis=0)).all()


def test_the_budget_holds_and_the_surest_come_first(folder):
    run = open_run_file(folder)
    lenet = load_classifier("lenet")
    few = make_run_report(run, lenet, budget=Budget(queries=10 + 2 * OCCLUSION_QUERIES))
    mapped = [label for label, sight in few.details.items() if sight.occlusion is not None]
    surest = sorted(few.result.champions.values(), key=lambda one: -one.confidence)[:2]
    assert set(mapped) == {one.label for one in surest}
    assert all(sight.top for sight in few.details.values())
    assert any("2 surest" in note for note in few.notes)
    none = make_run_report(run, lenet, budget=Budget(queries=9))
    assert not any(sight.top or sight.occlusion for sight in none.details.values())


def test_another_classifier_is_not_asked_and_the_page_says_so(folder):
    display = make_run_report(open_run_file(folder), load_classifier("lenet-b"))
    assert not any(sight.top for sight in display.details.values())
    assert "not the classifier" in display.notes[0]


def test_real_pictures_are_shown_with_what_the_classifier_gives_their_class(folder, lenet, mnist):
    some = LabelledImages(mnist.canvases[:60], mnist.labels[:60], mnist.classes)
    photos = make_run_report(open_run_file(folder), lenet, data=some).real_images
    assert len(photos.confidences) == 60
    scores = confidence(lenet.scores(some.canvases), "softmax")
    first = int(np.flatnonzero(some.labels == 7)[0])
    assert np.array_equal(photos.examples["7"].canvas, some.canvases[first])
    assert photos.examples["7"].confidence == pytest.approx(scores[first, 7], abs=1e-6)


def test_data_of_other_classes_are_refused(folder, lenet):
    data = LabelledImages(noise(4, (1, 28, 28)), np.arange(4), ("cat", "dog", "owl", "eel"))
    with pytest.raises(UsageError, match="class names match none"):
        make_run_report(open_run_file(folder), lenet, data=data)


def test_a_panel_says_its_first_answer_and_what_it_gives_the_class(folder, display):
    perceptron = load_classifier("perceptron")
    for label, champion in display.exhibit.champions.items():
        (verdict,) = display.sight(label).verdicts
        scores = confidence(perceptron.scores(champion.canvas[None]), "softmax")[0]
        assert verdict.first.label == str(scores.argmax())
        assert verdict.own == pytest.approx(scores[champion.index], abs=1e-6)
        assert verdict.agrees == (verdict.first.label == label)


def test_a_panel_without_the_class_says_so(folder):
    stranger = Plain(5, (1, 28, 28), classes=("7", "dog", "owl"))
    display = make_run_report(open_run_file(folder), panel=[stranger])
    assert display.detail("7").panel[0].confidence is not None
    assert display.detail("3").panel[0].confidence is None
    assert not display.detail("3").panel[0].matches


def test_what_a_run_names_is_loaded_once_and_never_run(folder):
    loader, settings = ClassifierLoader(), open_run_file(folder).settings
    first, said = loader(settings)
    assert (first.description.name, said) == ("lenet", "")
    assert loader(settings)[0] is first
    hostile = settings.model_copy(update={"classifier": "python:os:system"})
    nothing, said = loader(hostile)
    assert nothing is None
    assert "not loaded because a run file says so" in said
