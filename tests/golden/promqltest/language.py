# SPDX-License-Identifier: Apache-2.0
"""The language of Prometheus's PromQL tests: load, clear and eval, as its README describes it."""
import ast
import dataclasses
import re

UNITS_MS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000, "y": 31_536_000_000}
EVAL_INSTANT = re.compile(r"eval(?:_(fail|warn|ordered|info))?\s+instant\s+at\s+(\S+)\s+(.+)$")
EVAL_RANGE = re.compile(r"eval(?:_(fail|warn|info))?\s+range\s+from\s+(.+)\s+to\s+(.+)\s+step\s+(\S+)\s+(.+)$")
EXPECT = re.compile(r"expect\s+(ordered|fail|warn|no_warn|info|no_info)(?:\s+(regex|msg):(.+))?$")
EXPECT_RANGE = re.compile(r"expect range vector\s+from\s+(\S+)\s+to\s+(\S+)\s+step\s+(\S+)$")
ITEM = re.compile(r"(?P<value>_|stale|[+-]?(?:inf|nan|[\d.]+(?:e[+-]?\d+)?))(?:(?P<delta>[+-](?:inf|[\d.]+(?:e[+-]?\d+)?)))?"
                  r"(?:x(?P<times>\d+))?$", re.I)
STRING = re.compile(r'"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])*\'|`[^`]*`')
NAME = re.compile(r"[^\s{},=\"'`]+")


@dataclasses.dataclass
class Clear:
    pass


@dataclasses.dataclass
class Load:
    series: list  # (labels, [[ms, text]])
    odd_metrics: set  # that have native histograms or start timestamps


@dataclasses.dataclass
class Eval:
    line: int
    query: str
    start_ms: int
    end_ms: int
    step_ms: int | None
    ordered: bool = False
    fails: object = None  # tells whether the words are the expected ones
    scalar: float | None = None
    string: str = ""
    has_histograms: bool = False
    expected: list = dataclasses.field(default_factory=list)  # (labels, values)
    annotations: dict = dataclasses.field(default_factory=lambda: {"warnings": None, "infos": None})
    window: tuple | None = None  # start and step of an expected range vector

    def matrix(self):
        """What is expected over time; without a step there are no points."""
        start, step = self.window or (self.start_ms, self.step_ms or 1)
        return {tuple(sorted(labels.items())): [(start + i * step, v) for i, v in enumerate(values) if v is not None]
                for labels, values in self.expected}


def duration(text):
    if text == "0":
        return 0
    parts = re.findall(r"(\d+)(ms|[smhdwy])", text)
    if "".join(a + b for a, b in parts) != text:
        raise ValueError(f"not a duration: {text!r}")
    return sum(int(count) * UNITS_MS[unit] for count, unit in parts)


def unquote(text):
    return text[1:-1] if text[0] == "`" else ast.literal_eval(text)


def take_labels(text):
    """Labels in braces at the beginning of text, and the rest."""
    labels, rest = {}, text[1:].lstrip()
    while not rest.startswith("}"):
        quoted = STRING.match(rest)
        name = unquote(quoted[0]) if quoted else NAME.match(rest)[0]
        rest = rest[(quoted or NAME.match(rest)).end():].lstrip()
        if rest.startswith("="):
            value = STRING.match(rest[1:].lstrip())
            labels[name] = unquote(value[0])
            rest = rest[1:].lstrip()[value.end():].lstrip()
        else:
            labels["__name__"] = name
        rest = rest.removeprefix(",").lstrip()
    return {n: v for n, v in labels.items() if v}, rest[1:]


def take_metric(text):
    name = NAME.match(text)
    rest = text[name.end():] if name else text
    labels = {}
    if rest.lstrip().startswith("{") and not rest.lstrip().startswith("{{"):
        labels, rest = take_labels(rest.lstrip())
    if name:
        labels["__name__"] = name[0]
    return labels, rest


def number(text):
    return "stale" if text.lower() == "stale" else float(text)


def expand(item):
    """One item of a sequence: its values; None is no value."""
    match = ITEM.match(item)
    if not match:
        raise ValueError(f"not a value: {item!r}")
    times = int(match["times"]) if match["times"] else 0
    if match["value"] == "_":
        return [None] * (times or 1)
    value, delta = number(match["value"]), float(match["delta"] or 0)
    values = []
    for _ in range(times + 1):
        values.append(value)
        if delta:
            value += delta
    return values


def values_of(text):
    """The values, and whether there are native histograms among them."""
    if "{{" in text:
        text, count = re.subn(r"\{\{.*?\}\}(?:[+-]\{\{.*?\}\})?(x\d+)?", lambda m: " _ " if not m[1] else f" _x{int(m[1][1:]) + 1} ", text)
        return [v for item in text.split() for v in expand(item)], count > 0
    return [v for item in text.split() for v in expand(item)], False


def text_of(value):
    return value if isinstance(value, str) else "NaN" if value != value else repr(value)


def parse_load(header, lines):
    step_ms = duration(header.split()[-1])
    load, series = Load([], set()), {}
    for line in lines:
        metric, rest = take_metric(line.replace("@st ", " ", 1) if "@st " in line else line)
        name = metric.get("__name__", "")
        if "@st " in line:
            load.odd_metrics.add(name)
            continue
        values, histograms = values_of(rest)
        if histograms:
            load.odd_metrics.add(name)
        if header.startswith("load_with_nhcb"):
            load.odd_metrics.add(re.sub(r"_(bucket|count|sum)$", "", name))
        samples = [[i * step_ms, text_of(v)] for i, v in enumerate(values) if v is not None]
        series[tuple(sorted(metric.items()))] = samples  # of a series that is there twice the last line holds
    load.series = [(dict(k), samples) for k, samples in series.items()]
    return load


def matcher(kind, text):
    """Tells whether a message is the one that is meant."""
    if kind == "msg":
        return lambda message: message == text.strip()
    pattern = re.compile(text.strip() if kind else "")
    return lambda message: pattern.search(message) is not None


def begin_eval(line, number_of_line):
    if match := EVAL_INSTANT.match(line):
        at = duration(match[2])
        command = Eval(number_of_line, match[3], at, at, None)
    else:
        match = EVAL_RANGE.match(line)
        command = Eval(number_of_line, match[5], duration(match[2]), duration(match[3]), duration(match[4]))
    mode = match[1]
    command.ordered = mode == "ordered"
    if mode == "fail":
        command.fails = matcher(None, "")
    if mode in ("warn", "info"):
        command.annotations["warnings" if mode == "warn" else "infos"] = [matcher(None, "")]
    return command


def expectation(command, line):
    """Takes a line of what is expected of an eval."""
    if match := EXPECT_RANGE.match(line):
        command.window = (duration(match[1]), duration(match[3]))
    elif line.startswith("expect string "):
        command.string = unquote(line.removeprefix("expect string ").strip())
    elif line.startswith("expected_fail_"):
        kind, text = line.split(" ", 1)
        command.fails = matcher("msg" if kind.endswith("message") else "regex", text)
    elif match := EXPECT.match(line):
        what = match[1]
        if what == "ordered":
            command.ordered = True
        elif what == "fail":
            command.fails = matcher(match[2], match[3] or "")
        else:
            kind = "warnings" if what.endswith("warn") else "infos"
            if what.startswith("no_"):
                command.annotations[kind] = "none"
            else:
                command.annotations[kind] = (command.annotations[kind] or []) + [matcher(match[2], match[3] or "")]
    else:
        expected_series(command, line)


def expected_series(command, line):
    try:
        command.scalar = float(line)
        return
    except ValueError:
        pass
    if re.fullmatch(r"[+-]?(0x[0-9a-f]+|0[0-7]+)", line, re.I):
        command.scalar = float(int(line, 0) if "x" in line.lower() else int(line, 8))
        return
    labels, rest = take_metric(line)
    values, histograms = values_of(rest)
    command.has_histograms |= histograms
    command.expected.append((labels, values or [None]))


def blocks(text):
    """(number of its first line, lines) of what blank lines and comments separate."""
    block, first = [], 0
    for number_of_line, line in enumerate([*text.split("\n"), ""], 1):
        line = line.strip()
        if line and not line.startswith("#"):
            first = first if block else number_of_line
            block.append(line)
        elif block:
            yield first, block
            block = []


def commands_of(first, block):
    """A block may have several commands: an eval or clear begins anew."""
    begins = [i for i, line in enumerate(block) if re.match(r"(eval|eval_\w+)\s+(instant|range)\s|load(_with_nhcb)?\s+\S+$|clear$", line)]
    for begin, end in zip(begins, [*begins[1:], len(block)]):
        yield first + begin, block[begin], block[begin + 1:end]


def parse(text):
    for first, block in blocks(text):
        for number_of_line, header, lines in commands_of(first, block):
            if header == "clear":
                yield Clear()
            elif header.startswith("load"):
                yield parse_load(header, lines)
            else:
                command = begin_eval(header, number_of_line)
                for line in lines:
                    expectation(command, line)
                yield command
