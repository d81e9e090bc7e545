#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Picks the committed window averages from the whole set kpa.

    sample.py CASES.jsonl.gz    writes windows.jsonl.gz here

Every 13th scenario, in turn with its stable and its panic window: what was recorded, and what
Knative's buckets (knative.dev/serving v0.51.0, pkg/autoscaler/aggregation) averaged at each tick.
"""
import gzip
import json
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent


def windows(case, kind):
    """One window of a scenario."""
    config = case["config"]
    first = 3 if config["metric"] == "rps" else 1
    return {
        "id": f"{case['id']} {kind}",
        "algorithm": config["algorithm"],
        "window_ms": config["stable_s"] * 1000 if kind == "stable" else config["panic_ms"],
        "stats": [[stat[0], stat[first] - stat[first + 1]] for stat in case["stats"]],
        "averages": [[tick["t"], float(tick[kind])] for tick in case["expect"]["ticks"]],
    }


def main():
    with gzip.open(sys.argv[1], "rt", encoding="utf-8") as file:
        cases = [json.loads(line) for line in file][::13]
    lines = [json.dumps(windows(case, ("stable", "panic")[i % 2]), separators=(",", ":")) + "\n"
             for i, case in enumerate(cases)]
    with gzip.GzipFile(HERE / "windows.jsonl.gz", "wb", mtime=0) as file:
        file.write("".join(lines).encode())


if __name__ == "__main__":
    main()
