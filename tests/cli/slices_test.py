#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`tidegate run` on the slices of a machine: slices_test.py TIDEGATE LIBRARY [unittest arguments].

LIBRARY has NVML's interface; the machine that it shows is a file (tests/unit/nvml/fake_world.h).
Replicas write down what CUDA_VISIBLE_DEVICES they were given.
"""
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time
import unittest

TIDEGATE = sys.argv.pop(1)
LIBRARY = sys.argv.pop(1)

# A 3g that is free, and a 1g on which somebody computes.
MACHINE = """\
gpu GPU-a a100
gpu GPU-t t4
instance GPU-a 1 9 4 4
mig GPU-a 0 1 MIG-1 2
instance GPU-a 2 19 3 1
mig GPU-a 1 2 MIG-2 0
process MIG-2 4711
next 3
"""

SERVER = """\
import http.server, os, sys
with open(sys.argv[2], "a") as file:
    file.write(os.environ.get("CUDA_VISIBLE_DEVICES", "none") + "\\n")
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()
    def log_message(self, *_):
        pass
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""

CONFIG = """\
apiVersion: tidegate.dev/v1alpha1
kind: Scaler
spec:
  admin: {{address: "127.0.0.1:0"}}
  devices:
    nvml: {{library: {library}, interval: 500ms, stateFile: {folder}/slices.json}}
---
apiVersion: tidegate.dev/v1alpha1
kind: Autoscaler
metadata: {{name: chat}}
spec:
  slice: {{profile: {profile}}}
  minReplicas: {replicas}
  maxReplicas: {replicas}
  metrics:
  - type: External
    external: {{metric: {{name: load}}, target: {{type: AverageValue, averageValue: 1}}}}
  queries:
  - {{metric: load, query: "vector(1)"}}
  behavior:
    scaleUp: {{policies: [{{type: Pods, value: 20, periodSeconds: 1}}]}}
    scaleDown: {{stabilizationWindowSeconds: 0, policies: [{{type: Pods, value: 20, periodSeconds: 1}}]}}
  period: 200ms
  backend:
    processPool:
      command: ["{python}", "-S", "{folder}/server.py", "{{port:http}}", "{folder}/devices"]
      readiness: {{path: /, period: 100ms}}
      stateFile: {folder}/chat.json
      drainTimeout: 1s
      terminationGracePeriod: 2s
"""


class Slices(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.machine = self.folder / "gpus"
        self.machine.write_text(MACHINE)
        (self.folder / "server.py").write_text(SERVER)
        self.running = None

    def tearDown(self):
        if self.running is not None:
            self.stop()

    def configure(self, replicas, profile="3g.20gb"):
        temporary = self.folder / "config.new"
        temporary.write_text(CONFIG.format(
            library=LIBRARY, folder=self.folder, python=sys.executable, replicas=replicas, profile=profile))
        temporary.rename(self.folder / "config.yaml")

    def start(self, *flags):
        with open(self.folder / "log", "a", encoding="utf-8") as log:
            self.running = subprocess.Popen(  # pylint: disable=consider-using-with
                [TIDEGATE, "run", "-f", str(self.folder / "config.yaml"), *flags],
                env={**os.environ, "FAKE_NVML_STATE": str(self.machine)}, stderr=log)

    def stop(self, how=signal.SIGTERM):
        self.running.send_signal(how)
        self.running.wait(timeout=30)
        self.running = None

    def said(self):
        return (self.folder / "log").read_text()

    def changes(self):
        log = pathlib.Path(str(self.machine) + ".log")
        return log.read_text().splitlines() if log.exists() else []

    def devices(self):
        file = self.folder / "devices"
        return file.read_text().split() if file.exists() else []

    def until(self, condition, what):
        end = time.monotonic() + 30
        while time.monotonic() < end:
            if condition():
                return
            time.sleep(0.05)
        self.fail("%s; log:\n%s\nchanges: %s, devices: %s" % (what, self.said(), self.changes(), self.devices()))

    def test_without_the_flag_only_what_exists_is_used(self):
        self.configure(2)
        self.start()
        self.until(lambda: self.devices() == ["MIG-1"], "the slice that exists is not used")
        self.until(lambda: "no slice that will do is free" in self.said(), "it is not said what is missing")
        self.stop()
        self.assertEqual(self.changes(), [])

    def test_says_what_the_flag_would_do(self):
        self.machine.write_text(MACHINE.replace("process MIG-2 4711\n", "").replace(
            "instance GPU-a 2 19 3 1\nmig GPU-a 1 2 MIG-2 0\n", ""))
        self.configure(2)
        self.start()
        self.until(
            lambda: "needs 1 x 3g.20gb created on GPU-a at 0: --allow-reconfigure would" in self.said(),
            "it is not said what is missing")

    def test_makes_adopts_and_destroys(self):
        self.configure(3, "1g.5gb")
        self.start("--allow-reconfigure")
        self.until(lambda: len(self.devices()) == 3, "slices are not made")
        used = self.devices()
        self.assertEqual(len(set(used)), 3)
        self.assertFalse({"MIG-1", "MIG-2"} & set(used), "MIG-2 is somebody's")
        made = [line for line in self.changes() if line.startswith("create ")]
        self.assertEqual(len(made), 3)

        # Killed and started again, it knows its replicas and its slices.
        self.stop(signal.SIGKILL)
        self.start("--allow-reconfigure")
        time.sleep(2)
        self.assertEqual(self.devices(), used)
        self.assertEqual([line for line in self.changes() if line.startswith("create ")], made)
        self.stop()

        # Another need, once nobody has them: they make room. What others made stays.
        self.machine.write_text(self.machine.read_text().replace("process MIG-2 4711\n", ""))
        (self.folder / "chat.json").unlink()
        self.configure(2, "2g.10gb")
        self.start("--allow-reconfigure")
        self.until(lambda: len([line for line in self.changes() if line.startswith("create 14@")]) == 1, "no room is made")
        self.assertIn("is destroyed where its room is needed", self.said())
        text = self.machine.read_text()
        self.assertIn("MIG-1", text)
        self.assertIn("MIG-2", text)

    def test_the_flag_needs_real_gpus_and_a_state_file(self):
        self.configure(1)
        config = self.folder / "config.yaml"
        config.write_text(config.read_text().replace(", stateFile: %s/slices.json" % self.folder, ""))
        self.start("--allow-reconfigure")
        self.assertEqual(self.running.wait(timeout=30), 1)
        self.assertIn("spec.devices.nvml: stateFile: is needed", self.said())
        self.running = None


if __name__ == "__main__":
    unittest.main()
