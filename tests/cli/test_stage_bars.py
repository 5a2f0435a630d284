"""Progress of stages: bars on a terminal, nothing in a pipe, and a stream of JSON objects on request."""

import json
import re

from foolery.cli._stage_bars import clock_time, time_left
from foolery.schedule import Schedule
from foolery.stages import Stage
from support.command import invoke, is_refused, on_a_terminal, run


def test_seconds_are_written_as_on_a_clock():
    assert [clock_time(each) for each in (0.4, 7, 754, 3723)] == ["0:00", "0:07", "12:34", "1:02:03"]


def test_what_was_not_measured_is_said():
    schedule = Schedule(lambda: 0.0)
    schedule.plan([Stage("photos", 100, step_seconds=0.5)])
    assert time_left(schedule) == "about 0:50 left"
    schedule.plan([Stage("search", 100)])
    assert time_left(schedule) == "more than 0:50 left"


def test_in_a_pipe_nothing_is_drawn(small_run):
    finished = run("verify", small_run)
    assert (finished.returncode, finished.stderr) == (0, "")


def test_on_a_terminal_the_stage_and_all_have_a_bar(small_run, tmp_path):
    code, output = on_a_terminal("transfer", small_run, "-c", "lenet", "-c", "lenet-b", cwd=tmp_path)
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", output)
    assert code == 0
    assert re.search(r"small by lenet *━", plain)
    assert re.search(r"transfer *━+ +about 0:0\d left", plain)
    assert plain.rstrip().splitlines()[-1].startswith("not; ≥: share of images")  # the result comes last


def test_events_are_json_objects_and_the_result_is_the_last(small_run):
    finished = run("verify", small_run, "--json", "--events")
    events = [json.loads(line) for line in finished.stdout.splitlines()]
    assert [event["event"] for event in events if event["event"] != "progress"] == ["begin", "end", "result"]
    assert (events[0]["stage"], events[0]["command"]) == ("small", "verify")
    assert events[-1]["result"]["passed"]
    assert finished.stderr == ""


def test_a_search_has_events_too(tmp_path):
    finished = run(
        "--events", "evolve", "-c", "lenet", "-n", "3", "--batch", "20", "-o", tmp_path / "run", "--json"
    )
    events = [json.loads(line) for line in finished.stdout.splitlines()]
    assert (events[0]["event"], events[0]["steps"], events[0]["unit"]) == ("begin", 3, "generations")
    assert events[-1]["result"]["generations"] == 3


def test_an_audit_says_how_long_all_of_it_will_take(tmp_path):
    finished = run(
        "audit", "lenet", "--budget", "2000", "--attacks", "tiles,cppn,direct", "-o", tmp_path / "audit",
        "--json", "--events",
    )  # fmt: skip
    events = [json.loads(line) for line in finished.stdout.splitlines()]
    assert finished.returncode == 0, finished.stderr
    begun = [event for event in events if event["event"] == "begin"]
    assert [event["stage"] for event in begun] == ["tiles", "cppn", "direct", "verdict"]
    assert begun[0]["seconds_left"] > 0
    assert begun[0]["seconds_left_is_whole"]
    assert events[-1]["result"]["state"] == "finished"


def test_events_go_with_json():
    is_refused(invoke("models", "--events"), "--events", "--json")
