"""The thread that writes: in order, not too far behind, and silent after its first failure."""

from __future__ import annotations

import threading
import time

import pytest

from foolery.runs import writer_thread
from foolery.runs.writer_thread import MAX_PENDING, WriterThread


@pytest.fixture
def thread():
    thread = WriterThread()
    yield thread
    thread.join()


def test_work_is_done_in_order_by_another_thread(thread):
    done = []
    for number in range(500):
        thread.submit(lambda number=number: done.append((number, threading.get_ident())))
    thread.submit_and_wait(lambda: None)
    assert [number for number, _ in done] == list(range(500))
    assert {thread for _, thread in done} != {threading.get_ident()}


def test_waiting_waits_for_all_that_was_submitted_before(thread):
    done = []
    thread.submit(lambda: (time.sleep(0.05), done.append("slow")))
    thread.submit_and_wait(lambda: done.append("waited for"))
    assert done == ["slow", "waited for"]
    assert thread.busy_seconds >= 0.05


def test_only_so_much_work_waits(thread):
    gate, submitted = threading.Event(), []

    def submit():
        for number in range(MAX_PENDING + 20):
            thread.submit(gate.wait)
            submitted.append(number)

    submitter = threading.Thread(target=submit)
    submitter.start()
    time.sleep(0.1)
    assert len(submitted) == MAX_PENDING
    gate.set()
    submitter.join(timeout=10)
    assert len(submitted) == MAX_PENDING + 20


def test_only_so_many_bytes_wait(thread, monkeypatch):
    monkeypatch.setattr(writer_thread, "MAX_PENDING_BYTES", 1000)
    gate, submitted = threading.Event(), []

    def submit():
        for number in range(6):
            thread.submit(gate.wait, weight=400)
            submitted.append(number)

    submitter = threading.Thread(target=submit)
    submitter.start()
    time.sleep(0.1)
    assert len(submitted) == 3
    gate.set()
    submitter.join(timeout=10)
    assert len(submitted) == 6


@pytest.mark.parametrize("call", ["submit", "submit_and_wait"])
def test_a_failure_drops_what_follows_and_is_raised_by_the_next_call(thread, call):
    done = []
    thread.submit(lambda: 1 / 0)
    for _ in range(3):
        with_error = lambda: done.append(1)  # noqa: E731
        try:
            thread.submit(with_error)
        except ZeroDivisionError:
            break
    while thread.fault is None:
        time.sleep(0.001)
    with pytest.raises(ZeroDivisionError):
        getattr(thread, call)(lambda: done.append(2))
    assert done == []


def test_who_waits_for_work_that_fails_is_told(thread):
    with pytest.raises(ZeroDivisionError):
        thread.submit_and_wait(lambda: 1 / 0)


def submit_many(thread):
    for _ in range(MAX_PENDING):
        thread.submit(lambda: None)


def test_a_submitter_that_is_held_up_is_let_go_when_the_work_fails(thread):
    gate = threading.Event()
    thread.submit(lambda: (gate.wait(), 1 / 0))
    threading.Timer(0.05, gate.set).start()
    with pytest.raises(ZeroDivisionError):
        submit_many(thread)


def test_the_end_waits_for_all_work():
    thread, done = WriterThread(), []
    thread.submit(lambda: (time.sleep(0.05), done.append(1)))
    thread.join()
    assert done == [1]
    thread.join()  # again, as after an interrupt
