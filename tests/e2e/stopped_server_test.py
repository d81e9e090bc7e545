# SPDX-License-Identifier: Apache-2.0
import os
import signal
import sys

import harness


def stopped_server(bench):
    """SIGSTOP of a server: its metrics go stale, the pool holds and says so, and recovers."""
    bench.load("hold 14s 70/s\nstep 4/s\nhold 30s")
    bench.eventually(lambda: bench.last().ready >= 2, 12, "two servers")
    victim = sorted(bench.servers())[-1]
    os.kill(victim, signal.SIGSTOP)
    first = len(bench.ticks())
    doubt = bench.eventually(
        lambda: next((t for t in bench.ticks()[first:] if t.doubts), None), 10, "a doubt is told"
    )
    held = bench.eventually(
        lambda: next((t for t in bench.ticks()[first:] if stage(t, "hold")), None),
        20,
        "a hold is told",
    )
    bench.expect(held.wanted >= held.current, "scaled down on doubt: %s" % held.why())
    status, text = bench.state()
    bench.expect(status == 200 and "hold" in text.lower(), "/debug/state does not tell: " + text)
    down = [t for t in bench.ticks()[first:] if t.wanted < t.current]
    bench.expect(not down, "scaled down while a server was stopped: %s" % [t.why() for t in down])
    os.kill(victim, signal.SIGCONT)
    bench.eventually(lambda: bench.serving(1), 30, "recovery, and one server in the end")
    result = bench.load_result()
    bench.expect(result["failed"] == 0, "failed: %s" % result["failures"])
    print("doubts:", doubt.doubts)


def stage(tick, name):
    return [step for step in tick.steps if step["stage"].lower() == name]


sys.exit(harness.main(stopped_server, harness.short(2)))
