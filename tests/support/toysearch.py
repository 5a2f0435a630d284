"""A toy search for the tests of run files: true to the archive's rule, and instant.

Run as a script it writes a run in a process of its own, which the tests then kill, starve or watch.
"""

from __future__ import annotations

import os
import resource
import signal
import sys
from pathlib import Path

import numpy as np

from foolery.errors import FooleryError
from foolery.runs import GenerationStats, Individual, Provenance, Replacement, RunFile, RunSettings, RunWriter

PROVENANCE = Provenance(
    command="python",
    started="2024-01-01T00:00:00+00:00",
    device="cpu",
    versions={"foolery": "0"},
    machine="x",
)


def settings(cells: int = 10, **changes: object) -> RunSettings:
    chosen = {
        "encoding": "cppn",
        "encoding_options": {"coordinates": "raw", "eta": 15.0, "hidden": 3, "acyclic": True},
        "renderer": 1,
        "canvas": (1, 28, 28),
        "classifier": "lenet",
        "fingerprint": "f" * 64,
        "backend": "onnx",
        "forward": {"threads": 2, "precision": "float32"},
        "kind": "softmax",
        "classes": tuple(f"class {number}" for number in range(cells)),
        "cells": tuple(range(cells)),
        "seed": 7,
        "batch": 20,
        "initial": 20,
    }
    return RunSettings.model_validate(chosen | changes)


class ToySearch:
    """Draws scores at random, keyed by seed and generation, and keeps the archive's rule."""

    def __init__(self, chosen: RunSettings, genome_bytes: int = 40) -> None:
        self.settings = chosen
        self.genome_bytes = genome_bytes
        self.holders: dict[int, int] = {}
        self.best = np.full(len(chosen.cells), -np.inf)
        self.generation, self.queries, self.jumps = -1, 0, 0

    def restore(self, writer: RunWriter) -> ToySearch:
        self.generation, self.queries, self.jumps = writer.generation, writer.queries, writer.improvements
        for row in writer.champions:
            self.holders[row.cell], self.best[row.cell] = row.individual, row.objective
        return self

    def step(self) -> tuple[GenerationStats, list[Individual], list[Replacement], dict[int, str]]:
        self.generation += 1
        generation, batch, cells = self.generation, self.settings.batch, len(self.settings.cells)
        draws = np.random.default_rng([self.settings.seed, generation])
        scores = -draws.exponential(size=(batch, cells)) / (1 + 0.05 * generation)
        parents = [self.holders[cell] for cell in draws.integers(cells, size=batch)] if generation else []
        winners = scores.argmax(axis=0)
        taken = [cell for cell in range(cells) if scores[winners[cell], cell] > self.best[cell]]
        reigns = []
        for cell in taken:
            individual, score = self.queries + int(winners[cell]), scores[winners[cell], cell]
            reigns.append(
                Replacement(cell, individual, generation, score, score, np.exp(score), self.holders.get(cell))
            )
            self.holders[cell], self.best[cell] = individual, score
        newcomers = [
            Individual(
                self.queries + child,
                generation,
                parents[child] if generation else None,
                parents[child - 1] if generation and child % 2 else None,
                draws.bytes(self.genome_bytes),
            )
            for child in sorted({int(winners[cell]) for cell in taken})
        ]
        hashes = {one.number: f"{one.number:064x}" for one in newcomers}
        self.queries += batch
        self.jumps += len(taken)
        found = np.exp(self.best)
        moment = GenerationStats(
            generation,
            self.queries,
            self.jumps,
            float(np.median(found)),
            float(found.mean()),
            float(found.min()),
            float(found.max()),
            0.25 * (generation + 1),
        )
        return moment, newcomers, reigns, hashes


def play(writer: RunWriter, search: ToySearch, until: int) -> None:
    """Record generations up to and including ``until``, and wait until they are taken in."""
    while search.generation < until:
        writer.record(*search.step())
    writer.flush()


def whole_run(
    folder: Path | None,
    until: int = 40,
    *,
    chosen: RunSettings | None = None,
    keep_genomes: bool = True,
    checkpoint_every: int | None = 5,
    genome_bytes: int = 40,
) -> RunFile:
    """A finished run of generations 0 to ``until``."""
    chosen = chosen or settings()
    with RunWriter.create(
        folder, chosen, PROVENANCE, keep_genomes=keep_genomes, checkpoint_every=checkpoint_every
    ) as writer:
        play(writer, ToySearch(chosen, genome_bytes), until)
        writer.close("finished")
    return writer.snapshot()


def content(run: RunFile) -> dict[str, object]:
    """All that a run found, as plain values that can be compared."""
    history = {name: getattr(run.history, name).tolist() for name in GenerationStats.__dataclass_fields__}
    return {
        "status": run.status,
        "history": history,
        "champions": run.champions,
        "individuals": run.individuals,
        "reigns": run.replacements,
    }


def main(folder: str, *arguments: str) -> None:
    """Write a run for ever, or until a limit strikes.

    ``every=N`` sets the interval of checkpoints, ``genome=N`` the size of a genome in bytes,
    ``keep=0`` drops former champions' genomes, ``kill=N`` kills this process before SQL statement N,
    ``bytes=N`` is the largest size that the system lets any file have, ``pause=1`` waits for a line of
    standard input after generation 0, ``ahead=1`` does not wait for the writer's thread.
    """
    given = {name: int(value) for name, value in (argument.split("=") for argument in arguments)}
    if "bytes" in given:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (given["bytes"], given["bytes"]))
    chosen = settings()
    try:
        with RunWriter.create(
            Path(folder),
            chosen,
            PROVENANCE,
            keep_genomes=bool(given.get("keep", 1)),
            checkpoint_every=given.get("every", 1),
        ) as writer:
            if "kill" in given:
                _kill_before_statement(writer, given["kill"])
            search = ToySearch(chosen, given.get("genome", 40))
            while True:
                writer.record(*search.step())
                if "ahead" not in given:
                    writer.flush()
                print(search.generation, flush=True)
                if "pause" in given:
                    sys.stdin.readline()
    except FooleryError as error:
        print(error, flush=True)
        raise SystemExit(error.exit_code) from error


def _kill_before_statement(writer: RunWriter, number: int) -> None:
    seen, connection = 0, writer._buffer._connection

    def count(statement: str) -> None:
        nonlocal seen
        seen += 1
        if seen == number:
            print("inside" if connection.in_transaction else "outside", flush=True)
            os.kill(os.getpid(), signal.SIGKILL)

    connection.set_trace_callback(count)


if __name__ == "__main__":
    main(*sys.argv[1:])
