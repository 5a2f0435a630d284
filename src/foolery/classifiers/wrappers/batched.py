"""Micro-batches: parts of a batch that fit into a device's memory, halved when memory runs out."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from foolery.canvas import Canvases
from foolery.classifiers.base import Classifier, Description, canvas_device
from foolery.errors import FooleryError, UsageError
from foolery.runs import RunSettings, RunWriter

MAX_BATCH = 1024
_GAIN = 1.05  # a micro-batch twice as large has to be this much faster to be worth its memory


@dataclass(frozen=True)
class BatchReduction:
    """An event: a micro-batch did not fit into memory, so they are smaller from then on.

    Scores from then on may differ in their last bits from those of a run without it.
    """

    before: int
    after: int
    reason: str

    def __str__(self) -> str:
        return f"out of memory with {self.before} canvases at a time, from here {self.after} ({self.reason})"


class MicroBatched:
    """Splits every batch into micro-batches of ``size``; halves them where memory does not suffice.

    Args:
        classifier: within.
        size: canvases in a micro-batch; found by trying where it is None.
        on_event: called with every ``BatchReduction``.
    """

    def __init__(
        self,
        classifier: Classifier,
        size: int | None = None,
        on_event: Callable[[BatchReduction], None] | None = None,
    ) -> None:
        if size is not None and not 1 <= size <= MAX_BATCH**2:
            raise UsageError(f"batch: expected micro-batches of 1 to {MAX_BATCH**2} canvases, got {size}")
        self.classifier = classifier
        self.events: list[BatchReduction] = []
        self.on_event = on_event
        self.size = fastest_batch(classifier) if size is None else size

    @property
    def description(self) -> Description:
        """That of the classifier within; ``forward`` has their size."""
        inner = self.classifier.description
        return replace(inner, forward={**inner.forward, "microbatch": self.size})

    @property
    def canvas_device(self) -> str:
        """See ``DeviceClassifier``."""
        return canvas_device(self.classifier)

    def scores(self, canvases: Canvases) -> NDArray[np.float64]:
        """``(N, K) float64`` of the classifier within.

        Raises:
            FooleryError: where not even one canvas fits into memory.
        """
        results = np.empty((len(canvases), len(self.classifier.description.classes)))
        start = 0
        while start < len(canvases):
            stop = min(start + self.size, len(canvases))
            try:
                results[start:stop] = self.classifier.scores(canvases[start:stop])
            except Exception as error:
                if not is_out_of_memory(error):
                    raise
                self._reduce(stop - start, error)
            else:
                start = stop
        return results

    def _reduce(self, count: int, error: Exception) -> None:
        name, reason = self.classifier.description.name, _reason(error)
        if count == 1:
            raise FooleryError(
                f"classifier {name}: one canvas does not fit into memory ({reason})"
            ) from error
        event = BatchReduction(self.size, max(1, count // 2), reason)
        self.size = event.after
        self.events.append(event)
        if self.on_event is not None:
            self.on_event(event)


def with_microbatches(
    classifier: Classifier, size: int | None = None, on_event: Callable[[BatchReduction], None] | None = None
) -> Classifier:
    """``classifier`` as it is on the processor, and ``MicroBatched`` on a device with memory of its own.

    Args:
        classifier: of a run that is about to start.
        size: of the micro-batches that the run was recorded with; None finds it, as ``fitting_batch``.
        on_event: called with every ``BatchReduction``.
    """
    if classifier.description.device == "cpu":
        return classifier
    return MicroBatched(classifier, fitting_batch(classifier) if size is None else size, on_event)


def fitting_batch(classifier: Classifier) -> int:
    """The classifier's own chunk, or half of it, or of that, whichever fits into memory.

    Only memory decides, no clock: the same run on the same machine gets the same size.

    Raises:
        FooleryError: where not even one canvas fits.
    """
    forward = classifier.description.forward
    chunks = [int(value) for key, value in forward.items() if key.rpartition(".")[2] == "chunk"]
    trial = MicroBatched(classifier, min(max(chunks, default=MAX_BATCH), MAX_BATCH))
    trial.scores(np.zeros((trial.size, *classifier.description.canvas.axes), np.uint8))
    return trial.size


def fastest_batch(classifier: Classifier, max_batch: int = MAX_BATCH) -> int:
    """The size, a power of two up to ``max_batch``, beyond which nothing is gained or memory is short."""
    axes = classifier.description.canvas.axes
    best, fastest, size = 1, 0.0, 1
    while size <= max_batch:
        canvases = np.random.default_rng(size).integers(0, 256, (size, *axes), np.uint8)
        try:
            classifier.scores(canvases)  # the first call of a shape prepares it
            start = time.perf_counter()
            classifier.scores(canvases)
        except Exception as error:
            if not is_out_of_memory(error) or size == 1:
                raise
            break
        rate = size / max(time.perf_counter() - start, 1e-9)
        if rate > fastest * _GAIN:
            best, fastest = size, rate
        elif size >= 8 * best:
            break
        size *= 2
    return best


def is_out_of_memory(error: BaseException | None) -> bool:
    """Whether ``error``, or what caused it, means that memory ran out, in Python, torch or onnxruntime."""
    if error is None:
        return False
    message = str(error).casefold()
    return (
        isinstance(error, MemoryError)
        or any(each.__name__ == "OutOfMemoryError" for each in type(error).__mro__)
        or "failed to allocate memory" in message
        or "bad allocation" in message
        or "std::bad_alloc" in message
        or "can't allocate memory" in message
        or is_out_of_memory(error.__cause__)
    )


def _reason(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0][:200] if lines else type(error).__name__


def autobatch(classifier: Classifier, recorded: RunSettings | None = None) -> Classifier:
    """``classifier``; on a device with memory of its own, in micro-batches.

    Args:
        classifier: of a run that is about to start.
        recorded: settings of the run that is resumed, whose size is used again; None finds it.
    """
    if isinstance(classifier, MicroBatched):
        return classifier
    if recorded is None:
        return with_microbatches(classifier)
    size = recorded.forward.get("microbatch")
    return classifier if size is None else with_microbatches(classifier, int(size))


def record_reductions(classifier: Classifier, writers: Sequence[RunWriter]) -> None:
    """From here on, a micro-batch that has to be halved is an event in the run files."""

    def record(reduction: BatchReduction) -> None:
        for writer in writers:
            writer.add_event(str(reduction))

    if isinstance(classifier, MicroBatched):
        classifier.on_event = record
