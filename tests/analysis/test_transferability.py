"""Transfer: what is counted, what is left out, and what is said of it."""

import json
from dataclasses import replace

import numpy as np
import pytest

from foolery.analysis.transferability import check_fingerprint, transfer
from foolery.classifiers import load_classifier
from foolery.data import fit
from foolery.engine.evolution import evolve
from foolery.errors import UsageError
from support.plain import Plain
from support.results import run_result

NAMES = ("cat", "dog", "owl")
CANVAS = (3, 6, 8)


def run(classes=NAMES, confidences=(0.9999, 0.99, 0.5), **more):
    return run_result(classes=classes, canvas=CANVAS, confidences=confidences, **more)


def answers(classifier, shown):
    canvases = np.stack([one.canvas for one in shown.champions.values()])
    return np.exp(classifier.scores(canvases))


def test_every_figure_is_what_counting_by_hand_gives():
    shown, other = run(), Plain(4, CANVAS, classes=("owl", "cat", "dog"))
    given, places = answers(other, shown), [1, 2, 0]
    own = given[range(3), places]
    matched = given.argmax(axis=1) == places
    (passage,) = transfer([shown], [other]).rows[0].cells
    assert passage.images == 3
    assert passage.matches == matched.sum()
    assert passage.match_rate == pytest.approx(matched.mean())
    assert passage.confidence == pytest.approx(own.mean())
    for mean, rows in ((passage.confidence_matched, matched), (passage.confidence_mismatched, ~matched)):
        expected = given.max(axis=1)[rows]
        assert mean == pytest.approx(expected.mean()) if rows.any() else np.isnan(mean)
    assert passage.both_99 == pytest.approx(np.mean((own >= 0.99) & (np.array([0.9999, 0.99, 0.5]) >= 0.99)))
    assert passage.source_9999 == pytest.approx(1 / 3)
    assert not passage.own


def test_the_classifier_that_was_fooled_gives_back_what_the_run_recorded():
    pytest.importorskip("onnxruntime", reason="the extra onnx is not installed")
    lenet = load_classifier("lenet")
    shown = evolve(lenet, generations=5, batch=20)
    found = transfer([shown], [lenet, load_classifier("lenet-b")])
    own, other = found.rows[0].cells
    assert (own.own, other.own) == (True, False)
    recorded = np.mean([one.confidence for one in shown.champions.values()])
    assert own.confidence == pytest.approx(recorded, abs=1e-6)
    assert other.confidence != pytest.approx(recorded, abs=1e-6)
    assert found.columns == ("lenet", "lenet-b")
    assert found.notes == ()


def test_canvases_of_another_size_go_through_the_one_fit():
    shown, other = run(), Plain(1, (1, 5, 9), classes=NAMES)
    canvases = np.stack([fit(one.canvas, other.description.canvas) for one in shown.champions.values()])
    expected = np.exp(other.scores(canvases))[range(3), range(3)].mean()
    found = transfer([shown], [other])
    assert found.rows[0].cells[0].confidence == pytest.approx(expected)
    assert found.rows[0].cells[0].resized
    assert any("short side resized" in note for note in found.notes)


def test_classes_that_the_other_has_not_are_listed_and_counted():
    found = transfer([run()], [Plain(2, CANVAS, classes=("Dog", "eel", "owl", "elk"))])
    assert found.unmatched == (("cat",),)
    assert (found.rows[0].cells[0].images, found.rows[0].cells[0].excluded) == (2, 1)


def test_no_class_in_common_is_refused_with_some_of_both():
    with pytest.raises(UsageError, match=r"none of the 3 classes of run \(cat, dog, owl, …\) .* \(x, y, z"):
        transfer([run()], [Plain(2, CANVAS, classes=("x", "y", "z"))])


def test_runs_are_pooled_by_their_classifier_and_encoding():
    shown = [run(name="a", seed=1), run(name="b", seed=2), run(name="c", seed=1, encoding="direct")]
    found = transfer(shown, [Plain(3, CANVAS)])
    assert [row.name for row in found.rows] == ["a", "b", "c"]
    assert [(row.name, row.runs) for row in found.pooled] == [("lenet, cppn", 2), ("lenet, direct", 1)]
    first, second = (row.cells[0] for row in found.rows[:2])
    pooled = found.pooled[0].cells[0]
    assert pooled.images == 6
    assert pooled.matches == first.matches + second.matches
    assert pooled.confidence == pytest.approx((first.confidence + second.confidence) / 2)


def test_a_classifier_that_only_has_the_name_is_noted():
    (note,) = transfer([run(classifier="plain0")], [Plain(0, CANVAS)]).notes
    assert note.startswith("plain0 is not the classifier that run fooled, though it has its name")


def test_a_run_against_another_classifier_is_told():
    shown = run()
    with pytest.raises(UsageError, match=r"run run: was made against lenet .*, not against plain0"):
        check_fingerprint(shown, Plain(0).description)
    check_fingerprint(shown, replace(Plain(0).description, fingerprint=shown.settings.fingerprint))


def test_a_canvas_that_was_not_scored_is_refused():
    shown = run()
    cat = shown.champions["cat"]
    changed = replace(shown, champions={**shown.champions, "cat": replace(cat, canvas=cat.canvas ^ 1)})
    with pytest.raises(UsageError, match=r"1 canvases are not those that were scored \(cat first\)"):
        transfer([changed], [Plain(0, CANVAS)])


def test_runs_without_champions_are_left_out_and_noted_unless_all_are():
    empty = run(confidences=(), name="empty")
    found = transfer([run(), empty], [Plain(0, CANVAS)])
    assert [row.name for row in found.rows] == ["run"]
    assert "empty has no champions yet and is left out" in found.notes
    with pytest.raises(UsageError, match="none of the runs has a champion"):
        transfer([empty], [Plain(0, CANVAS)])
    with pytest.raises(UsageError, match="at least one run and one classifier"):
        transfer([], [Plain(0, CANVAS)])


def test_of_cosines_no_share_above_a_confidence_is_told_and_json_has_no_nan():
    found = transfer([run()], [Plain(0, CANVAS, kind="similarity")])
    assert np.isnan(found.rows[0].cells[0].both_99)
    text = json.dumps(found.to_dict(), allow_nan=False)
    assert json.loads(text)["rows"][0]["cells"][0]["both_99"] is None
