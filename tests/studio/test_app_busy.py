"""A studio whose classifier is slow: one request at a time, a short queue, and 503 behind it."""

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
security = pytest.importorskip("foolery.studio.security", reason="the extra studio is not installed")


class Slow:
    """Predicts nothing before ``gate`` is open; ``most`` is how many requests ran at the same time."""

    name, kind, fingerprint, notes = "slow", "softmax", "f" * 64, ()
    classes, canvas = ("cat", "dog"), CanvasShape(1, 4, 4)

    def __init__(self):
        self.gate, self.now, self.most, self.done = threading.Event(), 0, 0, 0

    def predict(self, image):
        self.now += 1
        self.most = max(self.most, self.now)
        self.gate.wait(20)
        time.sleep(0.01)
        self.now -= 1
        self.done += 1
        return PredictorOutput(np.zeros((1, 4, 4), np.uint8), np.array([0.25, 0.75]))


@contextmanager
def served(studio):
    config = uvicorn.Config(
        app.app_of(studio, security.Access("127.0.0.1", 0, None)),
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
        studio.queue.close()


def test_requests_wait_in_a_short_queue_and_then_are_refused(tmp_path):
    predictor = Slow()
    studio = app.Studio(Library(tmp_path), [predictor], None, None, queue=WorkQueue(capacity=4))
    buffer = io.BytesIO()
    Image.new("L", (4, 4)).save(buffer, "PNG")
    with served(studio) as client, ThreadPoolExecutor(8) as pool:
        requests = [pool.submit(client.post, "/predict/0", buffer.getvalue()) for _ in range(8)]
        while sum(each.done() for each in requests) < 4:
            time.sleep(0.01)
        assert client.ask("/").status == 200  # pages that need no work are still answered
        predictor.gate.set()
        answers = [each.result() for each in requests]
        again = client.post("/predict/0", buffer.getvalue())
    assert sorted(each.status for each in answers) == [200] * 4 + [503] * 4
    refused = next(each for each in answers if each.status == 503)
    assert refused.headers["retry-after"] == "1"
    assert (again.status, again.json()["top"][0]["label"]) == (200, "dog")
    assert (predictor.most, predictor.done) == (1, 5)
