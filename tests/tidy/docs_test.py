#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The docs tell the truth: links lead somewhere, snippets are what the examples say, the map is complete."""
import pathlib
import re
import subprocess
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]


def pages():
    out = subprocess.run(["git", "ls-files", "*.md"], cwd=ROOT, capture_output=True, text=True, check=False)
    names = out.stdout.split() or [str(p.relative_to(ROOT)) for p in ROOT.glob("**/*.md") if "build" not in p.parts]
    return [ROOT / name for name in names if (ROOT / name).is_file()]


class Docs(unittest.TestCase):
    def test_links_lead_somewhere(self):
        problems = []
        for page in pages():
            for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), 1):
                for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", line):
                    if not target.startswith(("http:", "https:", "mailto:")) and not (page.parent / target).exists():
                        problems.append(f"{page.relative_to(ROOT)}:{number}: {target}")
        self.assertFalse(problems, "\n" + "\n".join(problems))

    def test_snippets_are_the_examples(self):
        for page in pages():
            text = page.read_text(encoding="utf-8")
            for path, name, shown in re.findall(r"<!-- snippet: (\S+) (\S+) -->\n```\w*\n(.*?)```", text, re.S):
                source = (ROOT / path).read_text(encoding="utf-8")
                parts = re.split(rf"^\s*(?://|#) \[{name}\]\n", source, flags=re.M)
                self.assertEqual(len(parts), 3, f"{path} has no region [{name}]")
                self.assertEqual(shown, parts[1], f"{page.relative_to(ROOT)}: snippet {path} {name}")

    def test_the_map_is_complete(self):
        architecture = (ROOT / "docs/ARCHITECTURE.md").read_text(encoding="utf-8")
        for room in sorted(p.name for p in (ROOT / "src").iterdir() if p.is_dir()):
            self.assertIn(f"`src/{room}/", architecture)
        for named in re.findall(r"^\| `(src/[a-z_]+)/", architecture, re.M):
            self.assertTrue((ROOT / named).is_dir(), named)

    def test_make_targets_in_the_docs_exist(self):
        makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
        for page in pages():
            for target in re.findall(r"(?:^|`)make ([a-z][a-z-]*)\b", page.read_text(encoding="utf-8"), re.M):
                self.assertRegex(makefile, rf"(?m)^{target}:", f"{page.relative_to(ROOT)} names make {target}")

    def test_tests_in_the_docs_exist(self):
        sources = [p.read_text(encoding="utf-8") for p in (ROOT / "tests").rglob("*.cc")]
        have = {suite + "." + name for text in sources for suite, name in re.findall(r"^TEST(?:_[FP])?\((\w+), (\w+)\)", text, re.M)}
        suites = {name.split(".")[0] for name in have} | {p.stem for p in (ROOT / "tests" / "fuzz").glob("*_fuzzer.cc")}
        for page in pages():
            for named in re.findall(r"`(\w+Test(?:\.\w+)?|\w+_fuzzer)`", page.read_text(encoding="utf-8")):
                self.assertIn(named, have | suites, page.relative_to(ROOT))


if __name__ == "__main__":
    unittest.main()
