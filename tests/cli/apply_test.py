#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`tidegate pack --apply` as its users meet it: apply_test.py TIDEGATE LIBRARY [unittest arguments].

LIBRARY has NVML's interface; the machine that it shows is a file (tests/unit/nvml/fake_world.h).
"""
import os
import pathlib
import pty
import subprocess
import sys
import tempfile
import unittest

TIDEGATE = sys.argv.pop(1)
LIBRARY = sys.argv.pop(1)

MACHINE = """\
gpu GPU-a a100
gpu GPU-b a100
instance GPU-a 1 9 4 4
mig GPU-a 0 1 MIG-1 2
instance GPU-b 2 19 0 1
mig GPU-b 0 2 MIG-2 0
next 3
"""

DEMAND = """\
apiVersion: tidegate.dev/v1alpha1
kind: Demand
spec:
  workloads:
  - {name: chat, profile: 4g.20gb, count: 1}
"""

# What GPU-a shall be: its 3g goes.
TARGET = """\
version: v1
mig-configs:
  default:
  - devices: [0]
    mig-enabled: true
    mig-devices: {"7g.40gb": 1}
  - devices: [1]
    mig-enabled: true
    mig-devices: {"1g.5gb": 1}
"""


class Apply(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.machine = self.write("gpus", MACHINE)
        self.demand = self.write("demand.yaml", DEMAND)
        self.target = self.write("target.yaml", TARGET)
        self.environment = {**os.environ, "FAKE_NVML_STATE": str(self.machine)}

    def write(self, name, text):
        path = self.folder / name
        path.write_text(text)
        return path

    def command(self, *arguments):
        return [TIDEGATE, "pack", "--library", LIBRARY, *map(str, arguments)]

    def pack(self, *arguments):
        return subprocess.run(
            self.command(*arguments), env=self.environment, stdin=subprocess.DEVNULL, capture_output=True,
            text=True, timeout=60, check=False)

    def on_terminal(self, answer, *arguments):
        """With a terminal to ask on; returns the exit status and what was said."""
        outer, inner = pty.openpty()
        with subprocess.Popen(
                self.command(*arguments), env=self.environment, stdin=inner, stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT, text=True) as process:
            os.write(outer, (answer + "\n").encode())
            said = process.communicate(timeout=60)[0]
        os.close(inner)
        os.close(outer)
        return process.returncode, said

    def log(self):
        log = pathlib.Path(str(self.machine) + ".log")
        return log.read_text().splitlines() if log.exists() else []

    def test_nothing_is_done_without_the_flag(self):
        done = self.pack("-f", "nvml", "-f", self.demand, "--apply")
        self.assertEqual((done.returncode, done.stderr), (1, "nothing is done: --allow-reconfigure is not given\n"))
        self.assertIn("On the GPUs of this machine:\n  create 4g.20gb@0 of GPU-a\n", done.stdout)
        self.assertEqual(self.log(), [])

    def test_nothing_is_done_without_an_answer(self):
        done = self.pack("-f", "nvml", "-f", self.demand, "--apply", "--allow-reconfigure")
        self.assertEqual(done.returncode, 1)
        self.assertIn("--yes says it beforehand", done.stderr)
        self.assertEqual(self.log(), [])

    def test_creates_at_the_planned_place(self):
        done = self.pack("-f", "nvml", "-f", self.demand, "--apply", "--allow-reconfigure", "--yes")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertIn("done: create 4g.20gb@0 of GPU-a (MIG-4)\n", done.stdout)
        self.assertEqual(self.log(), ["create 5@0 GPU-a", "create-ci 3 in 5@0 GPU-a"])
        again = self.pack("-f", "nvml", "--apply", "--allow-reconfigure", "--yes")
        self.assertIn("On the GPUs of this machine nothing changes.", again.stdout)
        self.assertEqual(again.returncode, 0)

    def test_asks_on_a_terminal(self):
        question = ("-f", "nvml", "--to", self.target, "--apply", "--allow-reconfigure")
        status, said = self.on_terminal("no", *question)
        self.assertEqual(status, 1)
        self.assertIn("1 of 2 slices are destroyed. Type yes to go on: nothing is done\n", said)
        self.assertEqual(self.log(), [])
        status, said = self.on_terminal("yes", *question)
        self.assertEqual(status, 0, said)
        self.assertEqual(
            self.log(), ["destroy-ci MIG-1", "destroy 9@4 GPU-a", "create 0@0 GPU-a", "create-ci 4 in 0@0 GPU-a"])

    def test_says_who_uses_what_would_be_destroyed(self):
        self.machine.write_text(MACHINE + "process MIG-1 %d\n" % os.getpid())
        done = self.pack("-f", "nvml", "--to", self.target, "--apply", "--allow-reconfigure", "-y", "--wait", "0.6")
        self.assertEqual(done.returncode, 1)
        self.assertRegex(
            done.stdout, r"destroy 3g\.20gb@4 of GPU-a \(MIG-1\)\n    in use by process %d \(python3.*\)" % os.getpid())
        self.assertEqual(
            done.stderr,
            "stopped at: destroy 3g.20gb@4 of GPU-a (MIG-1): process %d computes there\n0 of 2 done; left:\n"
            "  destroy 3g.20gb@4 of GPU-a (MIG-1)\n  create 7g.40gb@0 of GPU-a\n" % os.getpid())
        self.assertEqual(self.log(), [])

    def test_says_what_is_left_when_the_driver_refuses(self):
        self.machine.write_text(MACHINE + "fault create-gi 23 1\n")
        done = self.pack("-f", "nvml", "--to", self.target, "--apply", "--allow-reconfigure", "--yes")
        self.assertEqual(done.returncode, 1)
        self.assertIn("done: destroy 3g.20gb@4 of GPU-a (MIG-1)\n", done.stdout)
        self.assertEqual(
            done.stderr,
            "stopped at: create 7g.40gb@0 of GPU-a: nvmlDeviceCreateGpuInstanceWithPlacement: Insufficient Resources\n"
            "1 of 2 done; left:\n  create 7g.40gb@0 of GPU-a\n")

    def test_wrong_usage(self):
        self.assertEqual(self.pack("-f", self.demand, "--apply").returncode, 2)
        self.assertEqual(self.pack("-f", "nvml", "--apply", "-o", "json").returncode, 2)
        self.assertEqual(self.pack("-f", "nvml", "--yes").returncode, 2)
        self.assertEqual(self.pack("-f", "nvml", "--apply", "--what-if", "add 1 1g.5gb").returncode, 2)

    def test_a_demand_that_does_not_fit_changes_nothing(self):
        self.demand.write_text(DEMAND.replace("count: 1", "count: 5"))
        done = self.pack("-f", "nvml", "-f", self.demand, "--apply", "--allow-reconfigure", "--yes")
        self.assertEqual(done.returncode, 1)
        self.assertIn("more than there are", done.stderr)
        self.assertEqual(self.log(), [])


if __name__ == "__main__":
    unittest.main()
