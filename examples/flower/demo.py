#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The demonstration: real load on real Triton servers behind NGINX, scaled by Tidegate.

Starts everything on free loopback ports, shows the run as it happens, and leaves in the run
directory summary.json, report.html, the journal and all logs. Nothing keeps running afterwards,
also after Ctrl-C. Exit status: 0 all was as it should be, 1 it was not, 2 it could not be run.
"""

import argparse
import json
import os
import signal
import sys
import time

import report
from stack import EXPRESSION, HERE, ROOT, Journal, Problem, Settings, Stack, tail

PRESETS = {
    "full": {"settings": Settings(), "profile": "full.load", "peak": 7, "patience_s": 60},
    "quick": {
        "settings": Settings(max_replicas=4, window="10s", up_period_s=2, down_window_s=4),
        "profile": "quick.load",
        "peak": 3,
        "patience_s": 30,
    },
}


class Interrupted(Exception):
    pass


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a shorter run, up to 4 servers")
    parser.add_argument("--run", default=str(ROOT / "build" / "demo"), help="run directory")
    parser.add_argument(
        "--build", default=str(ROOT / "build" / "release"), help="where bin/tidegate is"
    )
    parser.add_argument("--port", type=int, default=0, help="of NGINX (default: any free one)")
    parser.add_argument("--seed", type=int, default=1, help="of the arrivals (default: 1)")
    return parser.parse_args()


class Table:
    """The run as lines: one a second on a terminal, elsewhere one for each change and 5 s."""

    HEADER = " time  offered  answered  failed    metric  wanted  ready       p99  last reason"

    def __init__(self):
        self.live = sys.stdout.isatty()
        self.width = os.get_terminal_size().columns if self.live else 0
        self.lines = 0
        self.shown = (None, None, None)
        self.reason = ""
        self.changed = False

    def note(self, tick):
        if tick.wanted != tick.current:
            self.reason = "%d → %d %s" % (tick.current, tick.wanted, short_reason(tick))
            self.changed = True

    def row(self, t, second, tick):
        wanted = tick.wanted if tick else None
        ready = tick.ready if tick else None
        state = (wanted, ready, second["failed"])
        if not self.live and state == self.shown and round(t) % 5 != 0:
            return
        self.shown = state
        if self.lines % 20 == 0:
            print(self.HEADER)
        self.lines += 1
        line = "%3d s %6.1f/s %7d/s %7d %9s %7s %6s %9s  %s" % (
            t,
            second["offered"],
            second["answered"],
            second["failed"],
            "%.1f ms" % (tick.metric_us / 1000) if tick and tick.metric_us is not None else "none",
            "none" if wanted is None else wanted,
            "none" if ready is None else ready,
            "none" if second["p99_ms"] is None else "%.0f ms" % second["p99_ms"],
            self.reason,
        )
        if self.live:
            line = line[: self.width - 1]
            if self.changed:
                line = "\033[1m%s\033[0m" % line
        self.changed = False
        print(line, flush=True)


def short_reason(tick):
    """Why in a few words: the metric, and the stage that limited its wish, if one did."""
    limits = [s["reason"] for s in tick.steps if s["stage"] not in ("metrics", "policy", "combine")]
    return "; ".join([tick.decision.get("reason", "")] + limits[-1:])


def read_lines(path, offset):
    """Whole JSON lines after `offset`, and the new offset."""
    try:
        with open(path, "rb") as file:
            file.seek(offset)
            data = file.read()
    except OSError:
        return [], offset
    end = data.rfind(b"\n") + 1
    return [json.loads(line) for line in data[:end].splitlines()], offset + end


IDLE = {"offered": 0.0, "sent": 0, "answered": 0, "failed": 0, "p50_ms": None, "p99_ms": None}


def watch(stack, client, journal, patience_s):
    """Shows the run until the client is done and one replica is left; the client's seconds."""
    table = Table()
    seconds, offset = [], 0
    began = time.monotonic()
    idle_since = None
    while True:
        time.sleep(0.2)
        new, offset = read_lines(stack.run / "client.progress.jsonl", offset)
        for fresh in journal.read():
            table.note(fresh)
        tick = journal.ticks[-1] if journal.ticks else None
        for second in new:
            table.row(second["t"], second, tick)
        seconds += new
        if stack.tidegate.poll() is not None:
            raise Problem("tidegate ended in the run:\n" + tail(stack.run / "tidegate.log"))
        if client.poll() is None:
            continue
        idle_since = idle_since or time.monotonic()
        waited = time.monotonic() - idle_since
        if (tick and tick.wanted == 1 and tick.running == 1) or waited > patience_s:
            return seconds
        if not new and int(waited * 5) % 5 == 4:
            table.row(time.monotonic() - began, IDLE, tick)


def load_step(profile_text):
    """When, in seconds after the start, the load first jumps up."""
    at, rate = 0.0, None
    for line in profile_text.splitlines():
        words = line.split("#")[0].split()
        if not words:
            continue
        last = float(words[-1][:-2]) if words[-1].endswith("/s") else rate
        if words[0] == "step":
            if rate is not None and last > rate:
                return at
        else:
            at += float(words[1].rstrip("s"))
        rate = last
    return None


def reaction(journal, at):
    """Seconds from the load step to the request for more, and to one more that serves."""
    before = [t for t in journal.ticks if t.time < at]
    after = [t for t in journal.ticks if t.time >= at]
    ready = before[-1].ready if before else 1
    asked = next((t.time - at for t in after if t.wanted > t.current), None)
    served = next((t.time - at for t in after if t.ready > ready), None)
    rounded = lambda v: None if v is None else round(v, 2)  # noqa: E731
    return {"to_request": rounded(asked), "to_ready": rounded(served)}


def scaling_steps(journal, start):
    steps = []
    for tick in journal.ticks:
        if not tick.scaled or tick.wanted == tick.current:
            continue
        steps.append(
            {
                "t": round(tick.time - start, 1),
                "from": tick.current,
                "to": tick.wanted,
                "metric_ms": None if tick.metric_us is None else round(tick.metric_us / 1000, 3),
                "reason": tick.decision.get("reason", ""),
                "stages": [{"stage": s["stage"], "reason": s["reason"]} for s in tick.steps],
            }
        )
    return steps


def summarize(preset, stack, journal, client, replay, leftovers, profile):
    start = client["start_unix"]
    step_at = load_step(profile)
    summary = {
        "started": time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(start)),
        "seconds": client["seconds"],
        "replicas_peak": max((t.ready for t in journal.ticks), default=0),
        "replicas_end": journal.ticks[-1].running if journal.ticks else 0,
        "requests": client["requests"],
        "answered": client["answered"],
        "failed": client["failed"],
        "failures": {k: v for k, v in client["failures"].items() if v},
        "failure_examples": client["failure_examples"],
        "retries": client["retries"],
        "p50_ms": client["p50_ms"],
        "p90_ms": client["p90_ms"],
        "p99_ms": client["p99_ms"],
        "throughput_per_s": client["throughput_per_s"],
        "reaction_s": reaction(journal, start + step_at),
        "steps": scaling_steps(journal, start),
        "replay_identical": replay is None,
        "leftovers": leftovers,
    }
    problems = []
    if summary["failed"] or summary["answered"] != summary["requests"]:
        problems.append("%d requests failed" % (summary["requests"] - summary["answered"]))
    if summary["replicas_peak"] < preset["peak"]:
        problems.append(
            "the pool grew to %d, not to %d" % (summary["replicas_peak"], preset["peak"])
        )
    if summary["replicas_end"] != 1:
        problems.append("%d replicas were left at the end, not 1" % summary["replicas_end"])
    if summary["reaction_s"]["to_ready"] is None:
        problems.append("no replica was added after the load step")
    if replay is not None:
        problems.append("replay differs: " + replay.strip().splitlines()[-1])
    if leftovers["processes"] or leftovers["shm"]:
        problems.append("something was left running: %s" % leftovers)
    summary["problems"] = problems
    summary["ok"] = not problems
    return summary


def print_summary(s, run):
    seconds = lambda v: "none" if v is None else "%.1f s" % v  # noqa: E731
    milliseconds = lambda v: "none" if v is None else "%.0f ms" % v  # noqa: E731
    failures = ", ".join("%s %d" % item for item in s["failures"].items())
    print()
    print("replicas      1 → %d → %d" % (s["replicas_peak"], s["replicas_end"]))
    print(
        "requests      %d sent, %d answered, %d failed%s"
        % (s["requests"], s["answered"], s["failed"], failures and " (%s)" % failures)
    )
    print(
        "              %d sent once more because NGINX had closed an idle connection"
        % s["retries"]
    )
    print(
        "latency       p50 %s, p90 %s, p99 %s, from the intended send time"
        % tuple(milliseconds(s[name]) for name in ("p50_ms", "p90_ms", "p99_ms"))
    )
    print("steps         %d" % len(s["steps"]))
    print(
        "reaction      load step to request %s, to ready replica %s"
        % (seconds(s["reaction_s"]["to_request"]), seconds(s["reaction_s"]["to_ready"]))
    )
    print("replay        %s" % ("identical" if s["replay_identical"] else "DIFFERENT"))
    left = s["leftovers"]
    print(
        "left behind   %d processes, %d files in /dev/shm"
        % (len(left["processes"]), len(left["shm"]))
    )
    print("report        %s" % (run / "report.html"))
    print("OK" if s["ok"] else "NOT OK: " + "; ".join(s["problems"]))


def run_demo(arguments):
    preset = PRESETS["quick" if arguments.quick else "full"]
    settings = preset["settings"]
    settings.port = arguments.port
    profile = HERE / preset["profile"]
    stack = Stack(arguments.run, arguments.build, settings)
    try:
        stack.prepare()
        print("starting NGINX, Tidegate and the first Triton server …", flush=True)
        stack.start()
        print("flowers are classified at %s" % stack.infer_url)
        print("state of the scaler:     http://127.0.0.1:%d/debug/state" % stack.admin_port)
        journal = Journal(stack.journal)
        client = stack.start_client(profile, seed=arguments.seed)
        seconds = watch(stack, client, journal, preset["patience_s"])
    finally:
        # From here on a signal must not keep us from stopping what was started.
        for sig in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(sig, signal.SIG_IGN)
        leftovers = stop(stack, locals().get("client"))
    journal.read()
    numbers = stack.client_summary()
    summary = summarize(
        preset, stack, journal, numbers, stack.replay(), leftovers, profile.read_text()
    )
    (stack.run / "summary.json").write_text(json.dumps(summary, indent=1) + "\n")
    rows = report.make_rows(seconds, journal.ticks, numbers["start_unix"])
    page = report.render(
        summary, rows, settings.target_us / 1000, EXPRESSION % {"window": settings.window}
    )
    (stack.run / "report.html").write_text(page)
    print_summary(summary, stack.run)
    return 0 if summary["ok"] else 1


def stop(stack, client):
    if client and client.poll() is None:
        client.send_signal(signal.SIGTERM)
        client.wait()
    if stack.nginx or stack.tidegate:
        print("stopping …", flush=True)
    return stack.stop()


def main():
    def interrupt(*_):
        raise Interrupted

    for sig in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(sig, interrupt)
    try:
        return run_demo(parse_arguments())
    except Interrupted:
        print("interrupted: everything was stopped")
        return 130
    except Problem as problem:
        print("demo.py: %s" % problem, file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
