# SPDX-License-Identifier: Apache-2.0
"""The load client against a server that misbehaves: every kind of failure is told apart."""

import argparse
import json
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
ANSWERS = ROOT / "examples" / "flower" / "training" / "answers.csv"


def right_answer(body):
    wanted = json.loads(body)["inputs"][0]["data"]
    for line in ANSWERS.read_text().splitlines()[1:]:
        fields = line.split(",")
        if [float(f) for f in fields[:4]] == wanted:
            return fields[4]
    raise AssertionError("an unknown flower: %s" % wanted)


def reply(species):
    text = json.dumps({"outputs": [{"name": "SPECIES", "data": [species]}]})
    return "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(text), text)


class Server:
    """Answers the n-th request of a connection, all requests counted, as `behave` says."""

    def __init__(self, behave):
        self.behave = behave
        self.count = 0
        self.connections = 0
        self.socket = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            connection, _ = self.socket.accept()
            self.connections += 1
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        with connection, connection.makefile("rb") as stream:
            for nth in range(1000000):
                length = 0
                while True:
                    line = stream.readline()
                    if not line:
                        return
                    if line.lower().startswith(b"content-length:"):
                        length = int(line.split(b":")[1])
                    if line == b"\r\n":
                        break
                body = stream.read(length)
                self.count += 1
                answer = self.behave(nth, body)
                if answer is None:  # the connection is reset without an answer
                    linger = struct.pack("ii", 1, 0)
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                    return
                if answer == "":  # the connection is closed without an answer
                    return
                connection.sendall(answer.encode())


def run(client, port, profile, *options):
    with tempfile.TemporaryDirectory() as folder:
        path, progress = Path(folder) / "p.load", Path(folder) / "progress.jsonl"
        path.write_text(profile)
        done = subprocess.run(
            [client, "http://127.0.0.1:%d/v2/models/flower/infer" % port, "--profile", path]
            + ["--questions", ANSWERS, "--quiet", "--spacing", "even", "--progress-json", progress]
            + list(options),
            stdout=subprocess.PIPE,
            text=True,
            timeout=60,
        )
        summary = json.loads(done.stdout)
        seconds = [json.loads(line) for line in progress.read_text().splitlines()]
        for name in ("sent", "answered", "failed"):
            assert sum(s[name] for s in seconds) == summary[name], (name, seconds, summary)
        assert done.returncode == (1 if summary["failed"] else 0), done.returncode
        return summary


def only(summary, kind, count):
    failures = {k: v for k, v in summary["failures"].items() if v}
    assert failures == {kind: count}, failures
    assert summary["answered"] + summary["failed"] == summary["requests"], summary


def test_right(client):
    server = Server(lambda nth, body: reply(right_answer(body)))
    summary = run(client, server.port, "hold 1s 100/s")
    assert summary["answered"] == summary["requests"] == server.count == 100, summary
    assert summary["retries"] == 0 and server.connections < 10, server.connections
    assert 0 < summary["p50_ms"] <= summary["p99_ms"] <= summary["max_ms"], summary


def test_wrong_class(client):
    server = Server(lambda nth, body: reply("tulip"))
    only(run(client, server.port, "hold 1s 20/s"), "wrong_class", 20)


def test_bad_body(client):
    server = Server(lambda nth, body: "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
    only(run(client, server.port, "hold 1s 20/s"), "bad_body", 20)


def test_status(client):
    server = Server(lambda nth, body: "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n")
    summary = run(client, server.port, "hold 1s 20/s")
    only(summary, "http_status", 20)
    assert summary["http_statuses"] == {"503": 20}, summary


def test_connect(client):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        only(run(client, closed.getsockname()[1], "hold 1s 20/s"), "connect", 20)


def test_timeout(client):
    server = Server(lambda nth, body: time.sleep(5) or reply("late"))
    only(run(client, server.port, "hold 1s 20/s", "--timeout", "0.5"), "timeout", 20)


def test_closed(client):
    """A fresh connection that breaks is a failure: nothing says that repeating it is safe."""
    server = Server(lambda nth, body: None)
    summary = run(client, server.port, "hold 1s 20/s")
    only(summary, "closed", 20)
    assert server.count == 20 and summary["retries"] == 0, (server.count, summary)


def test_closed_when_kept(client):
    """A kept connection that turns out to be closed: sent once more, and counted."""
    for way in (None, ""):  # reset, and closed in good order
        server = Server(lambda nth, body: reply(right_answer(body)) if nth == 0 else way)
        summary = run(client, server.port, "hold 1s 20/s")
        assert summary["failed"] == 0 and summary["answered"] == 20, summary
        assert summary["retries"] == server.count - 20 > 5, (server.count, summary["retries"])


def test_open_loop(client):
    """Every request waits 300 ms for its turn on one lock: the client does not slow down."""
    lock = threading.Lock()

    def behave(nth, body):
        with lock:
            time.sleep(0.1)
        return reply(right_answer(body))

    server = Server(behave)
    summary = run(client, server.port, "hold 1s 20/s")
    assert summary["failed"] == 0 and summary["most_in_flight"] >= 9, summary
    # The last of 20 is meant for 0.975 s and answered at 2 s or later.
    assert summary["max_ms"] > 1000, summary


def test_limit(client):
    server = Server(lambda nth, body: time.sleep(2) or reply(right_answer(body)))
    summary = run(client, server.port, "hold 1s 20/s", "--max-in-flight", "5")
    only(summary, "not_sent", 15)
    assert summary["sent"] == 5 and summary["most_in_flight"] == 5, summary


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default=str(ROOT / "build" / "release"))
    client = Path(parser.parse_args().build) / "bin" / "flower_client"
    failed = 0
    for name, test in list(globals().items()):
        if name.startswith("test_"):
            try:
                test(client)
                print("passed", name)
            except AssertionError as error:
                failed += 1
                print("FAILED %s: %s" % (name, error))
    return 1 if failed else 0


sys.exit(main())
