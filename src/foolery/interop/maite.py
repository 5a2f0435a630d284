"""MAITE: a classifier as its Model, labelled images as its Dataset, an audit's figures as its Metric.

The protocols are structural, so MAITE itself is not needed. Images are ``(C, H, W) uint8``, targets and
predictions ``(K,) float32``: probabilities of a softmax, and 1 for the true class.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

import numpy as np
from numpy.typing import NDArray

from foolery.audit import Audit
from foolery.audit.detection import TPRS, levels
from foolery.canvas import CanvasShape
from foolery.classifiers.base import Classifier
from foolery.classifiers.scores import confidence
from foolery.data.labelled import LabelledData
from foolery.errors import UsageError
from foolery.search.objectives import margins

_TINY = 1e-300


class ImageMetadata(TypedDict):
    """Of one image: its number."""

    id: int


class MaiteModel:
    """A classifier as a MAITE model for image classification.

    Args:
        classifier: with a softmax or sigmoids.

    Raises:
        UsageError: for cosines, which are no probabilities.
    """

    def __init__(self, classifier: Classifier) -> None:
        description = classifier.description
        if description.kind == "similarity":
            raise UsageError(f"maite: {description.name} gives cosines, MAITE wants probabilities")
        self._classifier = classifier
        self.metadata: dict[str, Any] = {
            "id": description.name,
            "index2label": dict(enumerate(description.classes)),
        }

    def __call__(self, input_batch: Sequence[Any], /) -> Sequence[NDArray[np.float64]]:
        """Probabilities ``(K,) float64`` of each image ``(C, H, W)``, whole numbers from 0 to 255."""
        canvases = np.stack([np.asarray(image) for image in input_batch]).astype(np.uint8)
        scores = self._classifier.scores(canvases)
        return list(confidence(scores, self._classifier.description.kind))


class MaiteDataset:
    """Labelled images as a MAITE dataset.

    Args:
        data: the images.
        canvas: that they are fitted to.
        name: of the dataset.
    """

    def __init__(self, data: LabelledData, canvas: CanvasShape, name: str = "foolery") -> None:
        self._data, self._canvas = data, canvas
        self.metadata: dict[str, Any] = {"id": name, "index2label": dict(enumerate(data.classes))}

    def __len__(self) -> int:
        return len(self._data)

    def __getitem__(self, index: int, /) -> tuple[NDArray[np.uint8], NDArray[np.float32], ImageMetadata]:
        """Image ``(C, H, W) uint8``, target ``(K,) float32``, and metadata."""
        if not 0 <= index < len(self):
            raise IndexError(index)
        (image,) = self._data.take(np.array([index])).batches(1, self._canvas)
        target = np.zeros(len(self._data.classes), np.float32)
        target[image.labels[0]] = 1.0
        return image.canvases[0], target, {"id": index}


class MaiteFoolingMetric:
    """The share of unrecognizable images that a classifier accepts, as a MAITE metric.

    An image is accepted at a true-positive rate where the margin of its target class reaches the threshold of
    the audit's real images. The images may be a fooling set, with the class that each is to be taken for.

    Args:
        audit: of the same classifier, with reference data.

    Raises:
        UsageError: for an audit without reference data, or whose measure is no margin.
    """

    def __init__(self, audit: Audit) -> None:
        reference = audit.reference
        if reference is None or reference.measure != "margin" or not reference.values:
            raise UsageError("maite: expected an audit of a softmax with reference data (--data)")
        self.metadata: dict[str, Any] = {"id": f"fooling of {audit.classifier.name}"}
        self._real = np.array(reference.values)
        self._thresholds = {
            f"fpr{100 * tpr:.0f}": threshold.value
            for tpr in TPRS
            if (threshold := reference.threshold_at(tpr)) is not None
        }
        self._margins: list[float] = []

    def reset(self) -> None:
        """Forget all images."""
        self._margins = []

    def update(
        self, pred_batch: Sequence[Any], target_batch: Sequence[Any], metadata_batch: Sequence[Any], /
    ) -> None:
        """Count some images: probabilities ``(K,)`` and targets ``(K,)`` of each."""
        predictions = np.stack([np.asarray(row, np.float64) for row in pred_batch])
        own = np.stack([np.asarray(row) for row in target_batch]).argmax(axis=1)
        margin_values = margins(np.log(np.maximum(predictions, _TINY)))
        self._margins += margin_values[np.arange(len(own)), own].tolist()

    def compute(self) -> Mapping[str, Any]:
        """``fpr80`` to ``fpr99`` and ``auroc`` of all images so far.

        Raises:
            UsageError: before the first image.
        """
        if not self._margins:
            raise UsageError("maite: no image was counted; call update first")
        values = np.array(self._margins)
        rates = {name: float((values >= threshold).mean()) for name, threshold in self._thresholds.items()}
        return rates | {"auroc": 1.0 - float(levels(values, self._real).mean())}
