#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the cases of the set adapter: rules, and what is asked of them.

    cases.py | go run . > answers.jsonl      in this folder; needs Go and its module proxy
"""
import itertools
import json

TEMPLATES = [
    "sum(<<.Series>>{<<.LabelMatchers>>}) by (<<.GroupBy>>)",
    "sum(rate(<<.Series>>{<<.LabelMatchers>>,code=\"200\"}[2m])) by (<<.GroupBy>>)",
    "max by (<< .GroupBy >>, model) (<< .Series >>{code=\"200\",<< .LabelMatchers >>})",
    "avg(delta(<<.Series>>{<<.LabelMatchers>>}[30s])/(1+delta(done{<<.LabelMatchers>>}[30s]))) by (<<.GroupBy>>)",
    "<<.Series>>{<<.LabelMatchers>>} * on (<<.GroupBy>>) group_left up{<<.LabelMatchers>>}",
    "sum(<<.Series>>{ns=\"<<index .LabelValuesByName \"namespace\">>\"}) by (<<.GroupBy>>)",
]
NAMES = [
    {}, {"as": "own"}, {"matches": "^(.*)_total$"}, {"matches": "^(.*)_total$", "as": "${1}_per_second"},
    {"matches": "^nv_(.+)_(us|ms)$", "as": "$2.$1"}, {"matches": "_total", "as": "x_$0"},
    {"matches": "^(?P<n>.*)_total$", "as": "${n}_rate"}, {"matches": "a|ab", "as": "$0"},
]
RESOURCES = [
    {"overrides": {"namespace": {"resource": "namespace"}, "pod": {"resource": "pod"}, "svc": {"resource": "services"},
                   "deploy": {"group": "apps", "resource": "deployment"}}},
    {"template": "<<.Resource>>"},
    {"template": "kube_<<.Group>>_<<.Resource>>", "namespaced": False},
    {"template": "kubernetes_<<.Resource>>_name", "overrides": {"instance": {"resource": "pod"}}},
]
FILTERS = [[], [{"is": "^nv_"}], [{"isNot": "_bucket$"}, {"is": "total|us"}]]
SERIES = ["q_total", "nv_inference_queue_us", "abc_bucket"]
SELECTORS = [
    None, {"matchLabels": {"model": "flower", "app": "web"}},
    {"matchExpressions": [{"key": "tier", "operator": "In", "values": ["b", "a"]},
                          {"key": "old", "operator": "NotIn", "values": ["x"]},
                          {"key": "has", "operator": "Exists"}, {"key": "not", "operator": "DoesNotExist"}]},
]
ASKED = [
    {"kind": "Pods", "names": ["web-0"]}, {"kind": "Pods", "names": ["web-0", "web-1"]}, {"kind": "External"},
    {"kind": "Object", "object": {"group": "", "resource": "services", "kind": "Service", "name": "front"}},
    {"kind": "Object", "object": {"group": "apps", "resource": "deployments", "kind": "Deployment", "name": "web"}},
]


def main():
    table = itertools.product(TEMPLATES, NAMES, RESOURCES, FILTERS, SERIES, SELECTORS, ASKED)
    for number, (template, name, resources, filters, series, selector, asked) in enumerate(table):
        if number % 31:  # a sample that no factor of the table has a period of
            continue
        rule = {"seriesQuery": series, "seriesFilters": filters, "resources": resources, "name": name,
                "metricsQuery": template}
        case = {"rule": json.dumps(rule), "series": series, "namespace": "prod", **asked}
        if selector:
            case["selector"] = selector
        print(json.dumps(case))


if __name__ == "__main__":
    main()
