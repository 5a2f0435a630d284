"""A studio whose classifier is slow: one question at a time, a short queue, and 503 behind it."""

import io
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import numpy as np
import pytest
from PIL import Image

from foolery.canvas import CanvasShape
from foolery.studio.library import Library
from foolery.studio.protocols import PredictorOutput
from foolery.studio.queue import WorkQueue
from support.studio import Served

uvicorn = pytest.importorskip("uvicorn", reason="the extra studio is not installed")
app = pytest.importorskip("foolery.studio.app", reason="the extra studio is not installed")
guard = pytest.importorskip("foolery.studio.security", reason="the extra studio is not installed")


class Slow:
    """Sees nothing before ``gate`` is open; ``most`` is how many looked at the same time."""

    name, kind, fingerprint, notes = "slow", "softmax", "f" * 64, ()
    classes, canvas = ("cat", "dog"), CanvasShape(1, 4, 4)

    def __init__(self):
        self.gate, self.now, self.most, self.looked = threading.Event(), 0, 0, 0

    def look(self, picture):
        self.now += 1
        self.most = max(self.most, self.now)
        self.gate.wait(20)
        time.sleep(0.01)
        self.now -= 1
        self.looked += 1
        return PredictorOutput(np.zeros((1, 4, 4), np.uint8), np.array([0.25, 0.75]))


@contextmanager
def served(studio):
    config = uvicorn.Config(
        app.app_of(studio, guard.Door("127.0.0.1", 0, None)),
        port=0,
        log_level="warning",
        ws="none",
        lifespan="off",
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield Served(f"http://127.0.0.1:{port}/", {}, None)
    finally:
        server.should_exit = True
        thread.join(20)
        studio.desk.close()


def test_questions_wait_in_a_short_queue_and_then_are_refused(tmp_path):
    eye = Slow()
    studio = app.Studio(Library(tmp_path), [eye], None, None, desk=WorkQueue(capacity=4))
    buffer = io.BytesIO()
    Image.new("L", (4, 4)).save(buffer, "PNG")
    with served(studio) as found, ThreadPoolExecutor(8) as pool:
        asked = [pool.submit(found.post, "/ask/0", buffer.getvalue()) for _ in range(8)]
        while sum(each.done() for each in asked) < 4:
            time.sleep(0.01)
        assert found.ask("/").status == 200  # pages that need no work are still answered
        eye.gate.set()
        answers = [each.result() for each in asked]
        again = found.post("/ask/0", buffer.getvalue())
    assert sorted(each.status for each in answers) == [200] * 4 + [503] * 4
    refused = next(each for each in answers if each.status == 503)
    assert refused.headers["retry-after"] == "1"
    assert (again.status, again.json()["top"][0]["label"]) == (200, "dog")
    assert (eye.most, eye.looked) == (1, 5)
