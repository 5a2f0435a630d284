""""""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from foolery.classifiers import load_classifier
from foolery.classifiers.wrappers.batched import (
    BatchReduction,
    MicroBatched,
    autobatch,
    fastest_batch,
    fitting_batch,
    is_out_of_memory,
    with_microbatches,
)
from foolery.engine.evolution import evolve
from foolery.errors import FooleryError, UsageError
from foolery.runs import open_run_file
from support.command import invoke
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


def test_micro_batches_give_what_the_whole_gives():
    plain = Plain()
    batched = MicroBatched(plain, 4)
    assert np.allclose(batched.scores(noise(10)), Plain().scores(noise(10)), rtol=1e-12)
    assert plain.asked == [4, 4, 2]
    assert batched.description.forward == {"chunk": 7, "microbatch": 4}
    assert batched.events == []


def test_short_memory_halves_the_micro_batch_and_is_an_event():
    small, told = Small(3), []
    batched = MicroBatched(small, 16, told.append)
    assert np.allclose(batched.scores(noise(10)), Plain().scores(noise(10)), rtol=1e-12)
    assert batched.events == told == [BatchReduction(16, 5, "no room"), BatchReduction(5, 2, "no room")]
    assert small.asked == [2, 2, 2, 2, 2]
    assert "from here 2" in str(told[-1])
    assert batched.description.forward["microbatch"] == 2


def test_a_memory_too_small_for_one_canvas_ends_the_run():
    with pytest.raises(FooleryError, match=r"plain0: one canvas does not fit into memory \(no room\)"):
        MicroBatched(Small(0), 8).scores(noise(3))


def test_other_errors_pass():
    with pytest.raises(ZeroDivisionError):
        MicroBatched(Small(0, ZeroDivisionError()), 8).scores(noise(3))


def test_the_largest_micro_batch_is_within_memory():
    assert fastest_batch(Small(5)) <= 4
    assert 1 <= fastest_batch(Plain(), 64) <= 64


@pytest.mark.parametrize("size", [0, -3])
def test_an_empty_micro_batch_is_refused(size):
    with pytest.raises(UsageError, match="expected micro-batches"):
        MicroBatched(Plain(), size)


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


class OnDevice(Small):
    """Says that it runs on a device with memory of its own."""

    def __init__(self, room, error=NO_ROOM):
        super().__init__(room, error)
        self.description = replace(self.description, device="cuda", forward={"chunk": 64})


def test_on_a_device_the_micro_batch_is_found_by_memory_before_the_run_and_recorded():
    device = OnDevice(room=20)
    fitted = with_microbatches(device)
    assert fitted.description.forward == {"chunk": 64, "microbatch": 16}
    assert device.asked == [16, 16, 16, 16]
    told = []
    again = with_microbatches(OnDevice(room=20), size=16, on_event=told.append)
    assert again.description == fitted.description
    assert told == []


def test_a_device_that_gets_fuller_halves_the_micro_batch_and_says_so():
    device, told = OnDevice(room=20), []
    fitted = with_microbatches(device, on_event=told.append)
    device.room = 5
    assert np.allclose(fitted.scores(noise(10)), Plain().scores(noise(10)), rtol=1e-12)
    assert told == [BatchReduction(16, 5, "no room")]


def test_a_device_that_holds_a_whole_micro_batch_keeps_it():
    assert fitting_batch(OnDevice(room=64)) == 64


def test_on_the_processor_micro_batches_stay_as_they_are():
    plain = Plain()
    assert with_microbatches(plain) is plain


def test_a_network_of_torch_that_runs_out_of_memory_goes_on_in_smaller_micro_batches():
    """The network is real, and so is its error; only the size of the memory is made up."""
    torch = pytest.importorskip("torch", reason="the extra torch is not installed")
    from foolery.classifiers.torch_model import torch_classifier

    lenet = load_classifier("lenet", backend="torch")

    class Crowded(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.network = lenet.network

        def forward(self, pictures):
            if len(pictures) > 12:
                raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
            return self.network(pictures)

    crowded = torch_classifier("crowded", Crowded(), lenet.card, lenet.description.fingerprint)
    batched = MicroBatched(crowded, 50)
    canvases = noise(60, (1, 28, 28))
    assert np.allclose(batched.scores(canvases), lenet.scores(canvases), atol=1e-5)
    assert [(each.before, each.after) for each in batched.events] == [(50, 25), (25, 12)]
    assert batched.events[0].reason == "CUDA out of memory. Tried to allocate 2.00 GiB."


QUICK = {"batch": 24, "seed": 3}


class Device(Plain):
    """A classifier that says it runs on a device, with memory for ``room`` canvases at a time."""

    def __init__(self, room: int) -> None:
        super().__init__()
        self.description = replace(self.description, device="cuda", forward={"chunk": 64})
        self.room = room

    def scores(self, canvases):
        if len(canvases) > self.room:
            raise MemoryError("no room")
        return super().scores(canvases)


def test_the_micro_batch_is_found_before_generation_0_recorded_and_used_again(tmp_path):
    evolve(Device(room=20), generations=2, out=tmp_path, **QUICK)
    assert open_run_file(tmp_path).settings.forward == {"chunk": 64, "microbatch": 16}
    roomier = Device(room=1000)
    evolve(roomier, generations=4, out=tmp_path, resume=True, **QUICK)
    assert set(roomier.asked) == {16, 8}, "slices of 16, as recorded, though more would fit by now"
    run = open_run_file(tmp_path)
    assert run.generation == 4
    assert run.events == ()


def test_a_reduction_is_an_event_of_its_generation(tmp_path):
    device = Device(room=20)

    def crowd(progress):
        if progress.generation == 1:
            device.room = 10

    evolve(device, generations=3, out=tmp_path, on_progress=crowd, **QUICK)
    (event,) = open_run_file(tmp_path).events
    assert event.generation == 2
    assert event.text == "out of memory with 16 canvases at a time, from here 8 (no room)"
    shown = invoke("show", tmp_path)
    assert "event       generation 2: out of memory with 16 canvases at a time" in shown.stdout


def test_replicates_keep_to_their_micro_batches_and_each_learns_of_a_reduction(tmp_path):
    device = Device(room=20)

    def crowd(progress):
        if progress.generation == 1:
            device.room = 10

    evolve(device, seeds=2, generations=3, out=tmp_path, on_progress=crowd, **QUICK)
    for seed in (3, 4):
        run = open_run_file(tmp_path / f"seed-{seed}")
        assert run.settings.forward["microbatch"] == 16
        assert [event.generation for event in run.events] == [2]
    evolve(Device(room=1000), seeds=2, generations=4, out=tmp_path, resume=True, **QUICK)
    assert [open_run_file(tmp_path / f"seed-{seed}").generation for seed in (3, 4)] == [4, 4]


def test_a_run_on_the_processor_has_no_such_micro_batches():
    plain = Plain()
    assert autobatch(plain) is plain
    batched = MicroBatched(plain, 4)
    assert autobatch(batched) is batched


def test_a_run_that_was_recorded_without_micro_batches_goes_on_without(tmp_path):
    plain = Plain()
    evolve(plain, generations=1, out=tmp_path, **QUICK)
    recorded = open_run_file(tmp_path).settings
    device = Device(room=1000)
    assert autobatch(device, recorded) is device
    assert isinstance(autobatch(device), MicroBatched)
