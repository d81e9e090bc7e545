#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Random packings against the configuration integer programme, solved by HiGHS (scipy.optimize.milp).

    oracle.py DRIVER [SEED] [ROUNDS]      exit 0: the same number of devices in every instance

The layouts are enumerated here from devices.jsonl.gz, by rules of this file alone. 179 rounds of
six mixes and five sizes are 5,370 instances on boards of seven compute slices; then media
profiles, A30 and RTX PRO. A test oracle: nothing of Tidegate needs it.
"""
import gzip
import json
import pathlib
import random
import subprocess
import sys

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp

MIXES = ((1, 1, 1, 1, 1, 1), (1, 2, 3, 6, 4, 12), (6, 4, 4, 2, 1, 1), (5, 4, 1, 1, 1, 8), (0, 2, 3, 4, 2, 6), (0, 0, 5, 2, 0, 3))


def layouts(device):
    """Counts by profile of every set of slices that can exist together and is contained in no other."""
    profiles = [p for p in device["profiles"] if p["placements"]]
    pool = device["engine_pool"] or {}
    found = set()

    def fits(chosen):
        if sum(p["compute_slices"] for p, _ in chosen) > device["total_compute_slices"]:
            return False
        for p in profiles:
            if sum(q is p for q, _ in chosen) > p["max_instances"]:
                return False
        return all(limit is None or sum((p["engines"] or {}).get(engine) or 0 for p, _ in chosen) <= limit
                   for engine, limit in pool.items())

    def grow(cell, chosen):
        found.add(tuple(sum(q is p for q, _ in chosen) for p in profiles))
        for p in profiles:
            for place in p["placements"]:
                if place["start"] >= cell and fits(chosen + [(p, place)]):
                    grow(place["start"] + place["size"], chosen + [(p, place)])

    grow(0, [])
    maximal = [a for a in found if not any(a != b and all(x <= y for x, y in zip(a, b)) for b in found)]
    return [p["name"] for p in profiles], np.array(maximal).T


def least(columns, need):
    r = milp(np.ones(columns.shape[1]), constraints=LinearConstraint(columns, lb=need, ub=np.inf),
             integrality=np.ones(columns.shape[1]), bounds=Bounds(0, np.inf), options={"mip_rel_gap": 0.0})
    return int(round(r.fun))


def instances(rng, devices, rounds):
    by_id = {d["id"]: d for d in devices}
    plain = dict(by_id["a100-40gb"])
    plain["profiles"] = sorted((p for p in plain["profiles"] if not p["attributes"]),
                               key=lambda p: (-p["compute_slices"], -p["memory_slices"]))
    names, columns = layouts(plain)
    for _ in range(rounds):
        for mix in MIXES:
            for size in (5, 20, 100, 1000, 10000):
                if size == 10000:
                    demand = {n: rng.randrange(10000) for n, w in zip(names, mix) if w}
                else:
                    picked = rng.choices(names, mix, k=size)
                    demand = {n: picked.count(n) for n in names}
                yield "a100-40gb", demand, names, columns
    for board in ("a100-40gb", "a30-24gb", "rtx-pro-6000-blackwell-96gb"):
        names, columns = layouts(by_id[board])
        for _ in range(400 * rounds // 179):
            size = rng.choice((5, 20, 100, 1000))
            yield board, {n: rng.randrange(size) for n in names if rng.random() < 0.7}, names, columns


def main():
    driver = sys.argv[1]
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    rounds = int(sys.argv[3]) if len(sys.argv) > 3 else 179
    with gzip.open(pathlib.Path(__file__).parent / "devices.jsonl.gz", "rt") as f:
        devices = [json.loads(line) for line in f]
    cases = list(instances(random.Random(seed), devices, rounds))
    lines = [json.dumps({"id": str(i), "kind": "static", "board": b, "demand": d}) for i, (b, d, _, _) in enumerate(cases)]
    run = subprocess.run([driver, "mig"], input="\n".join(lines) + "\n", capture_output=True, text=True, check=True)
    answers = {a["id"]: a for a in map(json.loads, run.stdout.splitlines())}
    wrong = 0
    for i, (board, demand, names, columns) in enumerate(cases):
        want = least(columns, [demand.get(n, 0) for n in names])
        got = answers[str(i)]
        if got["gpus"] != want or not got["proven"]:
            wrong += 1
            print(board, demand, "got", got["gpus"], "HiGHS", want, "proven", got["proven"])
    print(f"{len(cases)} instances, {wrong} differ")
    sys.exit(1 if wrong or not cases else 0)


if __name__ == "__main__":
    main()
