# SPDX-License-Identifier: Apache-2.0
"""A real Triton, read in three ways at once: its /metrics, its statistics and its processes.

They must agree: on what was asked and executed to the last request, on how long it took to the
rounding of /metrics; and what the processes use must be there for a Resource metric.
"""

import json
import sys

import harness
from stack import HERE, Stack

CONFIG = """
apiVersion: tidegate.dev/v1alpha1
kind: Autoscaler
metadata: {name: flower}
spec:
  minReplicas: 1
  maxReplicas: 1
  metrics:
%(metrics)s
  - {type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 90}}}
  - {type: Resource, resource: {name: memory, target: {type: AverageValue, averageValue: 1Gi}}}
  queries:
%(queries)s
  profile: triton_stats
  period: 1s
  maxSampleAge: 4s
  scrape: {port: metrics}
  tritonStats: {model: flower}
  process: {proportionalMemory: true}
  backend:
    processPool:
      command: ["%(here)s/triton/start.sh", "%(venv)s", "%(run)s/models",
                "{port:http}", "{port:grpc}", "{port:metrics}",
                --model-control-mode=explicit, "--load-model=*"]
      environment: {FLOWER_SERVICE_MS: "%(service_ms)s", FLOWER_RUN: "%(run)s"}
      ports: [http, grpc, metrics]
      requests: {cpu: 500m}
      drainTimeout: 3s
      terminationGracePeriod: 20s
      logDirectory: %(run)s/replicas
  balancer:
    nginx:
      upstream: flower
      upstreamFile: %(run)s/upstream.conf
      configFile: %(run)s/nginx.conf
      prefix: %(run)s/nginx
      pidFile: %(run)s/nginx/nginx.pid
      program: %(nginx)s
---
apiVersion: tidegate.dev/v1alpha1
kind: Scaler
spec:
  admin: {address: "127.0.0.1:%(admin_port)d"}
  journal: {path: %(run)s/journal.jsonl}
"""

# The same, as /metrics has it and as the statistics do.
PAIRS = {
    "requests": ("nv_inference_request_success", "triton_inference_stats_success_count"),
    "inferences": ("nv_inference_count", "triton_inference_count"),
    "executions": ("nv_inference_exec_count", "triton_execution_count"),
    "batches": ("nv_inference_exec_count", "triton_batch_stats_compute_infer_count"),
    "batched": ("nv_inference_count", "triton_batch_stats_inference_count"),
    "queue": ("nv_inference_queue_duration_us", "triton_inference_stats_queue_ns / 1e3"),
    "infer": (
        "nv_inference_compute_infer_duration_us",
        "triton_inference_stats_compute_infer_ns / 1e3",
    ),
}
SIGNALS = ("busy", "execution_time", "capacity", "inference_rate", "waiting")


class SourcesStack(Stack):
    def write_files(self):
        super().write_files()
        names = [n + side for n in PAIRS for side in ("_metrics", "_stats")] + list(SIGNALS)
        metric = (
            "  - {type: External, external: {metric: {name: %s}, target: {type: Value, value: 1M}}}"
        )
        queries = [
            '  - {metric: %s%s, query: "sum(%s)"}' % (name, side, query)
            for name, pair in PAIRS.items()
            for side, query in zip(("_metrics", "_stats"), pair)
        ]
        self.config.write_text(
            CONFIG
            % {
                "metrics": "\n".join(metric % name for name in names),
                "queries": "\n".join(queries),
                "here": HERE,
                "venv": self.venv,
                "run": self.run,
                "nginx": self.nginx_program,
                "service_ms": self.settings.service_ms,
                "admin_port": self.admin_port,
            }
        )


def readings(bench):
    """{metric: (value or None, kinds of doubts)} of the last tick."""
    status, text = bench.state()
    if status != 200:
        return {}
    seen = json.loads(text)["workloads"][0]["input"]
    found = {}
    for metric, reading in zip(seen["spec"]["metrics"], seen["readings"]):
        member = metric[metric["type"].lower()]
        name = member["metric"]["name"] if "metric" in member else member["name"]
        values = reading.get("milliValues") or [
            replica["milliValue"] for replica in reading.get("replicas") or []
        ]
        doubts = [doubt["kind"] for doubt in reading.get("doubts") or []]
        found[name] = (values[0] / 1000 if values else None, doubts)
    return found


def agree(bench):
    """The readings, once both sides have stopped at the same counts."""
    found = readings(bench)
    counts = ("requests", "inferences", "executions", "batches", "batched")
    same = all(found[n + "_metrics"][0] == found[n + "_stats"][0] for n in counts)
    return found if found["requests_metrics"][0] and same else None


def check_load(bench):
    def settled():
        found = readings(bench)
        clean = all(value is not None and not doubts for value, doubts in found.values())
        return found if clean and abs(found["inference_rate"][0] - 25) < 2.5 else None

    found = bench.eventually(settled, 60, "every metric has a reading under 25 requests/s")
    value = {name: reading[0] for name, reading in found.items()}
    took = value["execution_time"]
    bench.expect(0.020 <= took <= 0.050, "an execution takes %s s" % took)
    within = lambda a, b: abs(a - b) <= 0.1 * b  # noqa: E731
    bench.expect(within(value["busy"], 25 * took), "busy %(busy)s" % value)
    bench.expect(within(value["capacity"], 1 / took), "capacity %(capacity)s" % value)
    bench.expect(0.002 < value["cpu"] < 1, "cpu %(cpu)s cores" % value)
    bench.expect(1e7 < value["memory"] < 3e8, "memory %(memory)s bytes" % value)
    print("under load: " + ", ".join("%s %g" % (n, value[n]) for n in (*SIGNALS, "cpu", "memory")))


def check_rest(bench):
    found = bench.eventually(lambda: agree(bench), 20, "/metrics and the statistics agree")
    value = {name: reading[0] for name, reading in found.items()}
    for name in ("queue", "infer"):  # /metrics cuts each request's time to whole microseconds
        more = value[name + "_stats"] - value[name + "_metrics"]
        bench.expect(-0.01 <= more <= value["requests_stats"] + 0.01, "%s: %s us" % (name, more))
    print("at rest: " + ", ".join("%s %g" % (name, value[name + "_stats"]) for name in PAIRS))


def check_reload(bench):
    port = list(bench.servers().values())[0]
    for action in ("unload", "load"):
        url = "http://127.0.0.1:%d/v2/repository/models/flower/%s" % (port, action)
        done = bench.eventually(lambda: harness.http(url, {})[0] == 200, 20, action)
        bench.expect(done, action)
        if action == "unload":
            bench.eventually(
                lambda: readings(bench)["requests_stats"][0] is None, 20, "series end with a model"
            )
    found = bench.eventually(
        lambda: (lambda f: f if f["requests_stats"][0] == 0 else None)(readings(bench)),
        20,
        "counters begin anew",
    )
    value, doubts = found["inference_rate"]
    bench.expect(value is None and "reset" in doubts, "a reset: %s %s" % (value, doubts))


def sources(bench):
    """A real Triton's metrics, statistics and processes agree, also when its model is reloaded."""
    bench.load("hold 50s 25/s")
    check_load(bench)
    bench.load_result()
    check_rest(bench)
    check_reload(bench)


sys.exit(harness.main(sources, harness.short(1), stack=SourcesStack))
