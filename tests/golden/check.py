#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs golden vectors through tidegate-golden and compares what it answers.

    check.py DRIVER                     every set that is there: ../shared/golden, else the samples
    check.py DRIVER SET FILE.jsonl.gz…  these files

Prints one row a family: cases that agree in full; that agree in what is answered, while fields are
missing ("partly"); that differ; whose answer is lost; that are answered as unsupported. Exit status
1 on a difference, a lost answer, or a set of which nothing agrees; with --complete also on what is
partly answered or unsupported.
"""
import argparse
import collections
import gzip
import json
import pathlib
import re
import subprocess
import sys

import compare

HERE = pathlib.Path(__file__).resolve().parent
SHARED = HERE.parents[2] / "shared" / "golden"
# Of ../shared/golden. A data set comes before its cases.
FILES = {
    "hpa": ("hpa/v*/*.jsonl.gz",),
    "quantity": ("quantity/cases.jsonl.gz", "hpa/v*/quantities.jsonl.gz"),
    "hpa-validation": ("hpa-validation/cases.jsonl.gz", "hpa/v*/validation.jsonl.gz"),
    "exposition": ("exposition/cases.jsonl.gz",),
    "relabel": ("relabel/cases.jsonl.gz",),
    "adapter": (),
    "promql": ("promql/datasets.jsonl.gz", "promql/cases.jsonl.gz"),
}
OTHER_SETS = ("quantities.jsonl.gz", "validation.jsonl.gz")  # in the folders of the set hpa
COLUMNS = ("agree", "partly", "differ", "lost", "unsupported", "steps")


def files_of(name):
    """The files of a set: the whole where it is there, else the committed sample."""
    whole = [p for pattern in FILES[name] for p in sorted(SHARED.glob(pattern)) if name != "hpa" or p.name not in OTHER_SETS]
    if name == "hpa-validation":
        whole = whole and [*whole, HERE / "hpa-validation-metadata.jsonl.gz"]
    return whole or [p for p in (HERE / f"{name}.jsonl.gz", *sorted(HERE.glob(f"{name}/v*.jsonl.gz"))) if p.is_file()]


class Case:
    """One line of a golden file: what is asked, and what the real system answered (None: nothing)."""

    def __init__(self, name, line, version=""):
        self.line, self.comparer = line, name
        self.input = json.loads(line)
        self.want = self.input.get("expect")
        if "scenario" in self.input:
            self.input, self.want = self.input["scenario"], self.input["result"]
            version = self.input["k8sVersion"]
        elif "in" in self.input:
            self.want, self.comparer = self.input, "quantity texts"
        elif "errors" in self.input:
            self.want, self.comparer = self.input, "hpa-validation specs"
            self.line = json.dumps({**self.input, "k8sVersion": version}) + "\n"
        self.id = key(self.input)
        self.family = self.input.get("family", self.comparer)
        self.version = ".".join(version.split(".")[:2])


def key(line):
    """What an answer shares with its question."""
    return line.get("id", line.get("in"))


class Table:
    """Counts by version and family of one set."""

    def __init__(self, name, show):
        self.name, self.show = name, show
        self.rows = collections.defaultdict(collections.Counter)
        self.unanswered = collections.Counter()
        self.reasons = collections.Counter()

    def add(self, case, answer):
        row = self.rows[case.version, case.family]
        if answer is None:
            row["lost"] += 1
        elif "unsupported" in answer:
            row["unsupported"] += 1
            self.reasons[re.sub(r"^[\d:]+ ", "", answer["unsupported"])[:60]] += 1
        else:
            self.judge(case, answer, row)

    def judge(self, case, answer, row):
        verdict = compare.COMPARERS[case.comparer](case.input, case.want, answer.get("result", answer))
        row["differ" if verdict.differences else "partly" if verdict.unanswered else "agree"] += 1
        row["steps"] += verdict.steps
        self.unanswered.update(verdict.unanswered)
        if verdict.differences and self.show > 0:
            self.show -= 1
            print(f"{self.name} {case.version} {case.id}")
            for difference in verdict.differences[:3]:
                print(f"    {difference}")

    def total(self):
        return sum(self.rows.values(), collections.Counter())

    def print(self):
        print(f"\n{self.name:42}" + "".join(f"{c:>12}" for c in COLUMNS))
        for version in sorted({v for v, _ in self.rows}):
            rows = {f: row for (v, f), row in sorted(self.rows.items()) if v == version}
            for family, row in rows.items():
                print_row(f"  {version} {family}", row)
            if version:
                print_row(f"  {version}, all families", sum(rows.values(), collections.Counter()))
        print_row("  total", self.total())
        for label, counts in (("not answered", self.unanswered), ("unsupported", self.reasons)):
            if counts:
                print(f"  {label}: " + ", ".join(f"{what} ({n})" for what, n in counts.most_common(8)))

    def passes(self, complete):
        total = self.total()
        bad = total["differ"] + total["lost"] + (total["partly"] + total["unsupported"] if complete else 0)
        return bad == 0 and total["agree"] + total["partly"] > 0


def print_row(label, row):
    print(f"{label:42}" + "".join(f"{row[c]:>12}" for c in COLUMNS))


def check(driver, name, paths, show):
    """Runs one set and returns its table."""
    versions = collections.defaultdict(list)  # ids are unique within one
    for path in paths:
        with gzip.open(path, "rt", encoding="utf-8") as file:
            version = path.parent.name if path.parent.name.startswith("v") else ""
            for line in file:
                case = Case(name, line, version)
                versions[case.version].append(case)
    table = Table(name, show)
    for cases in versions.values():
        answers = ask(driver, name, cases)
        for case in cases:
            if case.want is not None:  # a data set asks nothing
                table.add(case, answers.get(case.id))
    return table


def ask(driver, name, cases):
    """The driver's answers by id."""
    lines = "".join(case.line for case in cases)
    run = subprocess.run([driver, name], input=lines, capture_output=True, text=True, check=False)
    if run.returncode != 0:
        print(f"{name}: {driver} ended with status {run.returncode}: {run.stderr.strip()[:200]}")
    return {key(answer): answer for answer in map(json.loads, run.stdout.splitlines())}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("driver")
    parser.add_argument("set", nargs="?", choices=compare.SETS)
    parser.add_argument("files", nargs="*", type=pathlib.Path)
    parser.add_argument("--complete", action="store_true", help="fail on what is unsupported or partly answered")
    parser.add_argument("--show", type=int, default=10, help="differences to print of each set (10)")
    args = parser.parse_args()
    passed = True
    for name in [args.set] if args.set else compare.SETS:
        paths = args.files or files_of(name)
        if not paths:
            print(f"\n{name}: no vectors here")
            continue
        table = check(args.driver, name, paths, args.show)
        table.print()
        passed = table.passes(args.complete) and passed
    print("\n" + ("golden: passed" if passed else "golden: FAILED"))
    sys.exit(0 if passed else 1)


if __name__ == "__main__":
    main()
