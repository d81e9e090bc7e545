# SPDX-License-Identifier: Apache-2.0
"""Makes a scenario as small as it gets while something stays true of it.

`shrink(scenario, interesting)` asks `interesting(scenarios)`, which answers one truth for each: many
are asked at once, since asking means running two programs. Parts go away from the large to the
small: steps, pods, metrics, then every member that the schema lets be absent; what remains is made
plain (default flags, small counts).
"""
import copy

# Lists whose elements may go away, and members that may be absent, by name.
LISTS = {"steps", "pods", "metrics", "policies", "conditions", "containers", "initContainers", "otherHpas", "updateScale",
         "recommendations", "scaleUpEvents", "scaleDownEvents", "matchExpressions", "values"}
OPTIONAL = {"gates", "otherHpas", "initial", "recommendations", "scaleUpEvents", "scaleDownEvents", "behavior", "scaleUp",
            "scaleDown", "stabilizationWindowSeconds", "selectPolicy", "policies", "minReplicas", "restart", "delete",
            "faults", "getScale", "updateScale", "rereadScaleSpec", "rereadScale", "updateStatus", "labels",
            "deletionTimestamp", "startTime", "initContainers", "podLevelRequests", "overhead", "restartPolicy", "requests",
            "matchLabels", "matchExpressions"}
MAPS = {"labels", "requests", "podLevelRequests", "overhead", "gates", "matchLabels"}
DEFAULT_FLAGS = {"syncPeriod": 15, "tolerance": 0.1, "downscaleStabilization": 300, "cpuInitializationPeriod": 300,
                 "initialReadinessDelay": 30}
MOST = 64  # scenarios asked at once


def shrink(scenario, interesting):
    while True:
        before = scenario
        for units in (steps, pods, metrics, members):
            scenario = remove(scenario, units, interesting)
        scenario = simplify(scenario, interesting)
        if scenario == before:
            return scenario


def remove(scenario, units_of, interesting):
    """Deletes units (lists of paths) while that stays interesting, first in large chunks."""
    size = max(1, len(units_of(scenario)) // 2)
    while True:
        units = units_of(scenario)
        chunks = [sum(units[i:i + size], []) for i in range(0, len(units), size)]
        smaller = first_of(lambda chunk: without(scenario, chunk), chunks, interesting)
        if smaller is not None:
            scenario = smaller
        elif size == 1:
            return scenario
        else:
            size = max(1, size // 2)


def first_of(apply, changes, interesting):
    """The scenario with all the changes that are interesting alone, or with the first of them."""
    for start in range(0, len(changes), MOST):
        tried = [(change, apply(change)) for change in changes[start:start + MOST]]
        tried = [(change, result) for change, result in tried if result is not None]
        good = [pair for pair, truth in zip(tried, interesting([r for _, r in tried]) if tried else []) if truth]
        if good:
            together = apply(sum((change for change, _ in good), [])) if len(good) > 1 else None
            return together if together is not None and interesting([together])[0] else good[0][1]
    return None


def without(scenario, paths):
    """A copy without these paths, or None if nothing sensible is left."""
    out = copy.deepcopy(scenario)
    for path in sorted(paths, key=order, reverse=True):
        node = out
        try:
            for key in path[:-1]:
                node = node[key]
            del node[path[-1]]
        except (KeyError, IndexError):
            continue  # it went with its parent
    specs = [out["hpa"]["spec"]] + [s["spec"] for s in out["steps"] if "spec" in s]
    return out if out["steps"] and all(s.get("metrics", [1]) for s in specs) else None


def order(path):
    """Sorts a parent before its children and elements by position."""
    return [(isinstance(key, int), key if isinstance(key, int) else 0, str(key)) for key in path]


def steps(scenario):
    return [[("steps", i)] for i in reversed(range(len(scenario["steps"])))]


def pods(scenario):
    """Each pod by its name, out of all steps and their metrics."""
    names = {}
    for i, step in enumerate(scenario["steps"]):
        for j, pod in enumerate(step["pods"]):
            names.setdefault(pod["name"], []).append(("steps", i, "pods", j))
        for kind in ("resource", "pods"):
            for path in walk(step["metrics"].get(kind, {}), ("steps", i, "metrics", kind)):
                if path[-1] in names and isinstance(path[-1], str):
                    names[path[-1]].append(path)
    return list(names.values())


def metrics(scenario):
    places = [("hpa", "spec")] + [("steps", i, "spec") for i, step in enumerate(scenario["steps"]) if "spec" in step]
    units = []
    for place in places:
        spec = scenario
        for key in place:
            spec = spec[key]
        units += [[(*place, "metrics", i)] for i in range(len(spec.get("metrics", [])))]
    return units


def members(scenario):
    return [[path] for path in walk(scenario, ()) if removable(path)]


def walk(node, path):
    """Every path below a node, parents first."""
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in items:
        yield (*path, key)
        yield from walk(value, (*path, key))


def removable(path):
    key, parent = path[-1], path[-2] if len(path) > 1 else None
    if len(path) > 4 and path[0] == "steps" and path[2] == "metrics":
        return key not in ("timestamp", "window", "containers")
    if len(path) == 4 and path[2] == "metrics":
        return True
    if isinstance(key, int):
        return parent in LISTS
    if key == "selector":
        return parent == "metric"
    if key == "tolerance":
        return parent != "flags"
    if key == "spec":
        return len(path) == 3  # of a step
    return parent in MAPS or key in OPTIONAL


def simplify(scenario, interesting):
    """Makes values plain, one after the other."""
    while True:
        changes = [[(path, value)] for path, value in plainer(scenario)]
        better = first_of(lambda change: replaced(scenario, change), changes, interesting)
        if better is None:
            return scenario
        scenario = better


def plainer(scenario):
    for name, value in DEFAULT_FLAGS.items():
        if scenario["flags"].get(name) != value:
            yield ("flags", name), value
    for i, step in enumerate(scenario["steps"]):
        scale, here = step["scale"], ("steps", i)
        if step["t"] != 15 * i:
            yield (*here, "t"), 15 * i
        for small in (1, 2):
            if scale["specReplicas"] > small:
                yield (*here, "scale", "specReplicas"), small
        if scale["statusReplicas"] != scale["specReplicas"]:
            yield (*here, "scale", "statusReplicas"), scale["specReplicas"]
        if scale["selector"] != "app=web":
            yield (*here, "scale", "selector"), "app=web"


def replaced(scenario, changes):
    out = copy.deepcopy(scenario)
    for path, value in changes:
        node = out
        for key in path[:-1]:
            node = node[key]
        node[path[-1]] = value
    times = [step["t"] for step in out["steps"]]
    return out if times == sorted(times) else None
