#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How rows are measured and kept, with sides that are scripts."""
import json
import pathlib
import stat
import tempfile
import unittest

import run

ROW = run.Row("a_row", "hpa", ("kind", 3), "a peer", "k8s.io/kubernetes", 50)
# Says what it was asked, so that the arguments are seen to arrive.
SIDE = '#!/bin/sh\n[ "$1 $2" = "kind 3" ] && echo \'{{"operations": 10, "cpu_ns": {cpu}, "answer": {answer}}}\'\n'


class Measuring(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def side(self, name, cpu, answer=7):
        path = self.folder / name
        path.write_text(SIDE.format(cpu=cpu, answer=answer), encoding="utf-8")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        return path

    def test_a_ratio_is_theirs_by_ours(self):
        figures = run.measure(ROW, ROW.arguments, self.side("peer", 5000), self.side("ours", 100), 0)
        self.assertEqual(figures, {"ours": 10, "theirs": 500, "unit": "ns", "ratio_median": 50, "ratio_min": 50,
                                   "rounds": run.ROUNDS})

    def test_other_answers_are_other_work(self):
        with self.assertRaisesRegex(SystemExit, "not the same work"):
            run.measure(ROW, ROW.arguments, self.side("peer", 5000, 7), self.side("ours", 100, 8), 0)


class Keeping(unittest.TestCase):
    def test_other_rows_stay_and_the_page_follows(self):
        result = {"row": "hpa_decide_10", "peer": "p", "peer_version": "v1", "ours": 100, "theirs": 5000, "unit": "ns",
                  "ratio_median": 50, "ratio_min": 49, "rounds": 9, "goal": 50, "context": {}}
        with tempfile.TemporaryDirectory() as folder:
            run.RESULTS, run.PAGE = pathlib.Path(folder, "peers.json"), pathlib.Path(folder, "page.md")
            run.PAGE.write_text("before\n<!-- peers -->\nold\n<!-- /peers -->\nafter\n", encoding="utf-8")
            run.keep([{**result, "row": "elsewhere"}, {**result, "row": "hpa_decide_100"}])
            run.keep([result])
            run.keep([{**result, "ours": 50}])
            rows = json.loads(run.RESULTS.read_text(encoding="utf-8"))
            page = run.PAGE.read_text(encoding="utf-8")
        self.assertEqual([(row["row"], row["ours"]) for row in rows],
                         [("hpa_decide_10", 50), ("hpa_decide_100", 100), ("elsewhere", 100)])
        self.assertRegex(page, r"(?s)before\n.*hpa_decide_10 \| 50 ns \| 5 µs \| 50 × \(49 ×\) \| 50 ×.*after")
        self.assertNotIn("old", page)

    def test_whole_processes_have_a_table_of_their_own(self):
        side = {"cpu_s": 0.03, "bytes_a_series": 412.6, "lateness_ms": 1.25, "pages": 6}
        row = {"row": "scrape_200k_prometheus", "peer": "p", "peer_version": "v2", "ours": 30_000_000, "theirs": 300_000_000,
               "unit": "ns", "ratio_median": 10, "ratio_min": 10, "rounds": 1, "goal": 8,
               "whole": {"ours": side, "theirs": {**side, "bytes_a_series": 3000}}}
        self.assertNotIn("scrape", run.table([row]))
        self.assertIn("| 30 ms / 300 ms | 10 × | 8 × | 413 / 3000 | 1.25 / 1.25 ms | p v2 |", run.whole_table([row]))

    def test_queries_have_a_line_each(self):
        row = {"row": "promql_slide_rate_100", "ours": 1_000, "theirs": 25_500, "ratio_median": 25.46, "goal": 20}
        self.assertNotIn("promql", run.table([row]))
        self.assertIn("| slide rate | 20 × |  | 1 µs / 25.5 µs = 25.5 × |  |", run.promql_table([row]))

    def test_every_row_has_both_sides_and_a_version(self):
        for row in run.ROWS:
            self.assertTrue((run.HERE / row.folder / "ours.cc").is_file(), row)
            self.assertTrue(row.load or (run.HERE / row.folder / "peer").is_dir(), row)
            self.assertRegex(run.version(row), r"^v\d")
        self.assertEqual(len({row.name for row in run.ROWS}), len(run.ROWS))

    def test_rows_have_the_members_that_readers_expect(self):
        rows = json.loads((run.ROOT / "benchmarks" / "results" / "peers.json").read_text(encoding="utf-8"))
        members = {"row", "peer", "peer_version", "ours", "theirs", "unit", "ratio_median", "ratio_min", "rounds", "goal"}
        for row in rows:
            self.assertLessEqual(members, row.keys())


if __name__ == "__main__":
    unittest.main()
