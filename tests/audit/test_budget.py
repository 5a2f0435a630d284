"""Budgets: what every attack gets of it."""

from __future__ import annotations

import numpy as np
import pytest

from audit.conftest import Cool, small_config
from foolery.audit import run_audit
from foolery.audit.budget import QueryCounter


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
    alone = run_audit(lenet, small_config(mnist, tmp_path / "b", seed=1))
    assert alone.verdict.seed_scores[0] == pytest.approx(audit.verdict.seed_scores[1])


def test_time_ends_it(lenet, mnist, tmp_path):
    config = small_config(mnist, tmp_path / "a", budget="2s")
    audit = run_audit(lenet, config)
    assert audit.state == "finished"
    assert audit.budget.elapsed < 6


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
