# SPDX-License-Identifier: Apache-2.0
import os
import signal
import sys
import time

import harness

GONE = {"missing", "stale"}


def stopped_server(bench):
    """SIGSTOP of a server: its metrics go stale, the pool holds and says so, and recovers."""
    # A burst makes it three; when the burst has left the window, one would do. (With two, HPA's
    # own rule, a missing value counts as the target on the way down, would be enough.)
    bench.load("hold 6s 110/s\nstep 4/s\nhold 36s")
    bench.eventually(lambda: bench.serving(3), 12, "three servers")
    time.sleep(2)
    victim, port = sorted(bench.servers().items())[-1]
    name = next(r["name"] for r in bench.last().replicas if r["ports"]["http"] == port)
    os.kill(victim, signal.SIGSTOP)
    first = len(bench.ticks())

    def since(wanted):
        return next((t for t in bench.ticks()[first:] if wanted(t)), None)

    doubt = bench.eventually(
        lambda: since(lambda t: {d["kind"] for d in t.doubts if d["replica"] == name} & GONE),
        10,
        "a doubt about %s is told" % name,
    )
    # Before the liveness probe gives the server up, which takes 20 s.
    held = bench.eventually(lambda: since(lambda t: stage(t, "hold")), 16, "a hold is told")
    bench.expect(held.wanted == held.current == 3, "not held: %s" % held.why())
    status, text = bench.state()
    bench.expect(status == 200 and "hold" in text.lower(), "/debug/state does not tell: " + text)
    bench.expect(victim in bench.servers(), "the stopped server was replaced too early")
    bench.expect(not since(lambda t: t.wanted < t.current), "scaled down on doubt")
    os.kill(victim, signal.SIGCONT)
    bench.eventually(lambda: bench.serving(1), 30, "recovery, and one server in the end")
    result = bench.load_result()
    bench.expect(result["failed"] == 0, "failed: %s" % result["failures"])
    print("told:", doubt.doubts, held.why())


def stage(tick, name):
    return [step for step in tick.steps if step["stage"].lower() == name]


sys.exit(harness.main(stopped_server, harness.short(3)))
