"""Fine-tuning a pretrained network with a class of fooling images: does it help, and what is forgotten?

usage: python benchmarks/fine_tune.py [RACE] [--write [DOCS]]

Without RACE it prints the command that makes such a folder (extra torch, started in FOOLERY_DATA; half an
hour on 4 cores). Both networks are then asked about one photo of each of the thousand classes, of which the
fine-tuning saw twenty, in other pictures.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np

from foolery.analysis.statistics import mann_whitney
from foolery.hardening import Round, read_arms_race
from foolery.text import format_confidence

ROOT = Path(__file__).parents[1]
DATA = Path(os.environ.get("FOOLERY_DATA", ""))
COMMAND = """\
foolery harden torch:models/squeezenet1_0/model.safetensors --card squeezenet1_0.card.json \\
  --method fine-tune --data 'parquet:tiny-imagenet-20/{train,val}.parquet' --runs 5 -n 30 --batch 50 \\
  --iterations 150 --over-represent 7 --out race"""


def asked(*network: str) -> dict[str, Any]:
    """``foolery evaluate`` of one network on the thousand photos."""
    photos = DATA / "imagenet-samples" / "samples.parquet"
    words = ["evaluate", *network, "--data", f"parquet:{photos}", "--json"]
    done = subprocess.run(
        [sys.executable, "-m", "foolery", *words], check=True, capture_output=True, text=True
    )
    return json.loads(done.stdout)


def reading(before: Round, after: Round, photos: list[dict[str, Any]]) -> list[str]:
    """What the table says, in words that follow from its figures."""
    if after.median_confidence < before.median_confidence:
        helped = "The class helped: a fresh search convinces the fine-tuned network less."
    else:
        helped = "The class did not help: a fresh search convinces the fine-tuned network more than before."
    if photos[1]["error"] < 2 * photos[0]["error"]:
        return [helped]
    return [
        helped,
        "And fine-tuning on twenty classes made the network forget the others: few answers, which share all,",
        "are easier to bring about. Fine-tune with pictures of all classes that are to be kept.",
    ]


def page(rounds: list[Round], photos: list[dict[str, Any]]) -> str:
    """What it came to."""
    test = mann_whitney(*(np.array(each.run_medians) for each in rounds))
    before, after = rounds

    def row(*cells: str) -> str:
        return f"| {' | '.join(cells)} |"

    learnt = f"{after.fooling_images:,} of {after.training_images:,} pictures"
    lines = [
        "# SqueezeNet, fine-tuned with a class of fooling images",
        "",
        "This is fine-tuning of a pretrained network, not the paper's training from scratch: SqueezeNet 1.0",
        "gets a class more, and learns some hundred steps on photos of twenty classes and on the images that",
        f"fooled it, repeated to about seven times an ordinary class ({learnt}).",
        "",
        "| | pretrained | fine-tuned |",
        "| --- | ---: | ---: |",
        row(
            "median confidence of a fresh search",
            *(format_confidence(each.median_confidence) for each in rounds),
        ),
        row("champions at 90 %", *(f"{each.fooled['0.9']:.0%}" for each in rounds)),
        row("error on test pictures of the twenty classes", *(f"{each.test_error:.1%}" for each in rounds)),
        row("of these taken for fooling images", "–", f"{after.real_as_fooling:.1%}"),
        row("error on one photo of each of 1000 classes", *(f"{each['error']:.1%}" for each in photos)),
        row("seconds of training", "–", f"{after.seconds['training']:.0f}"),
        "",
        f"{before.runs} runs against each; medians of runs: Mann-Whitney U = {test.u:g}, p = {test.p:.2g}.",
        "The pictures of the twenty classes are 64 pixels wide and enlarged to 227, which is why the",
        "pretrained network knows so few of them; the photos of the thousand classes are as it knows them.",
        "The searches are for the twenty classes.",
        "",
        *reading(before, after, photos),
        "",
        "The command, in the folder of the data, and `python benchmarks/fine_tune.py race --write` after it:",
        "",
        "```sh",
        COMMAND,
        "```",
        "",
    ]
    return "\n".join(lines)


def main() -> int:
    """Read the race, ask both networks, and write the page or print it."""
    plain = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, usage=argparse.SUPPRESS, formatter_class=plain)
    parser.add_argument("race", type=Path, nargs="?", metavar="RACE")
    parser.add_argument("--write", type=Path, nargs="?", const=ROOT / "docs" / "results", metavar="DOCS")
    given = parser.parse_args()
    if given.race is None:
        print(COMMAND)
        return 0
    folders = [given.race / "round-01", given.race / "round-02"]
    race = read_arms_race(given.race)
    rounds = list(race.rounds[:2])
    card = ROOT / "docs" / "cards" / "squeezenet1_0.card.json"
    start = DATA / "models" / "squeezenet1_0" / "model.onnx"
    photos = [asked(f"onnx:{start}", "--card", str(card)), asked(f"onnx:{folders[1] / 'network.onnx'}")]
    text = page(rounds, photos)
    if given.write is None:
        print(text)
        return 0
    said = {
        "config": race.config.model_dump(mode="json"),
        "rounds": [each.model_dump(mode="json") for each in rounds],
        "photos": photos,
    }
    said["config"] |= {"start": "torch:squeezenet1_0/model.safetensors", "card": "squeezenet1_0.card.json"}
    for each in said["photos"]:
        each |= {"classifier": Path(each["classifier"]).parent.name, "data": "parquet:samples.parquet"}
    (given.write / "fine-tune.json").write_text(json.dumps(said, indent=1) + "\n", encoding="utf-8")
    (given.write / "fine-tune.md").write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
