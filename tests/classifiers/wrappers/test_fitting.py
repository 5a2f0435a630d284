"""On a device the slice is found once, recorded, and used again; running short of memory is an event."""

from dataclasses import replace

from foolery.classifiers.wrappers.batched import Batched
from foolery.classifiers.wrappers.fitting import fitted
from foolery.engine.evolve import evolve
from foolery.engine.replicates import evolve_replicates
from foolery.runs import open_run_file
from support.command import invoke
from support.plain import Plain

QUICK = {"batch": 24, "seed": 3}


class Device(Plain):
    """A classifier that says it runs on a device, with memory for ``room`` canvases at a time."""

    def __init__(self, room: int) -> None:
        super().__init__()
        self.description = replace(self.description, device="cuda", forward={"grain": 64})
        self.room = room

    def scores(self, canvases):
        if len(canvases) > self.room:
            raise MemoryError("no room")
        return super().scores(canvases)


def test_the_slice_is_found_before_generation_0_recorded_and_used_again(tmp_path):
    evolve(Device(room=20), generations=2, out=tmp_path, **QUICK)
    assert open_run_file(tmp_path).settings.forward == {"grain": 64, "slice": 16}
    roomier = Device(room=1000)
    evolve(roomier, generations=4, out=tmp_path, resume=True, **QUICK)
    assert set(roomier.asked) == {16, 8}, "slices of 16, as recorded, though more would fit by now"
    run = open_run_file(tmp_path)
    assert run.generation == 4
    assert run.events == ()


def test_a_shrink_is_an_event_of_its_generation(tmp_path):
    device = Device(room=20)

    def crowd(progress):
        if progress.generation == 1:
            device.room = 10

    evolve(device, generations=3, out=tmp_path, watch=crowd, **QUICK)
    (event,) = open_run_file(tmp_path).events
    assert event.generation == 2
    assert event.what == "out of memory with 16 canvases at a time, goes on with 8 (no room)"
    shown = invoke("show", tmp_path)
    assert "event       generation 2: out of memory with 16 canvases at a time" in shown.stdout


def test_replicates_keep_to_their_slices_and_each_learns_of_a_shrink(tmp_path):
    device = Device(room=20)

    def crowd(progress):
        if progress.generation == 1:
            device.room = 10

    evolve_replicates(device, replicates=2, generations=3, out=tmp_path, watch=crowd, **QUICK)
    for seed in (3, 4):
        run = open_run_file(tmp_path / f"seed-{seed}")
        assert run.settings.forward["slice"] == 16
        assert [event.generation for event in run.events] == [2]
    evolve_replicates(Device(room=1000), replicates=2, generations=4, out=tmp_path, resume=True, **QUICK)
    assert [open_run_file(tmp_path / f"seed-{seed}").generation for seed in (3, 4)] == [4, 4]


def test_a_run_on_the_processor_has_no_such_slices():
    plain = Plain()
    assert fitted(plain) is plain
    batched = Batched(plain, 4)
    assert fitted(batched) is batched


def test_a_run_that_was_recorded_without_slices_goes_on_without(tmp_path):
    plain = Plain()
    evolve(plain, generations=1, out=tmp_path, **QUICK)
    recorded = open_run_file(tmp_path).settings
    device = Device(room=1000)
    assert fitted(device, recorded) is device
    assert isinstance(fitted(device), Batched)
