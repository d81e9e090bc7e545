#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A replica for the tests of the executable: answers probes, and a queue length read from a file."""
import http.server
import pathlib
import sys


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = b"ok"
        if self.path == "/metrics":
            body = f"# TYPE queue gauge\nqueue {pathlib.Path(sys.argv[2]).read_text().strip()}\n".encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
