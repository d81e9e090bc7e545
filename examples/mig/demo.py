#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Three services on slices of eight simulated A100s, under changing load: `make demo-mig`.

The replicas are real processes (server.py), each with CUDA_VISIBLE_DEVICES set to its slice. The
packing is drawn as it changes. Exit code 0 means: what had no room was said to have none; at rest
no more GPUs were in use than the fewest that hold the load, by `tidegate pack`; no slice ever had
two processes; every tick replays to the same decision; and nothing was left behind.
"""

import argparse
import json
import os
import re
import signal
import string
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
TOKEN = "a-token-for-this-run-only"

# Seconds, and the load of each service: so many replicas' worth.
PHASES = (
    (7, "a quiet start", {"chat": 1, "embed": 3, "rerank": 1}),
    (9, "all of it grows", {"chat": 5, "embed": 10, "rerank": 6}),
    (8, "more than eight GPUs hold", {"chat": 12, "embed": 14, "rerank": 12}),
    (8, "chat leaves holes behind", {"chat": 2, "embed": 14, "rerank": 5}),
    (0, "the evening", {"chat": 3, "embed": 6, "rerank": 3}),
)
QUICK = {0: 3, 1: 5, 2: 4, 3: 4, 4: 0}
REST_LIMIT = 45  # seconds until everything has to be at rest


class Failed(Exception):
    pass


class Stack:
    """Tidegate and its servers, in a run directory; the directory marks everybody's environment."""

    def __init__(self, build, run):
        self.tidegate = build / "bin" / "tidegate"
        self.run = run
        (run / "slices").mkdir(parents=True)
        token = run / "token"
        token.write_text(TOKEN + "\n")
        text = string.Template((HERE / "mig.yaml").read_text()).substitute(
            python=sys.executable, server=HERE / "server.py", run=run, token=token
        )
        (run / "mig.yaml").write_text(text)
        self.log = open(run / "tidegate.log", "w")
        self.process = subprocess.Popen(
            [self.tidegate, "run", "-f", run / "mig.yaml", "--log-level", "info"],
            stdout=self.log,
            stderr=self.log,
            env={**os.environ, "MIG_RUN": str(run)},
        )
        self.port = self._port()

    def _port(self):
        end = time.monotonic() + 10
        while time.monotonic() < end and self.process.poll() is None:
            found = re.search(r"admin server on port (\d+)", (self.run / "tidegate.log").read_text())
            if found:
                return int(found[1])
            time.sleep(0.05)
        raise Failed("Tidegate did not start:\n" + (self.run / "tidegate.log").read_text())

    def get(self, path):
        with urllib.request.urlopen("http://127.0.0.1:%d%s" % (self.port, path), timeout=5) as page:
            return page.read().decode()

    def push(self, load):
        for workload, value in load.items():
            request = urllib.request.Request(
                "http://127.0.0.1:%d/api/v1/push?workload=%s" % (self.port, workload),
                data=b"offered_load %d\n" % value,
                headers={"Authorization": "Bearer " + TOKEN},
            )
            urllib.request.urlopen(request, timeout=5).close()

    def workloads(self):
        state = json.loads(self.get("/debug/state"))
        return {w["decision"]["workload"]: w for w in state["workloads"]}

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(20)
        finally:
            self.process.kill()
            self.log.close()

    def left_behind(self):
        """What still runs of this run."""
        marker = ("MIG_RUN=%s\0" % self.run).encode()
        found = []
        for entry in Path("/proc").iterdir():
            try:
                if entry.name.isdigit() and marker in (entry / "environ").read_bytes():
                    found.append((entry / "cmdline").read_bytes().replace(b"\0", b" ").decode())
            except OSError:
                continue
        return found


class Screen:
    """The packing as it is, drawn over what was there; a line a phase where there is no terminal."""

    def __init__(self):
        self.live = sys.stdout.isatty()
        self.title = ""

    def phase(self, title, load):
        self.title = "%s: %s" % (title, ", ".join("%s %d" % item for item in load.items()))
        if not self.live:
            print(self.title, flush=True)

    def draw(self, page, workloads):
        if not self.live:
            return
        lines = [self.title, "", page]
        for name, workload in sorted(workloads.items()):
            decision = workload["decision"]
            ready = sum(r["ready"] == "True" for r in workload["input"]["observation"]["replicas"])
            lines.append("%-7s wants %2d, %2d ready" % (name, decision["desired"], ready))
            lines += ["        " + s["reason"][:150] for s in decision["steps"] if s["stage"] == "place"]
        sys.stdout.write("\033[H\033[2J" + "\n".join(lines) + "\n")
        sys.stdout.flush()


def place_steps(workloads, *causes):
    return [
        step["reason"]
        for workload in workloads.values()
        for step in workload["decision"]["steps"]
        if step["stage"] == "place" and step["cause"] in causes
    ]


def settled(workloads, load):
    """Everybody has the replicas that its load needs, all of them ready, and none is going."""
    for name, value in load.items():
        seen = workloads[name]["input"]["observation"]
        ready = [r for r in seen["replicas"] if r["ready"] == "True" and not r["terminating"]]
        if not len(ready) == len(seen["replicas"]) == len(seen["slices"]) == value:
            return False
    return True


def in_use(workloads):
    slices = [s for w in workloads.values() for s in w["input"]["observation"]["slices"]]
    return len({s["device"] for s in slices})


def fewest(stack, workloads):
    """How few empty GPUs hold what runs, by `tidegate pack`, which proves it."""
    fleet = stack.run / "fleet.yaml"
    head = "apiVersion: tidegate.dev/v1alpha1\n"
    text = head + "kind: Fleet\nspec: {devices: [{model: a100-40gb, count: 8}]}\n"
    text += "---\n" + head + "kind: Demand\nspec:\n  workloads:\n"
    for name, workload in workloads.items():
        slices = workload["input"]["observation"]["slices"]
        text += "  - {name: %s, profile: %s, count: %d}\n" % (name, slices[0]["profile"], len(slices))
    fleet.write_text(text)
    done = subprocess.run(
        [stack.tidegate, "pack", "-f", fleet, "-o", "json"], capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise Failed("tidegate pack: " + done.stderr)
    (model,) = json.loads(done.stdout)["models"]
    return model["proof"]["atLeast"]


def play(stack, screen, quick):
    capped = []
    for index, (seconds, title, load) in enumerate(PHASES[:-1]):
        screen.phase(title, load)
        end = time.monotonic() + (QUICK[index] if quick else seconds)
        while time.monotonic() < end:
            stack.push(load)
            workloads = stack.workloads()
            capped += place_steps(workloads, "noRoom")
            screen.draw(stack.get("/debug/slices"), workloads)
            time.sleep(0.4)
    if not capped:
        raise Failed("nothing was said to have no room, though there was too little")
    print("no room: " + capped[-1])
    return rest(stack, screen)


def rest(stack, screen):
    _, title, load = PHASES[-1]
    screen.phase(title, load)
    end = time.monotonic() + REST_LIMIT
    while time.monotonic() < end:
        stack.push(load)
        workloads = stack.workloads()
        screen.draw(stack.get("/debug/slices"), workloads)
        if settled(workloads, load) and in_use(workloads) == fewest(stack, workloads):
            return workloads
        time.sleep(0.4)
    raise Failed(
        "not at rest on the fewest GPUs after %d s: %d in use\n%s"
        % (REST_LIMIT, in_use(workloads), stack.get("/debug/slices"))
    )


def check_devices(workloads, stack):
    """Each process sees just the slice that it is said to have."""
    said = {s["id"] for w in workloads.values() for s in w["input"]["observation"]["slices"]}
    seen = []
    for entry in Path("/proc").iterdir():
        try:
            command = (entry / "cmdline").read_bytes() if entry.name.isdigit() else b""
            if str(HERE / "server.py").encode() + b"\0" not in command:
                continue
            environment = dict(
                v.split("=", 1) for v in (entry / "environ").read_text().split("\0") if "=" in v
            )
        except OSError:
            continue
        if environment.get("MIG_RUN") == str(stack.run) and b"keeper" not in command:
            seen.append(environment.get("CUDA_VISIBLE_DEVICES"))
    if set(seen) - {None} != said:
        raise Failed("processes see %s, not %s" % (sorted(map(str, set(seen))), sorted(said)))


def check_end(stack):
    shared = stack.run / "shared"
    if shared.exists():
        raise Failed("slices were shared: " + shared.read_text())
    left = stack.left_behind()
    if left:
        raise Failed("left behind: " + "\n".join(left))
    done = subprocess.run(
        [stack.tidegate, "replay", stack.run / "journal.jsonl"], capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise Failed("replay: " + done.stdout + done.stderr)
    moves = (stack.run / "journal.jsonl").read_text().count('"cause":"move"')
    print("replay: %s; replicas moved in %d ticks" % (done.stdout.strip(), moves))


def demo(build, run, quick):
    stack = Stack(build, run)
    screen = Screen()
    try:
        workloads = play(stack, screen, quick)
        check_devices(workloads, stack)
        print(stack.get("/debug/slices"))
        print("at rest: %d GPUs in use, and fewer cannot hold the load" % in_use(workloads))
    finally:
        code = stack.stop()
    if code != 0:
        raise Failed("Tidegate left with code %d" % code)
    check_end(stack)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=Path, default=ROOT / "build" / "release")
    parser.add_argument("--run", type=Path, help="directory that is kept; default: a temporary one")
    parser.add_argument("--quick", action="store_true", help="shorter phases")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tidegate-mig-") as folder:
        run = options.run or Path(folder)
        if options.run and (run / "slices").exists():
            subprocess.run(["rm", "-rf", str(run)], check=True)
        try:
            demo(options.build.resolve(), run.resolve(), options.quick)
        except Failed as problem:
            print("FAILED: %s" % problem, file=sys.stderr)
            return 1
    print("passed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
