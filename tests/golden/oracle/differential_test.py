#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Shrinking and comparing, with a fake pair of programs."""
import contextlib
import copy
import io
import json
import pathlib
import stat
import sys
import tempfile
import unittest

import differential
import programs
import shrink

LISTS = ("currentMetrics", "conditions", "events", "recommendations", "scaleUpEvents", "scaleDownEvents")
FIELDS = {name: [] for name in LISTS}
FIELDS.update({"desiredReplicas": 1, "currentReplicas": 1, "scaleWritten": None, "scaleUpdateAttempts": 0,
               "statusWritten": False, "lastScaleTime": None, "observedGeneration": 1, "error": None})


class Fake:
    """Answers like a controller that never does anything, but errs in the steps that `wrong` names."""

    def __init__(self, wrong=lambda scenario, step: False):
        self.wrong = wrong

    def answers(self, scenarios):
        return [{"id": s["id"], "steps": [self.step(s, step) for step in s["steps"]]} for s in scenarios]

    def step(self, scenario, step):
        return {**FIELDS, "t": step["t"], **({"desiredReplicas": 99} if self.wrong(scenario, step) else {})}


# The same as a program: it dies of a scenario with faults.
PROGRAM = """#!{python}
import json, sys
for line in sys.stdin:
    s = json.loads(line)
    if any("faults" in step for step in s["steps"]):
        sys.exit(3)
    print(json.dumps({{"id": s["id"], "steps": [dict({fields}, t=step["t"]) for step in s["steps"]]}}), flush=True)
"""


def pod(name, **more):
    return {"name": name, "phase": "Running", "conditions": [{"type": "Ready", "status": "True", "lastTransitionTime": 0}],
            "containers": [{"name": "main", "requests": {"cpu": "1", "memory": "1"}}], "startTime": 0, **more}


def metric(name):
    return {"type": "External", "external": {"metric": {"name": name, "selector": {"matchLabels": {"a": "b"}}},
                                             "target": {"type": "Value", "value": "1"}}}


def scenario():
    """Eight steps of five pods and three metrics, with everything that a scenario may have."""
    steps = [{"t": 20 * i + 0.5, "scale": {"specReplicas": 5, "statusReplicas": 6, "selector": "app=web"},
              "pods": [pod(f"web-{j}", labels={"app": "web"}) for j in range(5)],
              "metrics": {"external": {"a": ["1", "2"], "b": ["1"]}, "pods": {"x": {"web-1": "1"}},
                          "resource": {"web-1": {"timestamp": 0, "window": 30, "containers": {"main": {"cpu": "1"}}}},
                          "errors": {"resource": "no"}}} for i in range(8)]
    steps[5]["pods"][3]["deletionTimestamp"] = 7
    steps[6]["spec"] = {"maxReplicas": 9, "metrics": [metric("a"), metric("b")]}
    steps[2]["faults"] = {"getScale": "gone", "updateScale": ["Conflict", "Conflict"]}
    return {"id": "f/1", "family": "f", "k8sVersion": "v1.37.2", "gates": {"HPAScaleToZero": False},
            "flags": {**shrink.DEFAULT_FLAGS, "tolerance": 0.2}, "otherHpas": [{"name": "o", "selector": "app=web"}],
            "initial": {"recommendations": [{"replicas": 1, "t": -1}]},
            "hpa": {"namespace": "default", "name": "hpa", "spec": {
                "scaleTargetRef": {"kind": "Deployment", "name": "web"}, "minReplicas": 1, "maxReplicas": 9,
                "metrics": [metric("a"), metric("b"), metric("c")],
                "behavior": {"scaleUp": {"policies": [{"type": "Pods", "value": 1, "periodSeconds": 15}] * 3},
                             "scaleDown": {}}}},
            "steps": steps}


def has_faults(step):
    return bool(step.get("faults"))


class Shrinking(unittest.TestCase):
    def shrunk(self, wrong):
        pair = differential.Comparison(Fake(), Fake(wrong))
        self.assertTrue(pair.differences([scenario()])[0], "the whole scenario differs")
        small = pair.shrink(scenario(), "desiredReplicas")
        self.assertTrue(pair.differences([small])[0], "the smallest one still differs")
        return small

    def test_keeps_the_one_step_and_pod_that_matter(self):
        small = self.shrunk(lambda _, step: any("deletionTimestamp" in p for p in step["pods"]))
        self.assertEqual(len(small["steps"]), 1)
        step = small["steps"][0]
        self.assertEqual(step["pods"], [{"name": "web-3", "phase": "Running", "conditions": [], "containers": [],
                                         "deletionTimestamp": 7}])
        self.assertEqual((step["metrics"], step["scale"]["specReplicas"], step["t"]), ({}, 1, 0))
        self.assertEqual(small["flags"], shrink.DEFAULT_FLAGS)
        self.assertNotIn("behavior", small["hpa"]["spec"])
        self.assertEqual(len(small["hpa"]["spec"]["metrics"]), 1)
        self.assertTrue({"gates", "otherHpas", "initial"}.isdisjoint(small))

    def test_keeps_what_matters_together(self):
        def wrong(s, step):
            policies = s["hpa"]["spec"].get("behavior", {}).get("scaleUp", {}).get("policies")
            return len(step["pods"]) >= 2 and policies and s.get("gates")

        small = self.shrunk(wrong)
        self.assertEqual([len(step["pods"]) for step in small["steps"]], [2])
        self.assertEqual(len(small["hpa"]["spec"]["behavior"]["scaleUp"]["policies"]), 1)
        self.assertEqual(small["gates"], {"HPAScaleToZero": False})

    def test_keeps_two_steps_where_order_matters(self):
        small = self.shrunk(lambda s, step: any(has_faults(x) for x in s["steps"] if x["t"] < step["t"]))
        self.assertEqual([has_faults(step) for step in small["steps"]], [True, False])

    def test_keeps_each_part_that_the_schema_lets_be_absent(self):
        parts = [path for path, in shrink.members(scenario()) if isinstance(path[-1], str)]
        self.assertGreater(len(parts), 20)
        for part in parts:
            def wrong(s, _):
                return any(path == part for path in shrink.walk(s, ()))
            if part[0] != "steps":  # those move when steps before them go
                small = self.shrunk(wrong)
                self.assertIn(part, list(shrink.walk(small, ())))

    def test_leaves_its_input_alone(self):
        whole = scenario()
        before = copy.deepcopy(whole)
        shrink.shrink(whole, lambda scenarios: [True] * len(scenarios))
        self.assertEqual(whole, before)

    def test_findings_are_written_once_a_kind(self):
        pair = differential.Comparison(Fake(), Fake(lambda _, step: step["pods"]))
        with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()) as shown:
            findings = differential.Findings(pair, pathlib.Path(folder), 10)
            for index in range(2):
                case = {**scenario(), "id": f"f/{index}"}
                findings.add(case, pair.differences([case])[0])
            file, = pathlib.Path(folder).glob("*.json")
            written = json.loads(file.read_text(encoding="utf-8"))
        self.assertEqual(len(written["scenario"]["steps"]), 1)
        self.assertEqual(written["got"]["steps"][0]["desiredReplicas"], 99)
        self.assertIn("want 1", shown.getvalue())


class Programs(unittest.TestCase):
    def test_a_scenario_that_kills_the_driver_is_a_difference(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "driver")
            path.write_text(PROGRAM.format(python=sys.executable, fields=FIELDS), encoding="utf-8")
            path.chmod(path.stat().st_mode | stat.S_IXUSR)
            pair = differential.Comparison(Fake(), programs.Program([path]))
            harmless = {**scenario(), "id": "f/2", "steps": scenario()["steps"][:1]}
            found = pair.differences([harmless, scenario(), harmless])
        self.assertEqual([[d.field for d in each] for each in found], [[], ["answer"], []])

    def test_each_version_has_its_modules(self):
        self.assertEqual(sorted(programs.versions()), ["1.34", "1.35", "1.36", "1.37"])
        for path in programs.versions().values():
            self.assertTrue(path.with_suffix(".sum").is_file(), path)


class Comparing(unittest.TestCase):
    def test_what_cannot_be_compared_does_not_differ(self):
        answer = {"id": "a", "steps": []}
        self.assertEqual(differential.differences({"id": "a", "panic": "x"}, answer), [])
        self.assertEqual(differential.differences(answer, {"id": "a", "unsupported": "x"}), [])


if __name__ == "__main__":
    unittest.main()
