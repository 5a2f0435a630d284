"""Makes the shipped classifier cifar-knn, a member of the panel of audits that no gradient trained.

It answers by the nearest of 80 k-means prototypes of each class among the features of ``cifar-b``, each the
mean of at least five training photos. The width of the bell curve about them, which decides confidences but
no answer, fits photos that are set aside. CIFAR-10 lies in FOOLERY_DATA, as JPEG.

usage: python benchmarks/cifar_panel.py              print the error on the test photos; some minutes
       python benchmarks/cifar_panel.py --write      and write to src/foolery/classifiers/shipped
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from foolery.classifiers.architectures import build
from foolery.classifiers.architectures.convnet import ConvNet
from foolery.classifiers.architectures.neighbors import PROTOTYPES, Neighbors
from foolery.classifiers.builtin import SHIPPED, card_of
from foolery.classifiers.card import Card
from foolery.classifiers.preprocess import preprocess
from foolery.data import LabelledImages, load_data
from foolery.training.export import export_network
from foolery.training.from_scratch import with_accuracy
from foolery.training.prototypes import MIN_IMAGES, find_centers, fit_width

NAME, TRUNK, ASIDE, SEED, BATCH = "cifar-knn", "cifar-b", 12, 0, 500
PREPROCESSING = card_of(TRUNK).preprocessing


def images_of(data: LabelledImages) -> Tensor:
    """``(N, 3, 32, 32) float32``, as the networks take them."""
    return torch.from_numpy(preprocess(data.canvases, PREPROCESSING))


def features_of(network: Neighbors, images: Tensor) -> Tensor:
    """``(N, F) float32``."""
    with torch.no_grad():
        return torch.cat([network.features(part) for part in images.split(BATCH)])


def neighbors(learnt: LabelledImages, aside: LabelledImages) -> Neighbors:
    """Prototypes among the features of the trunk, and a width that fits the photos set aside."""
    from safetensors.torch import load_file

    network = build("neighbors", 10)
    assert isinstance(network, Neighbors)
    trunk = ConvNet(10)
    trunk.load_state_dict(load_file(SHIPPED / f"{TRUNK}.safetensors"))
    del trunk.fc
    network.trunk.load_state_dict(trunk.state_dict())
    network.eval()
    rows = features_of(network, images_of(learnt)).numpy()
    centers = [
        find_centers(rows[learnt.labels == label], PROTOTYPES, np.random.default_rng([SEED, label]))
        for label in range(10)
    ]
    with torch.no_grad():
        network.prototypes.copy_(torch.from_numpy(np.stack(centers)))
        squared = network.distances(features_of(network, images_of(aside))).double().numpy()
        unit = float(np.sqrt(np.median(squared))) / 200.0  # the widths tried are 50 to 2000 of these
        network.width.fill_(fit_width(squared / unit**2, aside.labels) * unit)
    return network


def main() -> int:
    out = SHIPPED if "--write" in sys.argv[1:] else Path(tempfile.mkdtemp())
    folder = Path(os.environ["FOOLERY_DATA"]) / "cifar10"
    reference = f"parquet:{folder}/{{train,test}}.parquet"
    (photos,) = load_data(reference, "train").batches(100_000, PREPROCESSING.shape)
    tests, every = load_data(reference, "test"), np.arange(len(photos))
    learnt, aside = photos.take(every[every % ASIDE > 0]), photos.take(every[::ASIDE])
    network = neighbors(learnt, aside)
    weights = out / f"{NAME}.safetensors"
    export_network(network, (3, 32, 32), weights, weights.with_suffix(".onnx"))
    card = Card(
        name=NAME,
        kind="softmax",
        classes=photos.classes,
        preprocessing=PREPROCESSING,
        architecture="neighbors",
        made_by="python benchmarks/cifar_panel.py --write",
        notes=f"the nearest of {PROTOTYPES} k-means prototypes of each class among the features of {TRUNK}, "
        f"each the mean of at least {MIN_IMAGES} training photos; the logit is minus half the squared "
        "distance in units of a width.",
    )
    card = with_accuracy(card, weights, tests)
    card.write(out / f"{NAME}.card.json")
    print(f"{NAME}: {weights.stat().st_size:,} bytes, test error {card.test_error:.2%}", flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
