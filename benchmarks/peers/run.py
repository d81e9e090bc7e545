#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measures Tidegate beside its peers: the same work, in the same run, on one pinned core.

    run.py BUILD_DIR [ROW…]        a row's name, or the start of several

Both sides of a row are run in turn for ROUNDS rounds; each prints what it did, the CPU time of its
process and its answer, which have to agree. Writes benchmarks/results/peers.json; rows that were not
asked for stay as they are. See README.md.
"""
import argparse
import dataclasses
import json
import os
import pathlib
import re
import statistics
import subprocess
import sys

import whole

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
RESULTS = ROOT / "benchmarks" / "results" / "peers.json"
PAGE = ROOT / "docs" / "benchmarks.md"  # shows the same figures between two marks
ROUNDS = 9
SPAN_MS = 200  # CPU time of one run


@dataclasses.dataclass
class Row:
    """One comparison: the folder that has both sides, and the arguments of both."""
    name: str
    folder: str
    arguments: tuple
    peer: str
    module: str  # of the folder's go.mod: names the peer's version
    goal: float | None  # times better than the peer; None: shown without a goal
    unit: str = "ns"
    load: whole.Load | None = None  # of whole processes; then there is no program of the folder's own


CONTROLLER = "Kubernetes HPA controller"
CALCULATOR = f"{CONTROLLER}, ReplicaCalculator"
TEXTPARSE = "{github.com/prometheus/prometheus}/model/textparse/testdata/"
VICTORIA = "github.com/VictoriaMetrics/VictoriaMetrics"
PAGES = {"190kB": "alltypes.237mfs.prom.txt", "nometa": "alltypes.237mfs.nometa.prom.txt"}
ENGINE = "Prometheus engine and head storage"
THE_POST = "avg(delta(nv_inference_queue_duration_us[30s])/(1+delta(nv_inference_request_success[30s])))"
BUCKETS = "nv_inference_first_response_histogram_ms_bucket"
QUERIES = {
    "post": THE_POST,
    "select": "nv_inference_pending_request_count",
    "rate": "rate(nv_inference_request_success[1m])",
    "rate5m": "rate(nv_inference_request_success[5m])",
    "increase": "increase(nv_inference_request_success[1m])",
    "delta": "delta(nv_inference_queue_duration_us[1m])",
    "irate": "irate(nv_inference_request_success[1m])",
    "sum_rate": "sum(rate(nv_inference_request_success[1m]))",
    "rate_by": "sum by (zone) (rate(nv_inference_request_success[1m]))",
    "avg_by": "avg by (zone) (nv_gpu_utilization)",
    "max_without": "max without (replica) (nv_inference_pending_request_count)",
    "avg_over": "avg_over_time(nv_gpu_utilization[1m])",
    "sum_over": "sum_over_time(nv_inference_pending_request_count[1m])",
    "max_over": "max_over_time(nv_inference_pending_request_count[1m])",
    "min_over": "min_over_time(nv_gpu_utilization[1m])",
    "quantile": "quantile(0.9, nv_gpu_utilization)",
    "topk": "topk(5, nv_inference_pending_request_count)",
    "histogram": f"histogram_quantile(0.99, sum by (le) (rate({BUCKETS}[1m])))",
    "ratio": "rate(nv_inference_queue_duration_us[1m]) / rate(nv_inference_request_success[1m])",
    "filter": "nv_gpu_utilization > 0.8 and nv_inference_pending_request_count > 3",
    "count": "count(nv_inference_pending_request_count > 0) / count(nv_inference_pending_request_count)",
}
SLIDING = ("post", "rate", "rate5m", "increase", "delta", "sum_rate", "rate_by", "avg_over", "sum_over", "max_over", "min_over", "ratio")


def scrape(name, load, peers, goal):
    """The CPU time of a read of all targets."""
    for peer, module in peers.items():
        yield Row(f"scrape_{name}_{peer.split()[0].lower()}", "scrape", (), f"{peer}, whole process", module, goal, load=load)


PROMETHEUS = {"Prometheus": "prometheus"}  # Debian's
BOTH = {**PROMETHEUS, "VictoriaMetrics": VICTORIA}
REPLICAS = (7, 100, 1000)
PENDING = ("nv_inference_pending_request_count",)


def promql(kind, name, replicas):
    goal = 20 if kind == "slide" and name in SLIDING else 5
    return Row(f"promql_{kind}_{name}_{replicas}", "promql", (kind, replicas, QUERIES[name]), ENGINE,
               "github.com/prometheus/prometheus", goal)


ROWS = [
    *(Row(f"parse_{page}_victoria", "parse", ("victoria", TEXTPARSE + file), "VictoriaMetrics, lib/protoparser/prometheus", VICTORIA, 2)
      for page, file in PAGES.items()),
    *(Row(f"parse_{page}_prometheus", "parse", ("prometheus", TEXTPARSE + file), "Prometheus, textparse with labels",
          "github.com/prometheus/prometheus", 9) for page, file in PAGES.items()),
    *(Row(f"rescrape_{page}", "parse", ("again", TEXTPARSE + file), "VictoriaMetrics, lib/protoparser/prometheus", VICTORIA, 3.5)
      for page, file in PAGES.items()),
    *(Row(f"hpa_replicas_{n}", "hpa", ("replicas", n), f"{CALCULATOR}.GetResourceReplicas", "k8s.io/kubernetes",
          50 if n > 1 else None) for n in (1, 10, 100, 1000)),  # the same work
    *(Row(f"hpa_controller_{n}", "hpa", ("controller", n), f"{CONTROLLER}, computeReplicasForMetric and normalizeDesiredReplicas",
          "k8s.io/kubernetes", 50 if n > 1 else None) for n in (1, 10, 100, 1000)),  # the same work
    *(Row(f"hpa_decide_{n}", "hpa", ("resource", n), f"{CALCULATOR}.GetResourceReplicas", "k8s.io/kubernetes",
          50 if n > 1 else None) for n in (1, 10, 100, 1000)),  # a decision: more work than the peer's
    *(Row(f"hpa_average_{n}", "hpa", ("average", n), f"{CALCULATOR}.GetMetricReplicas", "k8s.io/kubernetes", None)
      for n in (1, 10, 100, 1000)),
    *scrape("200k", whole.Load(targets=1, series=200_000, interval=5, reads=6), BOTH, 8),
    *scrape("1000_targets", whole.Load(targets=1000, series=330, interval=1, reads=20, settle=12), BOTH, 5),
    *scrape("3_of_200k", whole.Load(targets=1, series=200_000, interval=5, reads=6, keep=PENDING), PROMETHEUS, 35),
    *(promql(kind, name, n) for n in REPLICAS for name in QUERIES for kind in ("instant", "slide")),
]


def output(*command, **options):
    run = subprocess.run([str(c) for c in command], stdout=subprocess.PIPE, text=True, check=True, **options)
    return run.stdout.strip()


class Go:
    """A peer in Go: its folder is a module of its own, with the release pinned; the program is in ./peer."""

    def __init__(self, build):
        self.build = build / "peers"
        self.go = output(ROOT / ".ci" / "find-go")

    def program(self, folder, package="./peer"):
        self.build.mkdir(exist_ok=True)
        env = {**os.environ, "GOFLAGS": "-buildvcs=false"}
        subprocess.run([self.go, "build", "-o", self.build / folder, package], cwd=HERE / folder, env=env, check=True)
        return self.build / folder

    def compiler(self):
        return output(self.go, "version").removeprefix("go version ")


def arguments(row, go):
    """The row's arguments; `{MODULE}` is where the module that the folder pins lies."""
    def folder(match):
        return output(go.go, "list", "-m", "-f", "{{.Dir}}", match[1], cwd=HERE / row.folder)

    return [re.sub(r"\{([^}]+)\}", folder, str(argument)) for argument in row.arguments]


def version(row):
    if row.module == "prometheus":
        return whole.prometheus().version
    modules = (HERE / row.folder / "go.mod").read_text(encoding="utf-8")
    return re.search(rf"^\s*(?:require )?{re.escape(row.module)} (v\S+)", modules, re.M)[1]


def run_once(program, given, core):
    """One run: (time of an operation in ns, answer)."""
    env = {**os.environ, "GOMAXPROCS": "1"}
    text = output("taskset", "-c", core, program, *given, SPAN_MS, env=env, cwd=ROOT)
    run = json.loads(text)
    return run["cpu_ns"] / run["operations"], run["answer"]


def measure(row, given, peer, ours, core):
    """Interleaved rounds; each starts with the side that the one before ended with."""
    theirs_ns, ours_ns = [], []
    for number in range(ROUNDS):
        for side in ("peer", "ours") if number % 2 == 0 else ("ours", "peer"):
            program, times = (peer, theirs_ns) if side == "peer" else (ours, ours_ns)
            nanoseconds, answer = run_once(program, given, core)
            times.append(nanoseconds)
            if number == 0 and side == "peer":
                expected = answer
            elif answer != expected:
                sys.exit(f"{row.name}: {side} answers {answer}, not {expected}: not the same work")
    ratios = [t / o for t, o in zip(theirs_ns, ours_ns)]
    return {"ours": round(statistics.median(ours_ns), 1), "theirs": round(statistics.median(theirs_ns), 1),
            "unit": row.unit, "ratio_median": round(statistics.median(ratios), 2),
            "ratio_min": round(min(ratios), 2), "rounds": ROUNDS}


def measure_whole(row, peer, build, core):
    """One run of each side, after the other; every read of a target counts."""
    server = build / "benchmarks" / "scrape_server"
    theirs, ours = (whole.measure(side, row.load, server, core) for side in (peer, whole.Tidegate(build)))
    ratio = round(theirs["cpu_s"] / ours["cpu_s"], 2)
    return {"ours": round(ours["cpu_s"] * 1e9), "theirs": round(theirs["cpu_s"] * 1e9), "unit": row.unit, "ratio_median": ratio,
            "ratio_min": ratio, "rounds": 1,
            "whole": {"load": dataclasses.asdict(row.load), "ours": ours, "theirs": theirs}}


def peer_of(row, go):
    if row.module == "prometheus":
        return whole.prometheus()
    return whole.victoria_metrics(go.program(row.folder, f"{row.module}/app/victoria-metrics"), version(row))


def context(build, go):
    """What a figure depends on besides the code."""
    cpu = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8"))
    commands = json.loads((build / "compile_commands.json").read_text(encoding="utf-8"))
    ours = next(c["command"] for c in commands if c["file"].endswith("src/core/plan.cc"))
    flags = [f for f in ours.split() if f.startswith(("-O", "-m", "-f", "-std", "-g")) and "prefix-map" not in f]
    dirty = output("git", "-C", ROOT, "status", "--porcelain", "--", "src", "include", "policies", "benchmarks/peers")
    return {"cpu": cpu[1] if cpu else "unknown", "cores": os.cpu_count(), "compiler": output("g++", "--version").splitlines()[0],
            "flags": " ".join(flags), "peer_compiler": go.compiler(), "load_average": round(os.getloadavg()[0], 2),
            "commit": output("git", "-C", ROOT, "rev-parse", "--short", "HEAD") + ("+" if dirty else "")}


def keep(results):
    """Writes the results into the file, in the order of ROWS, and into the page; other rows stay."""
    old = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else []
    rows = {row["row"]: row for row in old} | {row["row"]: row for row in results}
    order = [row.name for row in ROWS]
    kept = sorted(rows.values(), key=lambda r: order.index(r["row"]) if r["row"] in order else len(order))
    RESULTS.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
    text = PAGE.read_text(encoding="utf-8")
    for mark, made in (("peers", table(kept)), ("promql", promql_table(kept)), ("whole", whole_table(kept))):
        between = re.compile(rf"(<!-- {mark} -->\n).*(<!-- /{mark} -->)", re.S)
        text = between.sub(lambda m, made=made: m[1] + made + m[2], text)
    PAGE.write_text(text, encoding="utf-8")


def table(rows):
    rows = [row for row in rows if "whole" not in row and not row["row"].startswith("promql_")]
    lines = ["| row | Tidegate | peer | peer ÷ Tidegate, median (worst round) | goal | peer and version |",
             "|---|---|---|---|---|---|"]
    for row in rows:
        goal = f"{row['goal']} ×" if row["goal"] else ""
        lines.append(f"| {row['row']} | {figure(row['ours'], row['unit'])} | {figure(row['theirs'], row['unit'])} "
                     f"| {row['ratio_median']} × ({row['ratio_min']} ×) | {goal} | {row['peer']} {row['peer_version']} |")
    return "\n".join(lines) + "\n"


def promql_table(rows):
    """A line for each query and kind of evaluation: both sides and the ratio, by replicas."""
    by_name = {row["row"]: row for row in rows}
    lines = ["| evaluation | goal | " + " | ".join(f"{n} replicas" for n in REPLICAS) + " |", "|---" * (2 + len(REPLICAS)) + "|"]
    for kind in ("instant", "slide"):
        for name in QUERIES:
            found = [by_name.get(f"promql_{kind}_{name}_{n}") for n in REPLICAS]
            if not any(found):
                continue
            goal = next(row["goal"] for row in found if row)
            cells = (f"{figure(row['ours'], 'ns')} / {figure(row['theirs'], 'ns')} = {row['ratio_median']:.3g} ×" if row else "" for row in found)
            lines.append(f"| {kind} {name} | {goal} × | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def whole_table(rows):
    lines = ["| row | CPU time of a read of all targets | peer ÷ Tidegate | goal | memory, bytes a series | not on time by, p99 | peer and version |",
             "|---|---|---|---|---|---|---|"]
    for row in (row for row in rows if "whole" in row):
        ours, theirs = row["whole"]["ours"], row["whole"]["theirs"]
        lines.append(f"| {row['row']} | {figure(row['ours'], 'ns')} / {figure(row['theirs'], 'ns')} | {row['ratio_median']} × | {row['goal']} × "
                     f"| {ours['bytes_a_series']:.0f} / {theirs['bytes_a_series']:.0f} | {ours['lateness_ms']:.3g} / {theirs['lateness_ms']:.3g} ms "
                     f"| {row['peer']} {row['peer_version']} |")
    return "\n".join(lines) + "\n"


def figure(value, unit):
    """Nanoseconds as people read them; other units as they are."""
    if unit != "ns":
        return f"{value} {unit}"
    for factor, name in ((1e6, "ms"), (1e3, "µs"), (1, "ns")):
        if value >= factor:
            return f"{value / factor:.3g} {name}"
    return f"{value} ns"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("rows", nargs="*")
    args = parser.parse_args()
    build = args.build.resolve()
    rows = [row for row in ROWS if not args.rows or any(row.name.startswith(name) for name in args.rows)]
    if not rows:
        sys.exit(f"no row {' '.join(args.rows)}; there are {', '.join(row.name for row in ROWS)}")
    go, core = Go(build), max(os.sched_getaffinity(0))
    programs = {folder: (go.program(folder), build / "benchmarks" / f"peer_{folder}")
                for folder in sorted({row.folder for row in rows if not row.load})}
    results = []
    print(f"{'row':24}{'ours':>12}{'theirs':>12} unit{'ratio':>10}{'min':>8}{'goal':>8}")
    for row in rows:
        if row.load:
            figures = measure_whole(row, peer_of(row, go), build, core)
        else:
            figures = measure(row, arguments(row, go), *programs[row.folder], core)
        results.append({"row": row.name, "peer": row.peer, "peer_version": version(row), **figures, "goal": row.goal,
                        "context": context(build, go)})
        print(f"{row.name:24}{figures['ours']:>12}{figures['theirs']:>12} {row.unit:4}{figures['ratio_median']:>10}"
              f"{figures['ratio_min']:>8}{row.goal or '':>8}", flush=True)
        keep(results)


if __name__ == "__main__":
    main()
