"""Everything scored and rendered that a page shows, from a real run of a real classifier."""

import numpy as np
import pytest

from foolery.classifiers import load_classifier
from foolery.classifiers.scores import confidence
from foolery.classifiers.wrappers.metered import Budget
from foolery.data.labelled import LabelledImages
from foolery.engine.evolution import evolve
from foolery.errors import UsageError
from foolery.report import make_run_report
from foolery.report.artifact import ClassifierLoader
from foolery.report.model.champion import GRID, OCCLUSION_QUERIES, occlusion_map
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
def report(folder, lenet):
    return make_run_report(open_run_file(folder), lenet, panel=[load_classifier("perceptron")])


def test_top_predictions_are_the_classifier_s_and_hold_what_the_run_recorded(report):
    for label, champion in report.result.champions.items():
        top = report.detail(label).top
        assert len(top) == 5
        values = [each.confidence for each in top]
        assert values == sorted(values, reverse=True)
        own = [each.confidence for each in top if each.label == label]
        assert not own or abs(own[0] - champion.confidence) < 1e-5
        assert own or champion.confidence <= values[-1] + 1e-5


def test_without_a_classifier_nothing_is_scored_and_everything_else_is_drawn(folder):
    report = make_run_report(open_run_file(folder))
    assert report.real_images is None
    for detail in report.details.values():
        assert (detail.top, detail.occlusion, detail.panel) == ((), None, ())
        assert detail.graph is not None
        assert detail.ancestry is not None


def test_a_line_of_ancestors_ends_with_the_champion_and_says_what_the_run_recorded(folder, report):
    run = open_run_file(folder)
    recorded = {(each.generation, each.confidence) for each in run.replacements}
    for row in run.champions:
        label = run.settings.classes[run.settings.cells[row.cell]]
        line = report.detail(label).ancestry
        assert line.length == len(run.lineage(row.individual))
        assert 1 <= len(line.steps) <= min(8, line.length)
        generations = [each.generation for each in line.steps]
        assert generations == sorted(generations)
        assert (line.steps[-1].label, line.steps[-1].confidence) == (label, row.confidence)
        assert np.array_equal(line.steps[-1].canvas, report.result.champions[label].canvas)
        assert {(each.generation, each.confidence) for each in line.steps} <= recorded


def test_a_run_that_keeps_no_ancestors_has_no_lines(tmp_path, lenet):
    evolve(lenet, encoding="direct", generations=3, batch=20, out=tmp_path)
    report = make_run_report(open_run_file(tmp_path))
    assert all(detail.ancestry is None and detail.graph is None for detail in report.details.values())


def test_the_convergence_ends_with_the_champions_and_its_median_is_the_recorded_one(folder, report):
    run, convergence = open_run_file(folder), report.convergence
    assert convergence.generation.tolist() == run.history.generation.tolist()
    assert np.allclose(convergence.quantiles[:, 2], run.history.median)
    assert (np.diff(convergence.quantiles, axis=1) >= 0).all()
    assert convergence.final.tolist() == [row.confidence for row in run.champions]
    assert (convergence.after_tenth <= convergence.final).all()


def test_covering_a_part_is_what_the_map_says(report, lenet):
    label = max(report.result.champions, key=lambda each: report.result.champions[each].confidence)
    champion, occlusion = report.result.champions[label], report.detail(label).occlusion
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


def test_the_budget_holds_and_the_best_come_first(folder):
    run = open_run_file(folder)
    lenet = load_classifier("lenet")
    few = make_run_report(run, lenet, budget=Budget(queries=10 + 2 * OCCLUSION_QUERIES))
    mapped = [label for label, detail in few.details.items() if detail.occlusion is not None]
    best = sorted(few.result.champions.values(), key=lambda each: -each.confidence)[:2]
    assert set(mapped) == {each.label for each in best}
    assert all(detail.top for detail in few.details.values())
    assert any("2 champions of highest confidence" in note for note in few.notes)
    none = make_run_report(run, lenet, budget=Budget(queries=9))
    assert not any(detail.top or detail.occlusion for detail in none.details.values())


def test_another_classifier_is_not_asked_and_the_page_says_so(folder):
    report = make_run_report(open_run_file(folder), load_classifier("lenet-b"))
    assert not any(detail.top for detail in report.details.values())
    assert "not the classifier" in report.notes[0]


def test_real_pictures_are_shown_with_what_the_classifier_gives_their_class(folder, lenet, mnist):
    some = LabelledImages(mnist.canvases[:60], mnist.labels[:60], mnist.classes)
    real = make_run_report(open_run_file(folder), lenet, data=some).real_images
    assert len(real.confidences) == 60
    scores = confidence(lenet.scores(some.canvases), "softmax")
    first = int(np.flatnonzero(some.labels == 7)[0])
    assert np.array_equal(real.examples["7"].canvas, some.canvases[first])
    assert real.examples["7"].confidence == pytest.approx(scores[first, 7], abs=1e-6)


def test_data_of_other_classes_are_refused(folder, lenet):
    data = LabelledImages(noise(4, (1, 28, 28)), np.arange(4), ("cat", "dog", "owl", "eel"))
    with pytest.raises(UsageError, match="class names match none"):
        make_run_report(open_run_file(folder), lenet, data=data)


def test_a_panel_says_its_first_answer_and_what_it_gives_the_class(folder, report):
    perceptron = load_classifier("perceptron")
    for label, champion in report.result.champions.items():
        (prediction,) = report.detail(label).panel
        scores = confidence(perceptron.scores(champion.canvas[None]), "softmax")[0]
        assert prediction.top.label == str(scores.argmax())
        assert prediction.confidence == pytest.approx(scores[champion.index], abs=1e-6)
        assert prediction.matches == (prediction.top.label == label)


def test_a_panel_without_the_class_says_so(folder):
    stranger = Plain(5, (1, 28, 28), classes=("7", "dog", "owl"))
    report = make_run_report(open_run_file(folder), panel=[stranger])
    assert report.detail("7").panel[0].confidence is not None
    assert report.detail("3").panel[0].confidence is None
    assert not report.detail("3").panel[0].matches


def names(settings):
    """As a loader takes them."""
    return settings.classifier, settings.fingerprint, settings.classes


def test_what_a_run_names_is_loaded_once_and_never_run(folder):
    loader, settings = ClassifierLoader(), open_run_file(folder).settings
    first, reason = loader(*names(settings))
    assert (first.description.name, reason) == ("lenet", "")
    assert loader(*names(settings))[0] is first
    hostile = settings.model_copy(update={"classifier": "python:os:system"})
    nothing, reason = loader(*names(hostile))
    assert nothing is None
    assert "not loaded because a run file says so" in reason
