"""The driver: what died goes on at once, what is busy is waited for, and a line says how far it is."""

import pytest

from foolery.sweep import driver
from foolery.sweep.driver import JobQueue
from foolery.sweep.outcome import Job, PieceOutcome


class Scripted:
    """One worker, whose jobs end as a script says: job to its endings, one try after the other."""

    slots = 1

    def __init__(self, script):
        self.script = {number: list(endings) for number, endings in script.items()}
        self.starts, self.stopped = [], False

    def start(self, number, job):
        self.starts.append(number)

    def wait(self, seconds):
        if not self.starts or not self.script[self.starts[-1]]:
            return []
        return [(self.starts[-1], PieceOutcome(self.script[self.starts[-1]].pop(0), "why"))]

    def stop(self):
        self.stopped = True


def test_what_died_goes_on_at_once_and_what_is_busy_comes_last(monkeypatch):
    monkeypatch.setattr(driver, "BUSY_PAUSE", 0.0)
    engine = Scripted({0: ["busy", "finished"], 1: ["died", "died", "finished"], 2: ["finished"]})
    lines = []
    failures = JobQueue(engine, lines.append).run([Job(name, {}) for name in "abc"])
    assert failures == []
    assert engine.starts == [0, 1, 1, 1, 2, 0]
    assert engine.stopped
    assert lines[0] == "b: why; try 2 of 4"
    assert lines[-1].startswith("3 of 3 done, 0 failed")


@pytest.mark.parametrize("ending", ["failed", "refused"])
def test_what_fails_is_not_tried_again(ending):
    engine = Scripted({0: [ending], 1: ["finished"]})
    (failure,) = JobQueue(engine, lambda line: None).run([Job("a", {}), Job("b", {})])
    assert (failure.name, failure.reason, engine.starts) == ("a", "why", [0, 1])


def test_what_is_busy_for_too_long_fails_and_says_why(monkeypatch):
    monkeypatch.setattr(driver, "BUSY_PAUSE", 0.0)
    monkeypatch.setattr(driver, "BUSY_PATIENCE", 0.0)
    (failure,) = JobQueue(Scripted({0: ["busy"]}), lambda line: None).run([Job("a", {})])
    assert failure.reason == "why"


def test_an_interrupt_stops_the_engine():
    class Interrupted(Scripted):
        def wait(self, seconds):
            raise KeyboardInterrupt

    engine = Interrupted({0: ["finished"]})
    with pytest.raises(KeyboardInterrupt):
        JobQueue(engine, lambda line: None).run([Job("a", {})])
    assert engine.stopped
