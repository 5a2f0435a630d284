"""The cache: images in memory, as many as fit."""

from hypothesis import given
from hypothesis import strategies as st

from foolery.studio.images import ImageCache


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.integers(0, 40)), max_size=40))
def test_a_cache_never_holds_more_than_its_capacity_and_keeps_the_latest(files):
    cache = ImageCache(capacity=100)
    for name, size in files:
        cache.put(name, bytes(size))
        assert cache.get(name) == bytes(size)
    cached = [content for name in "abcdef" if (content := cache.get(name)) is not None]
    assert sum(map(len, cached)) <= 100
