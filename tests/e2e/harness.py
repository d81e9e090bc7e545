# SPDX-License-Identifier: Apache-2.0
"""What the end-to-end tests share: a stack of real processes, load on it, and a watch over it.

A test is a function that takes a Bench. main() runs it with a run directory of its own, stops
whatever it started, and fails it if anything was left behind.
"""

import argparse
import contextlib
import os
import signal
import sys
import traceback
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "examples" / "flower"))
sys.dont_write_bytecode = True

from stack import (  # noqa: E402
    Journal,
    Problem,
    Settings,
    Stack,
    http,
    marked_processes,
    stat_fields,
    tail,
    wait_for,
)

__all__ = ["Bench", "http", "main", "short"]


class Bench:
    """A running stack, and what a test asks of it."""

    def __init__(self, stack):
        self.stack = stack
        self.journal = Journal(stack.journal)
        self.clients = {}

    # -- looking

    def ticks(self):
        self.journal.read()
        return self.journal.ticks

    def last(self):
        ticks = self.ticks()
        return ticks[-1] if ticks else None

    def servers(self):
        """{pid: HTTP port} of the living Triton servers of this run."""
        found = {}
        for pid, command in marked_processes(self.stack.run).items():
            if "/bin/tritonserver " in command:
                port = [w for w in command.split() if w.startswith("--http-port=")][0]
                found[pid] = int(port.split("=")[1])
        return found

    def stub_of(self, pid):
        for stub, command in marked_processes(self.stack.run).items():
            if "triton_python_backend_stub" in command and int(stat_fields(stub)[1]) == pid:
                return stub
        raise AssertionError("server %d has no stub" % pid)

    def upstream(self):
        return (self.stack.run / "upstream.conf").read_text()

    def state(self):
        return http("http://127.0.0.1:%d/debug/state" % self.stack.admin_port)

    # -- expecting

    def expect(self, condition, message):
        if not condition:
            raise AssertionError(message)

    def eventually(self, what, seconds, message):
        answer = wait_for(what, seconds, step=0.1)
        if not answer:
            last = self.last()
            seen = "nothing in the journal"
            if last:
                seen = "wanted %d, ready %d, running %d; %s; %s" % (
                    last.wanted,
                    last.ready,
                    last.running,
                    last.why(),
                    last.error,
                )
            raise AssertionError("not within %g s: %s (last tick: %s)" % (seconds, message, seen))
        return answer

    def serving(self, count):
        """All that is wanted: `count` servers live, serve, and are NGINX's only ones."""
        last = self.last()
        servers = self.servers()
        return (
            last is not None
            and last.ready == last.running == count
            and len(servers) == count
            and all("127.0.0.1:%d" % port in self.upstream() for port in servers.values())
        )

    # -- acting

    def load(self, profile, name="client"):
        path = self.stack.run / (name + ".load")
        path.write_text(profile)
        self.clients[name] = self.stack.start_client(path, name)

    def load_result(self, name="client", seconds=60):
        self.clients.pop(name).wait(seconds)
        return self.stack.client_summary(name)

    def kill_tidegate(self):
        self.stack.tidegate.kill()
        self.stack.tidegate.wait()


@contextlib.contextmanager
def running(arguments, settings, memory_may_stay, make_stack):
    stack = make_stack(arguments.run, arguments.build, settings)
    left = None
    try:
        stack.prepare()
        stack.start()
        bench = Bench(stack)
        yield bench
    finally:
        for client in getattr(locals().get("bench"), "clients", {}).values():
            client.kill()
            client.wait()
        for pid in marked_processes(stack.run):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)
        left = stack.stop()
    if left["processes"] or (left["shm"] and not memory_may_stay):
        raise AssertionError("left behind: %s" % left)


def short(max_replicas=2):
    """Settings with which a pool follows its load within seconds."""
    return Settings(max_replicas, window="10s", up_period_s=2, down_window_s=4)


def print_evidence(run):
    """What the parts of a failed run say. The next run removes it."""
    for log in ("tidegate.log", *(path.name for path in sorted(run.glob("*.json")))):
        print("--- %s\n%s" % (log, tail(run / log, 40)))
    errors = tail(run / "nginx/error.log", 10000).splitlines()
    notable = [line for line in errors if "[notice]" not in line]
    print("--- nginx/error.log, without notices\n" + "\n".join(notable[-20:]))


def main(test, settings=None, memory_may_stay=False, stack=Stack):
    """Runs one test; exit status 0 or 1. ctest gives the directories.

    memory_may_stay: the test kills what would have removed a server's shared memory; the next
    server that is started sweeps it.
    stack: its class, if it is another one than that of the demonstration.
    """
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default=str(ROOT / "build" / "release"))
    parser.add_argument("--run", default=str(ROOT / "build" / "e2e" / test.__name__))
    arguments = parser.parse_args()
    try:
        with running(arguments, settings or short(), memory_may_stay, stack) as bench:
            test(bench)
        bench.ticks()
        replay = bench.stack.replay()
        if replay is not None:
            raise AssertionError("replay differs: " + replay)
    except (AssertionError, Problem) as failure:
        traceback.print_exc(limit=-2)
        print("FAILED: %s" % failure)
        print_evidence(Path(arguments.run))
        return 1
    print("passed: " + test.__doc__)
    return 0
