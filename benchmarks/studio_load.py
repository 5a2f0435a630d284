"""The studio under load: requests per second, and what idle, silent and slow clients do to everybody else.

    python benchmarks/studio_load.py [--requests 300] [--soak 0]

It evolves a small run, starts ``foolery studio`` on it and asks over the loopback interface. To compare two
versions give each its own ``PYTHONPATH``.
"""

import argparse
import contextlib
import http.client
import io
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

from foolery.engine.evolution import evolve


def memory(process):
    """Resident megabytes of the studio."""
    for line in Path(f"/proc/{process.pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) // 1024
    return 0


def ask(connection, port, path, body=None):
    """One request on a kept-open connection; seconds and status."""
    headers = (
        {"Origin": f"http://127.0.0.1:{port}", "Content-Type": "application/octet-stream"} if body else {}
    )
    begun = time.perf_counter()
    connection.request("POST" if body else "GET", path, body=body, headers=headers)
    response = connection.getresponse()
    response.read()
    return time.perf_counter() - begun, response.status


def rate(port, name, path, count, body=None):
    """Requests per second, p50 and p99 on one connection."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    ask(connection, port, path, body)
    begun = time.perf_counter()
    seconds = [ask(connection, port, path, body)[0] for _ in range(count)]
    total = time.perf_counter() - begun
    connection.close()
    p50, p99 = np.percentile(np.array(seconds) * 1000, [50, 99])
    print(f"{name:<28} {count / total:8.1f} requests/s   p50 {p50:7.2f} ms   p99 {p99:7.2f} ms", flush=True)


def status_beside(port, name, process, sockets, path="/"):
    """Whether another client is answered while ``sockets`` are held open."""
    begun = time.perf_counter()
    try:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        _, status = ask(connection, port, path)
        connection.close()
    except OSError as error:
        status = type(error).__name__
    spent = (time.perf_counter() - begun) * 1000
    print(f"{name:<28} another client: {status} in {spent:.0f} ms; studio {memory(process)} MB", flush=True)
    for each in sockets:
        each.close()
    time.sleep(1)


def opened(port, count):
    """So many connections."""
    sockets = []
    for _ in range(count):
        with contextlib.suppress(OSError):
            sockets.append(socket.create_connection(("127.0.0.1", port), timeout=30))
    return sockets


def upload_head(port, length):
    """The head of an upload of ``length`` bytes."""
    return (
        f"POST /predict/0 HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nOrigin: http://127.0.0.1:{port}\r\n"
        f"Content-Type: application/octet-stream\r\nContent-Length: {length}\r\n\r\n"
    ).encode()


def measure(port, process, key, count):
    """All of it."""
    image = io.BytesIO()
    Image.new("L", (28, 28)).save(image, "PNG")
    rate(port, "static file", "/static/studio.css", count)
    rate(port, "list (runs.json)", "/runs.json", count)
    rate(port, "ask (predict)", "/predict/0", count, image.getvalue())
    print(f"{'memory':<28} {memory(process)} MB")
    streams = opened(port, 300)
    for each in streams:
        each.sendall(f"GET /run/{key}/updates HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode())
    time.sleep(2)
    status_beside(port, "300 streams", process, streams)
    silent = opened(port, 300)
    time.sleep(0.5)
    status_beside(port, "300 silent connections", process, silent)
    body, uploads = b"x" * (9 * 2**20), opened(port, 150)
    for each in uploads:
        each.settimeout(0.2)
        with contextlib.suppress(OSError):
            each.sendall(upload_head(port, len(body) + 1) + body)
    time.sleep(2)
    status_beside(port, "150 uploads held open", process, uploads)


def soak(port, process, seconds):
    """Ask for so many seconds, and print memory ten times."""
    end, shown = time.monotonic() + seconds, 0.0
    connection, count = http.client.HTTPConnection("127.0.0.1", port, timeout=60), 0
    while time.monotonic() < end:
        ask(connection, port, ("/", "/runs.json", "/static/studio.css", "/playground")[count % 4])
        count += 1
        if time.monotonic() - shown > seconds / 10:
            shown = time.monotonic()
            print(f"soak: {count:8} requests, studio {memory(process)} MB", flush=True)
    connection.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=300)
    parser.add_argument("--soak", type=float, default=0, help="seconds")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(20):
            evolve("lenet", generations=2, batch=20, seed=seed, out=Path(folder) / f"run-{seed}")
        process = subprocess.Popen(
            [sys.executable, "-m", "foolery", "studio", folder, "--port", "0", "--json"],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
            env=os.environ | {"FOOLERY_THREADS": "1", "OMP_NUM_THREADS": "1"},
        )  # fmt: skip
        try:
            text = ""
            while not text.endswith("}\n"):
                text += process.stdout.readline()
            port = int(json.loads(text)["url"].rsplit(":", 1)[1].split("/")[0])
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
            connection.request("GET", "/runs.json")
            key = json.loads(connection.getresponse().read())[0]["key"]
            connection.close()
            measure(port, process, key, arguments.requests)
            if arguments.soak:
                soak(port, process, arguments.soak)
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(30)


if __name__ == "__main__":
    main()
