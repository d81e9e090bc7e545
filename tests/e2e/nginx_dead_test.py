# SPDX-License-Identifier: Apache-2.0
import sys
import time

import harness


def nginx_dead(bench):
    """NGINX dead for 10 s: Tidegate goes on, and is right again once NGINX is back."""
    bench.load("hold 4s 80/s", "before")
    bench.eventually(lambda: bench.serving(2), 10, "two servers")
    bench.load_result("before")
    bench.stack.kill_nginx()
    died = len(bench.ticks())
    time.sleep(10)
    bench.expect(len(bench.ticks()) - died >= 7, "the loop stood still without NGINX")
    bench.stack.start_nginx()
    bench.load("hold 12s 80/s", "after")
    bench.eventually(lambda: bench.last().wanted >= 2 and in_step(bench), 12, "NGINX in step")
    result = bench.load_result("after")
    bench.expect(result["failed"] == 0, "failed: %s" % result["failures"])
    bench.eventually(lambda: bench.serving(1), 35, "one server in the end")


def in_step(bench):
    return bench.serving(bench.last().wanted)


sys.exit(harness.main(nginx_dead, harness.short(3)))
