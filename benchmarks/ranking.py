"""Does the score rank networks by how they were trained, and does it stay where nothing real is changed?

Plain networks, and ones fine-tuned from them by CEDA (uniform predictions for noise), ACET (the same for
noise that gradient ascent made convincing) and adversarial training (images that gradient ascent moved by at
most a fifth of the range), are audited under digits-1: all attacks, three seeds. Then `lenet` with its logits
multiplied, divided and rounded, and with label smoothing.

usage: python benchmarks/ranking.py DIR [--iterations N] [--batch N] [--write [DOCS]]

Networks and audits are kept in DIR, and nothing is done twice. --write makes docs/results/ranking.md and
its raw JSON. Needs torch and MNIST.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from foolery.audit import AuditConfig, open_audit, run_audit
from foolery.audit.schema import FILE, Audit
from foolery.classifiers import load_classifier
from foolery.classifiers.base import Classifier
from foolery.classifiers.builtin import SHIPPED
from foolery.classifiers.card import card_beside, read_card
from foolery.classifiers.preprocess import input_shape, preprocess
from foolery.classifiers.scores import log_softmax
from foolery.data import load_data
from foolery.training import loop
from ranking_page import write_pages
from twins import Wrapped, changed, opened

if TYPE_CHECKING:
    from torch import Tensor

    from foolery.classifiers.architectures.base import Network
    from foolery.classifiers.card import Preprocessing
    from foolery.data import LabelledImages

ROOT = Path(__file__).parents[1]
PROTOCOL = "digits-1"
RADIUS, STEPS = 51.0, 7  # of 255; of the adversarial images
RATE = 0.01
SMOOTHING = 0.1
FACTOR, DECIMALS = 10.0, 2


@dataclass(frozen=True)
class Ranked:
    """A network of the table: its name, its training, the network beside it, and what makes it."""

    name: str
    training: str
    control: str
    make: Callable[[], Classifier]


def by_descent(
    network: Network,
    data: LabelledImages,
    preprocessing: Preprocessing,
    given: argparse.Namespace,
    loss: Callable[[Network, Tensor, Tensor], Tensor],
) -> None:
    """Fine-tune in place; ``loss`` gets the network, its inputs and the labels."""
    import torch

    generator = torch.Generator().manual_seed(0)
    labels = torch.from_numpy(data.labels)

    def loss_at(step: int) -> Tensor:
        rows = torch.randint(len(data), (given.batch,), generator=generator)
        inputs = torch.from_numpy(preprocess(data.canvases[rows.numpy()], preprocessing))
        return loss(network, inputs, labels[rows])

    with loop.fixed_threads():
        network.train()
        optimizer = torch.optim.SGD(network.parameters(), lr=RATE, momentum=0.9, weight_decay=5e-4)
        rates = lambda step: (RATE * (1 - step / given.iterations),)  # noqa: E731
        loop.minimize(optimizer, loss_at, rates, given.iterations)
    network.eval()


def adversarial_loss(network: Network, inputs: Tensor, labels: Tensor) -> Tensor:
    """The mean of the losses of real images and of their adversarial examples (Madry and others 2018)."""
    import torch
    from torch.nn.functional import cross_entropy

    radius = RADIUS / 256.0  # networks of digits take pixels / 256
    moved = inputs + torch.empty_like(inputs).uniform_(-radius, radius)
    for _ in range(STEPS):
        moved = moved.detach().requires_grad_()
        (gradient,) = torch.autograd.grad(cross_entropy(network(moved), labels), moved)
        moved = moved + 2.5 * radius / STEPS * gradient.sign()
        moved = torch.minimum(torch.maximum(moved, inputs - radius), inputs + radius).clamp(0.0, 255 / 256)
    return (cross_entropy(network(moved.detach()), labels) + cross_entropy(network(inputs), labels)) / 2


def smoothed_loss(network: Network, inputs: Tensor, labels: Tensor) -> Tensor:
    """Cross entropy to labels that leave a tenth to all classes."""
    from torch.nn.functional import cross_entropy

    return cross_entropy(network(inputs), labels, label_smoothing=SMOOTHING)


def plain_loss(network: Network, inputs: Tensor, labels: Tensor) -> Tensor:
    """Cross entropy: the same fine-tuning without anything in it."""
    from torch.nn.functional import cross_entropy

    return cross_entropy(network(inputs), labels)


def fine_tuned(start: str, training: str, given: argparse.Namespace) -> Path:
    """The weights of a network that is fine-tuned from a shipped one, if it is not there yet."""
    weights = given.out / "networks" / f"{start}-{training.replace(' ', '-').lower()}.safetensors"
    if card_beside(weights).is_file():
        return weights
    from foolery.training.acet import AcetRecipe, fine_tune_by_acet
    from foolery.training.export import export_network
    from foolery.training.from_scratch import load_network

    first = SHIPPED / f"{start}.safetensors"
    card, data = read_card(card_beside(first)), load_data("mnist", "train")
    network = load_network(first, card)
    (images,) = data.batches(len(data), card.preprocessing.shape)
    if training in ("CEDA", "ACET"):
        recipe = AcetRecipe(
            iterations=given.iterations, batch=given.batch, steps=0 if training == "CEDA" else STEPS
        )
        fine_tune_by_acet(network, images, card.preprocessing, recipe, 0)
    else:
        losses = {"adversarial": adversarial_loss, "label smoothing": smoothed_loss, "plain": plain_loss}
        by_descent(network, images, card.preprocessing, given, losses[training])
    weights.parent.mkdir(parents=True, exist_ok=True)
    export_network(network, input_shape(card.preprocessing), weights, weights.with_suffix(".onnx"))
    made_by = "benchmarks/ranking.py"
    card.model_copy(update={
        "name": weights.stem, "made_by": made_by, "notes": f"From {start}, {training}.", "test_error": None,
        "median_confidence": None, "calibration_error": None,
    }).write(card_beside(weights))  # fmt: skip
    return weights


def ranked(given: argparse.Namespace) -> list[Ranked]:
    """All networks of the table."""
    lenet = SHIPPED / "lenet.safetensors"

    def shipped(name: str, training: str) -> Ranked:
        return Ranked(name, training, "lenet", lambda: load_classifier(name))

    def tuned(start: str, training: str, control: str) -> Ranked:
        name = f"{start}, {training}"
        return Ranked(name, training, control, lambda: opened(fine_tuned(start, training, given)))

    def scaled(factor: float) -> Callable[[str, Any], Any]:
        return lambda name, weights: weights * np.float32(factor) if name.startswith("fc2") else weights

    rounding = Wrapped(
        load_classifier("lenet", backend="torch"),
        f"logits with {DECIMALS} decimals",
        lambda scores: log_softmax(np.round(scores, DECIMALS)),
    )
    folder: Path = given.out
    return [
        shipped("lenet", "plain"),
        shipped("lenet-b", "plain"),
        shipped("perceptron", "plain"),
        tuned("lenet", "CEDA", "lenet"),
        tuned("lenet-b", "CEDA", "lenet-b"),
        shipped("lenet-acet", "ACET"),
        tuned("lenet-b", "ACET", "lenet-b"),
        tuned("lenet", "adversarial", "lenet"),
        tuned("lenet-b", "adversarial", "lenet-b"),
        shipped("digits-knn", "nearest neighbors"),
        shipped("digits-vae", "generative"),
        Ranked("lenet, logits x 10", "unchanged", "lenet",
               lambda: opened(changed(lenet, folder / "times", scaled(FACTOR)))),
        Ranked("lenet, temperature 10", "unchanged", "lenet",
               lambda: opened(changed(lenet, folder / "over", scaled(1 / FACTOR)))),
        Ranked("lenet, logits rounded", "unchanged", "lenet", lambda: rounding),
        tuned("lenet", "plain", "lenet"),
        tuned("lenet", "label smoothing", "lenet, plain"),
    ]  # fmt: skip


def audited(one: Ranked, given: argparse.Namespace) -> tuple[Audit, float | None]:
    """The finished audit in its folder, and the processor seconds if it was made now."""
    folder: Path = given.out / "audits" / one.name.replace(", ", "-").replace(" ", "-")
    if (folder / FILE).is_file() and (audit := open_audit(folder)).state == "finished":
        return audit, None
    config = AuditConfig(data="mnist", protocol=PROTOCOL, panel=(), keep="light", out=folder)
    classifier, processor = one.make(), time.process_time()
    audit = run_audit(classifier, config, overwrite=(folder / FILE).is_file())
    return audit, time.process_time() - processor


def main() -> int:
    """Train and audit what is missing; write both files, or print the page."""
    plain = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, usage=argparse.SUPPRESS, formatter_class=plain)
    parser.add_argument("out", type=Path, nargs="?", metavar="DIR")
    parser.add_argument("--iterations", type=int, default=400, help="of every fine-tuning")
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--write", type=Path, nargs="?", const=ROOT / "docs" / "results", metavar="DOCS")
    given = parser.parse_args()
    if given.out is None:
        print("nothing to do without DIR; --help says more")
        return 0
    loop.THREADS = 1
    rows = []
    for one in ranked(given):
        audit, processor = audited(one, given)
        verdict = audit.verdict
        if verdict is None or verdict.score is None or audit.reference is None:
            raise SystemExit(f"{one.name}: has no score")
        rows.append(
            {
                "name": one.name,
                "training": one.training,
                "control": one.control,
                "accuracy": audit.reference.accuracy,
                "skipped": sorted({each.name for each in audit.attacks if each.status == "skipped"}),
                "verdict": verdict.model_dump(mode="json"),
            }
        )
        spent = "" if processor is None else f", {processor:.0f} s of processor time"
        print(f"{time.strftime('%H:%M:%S')} {one.name}: {verdict.score.value:.1f}{spent}", flush=True)
    write_pages(rows, given.write, f"python benchmarks/ranking.py DIR --iterations {given.iterations} "
                f"--batch {given.batch} --write")  # fmt: skip
    return 0


if __name__ == "__main__":
    sys.exit(main())
