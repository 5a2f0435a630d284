import pytest

from foolery.classifiers.card import Preprocessing
from foolery.classifiers.inference import chunk_size


def how(channels: int, side: int) -> Preprocessing:
    return Preprocessing.model_validate(
        {
            "canvas": {"channels": channels, "height": 256, "width": 256},
            "crop": {"height": side, "width": side},
            "mean": (0.0,) * channels,
            "std": (1.0,) * channels,
            "channel_order": "gray" if channels == 1 else "rgb",
        }
    )


@pytest.mark.parametrize(
    ("channels", "side", "device", "expected"),
    [
        (1, 28, "cpu", 25),
        (3, 32, "cpu", 25),
        (3, 128, "cpu", 10),
        (3, 224, "cpu", 3),
        (3, 256, "cpu", 2),
        (1, 28, "cuda", 1024),
        (3, 224, "cuda:1", 111),
    ],
)
def test_a_chunk_holds_as_many_as_its_memory_allows(channels, side, device, expected):
    assert chunk_size(how(channels, side), 25, device) == expected


def test_a_device_with_much_memory_takes_larger_chunks():
    small, large = (chunk_size(how(3, 224), 25, "cuda", gib * 2**30) for gib in (4, 40))
    assert (small, large) == (111, 557)
    assert chunk_size(how(3, 224), 25, "cuda", 2**40) == 1024


def test_a_chunk_is_never_empty():
    large = how(3, 256).model_copy(
        update={"crop": None, "canvas": how(3, 256).canvas.model_copy(update={"height": 4096, "width": 4096})}
    )
    assert chunk_size(large, 25) == 1
