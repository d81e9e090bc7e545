#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the real Prometheus Adapter and Tidegate on the same rules and the same Prometheus, and compares what they make of them.

    run.py DRIVER [--seed 1] [--rules 200] [--record FILE.jsonl.gz --every 25]

DRIVER is tidegate-golden. The Adapter runs with an API server whose objects it is asked about; between it and Prometheus stands a
recorder. Compared are the names of the metrics, the query that each request becomes, and the values: of Tidegate that asks the same
Prometheus about the same instant (asked), that has its samples in a store of its own (stored), and that has scraped the pods
(scraped). What is no number is 0 in the Adapter and must be no value in Tidegate. Exit status 1 on a difference.
"""
import argparse
import collections
import gzip
import json
import math
import pathlib
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
import urllib.parse

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "golden"))

import rules  # noqa: E402
import world  # noqa: E402
from cluster import Adapter, Cluster, Prometheus, build, stop_all, wait_for  # noqa: E402
from compare import adapter_fields, adapter_values  # noqa: E402

CUSTOM, EXTERNAL = "/apis/custom.metrics.k8s.io/v1beta1", "/apis/external.metrics.k8s.io/v1beta1"
RESOURCES = "/apis/metrics.k8s.io/v1beta1"
SCRAPES = 32  # more than the longest window but one, so that windows are full and not
SELECTORS = [None, None, {"matchLabels": {"code": "200"}}, {"matchExpressions": [{"key": "tier", "operator": "In", "values": ["b", "a"]}]},
             {"matchExpressions": [{"key": "code", "operator": "NotIn", "values": ["500"]}]},
             {"matchExpressions": [{"key": "instance", "operator": "Exists"}]}]
SUFFIXES = {"": 1000, "Ki": 1024 * 1000, "Mi": 1024**2 * 1000, "m": 1,
            "k": 10**6, "M": 10**9, "G": 10**12, "T": 10**15, "P": 10**18, "E": 10**21}


def milli(quantity):
    number = quantity.rstrip("".join(SUFFIXES))
    return int(number) * SUFFIXES[quantity[len(number):]]  # the canonical form has no fraction


def selector_text(selector):
    if not selector:
        return ""
    parts = [f"{key}={value}" for key, value in selector.get("matchLabels", {}).items()]
    for each in selector.get("matchExpressions", []):
        listed = f"({','.join(each.get('values', []))})"
        parts.append(each["key"] if each["operator"] == "Exists" else f"{each['key']} {each['operator'].lower()} {listed}")
    return ",".join(parts)


class Question:
    """One request to the Adapter, and the same as a HorizontalPodAutoscaler's metric."""

    def __init__(self, path, metric, namespace, names=(), selector=None, label=None):
        key = "labelSelector" if metric["type"] == "External" else "metricLabelSelector"
        self.path = path + (f"?{urllib.parse.urlencode({key: selector_text(selector)})}" if selector else "")
        self.metric, self.namespace, self.names, self.label = metric, namespace, list(names), label
        if selector:
            metric[metric["type"].lower()]["metric"]["selector"] = selector


def pods_metric(name):
    return {"type": "Pods", "pods": {"metric": {"name": name}, "target": {"type": "AverageValue", "averageValue": "1M"}}}


def object_metric(name, version, kind, of):
    described, target = {"apiVersion": version, "kind": kind, "name": of}, {"type": "Value", "value": "1M"}
    return {"type": "Object", "object": {"describedObject": described, "metric": {"name": name}, "target": target}}


def external_metric(name):
    return {"type": "External", "external": {"metric": {"name": name}, "target": {"type": "Value", "value": "1M"}}}


def questions(rng, listed, labels, namespaces):
    """What is asked about one metric that the Adapter lists for a resource."""
    resource, _, name = listed.partition("/")
    label = labels.get(resource)
    for namespace in namespaces:
        where = f"{CUSTOM}/namespaces/{namespace}"
        selector = rng.choice(SELECTORS)
        if resource == "pods":
            pods = world.PODS[namespace]
            yield Question(f"{where}/pods/*/{name}", pods_metric(name), namespace, pods, selector, label)
            yield Question(f"{where}/pods/{pods[-1]}/{name}", pods_metric(name), namespace, pods[-1:], None, label)
        elif resource == "namespaces":
            yield Question(f"{where}/metrics/{name}", object_metric(name, "v1", "Namespace", namespace), namespace, (), selector, label)
        elif resource in world.KINDS:
            version, kind, objects = world.KINDS[resource]
            for of in objects[namespace][-1:]:
                yield Question(f"{where}/{resource}/{of}/{name}", object_metric(name, version, kind, of), namespace, (), selector, label)
    if resource == "nodes":
        yield Question(f"{CUSTOM}/nodes/node-a/{name}", object_metric(name, "v1", "Node", "node-a"), "prod", (), None, label)


def external_questions(rng, name):
    for namespace in ("prod", "dev"):
        selector = rng.choice([None, {"matchLabels": {"topic": "mail"}}])
        yield Question(f"{EXTERNAL}/namespaces/{namespace}/{name}", external_metric(name), namespace, (), selector)


class Run:
    """Asks the Adapter set by set, and keeps its answers as lines of the golden set."""

    def __init__(self, folder, cluster, prometheus, at_ms, rng):
        self.folder, self.cluster, self.prometheus, self.at_ms, self.rng = folder, cluster, prometheus, at_ms, rng
        self.lines, self.ignored = [], collections.Counter()
        self.rules, self.empty = 0, 0

    def set(self, one):
        kinds = {r.external for r in one.rules}
        lists = [path for path, external in ((CUSTOM, False), (EXTERNAL, True)) if external in kinds]
        lists += [RESOURCES] if one.resource_rules else []
        recorder = world.Recorder(self.prometheus, self.at_ms)
        adapter = Adapter(self.folder, self.cluster, recorder.port, one.text(), lists)
        try:
            if one.resource_rules:
                for namespace in ("prod", "dev"):
                    self._resources(one, namespace, adapter, recorder)
            else:
                self._names(one, adapter, recorder, kinds)
                self._values(one, adapter, recorder)
        finally:
            adapter.stop()
            recorder.stop()

    def _names(self, one, adapter, recorder, kinds):
        ordered = sorted(one.rules, key=lambda r: r.external)  # as the text has them
        self.listed = adapter.resources(CUSTOM) if False in kinds else []
        self.external = adapter.resources(EXTERNAL) if True in kinds else []
        names = [[rules.name_of_series(r, series) for series in recorder.found[r.entry["seriesQuery"]]] for r in ordered]
        self.rules += len(ordered)
        self.empty += sum(not any(of_rule) for of_rule in names)
        expect = {"custom": sorted({name.partition("/")[2] for name in self.listed}), "external": self.external}
        self.lines.append({"id": f"{one.name}: names", "family": "names", "rules": one.text(), "expect": expect,
                           "found": [recorder.found[r.entry["seriesQuery"]] for r in ordered]})

    def _values(self, one, adapter, recorder):
        custom = [r for r in one.rules if not r.external]
        for listed in self.listed:
            rule = self._rule_of(custom, listed, recorder)
            labels = world.SCHEMES[rule.scheme][0]
            post = "nv_inference" in rule.entry["seriesQuery"]
            for question in questions(self.rng, listed, labels, ["default"] if post else ["prod", "dev"]):
                if rule.isolated or not listed.startswith("nodes/"):
                    self._ask(one, rule, question, adapter, recorder)
        for name in self.external:
            for question in external_questions(self.rng, name):
                self._ask(one, None, question, adapter, recorder)

    def _resources(self, one, namespace, adapter, recorder):
        """One answer has both resources of all pods; their queries go out together."""
        path = f"{RESOURCES}/namespaces/{namespace}/pods"
        names = world.PODS[namespace]
        wait_for(path, lambda: len(adapter.api.call(path)[1].get("items", [])) == len(names))  # it has heard of the pods
        recorder.queries.clear()
        items = adapter.api.call(path)[1]["items"]
        for resource, series in (("cpu", "container_cpu_usage"), ("memory", "container_memory")):
            (query,) = [query for query, _ in recorder.queries if series in query]
            names = re.search('pod=~"(.*?)"', query)[1].split("|")  # in no order
            target = {"type": "AverageValue", "averageValue": "1M"}
            values = {i["metadata"]["name"]: sum(milli(c["usage"][resource]) for c in i["containers"]) for i in items}
            self.lines.append({
                "id": f"{one.name}: {path}: {resource}", "family": "Resource", "dataset": "world", "rules": one.text(),
                "time_ms": self.at_ms, "namespace": namespace, "names": names,
                "metric": {"type": "Resource", "resource": {"name": resource, "target": target}},
                "expect": {"query": f"sum by (pod) ({query})", "values": values}})  # the HPA sums a pod's containers

    def _rule_of(self, custom, listed, recorder):
        name = listed.partition("/")[2]
        for rule in custom:
            if any(rules.name_of_series(rule, series) == name for series in recorder.found[rule.entry["seriesQuery"]]):
                return rule
        raise AssertionError(f"no rule makes {listed}")

    def _ask(self, one, rule, question, adapter, recorder):
        recorder.queries.clear()
        status, answer = adapter.api.call(question.path)
        if len(recorder.queries) != 1:
            raise AssertionError(f"{question.path}: {status} {answer}; {len(recorder.queries)} queries")
        query, body = recorder.queries[0]
        items = answer["items"] if status == 200 else []
        line = {"id": f"{one.name}: {question.path}", "family": "the post's rule" if "post" in one.name else question.metric["type"],
                "dataset": "world", "rules": one.text(), "time_ms": self.at_ms, "namespace": question.namespace,
                "metric": question.metric, "names": question.names,
                "expect": {"query": query, "values": self._values_of(question, items, body)}}
        if question.metric["type"] == "Pods":
            line["pod_label"] = question.label
            if rule.isolated:
                line["scraped_by"] = {"pod": question.label, "namespace": world.SCHEMES[rule.scheme][0]["namespaces"]}
        self.lines.append(line)

    def _values_of(self, question, items, body):
        """The Adapter's values in thousandths, but for what is no number."""
        result = json.loads(body).get("data", {"resultType": "", "result": []})
        samples = [{"metric": {}, "value": result["result"]}] if result["resultType"] == "scalar" else result["result"]
        odd = {s["metric"].get(question.label) for s in samples if not math.isfinite(float(s["value"][1]))}
        if question.metric["type"] == "External":
            if odd:
                raise AssertionError("an external metric that is no number")
            return sorted(milli(item["value"]) for item in items)
        values = {}
        for item in items:
            name = item["describedObject"]["name"]
            if name in odd:
                self.ignored["no number: 0 in the Adapter, no value in Tidegate" if item["value"] == "0" else "infinite"] += 1
            else:
                values[name] = milli(item["value"])
        return values if question.metric["type"] == "Pods" else list(values.values())


def samples(prometheus, at_ms):
    """Everything that Prometheus has stored until then, as a data set."""
    query = urllib.parse.urlencode({"query": '{__name__=~".+",instance!="",__name__!~"scrape_.*|up"}[5m]', "time": f"{at_ms / 1000:.3f}"})
    result = json.loads(prometheus.get("/api/v1/query?" + query)[1])["data"]["result"]
    series = [{"labels": s["metric"], "samples": [[round(t * 1000), v] for t, v in s["values"]]} for s in result]
    return {"dataset": "world", "series": series}


def answers(driver, lines, url=None):
    """Tidegate's, by id; with `url` it asks the Prometheus there."""
    asked = [{**line, "url": url} if url and "dataset" in line else line for line in lines]
    run = subprocess.run([driver, "adapter"], input="".join(json.dumps(line) + "\n" for line in asked), text=True,
                         stdout=subprocess.PIPE, check=True)
    return {answer["id"]: answer["result"] for answer in map(json.loads, run.stdout.splitlines())}


def fields(line, stored, asked):
    """What is compared of one line, by golden's rules."""
    for what, want, got, same in adapter_fields(line["expect"], stored):
        yield {"values": "values, stored", "scraped": "values, scraped"}.get(what, what), want, got, same
    if line["family"] != "names":
        only = {"values": asked.get("values"), "queries": [line["expect"]["query"]]}
        yield from (("values, asked", *rest) for what, *rest in adapter_fields(line["expect"], only, slack=0) if what == "values")


def report(lines, stored, asked, ignored):
    counts = collections.defaultdict(collections.Counter)
    shown = 0
    for line in lines:
        for what, want, got, same in fields(line, stored[line["id"]], asked[line["id"]]):
            counts[line["family"], what]["same" if same else "differ"] += 1
            counts[line["family"], what]["bit"] += same and what.startswith("values") and not adapter_values(want, got, 0)
            counts[line["family"], what]["of"] += 1 if what == "query" else len(want)
            if not same and shown < 30:
                shown += 1
                print(f"{line['id']}\n    {what}\n    Adapter:  {want}\n    Tidegate: {got}")
    # Things: names, queries, numbers. Last bit: of the same, those with a number that is one thousandth off.
    print(f"\n{'':40}{'same':>10}{'differ':>10}{'things':>10}{'last bit':>10}")
    for (family, what), row in sorted(counts.items()):
        print(f"{family:22}{what:18}{row['same']:>10}{row['differ']:>10}{row['of']:>10}{row['bit'] or '':>10}")
    for why, count in ignored.items():
        print(f"left out: {count} × {why}")
    return sum(row["differ"] for row in counts.values())


def record(path, dataset, lines, every):
    """A sample for `make test`: each `every`th line, and the series that they are about."""
    kept = [line for i, line in enumerate(lines) if i % every == 0 or line["family"] in ("names", "the post's rule", "Resource")]
    text = "".join(json.dumps(line, sort_keys=True) + "\n" for line in [dataset, *kept])
    with gzip.GzipFile(path, "wb", 9, mtime=0) as file:
        file.write(text.encode())
    print(f"{path}: {len(kept)} of {len(lines)} answers")


def compare(folder, args):
    """Asks both. (the run, the data set, Tidegate's answers by its own engine, those of the same Prometheus)"""
    rng = random.Random(args.seed)
    prometheus = Prometheus(folder, world.stub().port)
    cluster = Cluster(folder)
    world.create_objects(cluster)
    wait_for("scrapes", lambda: prometheus.number(f"count_over_time(queue_depth[{SCRAPES}s])") >= SCRAPES - 1)
    at_ms = int(time.time() * 1000)
    time.sleep(1)
    run = Run(folder, cluster, prometheus, at_ms, rng)
    for one in [*rules.documented(), rules.resources(), *rules.generated(rng, args.rules)]:
        run.set(one)
    dataset = samples(prometheus, at_ms)
    lines = [dataset, *run.lines]
    return run, dataset, answers(args.driver, lines), answers(args.driver, lines, f"http://127.0.0.1:{prometheus.port}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("driver")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rules", type=int, default=200, help="how many are generated (200)")
    parser.add_argument("--record", type=pathlib.Path)
    parser.add_argument("--every", type=int, default=25)
    args = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that what was started goes as well
    build()
    with tempfile.TemporaryDirectory(prefix="tidegate-adapter-") as name:
        try:
            run, dataset, stored, asked = compare(pathlib.Path(name), args)
        finally:
            stop_all()
    print(f"{run.rules} rules, of which {run.empty} make no metric of any series; {len(run.lines)} answers")
    differ = report(run.lines, stored, asked, run.ignored)
    if args.record:
        record(args.record, dataset, run.lines, args.every)
    print("adapter: " + ("passed" if differ == 0 else f"FAILED: {differ} differences"))
    sys.exit(0 if differ == 0 else 1)


if __name__ == "__main__":
    main()
