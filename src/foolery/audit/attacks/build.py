"""Build: a starter pack from finished runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import chain, zip_longest

from foolery.audit.attacks.transfer import Source, Starter, StarterPack
from foolery.encodings.cppn.encoding import Cppn
from foolery.engine.run import Exhibit
from foolery.errors import UsageError
from foolery.shortened import shortened


def built(runs: Sequence[Exhibit], *, most: int, least: float = 0.0) -> StarterPack:
    """A pack of the champions of ``runs``, each genome once.

    Classifiers take turns, and each begins with the most certain champion of every class, so that an audit
    that can ask only a hundred asks the best hundred, of different classes.

    Args:
        runs: of CPPNs with raw coordinates.
        most: champions of one classifier, over all its runs.
        least: confidence that a champion must have.

    Raises:
        UsageError: for a run of another encoding or with other coordinates.
    """
    queues: dict[str, list[Starter]] = {}
    for run in runs:
        if run.settings.encoding != Cppn.name or run.settings.encoding_options.get("coordinates") != "raw":
            raise UsageError(f"starter pack: {run.name} is no run of cppn with raw coordinates")
        source = source_of(run)
        champions = [one for one in run.champions.values() if one.confidence >= least]
        queues.setdefault(source.fingerprint, []).extend(
            Starter(source, one.label, one.confidence, one.genome) for one in champions
        )
    ordered = [_best(queue, most) for queue in queues.values()]
    taken = [each for each in chain.from_iterable(zip_longest(*ordered)) if each is not None]
    return StarterPack(tuple({each.genome: each for each in reversed(taken)}.values())[::-1])


def _best(queue: list[Starter], most: int) -> list[Starter]:
    """At most ``most`` of different genomes: the best of every class, most certain first, then the second."""
    different: dict[bytes, Starter] = {}
    for each in sorted(queue, key=lambda each: -each.confidence):
        different.setdefault(each.genome, each)
    place: Counter[str] = Counter()
    ranked: list[tuple[int, Starter]] = []
    for each in different.values():
        ranked.append((place[each.label], each))
        place[each.label] += 1
    return [each for _, each in sorted(ranked, key=lambda pair: pair[0])][:most]


def source_of(run: Exhibit) -> Source:
    """Where the champions of ``run`` come from; file names without their folders."""
    settings, made = run.settings, run.provenances[0]
    queries = run.summary["queries"]
    channels, height, width = settings.canvas
    return Source(
        classifier=shortened(settings.classifier),
        fingerprint=settings.fingerprint,
        canvas=(channels, height, width),
        options=dict(settings.encoding_options),
        seed=settings.seed,
        queries=int(str(queries)),
        command=shortened(made.command),
        foolery=str(made.versions.get("foolery", "")),
    )
