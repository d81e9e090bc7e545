# SPDX-License-Identifier: Apache-2.0
"""How an answer is compared with a golden one, set by set.

A comparer takes (case, want, got) and returns a Verdict. Everything compares exactly, but for

- times and other fractions of the set hpa: half a nanosecond, since a text may have fewer digits;
- numbers of the set promql: 2 units in the last place (the order of a sum), 8 where libm is asked.
"""
import collections
import dataclasses
import json
import math
import re
import struct

# What a step of the HPA controller answers, in the order in which a reader wants to see it.
HPA_FIELDS = (
    "desiredReplicas", "currentReplicas", "scaleWritten", "scaleUpdateAttempts", "statusWritten",
    "lastScaleTime", "observedGeneration", "currentMetrics", "conditions", "events", "error",
    "recommendations", "scaleUpEvents", "scaleDownEvents")

LIBM = re.compile(
    r"\b(exp|ln|log2|log10|a?sinh?|a?cosh?|a?tanh?|atan2|deg|rad)\b|\^")


@dataclasses.dataclass
class Difference:
    where: str  # "step 3", or "" for the whole answer
    field: str
    want: object
    got: object

    def __str__(self):
        place = f"{self.where}: " if self.where else ""
        return f"{place}{self.field}\n      want {short(self.want)}\n      got  {short(self.got)}"


@dataclasses.dataclass
class Verdict:
    differences: list = dataclasses.field(default_factory=list)
    unanswered: set = dataclasses.field(default_factory=set)  # fields that the answer lacks
    steps: int = 0

    def expect(self, field, want, got, equal, where=""):
        if not equal:
            self.differences.append(Difference(where, field, want, got))


def short(value, width=400):
    text = json.dumps(value, ensure_ascii=False, sort_keys=True)
    return text if len(text) <= width else text[:width - 1] + "…"


def same(a, b):
    """Equal as JSON: 1 is 1.0, true is not 1, and half a nanosecond is nothing."""
    if isinstance(a, bool) or isinstance(b, bool) or a is None or b is None:
        return a is b
    if isinstance(a, (int, float)) and isinstance(b, (int, float)):
        inexact = isinstance(a, float) or isinstance(b, float)
        return a == b or (inexact and abs(a - b) <= 5e-10)
    if type(a) is not type(b):
        return False
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[k], b[k]) for k in a)
    if isinstance(a, list):
        return len(a) == len(b) and all(map(same, a, b))
    return a == b


def hpa(_case, want, got):
    verdict = Verdict(steps=len(want["steps"]))
    have = got.get("steps", [])
    verdict.expect("number of steps", len(want["steps"]), len(have), len(want["steps"]) == len(have))
    for index, (w, g) in enumerate(zip(want["steps"], have)):
        for field in HPA_FIELDS:
            if field in g:
                verdict.expect(field, w[field], g[field], same(w[field], g[field]), f"step {index} (t={w['t']})")
            else:
                verdict.unanswered.add(field)
    return verdict


def quantity(_case, want, got):
    other_forms = {"float", "slow", "dec"}  # of what `bits` and `canon` say
    verdict = Verdict()
    for field in ("error", "cmp", "equal", "n"):
        verdict.expect(field, want.get(field), got.get(field), want.get(field) == got.get(field))
    have = got.get("q", {})
    for field, value in want.get("q", {}).items():
        if field in have:
            verdict.expect(field, value, have[field], have[field] == value)
        elif "q" not in got:
            verdict.expect(field, value, None, False)
        elif field not in other_forms:
            verdict.unanswered.add(field)
    return verdict


def hpa_validation(_case, want, got):
    verdict = Verdict()

    def refused(key):
        verdict.expect(key, want.get(key), got.get(key), bool(want.get(key)) == bool(got.get(key)))

    refused("decode_error")
    if "strict_error" in got or not want.get("strict_error"):
        refused("strict_error")
    else:
        verdict.unanswered.add("strict_error")
    if want.get("decode_error"):
        return verdict

    def errors(answer):  # the order of some is random in Go
        return sorted((e["field"], e["type"], e["text"]) for e in answer.get("errors", []))

    verdict.expect("errors", errors(want), errors(got), errors(want) == errors(got))
    for key in ("v2", "v1"):
        if key in got or key not in want:
            verdict.expect(key, want.get(key), got.get(key), want.get(key) == got.get(key))
        else:
            verdict.unanswered.add(key)
    return verdict


def quantity_text(_case, want, got):
    """A line of the set hpa's quantities: a text and what becomes of it."""
    verdict = Verdict()
    for field, value in want.items():
        have = got.get(field)
        number = field == "approximateFloat" and value is not None and have is not None
        verdict.expect(field, value, have, same_number(value, have, 0) if number else same(value, have))
    return verdict


def hpa_spec(_case, want, got):
    """A line of the set hpa's validation: a spec, and the errors or what is stored."""
    verdict = Verdict()

    def errors(answer):  # the order of some is random in Go
        return sorted((e["field"], e["reason"], e["message"]) for e in answer.get("errors", []))

    verdict.expect("errors", errors(want), errors(got), errors(want) == errors(got))
    if "stored" in got or "stored" not in want:
        verdict.expect("stored", want.get("stored"), got.get("stored"), same(want.get("stored"), got.get("stored")))
    else:
        verdict.unanswered.add("stored")
    return verdict


def exposition(_case, want, got):
    verdict = Verdict()
    for key in ("accept", "scrape"):
        verdict.expect(key, want.get(key), got.get(key), want.get(key) == got.get(key))
    if not want["accept"]:
        return verdict
    have = [entry(e) for e in got.get("entries", [])]
    wanted = [entry(e) for e in want.get("entries", [])]
    if not any(e[0] == "comment" for e in have):
        wanted = [e for e in wanted if e[0] != "comment"]  # a parser may skip them
    first = next((i for i, (a, b) in enumerate(zip(wanted, have)) if not same_entry(a, b)), None)
    if first is not None:
        verdict.expect(f"entry {first}", wanted[first], have[first], False)
    verdict.expect("number of entries", len(wanted), len(have), len(wanted) == len(have))
    return verdict


def entry(item):
    """An entry with the labels of its sample and exemplars in one order."""
    if item[0] != "sample":
        return item
    exemplars = [[e[0], sorted(e[1], key=json.dumps), *e[2:]] for e in item[4:]]
    return ["sample", sorted(item[1], key=json.dumps), item[2], item[3], *exemplars]


def same_entry(a, b):
    if a[0] != "sample" or b[0] != "sample":
        return a == b
    return same_number(a[2], b[2], 0) and a[:2] + a[3:] == b[:2] + b[3:]


def promql(case, want, got):
    verdict = Verdict()
    kind = want["type"]
    verdict.expect("type", kind, got.get("type"), kind == got.get("type"))
    if verdict.differences or kind == "error":
        return verdict
    units = 8 if LIBM.search(case["query"]) else 2
    if kind in ("scalar", "string"):
        equal = (lambda a, b: same_number(a, b, units)) if kind == "scalar" else (lambda a, b: a == b)
        verdict.expect(kind, want[kind], got.get(kind), equal(want[kind], got.get(kind)))
        return verdict
    values = vector_values if kind == "vector" else matrix_values
    have, wanted = got.get(kind, []), want.get(kind, [])
    equal = same_series(wanted, have, values, units)
    if not equal and re.search(r"\b(topk|bottomk)\b", case["query"]):  # ties: any of the equals
        equal = same_numbers(sorted_values(wanted, values), sorted_values(have, values), units)
    if equal and case["family"] == "sort":
        equal = same_numbers([s["v"] for s in wanted], [s["v"] for s in have], units)
    verdict.expect(kind, wanted, have, equal)
    return verdict


def vector_values(series):
    return [[0, series["v"]]]


def matrix_values(series):
    return series["points"]


def same_series(wanted, have, values, units):
    """Equal as sets of series; labels may occur twice, as sort_by_label's inputs do."""
    left = collections.defaultdict(list)
    for series in have:
        left[json.dumps(series["labels"], sort_keys=True)].append(values(series))
    for series in wanted:
        points = values(series)
        candidates = left[json.dumps(series["labels"], sort_keys=True)]
        hit = next((c for c in candidates if [p[0] for p in c] == [p[0] for p in points]
                    and same_numbers([p[1] for p in points], [p[1] for p in c], units)), None)
        if hit is None:
            return False
        candidates.remove(hit)
    return not any(left.values())


def sorted_values(series, values):
    points = [point for each in series for point in values(each)]
    return [value for _, value in sorted(points, key=lambda p: (p[0], float(p[1])))]


def same_numbers(a, b, units):
    return len(a) == len(b) and all(same_number(x, y, units) for x, y in zip(a, b))


def same_number(a, b, units):
    if a == b:
        return True
    if "stale" in (a, b) or a is None or b is None:
        return False
    x, y = float(a), float(b)
    if math.isnan(x) or math.isnan(y):
        return math.isnan(x) and math.isnan(y)
    if math.isinf(x) or math.isinf(y):
        return x == y
    return abs(ordinal(x) - ordinal(y)) <= units


def ordinal(x):
    """The position of a double among all doubles; both zeros are 0."""
    bits = struct.unpack("<q", struct.pack("<d", x))[0]
    return bits if bits >= 0 else -(bits & 0x7FFF_FFFF_FFFF_FFFF)


def relabel(_case, want, got):
    """Rules are refused alike, in Prometheus's words but for what is wrong in a regular expression."""
    verdict = Verdict()
    if "error" in want:
        errors = got.get("errors", [])
        regexp = want["error"].startswith("error parsing regexp")
        said = [e for e in errors if e.startswith("error parsing regexp" if regexp else want["error"])]
        verdict.expect("error", want["error"], errors, bool(said))
        return verdict
    for field, absent in (("keep", None), ("labels", {})):
        have = got.get(field, absent)
        verdict.expect(field, want.get(field, absent), have, want.get(field, absent) == have)
    return verdict


def adapter_values(want, have, slack):
    """By pod, or a list in no order, in thousandths; why there is no value is said in other words."""
    if not want:
        return not have or (isinstance(have, dict) and set(have) == {"error"})
    if isinstance(want, dict):
        return isinstance(have, dict) and set(want) == set(have) and all(abs(want[pod] - have[pod]) <= slack for pod in want)
    return isinstance(have, list) and len(want) == len(have) and all(abs(a - b) <= slack for a, b in zip(sorted(want), sorted(have)))


def adapter_fields(want, got, slack=1):
    """(field, the Adapter's, Tidegate's, whether they are the same) of the set adapter.

    Sums end in another bit since Prometheus 3, whose engine Tidegate has: what is cut to thousandths may be the next one.
    """
    if "query" not in want:
        for kind in ("custom", "external"):
            yield kind, want[kind], got.get(kind), want[kind] == got.get(kind)
        return
    # Without matchers the Adapter leaves empty braces, which mean nothing; and which rule's series there are is not known here.
    queries = [query.replace("{}", "") for query in got.get("queries", [])]
    yield "query", want["query"], got.get("queries", got), want["query"].replace("{}", "") in queries
    for field in sorted({"values", *got} - {"queries"}):
        yield field, want["values"], got.get(field), adapter_values(want["values"], got.get(field), slack)


def adapter(_case, want, got):
    verdict = Verdict()
    for field, wanted, have, equal in adapter_fields(want, got):
        verdict.expect(field, wanted, have, equal)
    return verdict


# By set, and by the other forms of line that two sets have.
COMPARERS = {
    "quantity texts": quantity_text,
    "hpa-validation specs": hpa_spec,
    "hpa": hpa,
    "quantity": quantity,
    "relabel": relabel,
    "adapter": adapter,
    "hpa-validation": hpa_validation,
    "exposition": exposition,
    "promql": promql,
}
SETS = [name for name in COMPARERS if " " not in name]
