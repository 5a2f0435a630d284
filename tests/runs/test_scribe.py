"""A scribe does what it is handed, in order, beside whoever hands it over."""

import threading
import time

import pytest

from foolery.runs import scribe as module
from foolery.runs.scribe import AHEAD, Scribe


@pytest.fixture
def scribe():
    made = Scribe()
    yield made
    made.end()


def test_work_is_done_in_order_by_another_thread(scribe):
    done = []
    for number in range(500):
        scribe.hand(lambda number=number: done.append((number, threading.get_ident())))
    scribe.wait(lambda: None)
    assert [number for number, _ in done] == list(range(500))
    assert {thread for _, thread in done} != {threading.get_ident()}


def test_waiting_waits_for_all_that_was_handed_over_before(scribe):
    done = []
    scribe.hand(lambda: (time.sleep(0.05), done.append("slow")))
    scribe.wait(lambda: done.append("waited for"))
    assert done == ["slow", "waited for"]
    assert scribe.busy >= 0.05


def test_only_so_much_work_waits(scribe):
    gate, handed = threading.Event(), []

    def hand():
        for number in range(AHEAD + 20):
            scribe.hand(gate.wait)
            handed.append(number)

    hander = threading.Thread(target=hand)
    hander.start()
    time.sleep(0.1)
    assert len(handed) == AHEAD
    gate.set()
    hander.join(timeout=10)
    assert len(handed) == AHEAD + 20


def test_only_so_many_bytes_wait(scribe, monkeypatch):
    monkeypatch.setattr(module, "HEAVIEST", 1000)
    gate, handed = threading.Event(), []

    def hand():
        for number in range(6):
            scribe.hand(gate.wait, weight=400)
            handed.append(number)

    hander = threading.Thread(target=hand)
    hander.start()
    time.sleep(0.1)
    assert len(handed) == 3
    gate.set()
    hander.join(timeout=10)
    assert len(handed) == 6


@pytest.mark.parametrize("call", ["hand", "wait"])
def test_a_failure_drops_what_follows_and_is_raised_by_the_next_call(scribe, call):
    done = []
    scribe.hand(lambda: 1 / 0)
    for _ in range(3):
        with_error = lambda: done.append(1)  # noqa: E731
        try:
            scribe.hand(with_error)
        except ZeroDivisionError:
            break
    while scribe.fault is None:
        time.sleep(0.001)
    with pytest.raises(ZeroDivisionError):
        getattr(scribe, call)(lambda: done.append(2))
    assert done == []


def test_who_waits_for_work_that_fails_is_told(scribe):
    with pytest.raises(ZeroDivisionError):
        scribe.wait(lambda: 1 / 0)


def hand_many(scribe):
    for _ in range(AHEAD):
        scribe.hand(lambda: None)


def test_a_hander_that_is_held_up_is_let_go_when_the_work_fails(scribe):
    gate = threading.Event()
    scribe.hand(lambda: (gate.wait(), 1 / 0))
    threading.Timer(0.05, gate.set).start()
    with pytest.raises(ZeroDivisionError):
        hand_many(scribe)


def test_the_end_waits_for_all_work():
    scribe, done = Scribe(), []
    scribe.hand(lambda: (time.sleep(0.05), done.append(1)))
    scribe.end()
    assert done == [1]
    scribe.end()  # again, as after an interrupt
