# SPDX-License-Identifier: Apache-2.0
import sys
import time

import harness


def kill_tidegate(bench):
    """kill -9 of Tidegate under load and restart: same servers, windows kept, nothing lost."""
    bench.load("hold 26s 75/s")
    bench.eventually(lambda: bench.serving(2) or bench.serving(3), 15, "more servers under load")
    time.sleep(3)
    bench.eventually(lambda: bench.serving(bench.last().wanted), 10, "a steady pool")
    before = bench.servers()
    bench.kill_tidegate()
    killed = bench.last()
    time.sleep(2)
    bench.expect(set(bench.servers()) == set(before), "servers came or went with Tidegate")
    bench.stack.start_tidegate()
    after = bench.eventually(
        lambda: next((t for t in bench.ticks() if t.time > killed.time), None), 10, "a new tick"
    )
    bench.expect(after.running == len(before), "sees %d of %d" % (after.running, len(before)))
    bench.expect(after.wanted >= killed.wanted, "lost replicas: %s" % after.why())
    bench.expect(
        history(after) >= 2, "the stabilization window was not kept: %s" % after.history
    )
    first = next(i for i, t in enumerate(bench.ticks()) if t.time >= after.time)
    time.sleep(4)
    for tick in bench.ticks()[first:]:
        bench.expect(tick.running <= 3, "doubled: %d replicas run" % tick.running)
    bench.expect(set(before) <= set(bench.servers()), "servers were replaced")
    result = bench.load_result()
    bench.expect(result["failed"] == 0, "failed: %s" % result["failures"])
    bench.eventually(lambda: bench.serving(1), 30, "one server in the end")


def history(tick):
    """Recommendations that the first tick after the restart started with."""
    return len(tick.history.get("recommendations") or [])


sys.exit(harness.main(kill_tidegate, harness.short(3)))
