#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Differential test against the real HorizontalPodAutoscaler controller.

    differential.py DRIVER [--seed N] [--steps N] [--version 1.37|all] [--families A,B]

Makes random scenarios, has both programs answer them, compares in full, and shrinks what differs to
its smallest scenario, which is printed and written to build/oracle/. Exit status 1 on a difference.
"""
import argparse
import json
import pathlib
import sys

import programs
import shrink

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import check  # noqa: E402
import compare  # noqa: E402

BATCH_STEPS = 4000


def differences(want, got):
    """What differs between two answers to a scenario; nothing where one cannot be compared."""
    if "panic" in want or "crash" in want or "unsupported" in got:
        return []
    if "crash" in got:
        return [compare.Difference("", "answer", "an answer", got["crash"])]
    return compare.hpa({}, want, got).differences


class Comparison:
    """Two programs, asked the same."""

    def __init__(self, oracle, driver):
        self.oracle, self.driver = oracle, driver

    def differences(self, scenarios):
        wanted, had = self.oracle.answers(scenarios), self.driver.answers(scenarios)
        return [differences(want, got) for want, got in zip(wanted, had)]

    def shrink(self, scenario, field):
        """The smallest scenario in which that field still differs."""
        def interesting(scenarios):
            return [any(d.field == field for d in found) for found in self.differences(scenarios)]
        return shrink.shrink(scenario, interesting)


class Findings:
    """Differences that were shrunk; of those that look alike only the first, and few of a field."""

    MOST_OF_A_FIELD = 4

    def __init__(self, comparison, folder, most):
        self.comparison, self.folder, self.most = comparison, folder, most
        self.seen = set()

    def add(self, scenario, found):
        kind = (scenario["k8sVersion"], scenario["family"], found[0].field)
        alike = sum(field == found[0].field for _, _, field in self.seen)
        if kind in self.seen or alike >= self.MOST_OF_A_FIELD or len(self.seen) >= self.most:
            return
        self.seen.add(kind)
        small = self.comparison.shrink(scenario, found[0].field)
        want, = self.comparison.oracle.answers([small])
        got, = self.comparison.driver.answers([small])
        path = self.folder / f"{scenario['k8sVersion']}-{scenario['id'].replace('/', '-')}-{found[0].field}.json"
        path.write_text(json.dumps({"scenario": small, "result": want, "got": got}, indent=1) + "\n", encoding="utf-8")
        print(f"\n{scenario['k8sVersion']} {scenario['id']}, shrunk to {len(small['steps'])} steps: {path}")
        for difference in differences(want, got)[:4]:
            print(f"    {difference}")
        print(json.dumps(small, separators=(",", ":"))[:2000], flush=True)


def batches(vectors):
    batch, steps = [], 0
    for vector in vectors:
        batch.append(vector)
        steps += len(vector["scenario"]["steps"])
        if steps >= BATCH_STEPS:
            yield batch
            batch, steps = [], 0
    yield batch


def run(comparison, vectors, findings, table):
    for batch in batches(vectors):
        scenarios = [v["scenario"] for v in batch]
        for vector, got in zip(batch, comparison.driver.answers(scenarios)):
            if "panic" in vector["result"]:
                continue  # the real one broke; there is no answer to compare with
            table.add(check.Case("hpa", json.dumps(vector)), None if "crash" in got else got)
            found = differences(vector["result"], got)
            if found:
                findings.add(vector["scenario"], found)


def main():
    known = programs.versions()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("driver", help="tidegate-golden")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--steps", type=int, default=10_000, help="of each version (10000)")
    parser.add_argument("--version", default="1.37", choices=[*known, "all"])
    parser.add_argument("--families", default="", help="comma-separated (default: all)")
    parser.add_argument("--findings", type=int, default=10, help="differences to shrink (10)")
    parser.add_argument("--out", type=pathlib.Path, default=programs.BUILD)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    table = check.Table("hpa", show=0)
    for version in known if args.version == "all" else [args.version]:
        oracle = programs.oracle(version)
        comparison = Comparison(programs.Program([oracle, "run"]), programs.Program([args.driver, "hpa"]))
        vectors = programs.json_lines([oracle, "generate", f"-seed={args.seed}", f"-steps={args.steps}",
                                       f"-families={args.families}"])
        run(comparison, vectors, Findings(comparison, args.out, args.findings), table)
    table.print()
    passed = table.passes(complete=False)
    print(f"\noracle: {'passed' if passed else 'FAILED'} (seed {args.seed}, {args.steps} steps)")
    sys.exit(0 if passed else 1)


if __name__ == "__main__":
    main()
