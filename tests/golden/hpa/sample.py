#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Picks the committed sample of the set hpa from the whole set.

    sample.py FOLDER [STEPS]    FOLDER holds v1.37/FAMILY.jsonl.gz and so on; writes v1.37.jsonl.gz … here

From each family of each version come scenarios until they have STEPS steps (200), spread evenly over
the family's file without a period, since families cycle through their kinds.
"""
import gzip
import json
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
GOLDEN_RATIO = 0.6180339887498949


def pick(lines, steps):
    """Positions of scenarios that together have `steps` steps, or all."""
    chosen, i = set(), 0
    while steps > 0 and len(chosen) < len(lines):
        at = int(i * GOLDEN_RATIO % 1 * len(lines))
        i += 1
        if at not in chosen:
            chosen.add(at)
            steps -= len(json.loads(lines[at])["scenario"]["steps"])
    return sorted(chosen)


def main():
    whole, steps = pathlib.Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 200
    for folder in sorted(whole.glob("v*")):
        sample, count = [], 0
        for path in sorted(folder.glob("*.jsonl.gz")):
            with gzip.open(path, "rt", encoding="utf-8") as file:
                lines = file.readlines()
            if "scenario" in json.loads(lines[0]):  # other schemas lie beside
                chosen = [lines[at] for at in pick(lines, steps)]
                count += sum(len(json.loads(line)["scenario"]["steps"]) for line in chosen)
                sample += chosen
        packed = gzip.compress("".join(sample).encode(), compresslevel=9, mtime=0)
        (HERE / f"{folder.name}.jsonl.gz").write_bytes(packed)
        print(f"{folder.name}: {len(sample)} scenarios, {count} steps, {len(packed) / 1e3:.0f} kB")


if __name__ == "__main__":
    main()
