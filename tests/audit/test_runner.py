"""Audits of the shipped network, from their configuration to their verdict."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace

import numpy as np
import pytest

from audit.conftest import Cool, small_config
from foolery.audit import open_audit, run_audit
from foolery.audit.attacks import select_attacks
from foolery.canvas import canvas_hash, from_png
from foolery.classifiers.base import Classifier
from foolery.errors import GateError, UsageError
from foolery.runs import open_run_file
from foolery.search.objectives import margins


def test_figures_can_be_had_again_from_the_pictures(lenet, config):
    audit = run_audit(lenet, config)
    assert audit == open_audit(config.out)
    assert audit.state == "finished"
    pictures = np.stack([from_png((config.out / one.image).read_bytes()) for one in audit.champions])
    scores = lenet.scores(pictures)
    leads = margins(scores)
    for row, one in enumerate(audit.champions):
        assert canvas_hash(pictures[row]) == one.canvas_hash
        assert scores[row, one.index] == pytest.approx(one.score, abs=1e-5)
        assert leads[row, one.index] == pytest.approx(one.value, abs=1e-4)
        assert one.fooled == (one.value >= audit.reference.threshold)
        assert one.fooled == any(at is not None for at in one.queries_to_fool)
    assert audit.verdict.fooled_by_any.value == np.mean([one.fooled for one in audit.champions])
    assert audit.verdict.above_real_median.value == np.mean(
        [one.above_real_median for one in audit.champions]
    )


def test_a_class_falls_when_its_batch_was_answered(lenet, config):
    audit = run_audit(lenet, config)
    tiles, cppn = audit.attacks
    run = open_run_file(config.out / cppn.run)
    least = audit.reference.threshold
    seen = 0
    for one in audit.champions:
        reigns = [reign for reign in run.replacements if reign.cell == one.index and reign.objective >= least]
        if one.attack != "cppn" or not reigns or one.queries_to_fool[0] == tiles.queries:
            continue
        assert one.queries_to_fool[0] == run.history.queries[reigns[0].generation]
        seen += 1
    assert seen
    assert audit.curves[0].fooled[-1] == audit.verdict.fooled_by_any.value


def test_logits_divided_by_ten_get_the_same_score_from_the_same_champions(lenet, mnist, tmp_path):
    plain = run_audit(lenet, small_config(mnist, tmp_path / "plain"))
    cool = run_audit(Cool(lenet), small_config(mnist, tmp_path / "cool"))
    assert [one.canvas_hash for one in cool.champions] == [one.canvas_hash for one in plain.champions]
    assert [one.queries_to_fool for one in cool.champions] == [one.queries_to_fool for one in plain.champions]
    assert cool.verdict.score.value == pytest.approx(plain.verdict.score.value, abs=0.05)
    assert cool.verdict.previous == plain.verdict.previous
    assert cool.verdict.above_real_median == plain.verdict.above_real_median
    assert cool.reference.threshold == pytest.approx(plain.reference.threshold / 10, rel=1e-6)
    # an absolute gate lets it pass, for nothing
    assert plain.verdict.above["0.99"] > 0.5
    assert cool.verdict.above["0.9"] == 0.0


def test_without_real_pictures_there_is_no_score_and_the_reason_is_said(lenet, mnist, tmp_path):
    audit = run_audit(lenet, small_config(mnist, tmp_path / "a", data=None))
    assert audit.verdict.score is None
    assert audit.verdict.above["0.5"] > 0.5
    assert any("no score" in note and "--data" in note for note in audit.notes)


def test_a_folder_with_other_things_is_left_alone(lenet, config):
    config.out.mkdir()
    (config.out / "thesis.txt").write_text("mine")
    with pytest.raises(UsageError, match="not empty"):
        run_audit(lenet, config)
    assert [path.name for path in config.out.iterdir()] == ["thesis.txt"]


def test_gates_and_panel_are_judged(lenet, mnist, tmp_path):
    gates = ("fooled@tpr95 > 0.3", "score < 0")
    audit = run_audit(lenet, small_config(mnist, tmp_path / "a", fail_on=gates, panel=None))
    assert [gate.failed for gate in audit.gates] == [True, False]
    assert "lenet" not in audit.panel
    assert "lenet-b" in audit.panel
    assert all(0 <= one.recognized_by <= 1 for one in audit.champions)
    assert audit.verdict.score_unrecognizable.value >= audit.verdict.score.value


def test_all_attacks_run_or_say_why_not(lenet, mnist, tmp_path):
    config = small_config(mnist, tmp_path / "a", attacks=[attack.name for attack in select_attacks(None)])
    config = replace(config, budget=6000)
    audit = run_audit(lenet, config)
    for attack in audit.attacks:
        assert attack.status == "finished" or attack.reason
        assert (attack.queries > 0) == (attack.status == "finished")
    assert {"tiles", "cppn", "direct"} <= {one.name for one in audit.attacks if one.status == "finished"}


def test_a_black_box_gets_no_gradient_ascent_and_the_report_says_so(lenet, mnist, tmp_path):
    audit = run_audit(Cool(lenet), small_config(mnist, tmp_path / "a", attacks=["tiles", "cppn", "ascent"]))
    ascent = audit.attacks[-1]
    assert ascent.status == "skipped"
    assert "no gradients" in ascent.reason


def test_more_attacks_do_not_make_a_network_look_safer(lenet, mnist, tmp_path):
    budget = {"budget": 5000}
    few = run_audit(lenet, small_config(mnist, tmp_path / "few", **budget)).verdict.score
    names = [attack.name for attack in select_attacks(None)]
    many = run_audit(lenet, small_config(mnist, tmp_path / "many", attacks=names, **budget)).verdict.score
    assert many.value <= few.value + 3  # a search that has less of the budget may miss a late class
    assert few.value > 10  # there was room above


def test_a_light_folder_keeps_documents_and_images_alone(lenet, mnist, tmp_path):
    hardened = {"hardened": "lenet-acet", "mitigations": True}
    audit = run_audit(lenet, small_config(mnist, tmp_path / "a", keep="light", **hardened))
    assert audit == open_audit(tmp_path / "a")
    assert audit.keep == "light"
    assert not list((tmp_path / "a").rglob("*.db"))
    assert all(attack.run is None for attack in audit.attacks)
    assert all((tmp_path / "a" / one.image).is_file() for one in audit.champions)
    size = sum(path.stat().st_size for path in (tmp_path / "a").rglob("*") if path.is_file())
    assert size < 2**20
    with pytest.raises(UsageError, match=r"--resume: .* was kept light"):
        run_audit(lenet, small_config(mnist, tmp_path / "a", keep="light", **hardened), resume=True)
    audit.report(tmp_path / "page", budget=None)


@dataclass(frozen=True)
class Slow:
    """A classifier that a limit of time overtakes before anything is known."""

    inner: Classifier
    seconds: float = 0.05
    asked: list[int] = field(default_factory=list)

    @property
    def description(self):
        return replace(self.inner.description, name="slow", fingerprint="e" * 64)

    def scores(self, canvases):
        self.asked.append(len(canvases))
        time.sleep(self.seconds * len(canvases))
        return self.inner.scores(canvases)


def test_where_the_time_does_for_nothing_gates_are_undecided(lenet, mnist, tmp_path):
    """Before: the audit ended without a verdict, no gate was judged, and it passed."""
    limited = {"budget": "2000,3s", "fail_on": ["score < 1", "median-confidence > 0.9"], "seeds": 2}
    slow = Slow(lenet)
    audit = run_audit(slow, small_config(mnist, tmp_path / "a", **limited))
    assert sum(slow.asked) < 500  # of real images, of which that would take 25 s
    assert (audit.state, audit.verdict, audit.reference) == ("finished", None, None)
    assert [gate.outcome for gate in audit.gates] == ["undecided", "undecided"]
    assert audit.gates[0].reason == "the time was up before any image was tried"
    assert not audit.passed
    assert any("the time was up before the 500 real images were scored" in note for note in audit.notes)
    earlier = run_audit(lenet, small_config(mnist, tmp_path / "b", seeds=2, budget=2000))
    budget = earlier.budget.model_copy(update={"requested": "2000,3s"})
    baseline = {"baseline": earlier.model_copy(update={"budget": budget}), "seeds": 2, "budget": "2000,3s"}
    with pytest.raises(GateError, match="--baseline: undecided, the time was up before there was a score"):
        run_audit(Slow(lenet), small_config(mnist, tmp_path / "c", **baseline))
    allowed = small_config(mnist, tmp_path / "d", allow_unfinished=True, **baseline)
    assert any("--baseline: undecided" in note for note in run_audit(Slow(lenet), allowed).notes)
