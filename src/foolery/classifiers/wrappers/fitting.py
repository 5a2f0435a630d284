"""Fitting: a classifier on a device is asked in slices that fit into its memory, found before a run."""

from __future__ import annotations

from collections.abc import Sequence

from foolery.classifiers.base import Classifier
from foolery.classifiers.wrappers.batched import Batched, Shrink, on_device
from foolery.runs import RunWriter
from foolery.runs.records import RunSettings


def fitted(classifier: Classifier, recorded: RunSettings | None = None) -> Classifier:
    """``classifier``; on a device with memory of its own, in slices.

    Args:
        classifier: what a run is about to ask.
        recorded: settings of the run that is resumed, whose slices are used again; None finds them.
    """
    if isinstance(classifier, Batched):
        return classifier
    if recorded is None:
        return on_device(classifier)
    size = recorded.forward.get("slice")
    return classifier if size is None else on_device(classifier, int(size))


def note_shrinks(classifier: Classifier, writers: Sequence[RunWriter]) -> None:
    """From here on, a slice that has to shrink is an event in the run files."""

    def tell(shrink: Shrink) -> None:
        for writer in writers:
            writer.note(str(shrink))

    if isinstance(classifier, Batched):
        classifier.on_event = tell
