# SPDX-License-Identifier: Apache-2.0
"""The examples run and do what they say."""

import subprocess
import sys

import typed_usage


def run(*command):
    done = subprocess.run(
        [sys.executable, "-W", "error", *command], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout


def test_backtest(repository):
    example = repository / "examples/backtest"
    lines = run(example / "backtest.py", example / "arrivals.csv").splitlines()
    replicas = [int(line.split()[3]) for line in lines]
    assert replicas[0] == 2
    assert max(replicas) == 12
    assert replicas[-1] <= 3
    assert "13 is more than maxReplicas 12" in "\n".join(lines)
    fewer = run(example / "backtest.py", example / "arrivals.csv", "20").splitlines()
    assert max(int(line.split()[3]) for line in fewer) == 7


def test_the_arrivals_are_what_their_formula_makes(repository):
    example = repository / "examples/backtest"
    assert run(example / "make_arrivals.py") == (example / "arrivals.csv").read_text()


def test_the_typed_program_runs():
    assert typed_usage.typed() == [2, 0]
