# SPDX-License-Identifier: Apache-2.0
"""Rules of Prometheus Adapter: the post's, one for each example of its rule reference, and as many as wanted from a seed.

A rule is the Adapter's own entry. Beside it stands what is known of it: the scheme by which the labels of its series name objects
(world.py), and whether each of its selectors has <<.LabelMatchers>>, without which it mixes the pods of all namespaces.
"""
import dataclasses
import itertools
import json
import re

import world


@dataclasses.dataclass
class Rule:
    entry: dict
    scheme: str = "plain"
    external: bool = False
    isolated: bool = True


@dataclasses.dataclass
class RuleSet:
    name: str
    rules: list
    resource_rules: dict = dataclasses.field(default_factory=dict)

    def text(self):
        out = {"resourceRules": self.resource_rules, "rules": [r.entry for r in self.rules if not r.external], "externalRules": [r.entry for r in self.rules if r.external]}
        return json.dumps({key: value for key, value in out.items() if value}, indent=1)


PLAIN = {"namespace": {"resource": "namespace"}, "pod": {"resource": "pod"}}
CPU = 'sum(rate(<<.Series>>{<<.LabelMatchers>>,container!="POD"}[2m])) by (<<.GroupBy>>)'
SUM = "sum(<<.Series>>{<<.LabelMatchers>>}) by (<<.GroupBy>>)"
RATE = "sum(rate(<<.Series>>{<<.LabelMatchers>>}[2m])) by (<<.GroupBy>>)"
CONTAINERS = ',container!="POD",namespace!="",pod!=""}'


def documented():
    """The post's rule; then the facts of each example of the Adapter's page on rules, made whole where it shows a part."""
    yield RuleSet("the post's rule", [Rule({
        "seriesQuery": 'nv_inference_queue_duration_us{namespace="default",pod!=""}', "resources": {"overrides": PLAIN},
        "name": {"matches": "nv_inference_queue_duration_us", "as": "avg_time_queue_us"},
        "metricsQuery": "avg(delta(nv_inference_queue_duration_us[30s])/(1+delta(nv_inference_request_success[30s]))) by (<<.GroupBy>>)"})])
    yield RuleSet("the reference: containers", [
        Rule({"seriesQuery": '{__name__=~"^container_.*"' + CONTAINERS, "resources": {"overrides": PLAIN},
              "name": {"matches": "^container_(.*)_seconds_total$"}, "metricsQuery": CPU}),
        Rule({"seriesQuery": '{__name__=~"^container_.*_total"' + CONTAINERS, "seriesFilters": [{"isNot": "^container_.*_seconds_total"}],
              "resources": {"overrides": PLAIN}, "name": {"matches": "^container_(.*)_total$"}, "metricsQuery": CPU})])
    yield RuleSet("the reference: resources", [
        Rule({"seriesQuery": "shop_carts", "resources": {"template": "kube_<<.Group>>_<<.Resource>>"}, "metricsQuery": SUM}, "grouped"),
        Rule({"seriesQuery": "rpc_open_streams", "metricsQuery": SUM, "resources": {
            "overrides": {"microservice": {"group": "apps", "resource": "deployment"}, "ns": {"resource": "namespace"}}}}, "own")])
    yield RuleSet("the reference: names and queries", [
        Rule({"seriesQuery": 'http_requests_total{namespace!=""}', "resources": {"template": "<<.Resource>>"},
              "name": {"matches": "^(.*)_total$", "as": "${1}_per_second"}, "metricsQuery": RATE})])
    yield RuleSet("the sample: external", [
        Rule({"seriesQuery": '{__name__="queue_consumer_lag",name!=""}', "resources": {"template": "<<.Resource>>"},
              "metricsQuery": "sum(<<.Series>>{<<.LabelMatchers>>}) by (name)"}, external=True),
        Rule({"seriesQuery": '{__name__="queue_depth",topic!=""}', "resources": {"namespaced": False},
              "metricsQuery": "sum(<<.Series>>{<<.LabelMatchers>>}) by (name)"}, external=True)])


def resources():
    """cpu and memory of pods, which the Adapter serves in the place of the metrics server."""
    def rule(query):
        return {"containerQuery": query, "nodeQuery": query, "containerLabel": "container",
                "resources": {"overrides": {**PLAIN, "node": {"resource": "node"}}}}
    return RuleSet("resources", [], {
        "cpu": rule(CPU.replace("<<.Series>>", "container_cpu_usage_seconds_total")), "memory": rule(SUM.replace("<<.Series>>", "container_memory_working_set_bytes")), "window": "2m"})


# (of counters, template, whether its selectors have the matchers)
TEMPLATES = [
    (True, RATE, True), (True, "sum(increase(<<.Series>>{<<.LabelMatchers>>,code=\"200\"}[20s])) by (<<.GroupBy>>)", True),
    (True, "max(irate(<< .Series >>{<< .LabelMatchers >>}[1m])) by (<< .GroupBy >>)", True),
    (True, "sum(rate(<<.Series>>{code=\"500\",<<.LabelMatchers>>}[30s])) by (<<.GroupBy>>)"
           " / sum(rate(<<.Series>>{<<.LabelMatchers>>}[30s])) by (<<.GroupBy>>)", True),
    (True, "sum by (<<.GroupBy>>) (delta(<<.Series>>{<<.LabelMatchers>>}[15s])) * 1000", True),
    (True, "count(<<.Series>>{LABEL=\"<<index .LabelValuesByName \"LABEL\">>\"}) by (<<.GroupBy>>)", False),
    (False, SUM, True), (False, "avg(<<.Series>>{<<.LabelMatchers>>}) by (<<.GroupBy>>)", True),
    (False, "max by (<<.GroupBy>>) (max_over_time(<<.Series>>{<<.LabelMatchers>>}[20s]))", True),
    (False, "min(<<.Series>>{<<.LabelMatchers>>}) by (<<.GroupBy>>) - 2.5", True),
    (False, "quantile(0.9, <<.Series>>{<<.LabelMatchers>>}) by (<<.GroupBy>>)", True),
    (False, "sum(<<.Series>>{<<.LabelMatchers>>,tier=~\"a|b\"}) by (<<.GroupBy>>) > 0", True),
    (False, "sum(avg_over_time(<<.Series>>{LABEL=~\"<<.LabelValuesByName.LABEL>>\"}[10s])) by (<<.GroupBy>>)", False),
    (False, "sum(<<.Series>>{<<.LabelMatchers>>}) by (<<index .GroupBySlice 0>>)", True),
]


def resources_of(rng, scheme):
    labels, template = world.SCHEMES[scheme]
    overrides = {}
    for resource, label in labels.items():
        name, _, group = resource.partition(".")
        singular = name[:-1]
        overrides[label] = {"resource": rng.choice((name, singular)), **({"group": group} if group else {})}
    choice = rng.random()
    if template and choice < 0.45:
        return {"template": template}
    if choice < 0.65:  # both: the overrides say what the template does not
        kept = dict(list(overrides.items())[:2])
        return {"template": template or "unused_<<.Resource>>", "overrides": overrides if not template else kept}
    return {"overrides": overrides}


def name_of(rng, series, unique):
    """Of a rule for one series: any pattern will do."""
    last = series.rsplit("_", 1)[-1]
    return rng.choice([
        {"as": f"{series}_{unique}"}, {"matches": f"^(.*)_{last}$", "as": f"${{1}}_{unique}"}, {"matches": series, "as": f"m{unique}"},
        {"matches": f"_{last}$", "as": f"x{unique}$0"}, {"matches": "^(?P<a>[a-z]+)_(.+)$", "as": f"${{a}}:$2:{unique}"},
        {"matches": "(?:http|rpc|app|shop|container)_(.*)", "as": f"${{1}}_{unique}"}, {"matches": "^(..).*(.)$", "as": f"$2${{1}}_{unique}"}])


def many_of(rng, prefix, unique):
    """Of a rule for all series of a prefix: a name that leads back to its series."""
    return rng.choice([
        {"matches": f"^{prefix}_(.*)$", "as": f"${{1}}_{unique}"}, {"matches": f"^{prefix}_(.+)_total$", "as": f"${{1}}.{unique}"},
        {"as": f"${{0}}_{unique}"}, {"matches": "^(.*)_total$", "as": f"u{unique}_$1"}, {"matches": f"{prefix}_.*", "as": f"${{0}}_{unique}"}])


def generated_rule(rng, unique):
    scheme = rng.choice(list(world.SCHEMES))
    labels = world.SCHEMES[scheme][0]
    of_counters = rng.random() < 0.6
    series = rng.choice(world.FAMILIES[scheme][0 if of_counters else 1])
    _, template, isolated = rng.choice([t for t in TEMPLATES if t[0] == of_counters])
    label = labels["namespaces"]
    entry = {"resources": resources_of(rng, scheme), "metricsQuery": template.replace("LABEL", label)}
    prefix = series.split("_")[0]
    if rng.random() < 0.3:
        kind = "_total" if of_counters else ""
        entry["seriesQuery"] = rng.choice([f'{{__name__=~"^{prefix}_.*{kind}",{label}!=""}}', f'{{{label}!="",__name__=~"{prefix}_.+{kind}"}}'])
        entry["name"] = many_of(rng, prefix, unique)
        if rng.random() < 0.6 or not of_counters:
            entry["seriesFilters"] = rng.sample([{"isNot": "failed|errors"}, {"is": f"^{prefix}"}, {"isNot": "_reads_"}], 2)
        if not of_counters:
            entry["seriesFilters"].append({"isNot": "_total$"})
    else:
        entry["seriesQuery"] = rng.choice([series, f'{series}{{{label}!=""}}', f'{{__name__="{series}",{label}=~".+"}}'])
        entry["name"] = name_of(rng, series, unique)
        if rng.random() < 0.3:
            entry["seriesFilters"] = [{"is": series.split("_")[1]}]
    return Rule(entry, scheme, False, isolated)


EXTERNAL = ["sum(<<.Series>>{<<.LabelMatchers>>}) by (name)", "sum(<<.Series>>{<<.LabelMatchers>>})", "<<.Series>>{<<.LabelMatchers>>}",
            "max(max_over_time(<<.Series>>{<<.LabelMatchers>>}[20s])) by (topic)", "scalar(sum(<<.Series>>{<<.LabelMatchers>>}))",
            "sum(<<.Series>>{<<.LabelMatchers>>}) by (<<.GroupBy>>)"]


def external_rule(rng, unique):
    series = rng.choice(["queue_depth", "queue_consumer_lag", "queue_published_total"])
    resources = rng.choice([{"template": "<<.Resource>>"}, {"namespaced": False}, {"overrides": {"namespace": {"resource": "namespace"}}}])
    name = rng.choice([{"as": f"{series}_{unique}"}, {"matches": "^queue_(.*)$", "as": f"${{1}}_{unique}"}])
    query = rng.choice([series, f'{{__name__="{series}",topic!=""}}'])
    return Rule({"seriesQuery": query, "resources": resources, "name": name, "metricsQuery": rng.choice(EXTERNAL)}, external=True)


def generated(rng, count, in_a_set=20):
    every = [external_rule(rng, n) if rng.random() < 0.15 else generated_rule(rng, n) for n in range(count)]
    every.sort(key=lambda rule: rule.isolated)  # a workload that scrapes cannot have the others in its file
    isolated = sum(rule.isolated for rule in every)
    ends = [*range(count - isolated, 0, -in_a_set), *range(count - isolated, count, in_a_set), count]
    for first, end in itertools.pairwise(sorted({0, *ends})):
        yield RuleSet(f"generated {first}-{end - 1}", every[first:end])


def name_of_series(rule, series):
    """The metric that the rule makes of a series, None if none; Go's and Python's patterns agree on those that are used here."""
    name = rule.entry.get("name", {})
    if not all(bool(re.search(f.get("is") or f["isNot"], series)) == ("is" in f) for f in rule.entry.get("seriesFilters", [])):
        return None
    found = re.search(name.get("matches") or ".*", series)
    if found is None:
        return None
    expand = name.get("as") or ("$1" if found.re.groups == 1 else "$0")
    return re.sub(r"\$\{?(\w+)\}?", lambda m: found[int(m[1]) if m[1].isdigit() else m[1]], expand)
