"""Networks trained on a part of the data."""

import numpy as np

from foolery.paper.fooled_networks import subset


def test_a_subset_has_its_share_of_every_class_and_lies_within_larger_ones(mnist):
    small, large = subset(mnist, 0.05, 3), subset(mnist, 0.2, 3)
    counts = np.bincount(mnist.labels)
    np.testing.assert_array_equal(np.bincount(small.labels), np.round(0.05 * counts))
    within = {each.tobytes() for each in large.canvases}
    assert all(each.tobytes() in within for each in small.canvases)
    other = subset(mnist, 0.05, 4)
    assert not np.array_equal(small.canvases[:100], other.canvases[:100])
    assert len(subset(mnist, 1.0, 3)) == len(mnist)
    assert len(subset(mnist, 1e-6, 3)) == 10
