# SPDX-License-Identifier: Apache-2.0
"""A server on a MIG slice, without a GPU: server.py PORT RUN.

It answers its readiness probe. As a driver would, it does not let two processes have one slice:
it locks RUN/slices/UUID for as long as it lives, and tells in RUN/shared of one that is taken.
"""

import fcntl
import os
import signal
import socket
import sys


def take_slice(run):
    uuid = os.environ.get("CUDA_VISIBLE_DEVICES", "")
    lock = open(os.path.join(run, "slices", uuid or "none"), "w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        uuid += " is taken"
    if not uuid.startswith("MIG-") or uuid.endswith("taken"):
        with open(os.path.join(run, "shared"), "a") as file:
            file.write("%d: CUDA_VISIBLE_DEVICES=%s\n" % (os.getpid(), uuid))
        sys.exit(3)
    return lock


def main():
    port, run = int(sys.argv[1]), sys.argv[2]
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    lock = take_slice(run)
    listener = socket.create_server(("127.0.0.1", port), reuse_port=False)
    while lock:
        connection, _ = listener.accept()
        with connection:
            connection.settimeout(1)
            try:
                connection.recv(4096)
                connection.sendall(
                    b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
                )
            except OSError:
                pass


if __name__ == "__main__":
    main()
