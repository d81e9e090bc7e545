#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs Prometheus's own tests of PromQL against Tidegate.

    run.py DRIVER [FILE…]        DRIVER is tidegate-golden; FILEs are .test files

Without FILEs they are read from the Go module that go.mod names, where Go's module cache has it;
nothing is copied. An `eval` that has to do with native histograms or with start timestamps, which
the store does not keep, is counted apart; every other one has to pass.
"""
import collections
import json
import math
import pathlib
import re
import subprocess
import sys

from language import Clear, Eval, Load, parse

HERE = pathlib.Path(__file__).resolve().parent
MODULE = "github.com/prometheus/prometheus"
TESTS = "promql/promqltest/testdata"
FLAGS = {"experimental": True, "fill_modifiers": True, "unquoted_utf8_names": True, "delayed_name_removal": True}
EPSILON = 1e-6
MINUTE_MS = 60_000
OF_THE_QUERY = re.compile(r"\b(start|end|step|range)\s*\(", re.I)


def module_folder():
    go = subprocess.run([HERE.parents[2] / ".ci" / "find-go"], stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
    subprocess.run([go, "mod", "download", MODULE], cwd=HERE, check=True)
    where = subprocess.run([go, "list", "-m", "-f", "{{.Dir}}", MODULE], cwd=HERE, stdout=subprocess.PIPE, text=True, check=True)
    return pathlib.Path(where.stdout.strip()) / TESTS


def almost(a, b):
    if math.isnan(a) or math.isnan(b):
        return math.isnan(a) and math.isnan(b)
    if a == b:
        return True
    total = abs(a) + abs(b)
    smallest = sys.float_info.min
    if a == 0 or b == 0 or total < smallest:
        return abs(a - b) < EPSILON * smallest
    return abs(a - b) / min(total, sys.float_info.max) < EPSILON


def key(labels):
    return tuple(sorted(labels.items()))


class File:
    """One test file: the lines for the driver, and what is expected of its answers."""

    def __init__(self, path):
        self.name = path.stem
        self.lines, self.cases = [], []
        series, odd_metrics, datasets = {}, set(), 0
        for command in parse(path.read_text(encoding="utf-8")):
            if isinstance(command, Eval):
                self.add(command, f"{self.name}-{datasets}", odd_metrics)
                continue
            if isinstance(command, Clear):
                series, odd_metrics = {}, set()
            elif isinstance(command, Load):
                odd_metrics |= command.odd_metrics
                for labels, samples in command.series:
                    series.setdefault(key(labels), []).extend(samples)
            datasets += 1
            self.lines.append({"dataset": f"{self.name}-{datasets}",
                               "series": [{"labels": dict(k), "samples": sorted(s)} for k, s in series.items()]})
        if not datasets:
            self.lines.insert(0, {"dataset": f"{self.name}-0", "series": []})

    def add(self, command, dataset, odd_metrics):
        for mode in ("main", "range"):
            case = {"id": f"{self.name}:{command.line}:{mode}", "dataset": dataset, "query": command.query, **FLAGS}
            if command.step_ms is not None:
                case |= {"start_ms": command.start_ms, "end_ms": command.end_ms, "step_ms": command.step_ms}
            elif mode == "main":
                case["time_ms"] = command.start_ms
            else:
                case |= {"start_ms": command.start_ms - MINUTE_MS, "end_ms": command.start_ms + MINUTE_MS, "step_ms": MINUTE_MS}
            self.lines.append(case)
            if command.step_ms is not None:
                break
        self.cases.append((command, is_odd(command, odd_metrics)))


def is_odd(command, odd_metrics):
    """Whether samples decide that the store does not have."""
    if command.has_histograms:
        return True
    words = set(re.findall(r"[\w:.]+", command.query))
    anonymous = re.search(r"(^|[^\w:\"])\{", command.query) is not None
    return bool(odd_metrics) and (anonymous or bool(words & odd_metrics))


def failure(command, answer):
    """Why the answer is wrong; None: it is right."""
    if answer["type"] == "error":
        if command.fails is None:
            return "failed: " + answer["error"]
        return None if command.fails(answer["error"]) else "failed, with other words: " + answer["error"]
    if command.fails is not None:
        return "did not fail"
    for kind in ("warnings", "infos"):
        wanted, got = command.annotations[kind], answer.get(kind, [])
        if wanted == "none" and got:
            return f"unexpected {kind}: {got}"
        if isinstance(wanted, list) and wanted:
            if not got or not all(any(w(g) for g in got) for w in wanted) or not all(any(w(g) for w in wanted) for g in got):
                return f"other {kind}: {got}"
    return different(command, answer)


def different(command, answer):
    kind = answer["type"]
    if kind == "string":
        return None if answer["string"] == command.string else f"string {answer['string']!r}"
    if kind == "scalar":
        ok = command.scalar is not None and almost(float(answer["scalar"]), command.scalar)
        return None if ok else f"scalar {answer['scalar']}, not {command.scalar}"
    if command.scalar is not None:
        return f"{kind}, not a scalar"
    if kind == "vector":
        return different_vector(command, answer["vector"])
    want = {k: points for k, points in command.matrix().items() if points}
    got = {key(s["labels"]): [(t, float(v)) for t, v in s["points"]] for s in answer["matrix"]}
    if want.keys() != got.keys():
        return f"series {list(got)}, not {list(want)}"
    for k, points in want.items():
        if [t for t, _ in points] != [t for t, _ in got[k]] or not all(almost(a, b) for (_, a), (_, b) in zip(points, got[k])):
            return f"{k}: {got[k]}, not {points}"
    return None


def different_vector(command, vector):
    got = [(key(s["labels"]), float(s["v"])) for s in vector]
    want = [(key(labels), values[0]) for labels, values in command.expected if values[0] is not None]
    if command.ordered and [k for k, _ in got] != [k for k, _ in want]:
        return f"order {[k for k, _ in got]}"
    want, had = dict(want), dict(got)
    if want.keys() != had.keys() or len(got) != len(had):
        return f"series {list(had)}, not {list(want)}"
    for k, value in want.items():
        if not almost(value, had[k]):
            return f"{k}: {had[k]}, not {value}"
    return None


def middle(command, answer):
    """Of the answer over a range the part at the time of the instant query."""
    if answer["type"] == "error":
        return answer
    at = [(s["labels"], v) for s in answer["matrix"] for t, v in s["points"] if t == command.start_ms]
    if command.scalar is not None and len(at) == 1:
        return {"type": "scalar", "scalar": at[0][1]}
    return {"type": "vector", "vector": [{"labels": labels, "v": v} for labels, v in at]}


def judge(command, answers, name):
    answer = answers[f"{name}:{command.line}:main"]
    why = failure(command, answer)
    plain = command.step_ms is None and answer["type"] in ("scalar", "vector") and not command.ordered
    if why or not plain or OF_THE_QUERY.search(command.query):
        return why
    again = different(command, middle(command, answers[f"{name}:{command.line}:range"]))
    return f"over a range: {again}" if again else None


def main():
    driver, paths = sys.argv[1], [pathlib.Path(p) for p in sys.argv[2:]]
    files = [File(path) for path in paths or sorted(module_folder().glob("*.test"))]
    lines = "".join(json.dumps(line) + "\n" for file in files for line in file.lines)
    run = subprocess.run([driver, "promql"], input=lines, capture_output=True, text=True, check=True)
    answers = {a["id"]: a.get("result", a) for a in map(json.loads, run.stdout.splitlines())}
    total = collections.Counter()
    print(f"{'file':28}{'evals':>8}{'passed':>8}{'failed':>8}{'native histograms, start timestamps':>38}")
    for file in files:
        count = collections.Counter(evals=len(file.cases))
        for command, odd in file.cases:
            why = judge(command, answers, file.name)
            count["odd" if odd and why else "failed" if why else "passed"] += 1
            if why and not odd:
                print(f"  {file.name}:{command.line}: {command.query}\n      {why[:400]}")
        total += count
        print(f"{file.name:28}{count['evals']:>8}{count['passed']:>8}{count['failed']:>8}{count['odd']:>38}")
    print(f"{'total':28}{total['evals']:>8}{total['passed']:>8}{total['failed']:>8}{total['odd']:>38}")
    sys.exit(1 if total["failed"] or not total["passed"] else 0)


if __name__ == "__main__":
    main()
