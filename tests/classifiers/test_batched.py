import numpy as np
import pytest

from foolery.classifiers.batched import Batched, Shrink, is_out_of_memory, largest_slice
from foolery.errors import FooleryError, UsageError
from support.onnx_files import linear
from support.plain import Plain, noise

NO_ROOM = MemoryError("no room")


class Small(Plain):
    """Has memory for ``room`` canvases at a time."""

    def __init__(self, room, error=NO_ROOM):
        super().__init__()
        self.room, self.error = room, error

    def scores(self, canvases):
        if len(canvases) > self.room:
            raise self.error
        return super().scores(canvases)


def test_slices_give_what_the_whole_gives():
    plain = Plain()
    batched = Batched(plain, 4)
    assert np.allclose(batched.scores(noise(10)), Plain().scores(noise(10)), rtol=1e-12)
    assert plain.asked == [4, 4, 2]
    assert batched.description.forward == {"grain": 7, "slice": 4}
    assert batched.events == []


def test_short_memory_halves_the_slice_and_is_an_event():
    small, told = Small(3), []
    batched = Batched(small, 16, told.append)
    assert np.allclose(batched.scores(noise(10)), Plain().scores(noise(10)), rtol=1e-12)
    assert batched.events == told == [Shrink(16, 5, "no room"), Shrink(5, 2, "no room")]
    assert small.asked == [2, 2, 2, 2, 2]
    assert "goes on with 2" in str(told[-1])
    assert batched.description.forward["slice"] == 2


def test_a_memory_too_small_for_one_canvas_ends_the_run():
    with pytest.raises(FooleryError, match=r"plain0: one canvas does not fit into memory \(no room\)"):
        Batched(Small(0), 8).scores(noise(3))


def test_other_errors_pass():
    with pytest.raises(ZeroDivisionError):
        Batched(Small(0, ZeroDivisionError()), 8).scores(noise(3))


def test_the_largest_slice_is_within_memory():
    assert largest_slice(Small(5)) <= 4
    assert 1 <= largest_slice(Plain(), 64) <= 64


@pytest.mark.parametrize("size", [0, -3])
def test_an_empty_slice_is_refused(size):
    with pytest.raises(UsageError, match="expected a slice"):
        Batched(Plain(), size)


def test_the_error_of_torch_is_known():
    torch = pytest.importorskip("torch", reason="the extra torch is not installed")
    assert is_out_of_memory(torch.OutOfMemoryError("CUDA out of memory. Tried to allocate"))
    with pytest.raises(RuntimeError) as caught:
        torch.empty(2**46)
    assert is_out_of_memory(caught.value)


def test_the_error_of_onnxruntime_is_known(tmp_path):
    """A real allocation that no machine has: the product of two vectors of 2^23 numbers."""
    runtime = pytest.importorskip("onnxruntime", reason="the extra onnx is not installed")
    path = linear(tmp_path / "wide.onnx", np.ones((1, 2**20)), (1, 1, 1))
    options = runtime.SessionOptions()
    options.log_severity_level = 4
    session = runtime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    with pytest.raises(Exception, match="alloc") as caught:
        session.run(None, {"x": np.ones((2**24, 1, 1, 1), np.float32)})
    assert is_out_of_memory(caught.value)


def test_what_is_not_about_memory_is_not():
    assert not is_out_of_memory(ValueError("allocation of names"))
    assert not is_out_of_memory(None)
