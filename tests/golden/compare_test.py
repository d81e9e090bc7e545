#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The comparers bite: each rule has an answer that passes and one that does not."""
import copy
import gzip
import json
import pathlib
import stat
import subprocess
import sys
import tempfile
import unittest

import compare

HERE = pathlib.Path(__file__).resolve().parent

STEP = {
    "t": 15, "desiredReplicas": 3, "currentReplicas": 2, "scaleWritten": 3, "scaleUpdateAttempts": 1,
    "statusWritten": True, "lastScaleTime": 15, "observedGeneration": 1,
    "currentMetrics": [{"type": "Pods", "pods": {"current": {"averageValue": "70"}}}],
    "conditions": [
        {"type": "AbleToScale", "status": "True", "reason": "SucceededRescale", "message": "m", "lastTransitionTime": 0},
        {"type": "ScalingActive", "status": "True", "reason": "ValidMetricFound", "message": "m", "lastTransitionTime": 0}],
    "events": [{"type": "Normal", "reason": "SuccessfulRescale", "message": "New size: 3"}],
    "error": None, "recommendations": [{"replicas": 2, "t": 0}], "scaleUpEvents": [], "scaleDownEvents": []}


def hpa(change):
    """The fields that differ after `change` was done to an answer that agreed."""
    want, got = {"steps": [STEP]}, {"steps": [copy.deepcopy(STEP)]}
    change(got["steps"][0])
    return compare.hpa({}, want, got)


class Hpa(unittest.TestCase):
    def test_every_field_counts(self):
        for field in compare.HPA_FIELDS:
            verdict = hpa(lambda step: step.__setitem__(field, "something else"))
            self.assertEqual([d.field for d in verdict.differences], [field])

    def test_a_missing_field_is_unanswered_not_equal(self):
        verdict = hpa(lambda step: step.pop("conditions"))
        self.assertEqual((verdict.differences, verdict.unanswered), ([], {"conditions"}))

    def test_order_of_conditions_counts(self):
        self.assertTrue(hpa(lambda step: step["conditions"].reverse()).differences)

    def test_a_condition_counts_whole(self):
        for member in STEP["conditions"][0]:
            self.assertTrue(hpa(lambda step: step["conditions"][0].__setitem__(member, None)).differences, member)

    def test_null_is_not_zero_and_true_is_not_one(self):
        self.assertTrue(hpa(lambda step: step.__setitem__("scaleWritten", 0)).differences)
        self.assertTrue(hpa(lambda step: step.__setitem__("statusWritten", 1)).differences)
        self.assertTrue(hpa(lambda step: step.__setitem__("error", "")).differences)

    def test_half_a_nanosecond_is_nothing(self):
        self.assertFalse(hpa(lambda step: step["recommendations"][0].__setitem__("t", 4e-10)).differences)
        self.assertTrue(hpa(lambda step: step["recommendations"][0].__setitem__("t", 1e-9)).differences)

    def test_missing_steps_differ(self):
        self.assertTrue(compare.hpa({}, {"steps": [STEP]}, {"steps": []}).differences)


class OtherSets(unittest.TestCase):
    def check(self, comparer, case, want, good, bad):
        for answer in good:
            self.assertEqual(comparer(case, want, answer).differences, [], answer)
        for answer in bad:
            self.assertTrue(comparer(case, want, answer).differences, answer)

    def test_quantity(self):
        q = {"text": "1", "canon": "1", "value": 1, "milli": 1000, "bits": "3ff0", "sign": 1}
        self.check(compare.quantity, {}, {"q": {**q, "dec": "1"}}, [{"q": q}],
                   [{"q": {**q, "milli": 1001}}, {"q": {**q, "dec": "2"}}, {"error": "no"}, {}])
        self.assertEqual(compare.quantity({}, {"q": q}, {"q": {"text": "1"}}).unanswered, q.keys() - {"text"})
        self.check(compare.quantity, {}, {"error": "bad"}, [{"error": "bad"}], [{"error": "worse"}, {"q": q}])

    def test_validation(self):
        a = {"field": "f", "type": "t", "text": "x"}
        b = {"field": "g", "type": "t", "text": "y"}
        want = {"errors": [a, b], "v2": {"spec": 1}}
        self.check(compare.hpa_validation, {}, want, [{"errors": [b, a], "v2": {"spec": 1}}],
                   [{"errors": [a], "v2": {"spec": 1}}, {"errors": [a, b], "v2": {}}, {"decode_error": "no"}])

    def test_lines_of_the_set_hpa(self):
        text = {"in": "1Ki", "error": None, "milliValue": 1024000, "approximateFloat": "1.024e+03"}
        self.check(compare.quantity_text, {}, text, [{**text, "approximateFloat": "1024"}],
                   [{**text, "approximateFloat": "1025"}, {**text, "milliValue": 1}, {"in": "1Ki", "error": "no"}])
        error = {"field": "f", "reason": "r", "message": "m"}
        self.check(compare.hpa_spec, {}, {"errors": [error]}, [{"errors": [error]}],
                   [{"errors": []}, {"errors": [error] * 2}])
        self.check(compare.hpa_spec, {}, {"errors": [], "stored": {"a": 1}}, [{"errors": [], "stored": {"a": 1}}],
                   [{"errors": [], "stored": {"a": 2}}, {"errors": [error], "stored": {"a": 1}}])

    def test_exposition(self):
        sample = ["sample", [["a", "1"], ["b", "2"]], "1", None]
        want = {"accept": True, "scrape": True, "entries": [["comment", "c"], sample]}
        swapped = ["sample", [["b", "2"], ["a", "1"]], "1", None]
        good = {"accept": True, "scrape": True, "entries": [swapped]}
        self.check(compare.exposition, {}, want, [good], [
            {**good, "accept": False}, {**good, "scrape": False}, {**good, "entries": []},
            {**good, "entries": [["sample", sample[1], "2", None]]}, {**good, "entries": [sample, sample]}])

    def test_promql(self):
        case = {"query": "sum(x)", "family": "aggregate"}
        want = {"type": "vector", "vector": [{"labels": {"a": "1"}, "v": "0.3"}]}

        def vector(value, labels={"a": "1"}):
            return {"type": "vector", "vector": [{"labels": labels, "v": value}]}

        self.check(compare.promql, case, want, [vector("0.3"), vector("0.30000000000000004")],
                   [vector("0.3000000000000002"), vector("NaN"), vector("0.3", {"a": "2"}),
                    {"type": "vector", "vector": []}, {"type": "error", "error": "no"}])
        self.check(compare.promql, {**case, "query": "topk(1, x)"}, want, [vector("0.3", {"a": "2"})],
                   [vector("0.4", {"a": "2"})])


class Check(unittest.TestCase):
    """check.py with a driver that is a script."""

    def run_check(self, answer, *options):
        golden = {"scenario": {"id": "a", "family": "f", "k8sVersion": "v1.37.2", "steps": []},
                  "result": {"id": "a", "steps": [STEP]}}
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder, "golden.jsonl.gz")
            file.write_bytes(gzip.compress(json.dumps(golden).encode() + b"\n"))
            driver = pathlib.Path(folder, "driver")
            driver.write_text(f"#!/bin/sh\ncat >/dev/null\n[ -z '{answer}' ] || echo '{answer}'\n")
            driver.chmod(driver.stat().st_mode | stat.S_IXUSR)
            return subprocess.run([sys.executable, HERE / "check.py", driver, "hpa", file, *options],
                                  capture_output=True, text=True, check=False)

    def test_agreement_passes(self):
        run = self.run_check(json.dumps({"id": "a", "steps": [STEP]}), "--complete")
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)

    def test_a_difference_fails_and_is_shown(self):
        run = self.run_check(json.dumps({"id": "a", "steps": [{**STEP, "desiredReplicas": 4}]}))
        self.assertEqual(run.returncode, 1)
        self.assertIn("desiredReplicas", run.stdout)

    def test_a_lost_answer_fails(self):
        self.assertEqual(self.run_check("").returncode, 1)

    def test_nothing_answered_fails(self):
        self.assertEqual(self.run_check('{"id":"a","unsupported":"all"}').returncode, 1)

    def test_a_missing_field_is_reported_and_fails_when_all_is_asked(self):
        step = {k: v for k, v in STEP.items() if k != "events"}
        answer = json.dumps({"id": "a", "steps": [step]})
        run = self.run_check(answer)
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)
        self.assertIn("not answered: events (1)", run.stdout)
        self.assertEqual(self.run_check(answer, "--complete").returncode, 1)


if __name__ == "__main__":
    unittest.main()
