"""Connections: answers at once on a kept-open one, and none that sends nothing keeps others out."""

import http.client
import io
import socket
import time
from contextlib import ExitStack, suppress

import pytest
from PIL import Image

from support.studio import serving

connections = pytest.importorskip("foolery.studio.connections", reason="the extra studio is not installed")


@pytest.fixture(scope="module")
def served(library):
    with serving(library / "good") as each:
        yield each


def opened(served, stack):
    return stack.enter_context(socket.create_connection(("127.0.0.1", served.port), timeout=20))


def test_answers_on_a_kept_open_connection_do_not_wait_for_acknowledgements(served):
    """With Nagle's algorithm each took 40 ms: an answer is sent in two parts."""
    connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=20)
    seconds = []
    for _ in range(15):
        begun = time.perf_counter()
        connection.request("GET", "/static/studio.css")
        assert connection.getresponse().read()
        seconds.append(time.perf_counter() - begun)
    connection.close()
    assert min(seconds[1:]) < 0.03


def test_300_connections_that_send_nothing_keep_nobody_out(served):
    with ExitStack() as stack:
        for _ in range(300):
            opened(served, stack)
        assert served.ask("/static/studio.css").status == 200
        assert served.ask("/").status == 200


def test_half_a_request_is_closed_when_its_time_is_over(served):
    with ExitStack() as stack:
        silent = opened(served, stack)
        silent.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1")
        begun = time.monotonic()
        with suppress(ConnectionResetError):
            assert silent.recv(100) == b""
        assert time.monotonic() - begun < connections.HEADER_SECONDS + 5


def upload(served, length: int) -> bytes:
    return (
        f"POST /predict/0 HTTP/1.1\r\nHost: 127.0.0.1:{served.port}\r\nOrigin: {served.origin}\r\n"
        f"Content-Type: application/octet-stream\r\nContent-Length: {length}\r\n\r\n"
    ).encode()


def test_uploads_that_do_not_come_are_refused_before_they_are_kept(served):
    """Once 150 of them, held open, took 1.6 GB: each body was read before the queue was asked."""
    image = io.BytesIO()
    Image.new("L", (28, 28)).save(image, "PNG")
    with ExitStack() as stack:
        held = [opened(served, stack) for _ in range(40)]
        for each in held:
            each.sendall(upload(served, 1000) + b"x" * 100)
        answers = [each.recv(200) for each in held]
        assert sum(b" 503 " in each for each in answers) >= 30
        assert sum(b" 408 " in each for each in answers) <= 8
        assert served.post("/predict/0", image.getvalue()).status == 200
