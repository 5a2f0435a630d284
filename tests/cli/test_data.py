"""What commands say about the data that they read."""

import time

from foolery.cli._data import ReadingProgress, patience
from support.command import invoke
from support.field import network, photos


def test_reading_says_how_far_it_is_once_it_takes_more_than_two_seconds(capsys):
    progress = ReadingProgress(start=time.perf_counter() - 1)
    progress(100, 1000)
    assert capsys.readouterr().err == ""
    progress.start -= 2
    progress(300, 1000)
    progress(301, 1000)  # not again before twice the time has passed
    assert capsys.readouterr().err.startswith("read 300 of 1,000 images, ")
    progress.start -= 4
    progress(1000, 1000)
    assert capsys.readouterr().err == ""  # the result follows


def test_what_takes_long_says_what_it_is(capsys):
    with patience("listing folder:slow", seconds=0.01):
        time.sleep(0.2)
    assert capsys.readouterr().err == "listing folder:slow …\n"
    with patience("listing folder:fast"):
        pass
    assert capsys.readouterr().err == ""


def test_what_was_read_is_the_first_thing_said_and_on_standard_error_with_json(tmp_path):
    data = photos(tmp_path / "photos", ["cat", "dog"])
    model = network(tmp_path / "net.onnx", ["cat", "dog"])
    said = f"folder:{data}: 8 images of 2 classes (4 of each)"
    assert invoke("evaluate", model, "--data", f"folder:{data}").stdout.splitlines()[0] == said
    done = invoke("evaluate", model, "--data", f"folder:{data}", "--json")
    assert done.stderr.splitlines()[0] == said
    assert done.stdout.startswith("{")
