# SPDX-License-Identifier: Apache-2.0
import os
import signal
import sys

import harness


def kill_stub(bench):
    """kill -9 of a server's Python stub: "ready" stays 200, a deeper probe notices, replaced."""
    (victim, port), = bench.servers().items()
    os.kill(bench.stub_of(victim), signal.SIGKILL)
    status, _ = harness.http("http://127.0.0.1:%d/v2/health/ready" % port)
    bench.expect(status == 200, "the server says %d: nothing to notice" % status)
    bench.eventually(
        lambda: victim not in bench.servers() and bench.serving(1), 35, "another server instead"
    )
    bench.load("hold 3s 10/s")
    result = bench.load_result()
    bench.expect(result["failed"] == 0, "the new server fails: %s" % result["failures"])


sys.exit(harness.main(kill_stub, memory_may_stay=True))
