"""Results made by hand: real arrays, settings, provenance and history, without a search."""

import numpy as np

from foolery.canvas import canvas_hash
from foolery.engine.run import Champion, RunResult, run_summary
from foolery.report.model import RunReport
from foolery.runs import ChampionRow, GenerationStats, History, Provenance, RunFile, RunSettings

DIGITS = tuple("0123456789")
CONFIDENCES = (0.99997, 0.9999999, 0.995, 0.99993, 1.0, 0.87, 0.9999, 0.999951, 0.9999996, 0.31)


def provenance(command="foolery evolve -c lenet -e cppn --seed 3"):
    return Provenance(
        command=command,
        started="2030-01-02T03:04:05+00:00",
        device="cpu",
        versions={"foolery": "0.1.0", "python": "3.11.9"},
        machine="Some processor, Linux",
    )


def history(generations, kind="softmax"):
    """Moments 0 to ``generations`` of a search that goes well; none at all for -1."""
    moments = []
    for generation in range(generations + 1):
        left = 0.9 * 10 ** (-5 * generation / max(generations, 1))
        values = [1 - left, 1 - 1.5 * left * 0.6, 1 - min(1.0, 5 * left), 1 - left / 10]
        if kind == "similarity":
            values = [value / 3 - 0.1 for value in values]
        moments.append(
            GenerationStats(generation, 200 * (generation + 1), 7 * generation, *values, 0.05 * generation)
        )
    return History.of(moments)


def run_result(
    *,
    classes=DIGITS,
    canvas=(1, 28, 28),
    confidences=CONFIDENCES,
    generations=20,
    kind="softmax",
    status="finished",
    name="run",
    seed=3,
    encoding="cppn",
    classifier="lenet",
    commands=("foolery evolve -c lenet -e cppn --seed 3",),
):
    """A run with a champion of random pixels for each of the first classes that have a confidence."""
    generator = np.random.default_rng(seed)
    canvases = generator.integers(0, 256, (len(confidences), *canvas)).astype(np.uint8)
    champions = {
        label: Champion(
            index=index,
            label=label,
            confidence=value,
            score=value if kind == "similarity" else float(np.log(value)),
            generation=int(generator.integers(0, max(generations, 0) + 1)),
            individual=index,
            canvas=pixels,
            canvas_hash=canvas_hash(pixels),
            genome=b"",
        )
        for index, (label, value, pixels) in enumerate(zip(classes, confidences, canvases, strict=False))
    }
    settings = RunSettings(
        encoding=encoding,
        encoding_options={"coordinates": "raw"} if encoding == "cppn" else {},
        renderer=1,
        canvas=canvas,
        classifier=classifier,
        fingerprint="ab" * 32,
        backend="onnx",
        forward={"threads": 1},
        kind=kind,
        classes=classes,
        cells=tuple(range(len(classes))),
        seed=seed,
        batch=200,
        initial=200,
    )
    rows = tuple(
        ChampionRow(
            one.index, one.individual, one.generation, one.score, one.score, one.confidence,
            one.canvas_hash, one.genome,
        )
        for one in champions.values()
    )  # fmt: skip
    provenances, moments = tuple(map(provenance, commands)), history(generations, kind)
    file = RunFile(None, status, True, settings, provenances, moments, rows, (), ())
    return RunResult(name, None, status, settings, provenances, moments, champions, run_summary(file, name))


def run_report(**words):
    """As ``run_result``, ready for a page."""
    return RunReport(run_result(**words))


def thousand():
    """1000 classes of noise in color, 64 x 64, with long names."""
    generator = np.random.default_rng(1)
    return run_result(
        classes=tuple(f"class {number:04d}, a name of some length" for number in range(1000)),
        canvas=(3, 64, 64),
        confidences=tuple(generator.uniform(0, 1, 1000).tolist()),
        encoding="direct",
        classifier="onnx:folder/network.onnx",
        name="thousand",
    )
