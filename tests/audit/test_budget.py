"""Budgets: what every attack gets of it."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import numpy as np
import pytest

from audit.conftest import Cool, small_config
from foolery.audit import run_audit
from foolery.audit.budget import QueryCounter
from foolery.classifiers import load_classifier


@pytest.mark.parametrize("seeds", [1, 2])
def test_what_cannot_be_tried_leaves_its_share_to_the_others(lenet, mnist, tmp_path, seeds):
    lines = []
    names = ["tiles", "cppn", "direct", "ascent", "ascent-cppn"]
    config = small_config(mnist, tmp_path / "a", attacks=names, seeds=seeds)
    audit = run_audit(Cool(lenet), config, on_progress=lines.append)
    for seed in range(seeds):
        mine = [attack for attack in audit.attacks if attack.seed == seed]
        assert [attack.status for attack in mine] == ["finished"] * 3 + ["skipped"] * 2
        assert sum(attack.queries for attack in mine) > 2000 - 2 * 200  # but less than two generations
    places = [
        next(at for at, line in enumerate(lines) if line.startswith(name)) for name in ("ascent:", "tiles:")
    ]
    assert places == sorted(places)  # whoever waits is told at once


def test_a_share_that_is_too_small_for_all_may_do_for_some(lenet, mnist, tmp_path):
    names = ["cppn", "ascent", "ascent-cppn"]
    config = small_config(mnist, tmp_path / "a", attacks=names, budget=1000)
    cppn, pixels, through = run_audit(lenet, config).attacks
    assert "needs" in through.reason
    assert pixels.status == cppn.status == "finished"


def test_every_seed_has_the_whole_budget(lenet, mnist, tmp_path):
    audit = run_audit(lenet, small_config(mnist, tmp_path / "a", seeds=2))
    assert len(audit.curves) == len(audit.verdict.seed_scores) == 2
    assert audit.verdict.score.value == pytest.approx(np.mean(audit.verdict.seed_scores))
    assert all(len(one.queries_to_fool) == 2 for one in audit.champions)
    assert np.shape(audit.verdict.class_scores) == (2, 10)
    alone = run_audit(lenet, small_config(mnist, tmp_path / "b", seed=1))
    assert alone.verdict.seed_scores[0] == pytest.approx(audit.verdict.seed_scores[1])


@dataclass(frozen=True)
class Slow(Cool):
    """A classifier that takes its time."""

    divisor: float = 1.0
    seconds: float = 0.002

    @property
    def description(self):
        return replace(self.inner.description, fingerprint=f"{self.divisor:064.0f}")

    def scores(self, canvases):
        time.sleep(self.seconds * len(canvases))
        return super().scores(canvases)


def test_time_ends_it_mitigations_too_and_what_it_cut_short_is_named(lenet, mnist, tmp_path):
    config = small_config(
        mnist,
        tmp_path / "a",
        budget="100000,5s",
        max_images=60,
        hardened=Slow(load_classifier("lenet-acet"), 2.0),
    )
    lines, begun = [], time.monotonic()
    audit = run_audit(Slow(lenet), config, on_progress=lines.append)
    assert time.monotonic() - begun < 9  # on a busy machine; without a limit it would be minutes
    assert audit.state == "finished"
    assert audit.budget.elapsed == pytest.approx(time.monotonic() - begun, abs=1.0)
    assert [attack.ended for attack in audit.attacks] == ["budget", "time"]
    assert audit.unfinished == ("cppn",)
    assert "ends it after about" in lines[0]
    assert any("unfinished" in note and "cppn" in note for note in audit.notes)
    assert "The time was up before all mitigations were measured." in audit.notes


def test_an_attack_that_does_not_fit_into_the_time_is_not_begun(lenet, mnist, tmp_path):
    config = small_config(mnist, tmp_path / "a", budget="100000,2s", max_images=20, attacks=("cppn",))
    audit = run_audit(Slow(lenet, seconds=0.01), config)
    (cppn,) = audit.attacks
    assert (cppn.status, cppn.ended, cppn.queries) == ("skipped", "time", 0)
    assert cppn.reason.startswith("the time")


def test_the_time_counts_from_where_the_caller_says(lenet, mnist, tmp_path):
    config = small_config(mnist, tmp_path / "a", budget="2000,60s", max_images=60)
    audit = run_audit(lenet, config, begun=time.monotonic() - 100)
    assert [attack.status for attack in audit.attacks] == ["skipped", "skipped"]
    assert audit.unfinished == ("tiles", "cppn")


def test_an_attack_with_nothing_left_to_try_is_finished_in_any_time(lenet, mnist, tmp_path):
    config = small_config(mnist, tmp_path / "a", budget="20000,60s", attacks=("transfer",), max_images=60)
    (attack,) = run_audit(lenet, config).attacks
    assert (attack.ended, attack.queries < attack.share) == ("exhausted", True)


def test_the_budget_holds(lenet, config):
    audit = run_audit(lenet, config)
    assert sum(attack.queries for attack in audit.attacks) == audit.budget.spent <= 2000
    assert all(attack.queries <= attack.share for attack in audit.attacks)


def test_a_counter_gives_back_what_was_written(tmp_path):
    counter = QueryCounter(tmp_path / "tiles-seed-0")
    assert counter.read() == (0, 0)  # nothing was asked
    counter.write(400, 200)
    assert counter.read() == (400, 200)
    (tmp_path / "tiles-seed-0" / "spent.txt").write_text("400\n")
    assert counter.read() == (400, None)  # of schema 1
    (tmp_path / "tiles-seed-0" / "spent.txt").write_text("4")
    assert counter.read() == (4, None)  # cut off: fewer, never more
    (tmp_path / "tiles-seed-0" / "spent.txt").write_text("")
    assert counter.read() == (0, 0)
