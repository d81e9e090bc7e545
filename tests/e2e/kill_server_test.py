# SPDX-License-Identifier: Apache-2.0
import os
import signal
import sys

import harness


def kill_server(bench):
    """kill -9 of a server under load: it is replaced; only what was in flight on it fails."""
    bench.load("hold 30s 80/s")
    bench.eventually(lambda: bench.serving(2) or bench.serving(3), 20, "two servers under load")
    before = bench.servers()
    victim = sorted(before)[0]
    os.kill(victim, signal.SIGKILL)
    wanted = bench.last().wanted
    bench.eventually(
        lambda: victim not in bench.servers()
        and len(bench.servers()) >= wanted
        and bench.last().ready >= wanted,
        15,
        "a new server in its place",
    )
    result = bench.load_result()
    bench.expect(set(bench.servers()) - set(before), "no new server")
    # In flight on one server: the request it works on and those that wait there. NGINX does not
    # send a begun request to another server.
    bench.expect(result["failed"] <= result["most_in_flight"], "failed: %s" % result["failures"])
    bench.expect(
        set(k for k, v in result["failures"].items() if v) <= {"http_status"}
        and set(result["http_statuses"]) <= {"502", "504"},
        "failures of other kinds: %s %s" % (result["failures"], result["http_statuses"]),
    )
    times = [example["t"] for example in result["failure_examples"]]
    bench.expect(not times or max(times) - min(times) < 3, "failures over a long time: %s" % times)


sys.exit(harness.main(kill_server, harness.short(3)))
