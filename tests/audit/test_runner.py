"""Audits of the shipped network: what is spent, what is kept, and that it can be stopped anywhere."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from audit.conftest import Cool, begun, resumed, small_config
from foolery.audit import open_audit, run_audit
from foolery.audit.attack_loop import run_attacks
from foolery.audit.attacks import select_attacks
from foolery.audit.schema import FILE
from foolery.canvas import canvas_hash, from_png
from foolery.errors import UsageError
from foolery.runs import open_run_file
from foolery.search.objectives import margins


def test_figures_can_be_had_again_from_the_pictures(lenet, config):
    found = run_audit(lenet, config)
    assert found == open_audit(config.out)
    assert found.state == "finished"
    pictures = np.stack([from_png((config.out / one.image).read_bytes()) for one in found.champions])
    scores = lenet.scores(pictures)
    leads = margins(scores)
    for row, one in enumerate(found.champions):
        assert canvas_hash(pictures[row]) == one.canvas_hash
        assert scores[row, one.index] == pytest.approx(one.score, abs=1e-5)
        assert leads[row, one.index] == pytest.approx(one.value, abs=1e-4)
        assert one.fooled == (one.value >= found.reference.threshold)
        assert one.fooled == any(at is not None for at in one.queries_to_fool)
    assert found.verdict.fooled_at_tpr95.value == np.mean([one.fooled for one in found.champions])
    assert found.verdict.above_real_median.value == np.mean(
        [one.above_real_median for one in found.champions]
    )


def test_a_class_falls_when_its_batch_was_answered(lenet, config):
    found = run_audit(lenet, config)
    tiles, cppn = found.attacks
    run = open_run_file(config.out / cppn.run)
    least = found.reference.threshold
    seen = 0
    for one in found.champions:
        reigns = [reign for reign in run.replacements if reign.cell == one.index and reign.objective >= least]
        if one.attack != "cppn" or not reigns or one.queries_to_fool[0] == tiles.queries:
            continue
        assert one.queries_to_fool[0] == run.history.queries[reigns[0].generation]
        seen += 1
    assert seen
    assert found.curves[0].fooled[-1] == found.verdict.fooled_at_tpr95.value


def test_the_budget_holds(lenet, config):
    found = run_audit(lenet, config)
    assert sum(attack.queries for attack in found.attacks) == found.budget.spent <= 2000
    assert all(attack.queries <= attack.share for attack in found.attacks)


def test_logits_divided_by_ten_get_the_same_score_from_the_same_champions(lenet, mnist, tmp_path):
    plain = run_audit(lenet, small_config(mnist, tmp_path / "plain"))
    cool = run_audit(Cool(lenet), small_config(mnist, tmp_path / "cool"))
    assert [one.canvas_hash for one in cool.champions] == [one.canvas_hash for one in plain.champions]
    assert [one.queries_to_fool for one in cool.champions] == [one.queries_to_fool for one in plain.champions]
    assert cool.verdict.score == plain.verdict.score
    assert cool.verdict.above_real_median == plain.verdict.above_real_median
    assert cool.reference.threshold == pytest.approx(plain.reference.threshold / 10, rel=1e-6)
    # an absolute gate lets it pass, for nothing
    assert plain.verdict.above["0.99"] > 0.5
    assert cool.verdict.above["0.9"] == 0.0


def test_without_real_pictures_there_is_no_score_and_the_reason_is_said(lenet, mnist, tmp_path):
    found = run_audit(lenet, small_config(mnist, tmp_path / "a", data=None))
    assert found.verdict.score is None
    assert found.verdict.above["0.5"] > 0.5
    assert any("no score" in note and "--data" in note for note in found.notes)


class KilledError(Exception):
    """A process that is killed."""


def interrupted(classifier, config, after, error):
    """An audit that ends at its batch number ``after``."""
    session = begun(classifier, config)
    batches = iter(range(10_000))

    def stop():
        if next(batches) == after:
            raise error

    session.save_if_due = stop
    with pytest.raises(type(error)):
        run_attacks(session)
    return open_audit(config.out)


@pytest.mark.parametrize("after", [0, 1, 4])
def test_an_interrupted_audit_ends_as_it_would_have(lenet, mnist, tmp_path, after):
    whole = run_audit(lenet, small_config(mnist, tmp_path / "whole"))
    config = small_config(mnist, tmp_path / "again")
    part = interrupted(lenet, config, after, KeyboardInterrupt())
    assert part.state == "interrupted"
    assert part.champions
    again = run_audit(lenet, config, resume=True)
    assert again.champions == whole.champions
    assert again.verdict == whole.verdict
    running = [attack for attack in part.attacks if attack.status == "running"]
    most = sum(min(attack.share, {"tiles": 100, "cppn": 200}[attack.name]) for attack in running)
    assert again.budget.repeated == most
    assert again.budget.spent == whole.budget.spent + most


def test_what_was_told_and_not_kept_counts_as_repeated_and_a_second_stop_repeats_nothing(
    lenet, mnist, tmp_path
):
    config = small_config(mnist, tmp_path / "audit")
    part = interrupted(lenet, config, 4, KilledError())
    running = next(attack for attack in part.attacks if attack.status == "running")
    spent = config.out / "runs" / f"{running.name}-seed-0" / "spent.txt"
    queries, batch = map(int, spent.read_text().split())
    spent.write_text(f"{queries + 400} {batch}\n")  # reported, and lost with the process
    for _ in range(2):
        assert resumed(lenet, config).audit.budget.repeated == 400 + 200


def test_a_killed_audit_goes_on_from_its_files(lenet, mnist, tmp_path):
    whole = run_audit(lenet, small_config(mnist, tmp_path / "whole"))
    config = small_config(mnist, tmp_path / "again")
    interrupted(lenet, config, 3, KilledError())
    written = json.loads((config.out / FILE).read_text())
    assert written["state"] == "partial"
    assert run_audit(lenet, config, resume=True).champions == whole.champions


def test_a_finished_audit_is_resumed_to_the_same_without_asking(lenet, config):
    first = run_audit(lenet, config)

    class Mute(Cool):
        """Asked about nothing."""

        @property
        def description(self):
            return self.inner.description

        def scores(self, canvases):
            raise AssertionError("was asked")

    again = run_audit(Mute(lenet), config, resume=True)
    assert (again.champions, again.verdict) == (first.champions, first.verdict)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"budget": 3000}, "--budget"),
        ({"seeds": 2}, "--seeds"),
        ({"attacks": ["cppn"]}, "--attacks"),
        ({"data": None}, "--data"),
    ],
)
def test_resuming_something_else_is_refused(lenet, config, change, said):
    run_audit(lenet, config)
    with pytest.raises(UsageError, match=f"--resume: .* begun with {said} .*; give that, or another --out"):
        run_audit(lenet, replace(config, **change), resume=True)


def test_another_classifier_is_not_resumed(lenet, config):
    run_audit(lenet, config)
    with pytest.raises(UsageError, match="another classifier"):
        run_audit(Cool(lenet), config, resume=True)


def test_a_folder_with_other_things_is_left_alone(lenet, config):
    config.out.mkdir()
    (config.out / "thesis.txt").write_text("mine")
    with pytest.raises(UsageError, match="not empty"):
        run_audit(lenet, config)
    assert [path.name for path in config.out.iterdir()] == ["thesis.txt"]


def test_every_seed_has_the_whole_budget(lenet, mnist, tmp_path):
    found = run_audit(lenet, small_config(mnist, tmp_path / "a", seeds=2))
    assert len(found.curves) == len(found.verdict.seed_scores) == 2
    assert found.verdict.score.value == pytest.approx(np.mean(found.verdict.seed_scores))
    assert all(len(one.queries_to_fool) == 2 for one in found.champions)
    alone = run_audit(lenet, small_config(mnist, tmp_path / "b", seed=1))
    assert alone.verdict.seed_scores[0] == pytest.approx(found.verdict.seed_scores[1])


def test_time_ends_it(lenet, mnist, tmp_path):
    config = small_config(mnist, tmp_path / "a", budget="2s")
    found = run_audit(lenet, config)
    assert found.state == "finished"
    assert found.budget.elapsed < 6


def test_gates_and_panel_are_judged(lenet, mnist, tmp_path):
    gates = ("fooled@tpr95 > 0.3", "score < 0")
    found = run_audit(lenet, small_config(mnist, tmp_path / "a", fail_on=gates, panel=None))
    assert [gate.failed for gate in found.gates] == [True, False]
    assert "lenet" not in found.panel
    assert "lenet-b" in found.panel
    assert all(0 <= one.recognized_by <= 1 for one in found.champions)
    assert found.verdict.score_unrecognizable.value >= found.verdict.score.value


def test_all_attacks_run_or_say_why_not(lenet, mnist, tmp_path):
    config = small_config(mnist, tmp_path / "a", attacks=[attack.name for attack in select_attacks(None)])
    config = replace(config, budget=6000)
    found = run_audit(lenet, config)
    for attack in found.attacks:
        assert attack.status == "finished" or attack.reason
        assert (attack.queries > 0) == (attack.status == "finished")
    assert {"tiles", "cppn", "direct"} <= {one.name for one in found.attacks if one.status == "finished"}


def test_a_black_box_gets_no_gradient_ascent_and_the_report_says_so(lenet, mnist, tmp_path):
    found = run_audit(Cool(lenet), small_config(mnist, tmp_path / "a", attacks=["tiles", "cppn", "ascent"]))
    ascent = found.attacks[-1]
    assert ascent.status == "skipped"
    assert "no gradients" in ascent.reason


@pytest.mark.parametrize("seeds", [1, 2])
def test_what_cannot_be_tried_leaves_its_share_to_the_others(lenet, mnist, tmp_path, seeds):
    said = []
    names = ["tiles", "cppn", "direct", "ascent", "ascent-cppn"]
    config = small_config(mnist, tmp_path / "a", attacks=names, seeds=seeds)
    found = run_audit(Cool(lenet), config, on_progress=said.append)
    for seed in range(seeds):
        mine = [attack for attack in found.attacks if attack.seed == seed]
        assert [attack.status for attack in mine] == ["finished"] * 3 + ["skipped"] * 2
        assert sum(attack.queries for attack in mine) > 2000 - 2 * 200  # but less than two generations
    places = [
        next(at for at, line in enumerate(said) if line.startswith(name)) for name in ("ascent:", "tiles:")
    ]
    assert places == sorted(places)  # whoever waits is told at once


def test_a_share_that_is_too_small_for_all_may_do_for_some(lenet, mnist, tmp_path):
    names = ["cppn", "ascent", "ascent-cppn"]
    config = small_config(mnist, tmp_path / "a", attacks=names, budget=1000)
    cppn, pixels, through = run_audit(lenet, config).attacks
    assert "needs" in through.reason
    assert pixels.status == cppn.status == "finished"


def test_more_attacks_do_not_make_a_network_look_safer(lenet, mnist, tmp_path):
    budget = {"budget": 5000}
    few = run_audit(lenet, small_config(mnist, tmp_path / "few", **budget)).verdict.score
    names = [attack.name for attack in select_attacks(None)]
    many = run_audit(lenet, small_config(mnist, tmp_path / "many", attacks=names, **budget)).verdict.score
    assert many.value <= few.value + 3  # a search that has less of the budget may miss a late class
    assert few.value > 10  # there was room above
