#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""House rules that a compiler does not check. Run by ctest and by `make check`.

Each test names the file, the line and the rule. An exception is a line of ALLOWED, with its reason.
"""
import pathlib
import re
import subprocess
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]

PURE = ("src/text", "src/core", "src/hpa", "src/exposition", "src/regex", "src/relabel", "src/promql", "src/forecast", "src/mig", "policies")
NO_IO = PURE + ("src/series",)

# What a pure folder must not name. Series may lock: its store is safe from any thread.
CLOCK = r"\b(system_clock|steady_clock|high_resolution_clock|clock_gettime|gettimeofday|time\(\s*(nullptr|NULL|0)\s*\))"
IO = (r"(#include\s*<(iostream|fstream|cstdio|filesystem|unistd\.h|sys/|fcntl\.h|poll\.h|netinet/)|"
      r"\b(printf|fprintf|fopen|getenv|std::cout|std::cerr)\b)")
THREAD = r"(#include\s*<(thread|mutex|condition_variable|atomic|future|shared_mutex)>|\bstd::(thread|jthread|mutex)\b)"
LOG = r"\bspdlog\b"
THIRD_PARTY = r"#include\s*<(nlohmann|yaml-cpp|curl|prometheus|spdlog|civetweb|CLI|pybind11|Eigen)"
UNORDERED = r"\bfor\s*\([^;)]*:\s*[^)]*unordered"
RANDOM = r"\bstd::(uniform|normal|poisson|exponential|bernoulli)_\w*distribution|\brandom_device\b"

# (file, pattern): why it is right there.
ALLOWED = {
    ("src/series", THREAD): "SeriesStore::Ingest is the one entry that is safe from any thread",
    ("policies/target_tracking.cc", IO): "snprintf of a ratio for a reason; <cstdio> writes nothing",
}

# Folders of src/ and what each may include of the others; dependencies point inwards.
CORE_ROOMS = {"text", "core", "hpa", "exposition", "regex", "relabel", "series", "promql", "forecast", "mig", "runtime", "policies"}
MAY_INCLUDE = {
    "text": {"text"},
    "core": {"core", "hpa"},
    "hpa": {"hpa", "core", "text"},
    "exposition": {"exposition", "text"},
    "regex": {"regex", "text"},
    "relabel": {"relabel", "regex", "text"},
    "series": {"series", "relabel", "regex", "exposition", "text"},
    "promql": {"promql", "series", "regex", "exposition", "text"},
    "forecast": {"forecast"},
    "mig": {"mig", "text"},
    "policies": {"core", "hpa", "forecast", "mig"},
    "runtime": {"runtime", "core", "series", "promql", "exposition"},
}


def files(*folders, suffixes=(".h", ".cc")):
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in suffixes and path.is_file():
                yield path


def relative(path):
    return str(path.relative_to(ROOT))


def code_lines(path):
    """Numbered lines without comments and strings' contents."""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if line.lstrip().startswith("#include"):
            yield number, line
        else:
            yield number, re.sub(r'"(\\.|[^"\\])*"', '""', line).split("//")[0]


def tracked():
    out = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    names = out.stdout.split("\n") if out.returncode == 0 else []
    return [ROOT / name for name in names if name and (ROOT / name).is_file()]


class Tidy(unittest.TestCase):
    def complain(self, problems):
        self.assertFalse(problems, "\n" + "\n".join(problems))

    def ban(self, folders, rules):
        problems = []
        for path in files(*folders):
            for number, line in code_lines(path):
                for name, pattern in rules.items():
                    allowed = any(relative(path).startswith(where) and what == pattern for where, what in ALLOWED)
                    if re.search(pattern, line) and not allowed:
                        problems.append(f"{relative(path)}:{number}: {name}: {line.strip()}")
        self.complain(problems)

    def test_pure_folders_have_no_effects(self):
        self.ban(NO_IO, {"clock": CLOCK, "I/O": IO, "thread": THREAD, "log": LOG, "third party": THIRD_PARTY,
                         "unordered iteration": UNORDERED, "random": RANDOM})

    def test_the_rules_bite(self):
        for pattern, line in ((CLOCK, "auto t = std::chrono::steady_clock::now();"), (IO, "#include <fstream>"),
                              (THREAD, "#include <mutex>"), (LOG, 'spdlog::info("")'), (THIRD_PARTY, "#include <nlohmann/json.hpp>"),
                              (UNORDERED, "for (const auto& x : unordered_things) {"), (RANDOM, "std::uniform_int_distribution<int> d;")):
            self.assertRegex(line, pattern)

    def test_library_never_prints_or_exits(self):
        library = [f"src/{p.name}" for p in (ROOT / "src").iterdir() if p.is_dir() and p.name != "scaler"]
        self.ban(library + ["policies", "include"],
                 {"print": r"std::(cout|cerr)|\b(f?printf|puts)\(", "exit": r"\b(std::)?(abort|exit|terminate)\("})

    def test_one_file_reads_real_time(self):
        problems = []
        for path in files("src", "include"):
            if relative(path) in REAL_TIME:
                continue
            for number, line in code_lines(path):
                if re.search(CLOCK, line) or "sleep_for" in line or "sleep_until" in line:
                    problems.append(f"{relative(path)}:{number}: {line.strip()}")
        self.complain(problems)

    def test_includes_point_inwards(self):
        problems = []
        rooms = {p.name for p in (ROOT / "src").iterdir() if p.is_dir()}
        for room, allowed in MAY_INCLUDE.items():
            folder = "policies" if room == "policies" else f"src/{room}"
            for path in files(folder):
                for number, line in code_lines(path):
                    match = re.match(r'#include "([a-z_]+)/', line)
                    if match and match[1] in rooms and match[1] not in allowed:
                        problems.append(f"{relative(path)}:{number}: {room} must not include {match[1]}")
        self.complain(problems)

    def test_parts_do_not_know_each_other(self):
        problems = []
        for kind in ("sources", "backends", "balancers", "reporters"):
            for path in files(f"src/{kind}"):
                own = f"{kind}/{path.relative_to(ROOT / 'src' / kind).parts[0]}"
                for number, line in code_lines(path):
                    match = re.match(r'#include "((?:sources|backends|balancers|reporters)/[a-z_]+)/', line)
                    if match and match[1] != own:
                        problems.append(f"{relative(path)}:{number}: {own} must not include {match[1]}")
        self.complain(problems)

    def test_public_headers_use_the_standard_library_only(self):
        problems = []
        for path in files("include"):
            for number, line in code_lines(path):
                match = re.match(r'#include [<"]([^>"]+)[>"]', line)
                if match and not re.fullmatch(r"[a-z_]+|tidegate/[a-z_/]+\.h", match[1]):
                    problems.append(f"{relative(path)}:{number}: {match[1]}")
        self.complain(problems)

    def test_every_source_starts_with_its_licence(self):
        problems = [relative(path) for path in files("include", "src", "policies", "tests", "examples", "benchmarks", "python")
                    if "SPDX-License-Identifier: Apache-2.0" not in path.read_text(encoding="utf-8")[:200]]
        self.complain(problems)

    def test_every_test_is_registered(self):
        problems = []
        for path in sorted((ROOT / "tests").rglob("*_test.cc")):
            listed = any(path.name in cmake.read_text() for cmake in path.parent.glob("CMakeLists.txt"))
            if not listed:
                problems.append(f"{relative(path)} is in no CMakeLists.txt")
        self.complain(problems)

    def test_functions_fit_a_screen(self):
        problems = []
        for path in files("include", "src", "policies"):
            start = None
            for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
                if re.match(r"^( {0,2})[\w:~<>&*\[\],\s=]+\(.*", line) and not line.rstrip().endswith(";"):
                    start = number if start is None or not line.startswith("    ") else start
                if re.match(r"^ {0,2}\}", line):
                    if start is not None and number - start > 75:
                        problems.append(f"{relative(path)}:{start}: {number - start} lines")
                    start = None
        self.complain(problems)

    def test_no_leftovers(self):
        problems = []
        for path in tracked():
            if path.suffix in (".gz", ".png", ".npy") or path == pathlib.Path(__file__).resolve():
                continue
            text = path.read_text(encoding="utf-8", errors="replace")
            for number, line in enumerate(text.splitlines(), 1):
                if re.search(r"\b(FIXME|XXX)\b|<<<<<<<|>>>>>>>", line):
                    problems.append(f"{relative(path)}:{number}: {line.strip()[:80]}")
        self.complain(problems)


# The files that may read real time, and why.
REAL_TIME = {
    "src/runtime/system_clock.cc": "the one implementation of Clock",
    "src/net/http_client.cc": "what is left of a timeout for a request that begins later; libcurl counts in real time, too",
    "src/backends/process_pool/keeper.cc": "a program of its own, which outlives the host and its Clock",
}


if __name__ == "__main__":
    unittest.main()
