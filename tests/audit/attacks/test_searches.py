"""Attacks that search: what their queries are counted from."""

from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

from audit.conftest import small_config
from foolery.audit import run_audit
from foolery.audit.attacks.base import AttackContext
from foolery.audit.attacks.searches import ASCENT_RULE, REAL_MARGIN, ascent_rule
from foolery.classifiers import load_classifier
from foolery.classifiers.scores import log_softmax
from foolery.runs import open_run_file


def test_an_ascent_counts_the_evolution_that_it_starts_from(lenet, mnist, tmp_path):
    config = small_config(mnist, tmp_path / "a", attacks=["cppn", "ascent-cppn"])
    audit = run_audit(lenet, config)
    cppn, ascent = audit.attacks
    assert ascent.status == "finished"
    climbed = open_run_file(config.out / ascent.run)
    begun = [one for one in audit.champions if one.attack == "ascent-cppn"]
    assert begun
    evolved = open_run_file(config.out / cppn.run)
    passing = {
        replacement.cell
        for replacement in evolved.replacements
        if replacement.objective >= audit.reference.threshold
    }
    for one in audit.champions:
        (at,) = one.queries_to_fool
        if one.index in passing:
            assert at <= cppn.queries
        elif at is not None:
            first = next(
                replacement
                for replacement in climbed.replacements
                if replacement.cell == one.index and replacement.objective >= audit.reference.threshold
            )
            assert at == cppn.queries + climbed.history.queries[first.generation]
    assert audit.verdict.score.value > 0


def test_an_ascent_takes_the_margins_of_real_images_for_its_measure(lenet):
    context = AttackContext(lenet, np.arange(10), seed=0, runs=Path("nowhere"))
    assert ascent_rule(context) == ASCENT_RULE
    known = AttackContext(lenet, np.arange(10), seed=0, runs=Path("nowhere"), median=8.0)
    assert ascent_rule(known) == ASCENT_RULE | {"logit_factor": REAL_MARGIN / 8.0}


@dataclass(frozen=True)
class _Cooled:
    """A network whose logits are divided by 10."""

    inner: object

    @property
    def description(self):
        before = self.inner.description
        return replace(before, fingerprint=sha256(before.fingerprint.encode()).hexdigest())

    def scores(self, canvases):
        return log_softmax(self.inner.scores(canvases) / 10.0)

    def logits(self, pixels):
        return self.inner.logits(pixels) / 10.0

    def __getattr__(self, name):
        return getattr(self.inner, name)  # its card says where an ascent starts


def test_a_temperature_does_not_move_the_score_of_an_ascent(mnist, tmp_path):
    pytest.importorskip("torch", reason="the extra torch is not installed")
    network = load_classifier("lenet", backend="torch")
    plain, cooled = (
        run_audit(one, small_config(mnist, tmp_path / name, attacks=["ascent"]))
        for name, one in (("plain", network), ("cooled", _Cooled(network)))
    )
    score = plain.verdict.score
    assert cooled.verdict.best_attack == plain.verdict.best_attack == "ascent"
    assert score.value < 95.0
    assert abs(cooled.verdict.score.value - score.value) < (score.high - score.low) / 2
