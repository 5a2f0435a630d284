"""A classifier that is a few lines of numpy, behind the contract of a classifier."""

import numpy as np

from foolery.canvas import CanvasShape
from foolery.classifiers.base import Description
from foolery.classifiers.scores import from_outputs


class Plain:
    """Logits are linear in the pixels of a centre crop; ``asked`` lists the sizes of all batches."""

    def __init__(self, seed=0, canvas=(3, 6, 8), crop=None, classes=("cat", "dog", "owl"), kind="softmax"):
        self.description = Description(
            name=f"plain{seed}",
            fingerprint=f"{seed:064x}",
            canvas=CanvasShape(*canvas),
            classes=tuple(classes),
            kind=kind,
            backend="python",
            forward={"chunk": 7},
        )
        self.crop = crop or canvas[1:]
        self.weights = np.random.default_rng(seed).normal(
            size=(canvas[0] * self.crop[0] * self.crop[1], len(classes))
        )
        self.asked = []

    def scores(self, canvases):
        self.description.canvas.check(canvases)
        self.asked.append(len(canvases))
        top = round((canvases.shape[2] - self.crop[0]) / 2)
        left = round((canvases.shape[3] - self.crop[1]) / 2)
        cut = canvases[:, :, top : top + self.crop[0], left : left + self.crop[1]]
        outputs = cut.reshape(len(cut), -1) / 255 @ self.weights
        return from_outputs(
            np.tanh(outputs) if self.description.kind == "similarity" else outputs, self.description.kind
        )


def noise(count, axes=(3, 6, 8), seed=0):
    """``(count, *axes) uint8``."""
    return np.random.default_rng(seed).integers(0, 256, (count, *axes)).astype(np.uint8)
