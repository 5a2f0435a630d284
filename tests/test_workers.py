"""Work is divided into chunks that do not depend on the number of workers."""

import threading

import pytest

from foolery.errors import UsageError
from foolery.workers import parallel_for, worker_count


@pytest.mark.parametrize("workers", [1, 2, 4, 9])
def test_chunks_are_the_same_for_any_number_of_workers(workers):
    seen, lock = [], threading.Lock()

    def work(start, stop):
        with lock:
            seen.append((start, stop))

    parallel_for(work, 103, chunk=25, workers=workers)
    assert sorted(seen) == [(0, 25), (25, 50), (50, 75), (75, 100), (100, 103)]


def test_nothing_is_called_for_nothing():
    parallel_for(lambda start, stop: pytest.fail("called"), 0, chunk=10, workers=4)


def test_an_error_in_a_worker_is_raised_after_all_chunks_ended():
    ended = []

    def work(start, stop):
        if start == 0:
            raise ValueError("slice 0")
        ended.append(start)

    with pytest.raises(ValueError, match="slice 0"):
        parallel_for(work, 8, chunk=1, workers=4)
    assert sorted(ended) == list(range(1, 8))


def test_several_threads_may_share_work_at_once():
    results = {}

    def one(number):
        rows = [0] * 1000

        def work(start, stop):
            for i in range(start, stop):
                rows[i] += number

        for _ in range(20):
            parallel_for(work, 1000, chunk=50, workers=4)
        results[number] = rows

    threads = [threading.Thread(target=one, args=(n,)) for n in (1, 2, 3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == {n: [20 * n] * 1000 for n in (1, 2, 3)}


def test_the_number_of_workers_can_be_set(monkeypatch):
    monkeypatch.setenv("FOOLERY_THREADS", "3")
    assert worker_count() == 3


@pytest.mark.parametrize("value", ["0", "-1", "many", "1.5", ""])
def test_a_number_of_workers_that_makes_no_sense_is_refused(monkeypatch, value):
    monkeypatch.setenv("FOOLERY_THREADS", value)
    with pytest.raises(UsageError, match="FOOLERY_THREADS: expected a whole number from 1 to 1024"):
        worker_count()


def test_work_that_shares_its_own_work_keeps_to_its_worker():
    """Nobody waits for a worker that waits for it."""
    threads = {}

    def outer(start, stop):
        def inner(first, last):
            threads.setdefault(start, set()).add(threading.get_ident())

        parallel_for(inner, 50, chunk=5, workers=4)

    parallel_for(outer, 20, chunk=1, workers=4)
    assert len(threads) == 20
    assert all(len(found) == 1 for found in threads.values())


def test_an_interrupt_stops_the_chunks_that_have_not_begun():
    begun, main = [], threading.get_ident()

    def work(start, stop):
        begun.append(start)
        if threading.get_ident() == main:
            raise KeyboardInterrupt
        threading.Event().wait(0.01)

    with pytest.raises(KeyboardInterrupt):
        parallel_for(work, 1000, chunk=1, workers=4)
    count = len(begun)
    assert count < 900
    threading.Event().wait(0.05)
    assert len(begun) == count, "nothing runs any more"
    assert not parallel_for(lambda start, stop: begun.append(start), 8, chunk=1, workers=4)
    assert len(begun) == count + 8
