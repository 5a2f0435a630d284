"""How often is `audit --baseline` wrong: false alarms over retrained twins, power over worse networks.

Twins are networks of one recipe and different training seeds: whichever is the baseline, an alarm is false.
A hardened twin as baseline of its plain twin is to raise an alarm, and so is a plain twin as baseline of
one that was damaged on purpose, where the damage makes it easier to fool. Temperature and 8-bit weights
change no decision of a network, so an alarm there is false too; rounded probabilities and first answers
alone are to be refused, and a slow wrapper is to change nothing.

usage: python benchmarks/error_rates.py DIR [--twins N] [--changed N] [--iterations N] [--acet N]
       [--protocol NAME] [--write [DOCS]]

Networks, and one line of figures for each audit (rows.jsonl), are kept in DIR and nothing is done twice: an
interrupted call goes on with the same words, and --write makes docs/results/error-rates.md and its raw JSON
of whatever is there. Needs torch and MNIST.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from error_rates_page import write_pages
from foolery.audit import Audit, AuditConfig, run_audit
from foolery.audit.attackers import single_attackers
from foolery.audit.document import AuditDocument
from foolery.audit.session import AuditSession
from foolery.classifiers.base import Classifier
from foolery.errors import UsageError
from foolery.training import loop
from twins import (
    Wrapped,
    changed,
    cooled,
    first_alone,
    hardened,
    in_8_bits,
    opened,
    pruned,
    rounded,
    slow,
    trained,
)

ROOT = Path(__file__).parents[1]
ROWS = "rows.jsonl"
SLOW = 3  # networks behind a slow wrapper


def attack_tables(classifier: Classifier, config: AuditConfig, audit: Audit) -> dict[str, Any]:
    """``(S, T)`` for each attack: the score of each seed and class by it alone."""
    plan = config.resolve(classifier)
    session = AuditSession(plan, AuditDocument(plan.out, audit, time.monotonic()), print)
    for position, record in enumerate(audit.attacks):
        if record.status == "finished":
            session.add_result(position, session.kept_result(position))
    results = session.all_results()
    if results is None or audit.reference is None:
        raise SystemExit(f"{audit.classifier.name}: has no score")
    real, classes = np.array(audit.reference.values), len(audit.classifier.classes)
    return {
        str(one.attack): np.round(
            100.0 * (1.0 - one.table(real, classes, results.queries)[:, results.targets]), 4
        ).tolist()
        for one in single_attackers(results.attack_runs, results.seeds)
    }


def audited(classifier: Classifier, folder: Path, protocol: str) -> dict[str, Any]:
    """What is kept of an audit; its files are removed."""
    config = AuditConfig(data="mnist", panel=(), protocol=protocol, out=folder, mitigations=False)
    begun, processor = time.monotonic(), time.process_time()
    try:
        audit = run_audit(classifier, config, overwrite=True)
    except UsageError as error:
        return {"refused": str(error).replace(f"{folder.parent}/", "")}
    reference = audit.reference
    kept = {
        "refused": None,
        "accuracy": None if reference is None else reference.accuracy,
        "threshold": None if reference is None else reference.threshold,
        "queries": audit.budget.spent,
        "skipped": sorted({one.name for one in audit.attacks if one.status == "skipped"}),
        "tables": attack_tables(classifier, config, audit),
        "seconds": round(time.monotonic() - begun, 1),
        "processor_seconds": round(time.process_time() - processor, 1),
    }
    shutil.rmtree(folder)
    return kept


def networks(given: argparse.Namespace) -> Iterator[tuple[str, int, Callable[[], Classifier]]]:
    """Kind, number and maker of every network, the changed ones of a twin behind it."""
    out: Path = given.out

    def twin(at: int) -> Path:
        return trained(out / "networks", at, given.iterations)

    makers: dict[str, Callable[[int], Classifier]] = {
        "plain": lambda at: opened(twin(at)),
        "hardened": lambda at: opened(hardened(twin(at), out / "hardened", at, given.acet)),
        "label noise": lambda at: opened(trained(out / "noisy", at, given.iterations, noisy=True)),
        "pruned": lambda at: opened(changed(twin(at), out / "pruned", pruned)),
        "8-bit weights": lambda at: opened(changed(twin(at), out / "8-bit", in_8_bits)),
        "temperature": lambda at: opened(changed(twin(at), out / "cooled", cooled)),
        "rounded": lambda at: Wrapped(opened(twin(at)), "rounded", rounded),
        "first answer alone": lambda at: Wrapped(opened(twin(at)), "first answer", first_alone),
        "slow": lambda at: Wrapped(opened(twin(at)), "slow", slow),
    }
    limits = {"plain": given.twins, "slow": min(SLOW, given.changed)}
    for at in range(given.twins):
        for kind, make in makers.items():
            if at < limits.get(kind, given.changed):
                yield kind, at, lambda at=at, make=make: make(at)  # type: ignore[misc]


def read_rows(out: Path) -> list[dict[str, Any]]:
    """What is kept in ``out`` so far."""
    file = out / ROWS
    return [json.loads(line) for line in file.read_text().splitlines()] if file.is_file() else []


def measure(given: argparse.Namespace) -> None:
    """Every network and every audit that is not there yet."""
    loop.THREADS = 1
    there = {(row["kind"], row["at"], row["protocol"]) for row in read_rows(given.out)}
    given.out.mkdir(parents=True, exist_ok=True)
    for kind, at, make in networks(given):
        if (kind, at, given.protocol) in there:
            continue
        begun, processor = time.monotonic(), time.process_time()
        classifier = make()
        row = {
            "kind": kind,
            "at": at,
            "protocol": given.protocol,
            "training_seconds": round(time.monotonic() - begun, 1),
            "training_processor_seconds": round(time.process_time() - processor, 1),
            **audited(classifier, given.out / "audit", given.protocol),
        }
        with (given.out / ROWS).open("a") as file:
            file.write(json.dumps(row) + "\n")
        print(time.strftime("%H:%M:%S"), kind, at, row.get("processor_seconds"), row["refused"], flush=True)


def main() -> int:
    """Measure; write both files, or print the page."""
    plain = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, usage=argparse.SUPPRESS, formatter_class=plain)
    parser.add_argument("out", type=Path, nargs="?", metavar="DIR")
    parser.add_argument("--twins", type=int, default=20)
    parser.add_argument("--changed", type=int, default=10, help="how many twins are hardened and damaged")
    parser.add_argument("--iterations", type=int, default=1500)
    parser.add_argument("--acet", type=int, default=600, help="iterations of hardening")
    parser.add_argument("--protocol", default="digits-1")
    parser.add_argument("--write", type=Path, nargs="?", const=ROOT / "docs" / "results", metavar="DOCS")
    given = parser.parse_args()
    if given.out is None:
        print("nothing to do without DIR; --help says more")
        return 0
    measure(given)
    write_pages(read_rows(given.out), given.write)
    return 0


if __name__ == "__main__":
    sys.exit(main())
