"""Audits that are stopped: what is kept, and that they end as they would have."""

from __future__ import annotations

import json

import pytest

from audit.conftest import Cool, begun, resumed, small_config
from foolery.audit import open_audit, run_audit
from foolery.audit.attack_loop import run_attacks
from foolery.audit.schema import FILE


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
