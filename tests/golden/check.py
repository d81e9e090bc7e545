#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs a golden set through tidegate-golden and compares what it answers.

    check.py DRIVER SET GOLDEN.jsonl.gz [...]      exit 0: every answer agrees

Prints one row a family: scenarios and steps that agree, that differ, that are answered as unsupported.
"""
import collections
import gzip
import json
import subprocess
import sys

# What the driver answers of each step; it does not answer conditions, events and texts yet.
FIELDS = ("desiredReplicas", "currentReplicas", "scaleWritten", "lastScaleTime", "recommendations",
          "scaleUpEvents", "scaleDownEvents")


def close(a, b):
    """Equal, where numbers may differ by less than a nanosecond of text."""
    if isinstance(a, float) or isinstance(b, float):
        return a is not None and b is not None and abs(a - b) <= 5e-10
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(close(a[k], b[k]) for k in a)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(close, a, b))
    return a == b


def differences(want, got):
    for i, (w, g) in enumerate(zip(want["steps"], got["steps"])):
        bad = [f for f in FIELDS if not close(w.get(f), g.get(f))]
        if bad:
            yield i, bad, {f: (w.get(f), g.get(f)) for f in bad}
    if len(want["steps"]) != len(got["steps"]):
        yield -1, ["number of steps"], {}


def main():
    driver, golden_set, paths = sys.argv[1], sys.argv[2], sys.argv[3:]
    lines = [line for path in paths for line in gzip.open(path, "rt") if '"scenario"' in line]
    run = subprocess.run([driver, golden_set], input="".join(lines), capture_output=True, text=True, check=True)
    answers = {a["id"]: a for a in map(json.loads, run.stdout.splitlines())}
    table = collections.defaultdict(collections.Counter)
    shown = 0
    for line in lines:
        golden = json.loads(line)
        scenario = golden["scenario"]
        row = table[scenario["family"]]
        answer = answers.get(scenario["id"])
        if answer is None:
            row["lost"] += 1
        elif "unsupported" in answer:
            row["unsupported"] += 1
        else:
            bad = list(differences(golden["result"], answer))
            row["differ" if bad else "agree"] += 1
            row["steps"] += len(answer["steps"])
            for i, _, values in bad[:1] if shown < 10 else []:
                print(f"{scenario['id']} step {i}: {values}")
                shown += 1
    columns = ("agree", "differ", "lost", "unsupported", "steps")
    print(f"{'family':36}" + "".join(f"{c:>13}" for c in columns))
    total = collections.Counter()
    for family in sorted(table):
        total += table[family]
        print(f"{family:36}" + "".join(f"{table[family][c]:>13}" for c in columns))
    print(f"{'total':36}" + "".join(f"{total[c]:>13}" for c in columns))
    sys.exit(1 if total["differ"] or total["lost"] or not total["agree"] else 0)


if __name__ == "__main__":
    main()
