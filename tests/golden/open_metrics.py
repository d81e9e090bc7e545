#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The OpenMetrics project's own parser tests: open_metrics.py TIDEGATE_GOLDEN GO

Read from its Go module at the time of the test. Every page that has to parse is accepted. Of those
that have to fail, Tidegate refuses the ones that Prometheus refuses, 87 of 167: its parser leaves
the rules between lines (order, suffixes, repeated metadata) to nobody, and so does Tidegate.
"""
import base64
import json
import pathlib
import subprocess
import sys

MODULE = "github.com/prometheus/OpenMetrics@v1.0.1-0.20250131122238-3bb328ab04d2"
CONTENT_TYPE = "application/openmetrics-text; version=1.0.0; charset=utf-8"
REFUSED_BY_PROMETHEUS = 87


def cases(go):
    done = subprocess.run([go, "mod", "download", "-json", MODULE], stdout=subprocess.PIPE, text=True, check=True)
    parsers = pathlib.Path(json.loads(done.stdout)["Dir"]) / "tests" / "testdata" / "parsers"
    for folder in sorted(parsers.iterdir()):
        test = json.loads((folder / "test.json").read_text(encoding="utf-8"))
        yield folder.name, (folder / test["file"]).read_bytes(), test["shouldParse"]


def main():
    golden, go = sys.argv[1:]
    tests = list(cases(go))
    lines = [json.dumps({"id": name, "content_type": CONTENT_TYPE, "page": base64.b64encode(page).decode()}) for name, page, _ in tests]
    done = subprocess.run([golden, "exposition"], input="\n".join(lines), stdout=subprocess.PIPE, text=True, check=True)
    accepted = {answer["id"]: answer["result"]["accept"] for answer in map(json.loads, done.stdout.splitlines())}
    wrong = [name for name, _, should_parse in tests if should_parse and not accepted[name]]
    refused = sum(not accepted[name] for name, _, should_parse in tests if not should_parse)
    print(f"{sum(t[2] for t in tests) - len(wrong)} of {sum(t[2] for t in tests)} pages parse that have to; "
          f"{refused} of {sum(not t[2] for t in tests)} are refused that have to fail, {REFUSED_BY_PROMETHEUS} by Prometheus")
    if wrong or refused != REFUSED_BY_PROMETHEUS:
        sys.exit(f"refused: {', '.join(wrong) or 'none that has to parse'}")


if __name__ == "__main__":
    main()
