"""The wall: pictures in memory, as many as there is room for."""

from hypothesis import given
from hypothesis import strategies as st

from foolery.studio.images import PictureCache


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.integers(0, 40)), max_size=40))
def test_a_wall_never_holds_more_than_its_room_and_keeps_the_latest(hung):
    wall = PictureCache(capacity=100)
    for name, size in hung:
        wall.put(name, bytes(size))
        assert wall.get(name) == bytes(size)
    kept = [found for name in "abcdef" if (found := wall.get(name)) is not None]
    assert sum(map(len, kept)) <= 100
