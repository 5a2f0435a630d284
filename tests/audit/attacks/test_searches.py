"""Attacks that search: what their queries are counted from."""

from audit.conftest import small_order
from foolery.audit.runner import run_audit
from foolery.runs import open_run_file


def test_an_ascent_counts_the_evolution_that_it_starts_from(lenet, mnist, tmp_path):
    order = small_order(mnist, tmp_path / "a", attacks=["cppn", "ascent-cppn"])
    found = run_audit(lenet, order)
    cppn, ascent = found.attacks
    assert ascent.status == "finished"
    climbed = open_run_file(order.out / ascent.run)
    begun = [one for one in found.champions if one.attack == "ascent-cppn"]
    assert begun
    evolved = open_run_file(order.out / cppn.run)
    passing = {
        reign.cell for reign in evolved.replacements if reign.objective >= found.yardstick.threshold
    }  # fmt: skip
    for one in found.champions:
        (at,) = one.passed_at
        if one.index in passing:
            assert at <= cppn.queries
        elif at is not None:
            first = next(
                reign for reign in climbed.replacements
                if reign.cell == one.index and reign.objective >= found.yardstick.threshold
            )  # fmt: skip
            assert at == cppn.queries + climbed.history.queries[first.generation]
    assert found.verdict.score.value > 0
