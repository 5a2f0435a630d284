"""The graph of a CPPN, and what every node computes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foolery.canvas import CanvasShape
from foolery.encodings import make_encoding
from foolery.errors import UsageError
from foolery.report.model.cppn_graph import SIDE, cppn_graphs
from foolery.rng import Stream


def bred(shape, seed, generations, count=6, **options):
    """Packed genomes after some mutations."""
    encoding = make_encoding("cppn", CanvasShape(*shape), options)
    genomes = encoding.initial(Stream.of(seed, 0, count))
    for generation in range(1, generations + 1):
        genomes = encoding.vary(genomes, Stream.of(seed, generation, count))
    return encoding, genomes, encoding.pack(genomes)


@given(st.integers(0, 50), st.integers(0, 30))
def test_the_output_s_picture_is_the_canvas(seed, generations):
    encoding, genomes, blobs = bred((1, SIDE, SIDE), seed, generations)
    for graph, canvas in zip(cppn_graphs(encoding, blobs), encoding.render(genomes), strict=True):
        value = graph.images[-1].astype(float) / 127.5 - 1
        assert np.abs(np.abs(value) * 255 - canvas[0]).max() <= 3  # both are rounded down


@given(st.integers(0, 50))
def test_every_node_shown_reaches_an_output_and_links_go_forward(seed):
    encoding, genomes, blobs = bred((3, 9, 7), seed, 25)
    for row, graph in enumerate(cppn_graphs(encoding, blobs)):
        count = len(graph.names)
        assert len(graph.depths) == len(graph.images) == count
        reach = set(range(count - 3, count))
        for source, target, _ in sorted(graph.edges, key=lambda edge: -edge[1]):
            assert graph.depths[source] < graph.depths[target]
            reach |= {source} if target in reach else set()
        assert reach == set(range(count))
        nodes = int(genomes.nodes[row + 1] - genomes.nodes[row])
        assert sum(depth > 0 for depth in graph.depths) + graph.left_out == nodes
        assert [name[-3:] for name in graph.names[-3:]] == ["(H)", "(S)", "(V)"]


def test_colors_are_named_as_the_encoding_takes_them():
    encoding, _, blobs = bred((3, 5, 5), 1, 2, colors="hls")
    (first, *_) = cppn_graphs(encoding, blobs)
    assert [name[-3:] for name in first.names[-3:]] == ["(H)", "(L)", "(S)"]


def test_a_damaged_genome_is_refused():
    encoding, _, blobs = bred((1, 5, 5), 1, 2)
    with pytest.raises(UsageError, match="not a valid CPPN"):
        list(cppn_graphs(encoding, [blobs[0][:-1]]))
