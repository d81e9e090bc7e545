#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes cases of the set relabel: rules and the labels that they are applied to.

    cases.py SEED COUNT | go run . | gzip -n -9 > ../relabel.jsonl.gz
"""
import json
import random
import sys

NAMES = ("__address__", "__meta_kubernetes_pod_name", "__meta_kubernetes_pod_label_app", "__meta_kubernetes_namespace",
         "__scheme__", "__param_target", "instance", "job", "pod", "a", "ab", "b_c", "tmp", "région", "with space")
VALUES = ("", "a", "b", "10.0.0.1:8002", "[::1]:9100", "triton-0", "Triton-Server", "prod", "0", "a;b", "x\ny", "ÀÉÎ straße ǅ",
          "İstanbul ΣΑΣ", "$1", "${1}", "http", "true", "ﬃ", "n/a", "a.b-c_d")
REGEXES = ("(.*)", ".*", ".+", "", "(a|b)", "([^:]+)(?::\\d+)?", "(.+)-(\\d+)", "(?P<host>[^:]+):(?P<port>\\d+)", "(?i)TRITON.*",
           "__meta_kubernetes_(.+)", "__meta_(.+)_(.+)", "a.*|b.*", "(a)?(b)?.*", "prod|dev", "\\w+", "[[:alpha:]_]+", "()", "(.*?)(-.*)?",
           "a(?:b)?", "__.+", "(.)(.)?.*", "true;(.*)", "^a$", "a;?b?")
BAD_REGEXES = ("(", "*a", "a{2,1}", "[z-a]", "(?P<x>a)(?P<x>b)", "\\8", "a**", "(?P<1x")
REPLACEMENTS = ("$1", "${1}", "$1$2", "${host}:9999", "$port", "", "fixed", "$$", "$$1", "$0", "${0}x", "$1_x", "${1}_x", "$01", "${01}", "$",
                "${", "${}", "${1", "$9", "a$", "$1$1", "$-1", "$ 1", "http://$1/", "${host", "ré$1")
TARGETS = ("a", "job", "instance", "new", "__param_target", "${1}", "$1", "x_$1", "${1}_${2}", "$2", "with space", "région", "__address__")
ACTIONS = ("replace", "keep", "drop", "keepequal", "dropequal", "hashmod", "labelmap", "labeldrop", "labelkeep", "lowercase", "uppercase")
SEPARATORS = (";", "", ":", ", ", "@")


def rule(rng, odd):
    """One rule with what its action needs; `odd`: perhaps with what it must not have, or without what it needs."""
    action = rng.choice(ACTIONS)
    out = {}
    if action != "replace" or rng.random() < 0.5:
        out["action"] = action if rng.random() < 0.9 else action.capitalize()
    names = action.startswith("label")
    if not names or (odd and rng.random() < 0.2):
        out["source_labels"] = rng.sample(NAMES, rng.choice((1, 1, 1, 2, 3) if names else (0, 1, 1, 1, 2, 3)))
    if action not in ("keepequal", "dropequal") and rng.random() < (0.95 if names else 0.75):
        out["regex"] = rng.choice(REGEXES)
    if not names and action not in ("keepequal", "dropequal") and rng.random() < 0.3:
        out["separator"] = rng.choice(SEPARATORS)
    if not names and action not in ("keep", "drop"):
        plain = [t for t in TARGETS if "$" not in t]
        out["target_label"] = rng.choice(TARGETS if action == "replace" else plain)
    if action in ("replace", "labelmap") and rng.random() < 0.7:
        out["replacement"] = rng.choice(REPLACEMENTS)
    if action == "hashmod":
        out["modulus"] = rng.choice((1, 2, 3, 8, 1000, 2**32, 2**62 + 1))
    if odd:
        spoil(rng, out)
    return out


def spoil(rng, out):
    what = rng.randrange(8)
    if what == 0 and out:
        del out[rng.choice(sorted(out))]
    elif what == 1:
        out["regex"] = rng.choice(BAD_REGEXES + REGEXES)
    elif what == 2:
        out["target_label"] = rng.choice(TARGETS + ("",))
    elif what == 3:
        out["replacement"] = rng.choice(REPLACEMENTS)
    elif what == 4:
        out["modulus"] = rng.choice((0, 1, 7))
    elif what == 5:
        out["separator"] = rng.choice(SEPARATORS)
    elif what == 6:
        out["action"] = rng.choice(ACTIONS + ("rename", "", "KEEP", "label_map"))
    else:
        out[rng.choice(("regex", "separator", "replacement", "source_labels", "target_label"))] = None


def case(rng, number):
    odd = number % 4 == 0
    rules = [rule(rng, odd) for _ in range(rng.choice((1, 1, 1, 2, 3, 5)))]
    labels = {name: rng.choice(VALUES) for name in rng.sample(NAMES, rng.randint(0, 7))}
    return {"id": str(number), "family": "odd" if odd else rules[0].get("action", "replace").lower(),
            "rules": json.dumps(rules, ensure_ascii=False), "labels": {k: v for k, v in labels.items() if v}}


def main():
    rng = random.Random(int(sys.argv[1]))
    for number in range(int(sys.argv[2])):
        print(json.dumps(case(rng, number), ensure_ascii=False))


if __name__ == "__main__":
    main()
