# SPDX-License-Identifier: Apache-2.0
"""Backtests a target value: python backtest.py arrivals.csv [arrivals per second and replica]."""

import csv
import sys

import tidegate


def backtest(file, target):
    """Yields (second, arrivals per second, replicas, why) for each row."""
    spec = tidegate.ScalingSpec(
        workload="web",
        max_replicas=12,
        metrics=[tidegate.MetricSpec(type="External", name="arrivals", target={"average_value": target})],
        behavior={"scale_down": {"stabilization_window_seconds": 120}},
    )
    history, replicas = tidegate.History(), 1
    for row in csv.DictReader(file):
        now, rate = float(row["second"]), float(row["arrivals_per_second"])
        seen = tidegate.Observation.all_ready(replicas)
        output = tidegate.decide(spec, seen, [tidegate.Reading(values=[rate])], history, now)
        history = output.next
        if output.command:
            wanted = output.command.replicas
            history = tidegate.record_scale(spec, replicas, wanted, now, history)
            replicas = wanted
        yield now, rate, replicas, output.decision.steps[-1].reason


def main(path, target="10"):
    shown = None
    with open(path, newline="") as file:
        for second, rate, replicas, why in backtest(file, target):
            if replicas != shown:
                print(f"{second:6.0f} s {rate:6.1f}/s {replicas:3d} {'#' * replicas:12s} {why}")
                shown = replicas


if __name__ == "__main__":
    main(*sys.argv[1:])
