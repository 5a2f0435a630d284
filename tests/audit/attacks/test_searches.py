"""Attacks that search: what their queries are counted from."""

from audit.conftest import small_config
from foolery.audit import run_audit
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
