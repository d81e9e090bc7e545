#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The executable as its users meet it: cli_test.py TIDEGATE [unittest arguments]."""
import html.parser
import http.server
import json
import os
import pathlib
import re
import shlex
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.error
import urllib.request
import xml.etree.ElementTree

HERE = pathlib.Path(__file__).resolve().parent
TIDEGATE = sys.argv.pop(1)
SECRET = "Bearer canary-7f3a"
TOKEN = "canary-of-the-push-90c1"

CONFIG = """\
apiVersion: tidegate.dev/v1alpha1
kind: Autoscaler
metadata: {{name: web}}
spec:
  minReplicas: 1
  maxReplicas: {max_replicas}
  metrics:
  - type: Pods
    pods: {{metric: {{name: queue}}, target: {{type: AverageValue, averageValue: 10}}}}
  behavior:
    scaleUp: {{policies: [{{type: Pods, value: 10, periodSeconds: 1}}]}}
    scaleDown: {{stabilizationWindowSeconds: 0}}
  period: 200ms
  scrape: {{port: http, path: /metrics, interval: 200ms, headers: {{Authorization: "{secret}"}}}}
  backend:
    processPool:
      command: ["{python}", "{server}", "{{port:http}}", "{queue}"]
      readiness: {{port: http, path: /healthz, period: 100ms}}
      drainTimeout: 1s
      terminationGracePeriod: 2s
---
apiVersion: tidegate.dev/v1alpha1
kind: Scaler
spec:
  admin: {{address: "127.0.0.1:0"}}
  journal: {{path: {journal}}}
"""


# The NVIDIA post's HorizontalPodAutoscaler, as it is.
POST_HPA = """\
apiVersion: autoscaling/v2beta1
kind: HorizontalPodAutoscaler
metadata:
  name: flower-hpa
spec:
  scaleTargetRef:
    apiVersion: apps/v1
    kind: Deployment
    name: flower
  minReplicas: 1
  maxReplicas: 7
  metrics:
  - type: Pods
    pods:
      metricName: avg_time_queue_us
      targetAverageValue: 50
"""


def tidegate(*arguments, **kwargs):
    return subprocess.run([TIDEGATE, *map(str, arguments)], capture_output=True, text=True, timeout=60, check=False, **kwargs)


def wait_for(what, seconds=20):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = what()
        if value:
            return value
        time.sleep(0.05)
    raise AssertionError(f"not within {seconds} s: {what}")


class Scaler:
    """A running `tidegate run`."""

    def __init__(self, config, *flags, env=None):
        self.log = open(config.parent / "log.txt", "w+", encoding="utf-8")
        self.process = subprocess.Popen([TIDEGATE, "run", "-f", str(config), *flags], stderr=self.log, stdout=self.log,
                                        env={**os.environ, **(env or {})})

    def text(self):
        self.log.flush()
        return pathlib.Path(self.log.name).read_text(encoding="utf-8")

    def port(self):
        match = wait_for(lambda: re.search(r"admin server on port (\d+)", self.text()))
        return int(match[1])

    def get(self, path):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port()}{path}", timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(timeout=30)
        finally:
            self.process.kill()
            self.log.close()


class Usage(unittest.TestCase):
    def test_version_and_help(self):
        self.assertRegex(tidegate("version").stdout, r"^tidegate \d+\.\d+\.\d+\n$")
        self.assertEqual(tidegate("--version").stdout, tidegate("version").stdout)
        for command in ("run", "validate", "convert", "explain", "replay", "query", "scrape"):
            done = tidegate(command, "--help")
            self.assertEqual(done.returncode, 0)
            self.assertIn("Example", done.stdout)
        self.assertRegex(tidegate("convert", "--help").stdout, r"--to TEXT:\{autoscaler,v1,v2\}")

    def test_wrong_usage_is_2(self):
        for arguments in ((), ("fly",), ("run",), ("run", "--confg", "x"), ("replay",), ("run", "-f", "x", "--log-level", "loud"),
                          ("convert", "x", "--to", "1"), ("convert", "x", "--compatibility", "4")):
            self.assertEqual(tidegate(*arguments).returncode, 2, arguments)

    def test_validate_speaks_as_the_api_server(self):
        with tempfile.TemporaryDirectory() as folder:
            good, bad = pathlib.Path(folder, "flower-hpa.yml"), pathlib.Path(folder, "bad.yml")
            good.write_text(POST_HPA)
            bad.write_text(POST_HPA.replace("maxReplicas: 7", "maxReplicas: 0").replace("name: flower\n", "name: fl%wer\n"))
            self.assertEqual(tidegate("validate", good).returncode, 0)
            run = tidegate("validate", bad)
            self.assertEqual(run.returncode, 1)
            invalid = 'The HorizontalPodAutoscaler "flower-hpa" is invalid: spec.'
            self.assertEqual(run.stderr.splitlines(), [
                f"{bad}:9:11: {invalid}scaleTargetRef.name: Invalid value: \"fl%wer\": may not contain '%'",
                f"{bad}:11:16: {invalid}maxReplicas: Invalid value: 0: must be greater than or equal to `minReplicas`",
                f"{bad}:11:16: {invalid}maxReplicas: Required value"])

    def test_converts_there_and_back(self):
        with tempfile.TemporaryDirectory() as folder:
            hpa, autoscaler = pathlib.Path(folder, "hpa.yml"), pathlib.Path(folder, "autoscaler.yaml")
            hpa.write_text(POST_HPA)
            run = tidegate("convert", hpa)
            self.assertEqual((run.returncode, run.stderr), (0, ""))
            autoscaler.write_text(run.stdout)
            self.assertEqual(tidegate("validate", autoscaler).returncode, 0)
            back = tidegate("convert", autoscaler, "--to", "v2", "-o", "json")
            spec = json.loads(back.stdout)["spec"]
            self.assertEqual(spec["metrics"][0]["pods"]["target"], {"type": "AverageValue", "averageValue": "50"})
            self.assertEqual(json.loads(tidegate("convert", hpa, "--to", "v2", "-o", "json").stdout)["spec"], spec)
            self.assertEqual(tidegate("convert", hpa, "--to", "v9").returncode, 2)
            self.assertIn('compatibility: "1.34"', tidegate("convert", hpa, "--compatibility", "1.34").stdout)
            self.assertEqual(tidegate("convert", hpa, "--compatibility", "1.2").returncode, 2)
            hpa.write_text(POST_HPA.replace("maxReplicas: 7", "maxReplicas: seven"))
            run = tidegate("convert", hpa, "--to", "v1")
            self.assertEqual((run.returncode, run.stdout), (1, ""))
            self.assertIn("cannot unmarshal string into Go struct field HorizontalPodAutoscalerSpec.spec.maxReplicas", run.stderr)

    def test_a_missing_file_is_1_and_named(self):
        for command in (("validate", "no.yaml"), ("run", "-f", "no.yaml"), ("replay", "no.jsonl"), ("explain", "no.jsonl")):
            done = tidegate(*command)
            self.assertEqual(done.returncode, 1, command)
            self.assertIn(command[-1], done.stderr)


class Balanced(html.parser.HTMLParser):
    """Each element that must be closed is, in order."""

    def __init__(self):
        super().__init__()
        self.open = []

    def handle_starttag(self, tag, attrs):
        if tag not in ("meta", "rect", "circle"):
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        pass

    def handle_endtag(self, tag):
        assert self.open and self.open.pop() == tag, tag


class Devices(unittest.TestCase):
    """`tidegate devices`; what a driver says is in tests/unit/nvml and tests/device."""

    def test_a_machine_without_a_driver_says_so(self):
        done = tidegate("devices", "--library", "libno-such-nvml.so.1")
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertRegex(done.stderr, r"^no NVIDIA driver: libno-such-nvml\.so\.1: ")

    def test_an_unknown_format_is_wrong_usage(self):
        self.assertEqual(tidegate("devices", "-o", "yaml").returncode, 2)


class Packing(unittest.TestCase):
    """`tidegate pack` on the examples, as docs/mig.md shows it."""
    ROOT = HERE.parents[1]

    def pack(self, *arguments):
        return tidegate("pack", *arguments, cwd=self.ROOT)

    def test_the_page_shows_what_it_prints(self):
        page = self.ROOT / "docs/mig.md"
        text = page.read_text(encoding="utf-8")
        blocks = re.findall(r"(```console\n\$ tidegate pack (.*?)\n)(.*?)```", text, re.S)
        self.assertGreater(len(blocks), 2)
        for head, command, shown in blocks:
            done = self.pack(*shlex.split(command))
            self.assertEqual((done.returncode, done.stderr), (0, ""), command)
            if os.environ.get("GOLDEN_UPDATE"):
                page.write_text(page.read_text(encoding="utf-8").replace(head + shown, head + done.stdout), encoding="utf-8")
            else:
                self.assertEqual(done.stdout, shown, command)

    def test_json_has_the_proof_and_every_slice(self):
        done = self.pack("-f", "examples/pack/dgx.yaml", "--repack", "-o", "json", "--what-if", "add 6 7g.40gb")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        answer = json.loads(done.stdout)
        (model,) = answer["models"]
        proof = model["proof"]
        weight = sum(proof["weights"].get(name, 0) * count for name, count in model["slices"].items())
        self.assertEqual(-(-weight // proof["capacity"]), proof["atLeast"])
        self.assertEqual(model["inUse"], proof["atLeast"])
        self.assertEqual(sum(len(gpu["slices"]) for gpu in answer["gpus"]), 12)
        self.assertEqual(len(answer["moves"]), model["moves"]["least"])
        self.assertFalse(answer["whatIf"]["fits"])

    def test_svg_and_html_are_well_formed_and_alone(self):
        for extra in ((), ("--what-if", "add 2 3g.20gb, 3 7g.40gb")):
            svg = self.pack("-f", "examples/pack/dgx.yaml", "--repack", "-o", "svg", *extra).stdout
            root = xml.etree.ElementTree.fromstring(svg)
            self.assertEqual(root.tag, "{http://www.w3.org/2000/svg}svg")
            page = self.pack("-f", "examples/pack/dgx.yaml", "--repack", "-o", "html", *extra).stdout
            self.assertIn(svg, page)
            self.assertNotRegex(page.replace("http://www.w3.org/2000/svg", ""), r"https?:|src=|@import|<script|<link")
            parser = Balanced()
            parser.feed(page)
            self.assertEqual(parser.open, [])

    def test_mig_parted_goes_out_and_comes_in(self):
        fleet = "examples/pack/cluster.yaml"
        with tempfile.TemporaryDirectory() as folder:
            target = pathlib.Path(folder, "target.yaml")
            target.write_text(self.pack("-f", fleet, "-f", "examples/pack/demand.yaml", "-o", "mig-parted").stdout)
            self.assertEqual(self.pack("-f", fleet, "-f", target, "-o", "mig-parted").stdout, target.read_text())
            self.assertEqual(self.pack("-f", fleet, "-f", target, "--to", target).stdout, "nothing changes\n")
            created = self.pack("-f", fleet, "--to", target).stdout
            self.assertEqual(created.count("@"), 39)
            self.assertNotIn("destroy", created)
            self.assertEqual(self.pack("-f", fleet, "--to", target, "--repack").returncode, 2)
            wrong = self.pack("-f", fleet, "--to", "examples/pack/no.yaml")
            self.assertEqual((wrong.returncode, wrong.stderr), (1, "examples/pack/no.yaml: cannot be read: No such file or directory\n"))

    def test_what_does_not_fit_is_1_with_the_plan(self):
        with tempfile.TemporaryDirectory() as folder:
            fleet = pathlib.Path(folder, "fleet.yaml")
            fleet.write_text("apiVersion: tidegate.dev/v1alpha1\nkind: Fleet\nspec: {devices: [{model: a100-80gb}]}\n")
            done = self.pack("-f", fleet, "examples/pack/demand.yaml")
            self.assertEqual(done.returncode, 1)
            self.assertIn("a100-80gb: the demand takes 11 GPUs more than there are", done.stderr)
            self.assertIn("to add", done.stdout)
            fleet.write_text("apiVersion: tidegate.dev/v1alpha1\nkind: Fleet\nspec: {devices: [{model: a100-80bg}]}\n")
            done = self.pack("-f", fleet)
            self.assertEqual((done.returncode, done.stdout), (1, ""))
            self.assertIn(f'{fleet}:3:26: spec.devices[0].model: no GPU model is called "a100-80bg"; did you mean', done.stderr)
        self.assertEqual(self.pack("-f", "no.yaml").stderr, "no.yaml: cannot be read: No such file or directory\n")
        self.assertEqual(self.pack("-f", "examples/pack/dgx.yaml", "--max-moves", "3").returncode, 2)
        self.assertEqual(self.pack("-f", "examples/pack/dgx.yaml", "--what-if", "add x").returncode, 1)


class Pages(http.server.BaseHTTPRequestHandler):
    """Answers each path with its page."""
    PAGES = {
        "/good": ("text/plain", '# TYPE h histogram\nh_bucket{le="1"} 1\nh_bucket{le="2"} 1\nm{a="b",c="d"} 1\n'),
        "/open": ("application/openmetrics-text; version=1.0.0", "# TYPE a counter\na_total 1\n# EOF\n"),
        "/bad": ("text/plain", 'm 1\nm{a=b} 1\n'),
        "/twice": ("text/plain", 'm 1\n\nm{a="1",a="2"} 1\n'),
        "/html": ("text/html", "<html></html>"),
        "/none": ("text/plain", "# HELP m nothing\n"),
    }

    def do_GET(self):
        content_type, body = self.PAGES.get(self.path, ("text/plain", "m 1\n"))
        if self.path == "/secret" and self.headers.get("Authorization") != SECRET:
            return self.send_error(401)
        self.send_response(200)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())
        return None

    def log_message(self, *_):
        pass


class Scraping(unittest.TestCase):
    def setUp(self):
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Pages)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        self.url = f"http://127.0.0.1:{server.server_port}"

    def test_says_what_is_on_a_page(self):
        done = tidegate("scrape", self.url + "/good", "--top", "1")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("ok, text, 74 bytes in ", done.stdout)
        self.assertIn("3 samples, 3 series, 2 names, at most 2 labels\n", done.stdout)
        self.assertRegex(done.stdout, r"(?m)^ +2  histogram +h_bucket$")
        self.assertNotIn("  m\n", done.stdout)
        answer = json.loads(tidegate("scrape", self.url + "/open", "--output", "json").stdout)
        self.assertEqual(answer["format"], "OpenMetrics")
        self.assertEqual(answer["heaviest"], [{"name": "a_total", "type": "counter", "samples": 1}])

    def test_says_what_is_wrong_and_where(self):
        for path, message in (
                ("/bad", 'line 2, column 5: expected a label value in double quotes, got "b"'),
                ("/twice", 'line 3, column 1: label name "a" is not unique'),
                ("/html", 'Content-Type "text/html" is no format for metrics'),
                ("/none", "the page has no samples"), ("/secret", "HTTP 401")):
            done = tidegate("scrape", self.url + path)
            self.assertEqual(done.returncode, 1, path)
            self.assertIn(f"{self.url}{path}: {message}", done.stderr)
        self.assertEqual(tidegate("scrape", self.url + "/secret", "-H", f"Authorization: {SECRET}").returncode, 0)

    def test_leaves_out_what_is_wrong_if_it_is_asked_to(self):
        done = tidegate("scrape", "--lenient", self.url + "/bad")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("1 samples, 1 series", done.stdout)
        self.assertIn("\n1 line skipped, the first: line 2, column 5: expected a label value", done.stdout)
        answer = json.loads(tidegate("scrape", "--lenient", self.url + "/twice", "-o", "json").stdout)
        self.assertEqual((answer["samples"], answer["skipped_lines"]), (1, 1))
        self.assertEqual(answer["first_skipped"], 'line 3, column 1: label name "a" is not unique')
        self.assertEqual(tidegate("scrape", "--lenient", self.url + "/none").returncode, 1)


class Asking(unittest.TestCase):
    """`tidegate query` against a live target."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.queue = pathlib.Path(folder.name) / "queue"
        self.queue.write_text("5")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.target = f"127.0.0.1:{probe.getsockname()[1]}"
        server = subprocess.Popen([sys.executable, HERE / "server.py", self.target.split(":")[1], str(self.queue)])
        self.addCleanup(lambda: (server.kill(), server.wait()))
        wait_for(self.reachable)

    def reachable(self):
        try:
            with urllib.request.urlopen(f"http://{self.target}/healthz", timeout=5) as answer:
                return answer.status == 200
        except OSError:
            return False

    def query(self, *arguments):
        return tidegate("query", "--target", self.target, *arguments)

    def test_answers_and_says_what_is_wrong(self):
        self.assertRegex(self.query("queue * 2").stdout, rf'^{{replica="{self.target}", workload=""}}  10\n$|^{{replica="{self.target}"}}  10\n$')
        self.assertEqual(self.query("1 + 2").stdout, "3\n")
        self.assertEqual(self.query("nothing").stdout, "no series\n")
        wrong = self.query("sum(queue")
        self.assertEqual((wrong.returncode, wrong.stdout), (1, ""))
        self.assertIn("parse error: unclosed left parenthesis", wrong.stderr)
        self.assertEqual(tidegate("query", "up").returncode, 1)
        self.assertIn("want host:port", tidegate("query", "--target", "here", "up").stderr)

    def test_scrapes_as_long_as_the_range_is(self):
        done = self.query("count_over_time(queue[3s])")
        self.assertIn("scraping for 3s", done.stderr)
        self.assertRegex(done.stdout, r"  [34]\n$")

    def test_watches_and_plots(self):
        watched = self.query("sum(queue)", "--watch", "--count", "3").stdout
        self.assertEqual(watched, "{}  5\n\n{}  5\n\n{}  5\n")
        plotted = self.query("sum(queue)", "--range", "2s").stdout
        self.assertIn("lowest 5, highest 5, last 5", plotted)
        self.assertIn("▁", plotted)

    def test_a_target_that_is_down_is_named(self):
        done = tidegate("query", "--target", "127.0.0.1:1", "up")
        self.assertIn("127.0.0.1:1", done.stderr)
        self.assertRegex(done.stdout, r"  0\n$")


class Running(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.dir = pathlib.Path(self.folder.name)
        self.journal = self.dir / "journal.jsonl"
        self.queue = self.dir / "queue"
        self.queue.write_text("5")
        self.config = self.dir / "web.yaml"
        self.write()

    def write(self, max_replicas=4):
        text = CONFIG.format(max_replicas=max_replicas, secret=SECRET, python=sys.executable, server=HERE / "server.py",
                             queue=self.queue, journal=self.journal)
        temporary = self.dir / "web.new"
        temporary.write_text(text)
        temporary.rename(self.config)

    def ticks(self):
        lines = self.journal.read_text().splitlines() if self.journal.exists() else []
        return [json.loads(line) for line in lines if line.endswith("}")]

    def desired(self):
        ticks = self.ticks()
        return ticks[-1]["output"]["workloads"][0]["decision"].get("desired") if ticks else None

    def start(self, *flags, env=None):
        scaler = Scaler(self.config, *flags, env=env)
        self.addCleanup(scaler.stop)
        return scaler

    def push(self, scaler, page, query, token=TOKEN):
        request = urllib.request.Request(f"http://127.0.0.1:{scaler.port()}/api/v1/push?{query}", data=page.encode(),
                                         headers={"Authorization": f"Bearer {token}", "Content-Type": "text/plain"})
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def test_scales_on_what_is_pushed(self):
        token_file = self.dir / "token"
        token_file.write_text(TOKEN + "\n")
        text = re.sub(r"  scrape: .*\n", "", self.config.read_text())
        self.config.write_text(text.replace('admin: {', f'admin: {{push: {{tokenFile: "{token_file}"}}, '))
        scaler = self.start()
        replica = wait_for(lambda: self.ticks() and [r["name"] for r in self.ticks()[-1]["input"]["workloads"][0]
                                                     ["observation"].get("replicas", [])])[0]

        def pushed():
            self.assertEqual(self.push(scaler, "queue 25\n", f"workload=web&replica={replica}")[0], 200)
            return self.desired() == 3
        wait_for(pushed)
        for page, query, status, message in (
                ("queue 1\n", "workload=wbe", 404, 'no workload "wbe"'), ("queue 1\n", "replica=a", 400, '"workload" is required'),
                ("queue{a=b} 1\n", "workload=web", 400, "line 1, column 9: "), ("queue 1\n", "workload", 400, "want NAME=VALUE")):
            answer = self.push(scaler, page, query)
            self.assertEqual(answer[0], status, answer)
            self.assertIn(message, answer[1])
        self.assertEqual(self.push(scaler, "queue 1\n", "workload=web", token="x" * 20)[0], 401)
        self.assertNotIn(TOKEN, scaler.text() + self.journal.read_text() + scaler.get("/debug/state")[1] + scaler.get("/metrics")[1])
        self.assertEqual(scaler.stop(), 0)
        token_file.write_text("short\n")
        done = tidegate("run", "-f", self.config, "--once")
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"push token: the first line of {token_file} has fewer than 16 bytes", done.stderr)

    def test_a_lenient_push_never_lowers_the_count(self):
        token_file = self.dir / "token"
        token_file.write_text(TOKEN + "\n")
        text = re.sub(r"  scrape: .*\n", "", self.config.read_text())
        self.config.write_text(text.replace('admin: {', f'admin: {{push: {{tokenFile: "{token_file}", lenient: true}}, '))
        scaler = self.start()
        replicas = []

        def push_to_all(page, said):
            replicas[:] = [r["name"] for r in self.ticks()[-1]["input"]["workloads"][0]["observation"].get("replicas", [])]
            for replica in replicas:
                status, answer = self.push(scaler, page, f"workload=web&replica={replica}")
                self.assertEqual(status, 200, answer)
                self.assertRegex(answer, said)

        def after(page, said, desired):
            push_to_all(page, said)
            return replicas and self.desired() == desired

        wait_for(self.ticks)
        skipped = "; 1 line skipped, the first: line 2, column 9: "
        wait_for(lambda: after("queue 25\nqueue{a=b} 1\n", skipped, 3))  # up it may go
        wait_for(lambda: after("queue 1\nqueue{a=b} 1\n", skipped, 3) and len(replicas) == 3)
        for _ in range(5):
            push_to_all("queue 1\nqueue{a=b} 1\n", skipped)
            time.sleep(0.2)
        self.assertEqual(self.desired(), 3)
        state = json.loads(scaler.get("/debug/state")[1])["workloads"][0]
        self.assertIn(("push{replica=\"%s\"}" % replicas[0], 1), [(t["target"], t.get("skippedLines")) for t in state["targets"]])
        self.assertIn("1 line skipped, the first: line 2, column 9: ", scaler.text())
        self.assertRegex(scaler.get("/metrics")[1], r"tidegate_skipped_lines_total [1-9]")
        wait_for(lambda: after("queue 1\n", "1 samples", 1))

    def test_replicas_on_slices(self):
        text = self.config.read_text()
        text = text.replace("  period: 200ms\n", "  period: 200ms\n  slice: {profile: 3g.20gb}\n")
        self.config.write_text(text + "  devices: {simulated: [{model: A100-SXM4-40GB, count: 1}]}\n")
        scaler = self.start()
        self.queue.write_text("35")  # four are wanted, two have room
        wait_for(lambda: self.desired() == 2)
        page = wait_for(lambda: (text := scaler.get("/debug/slices")[1]).count("3g.20gb") > 2 and text)
        self.assertIn("1 of 1 a100-40gb in use, 1 would do", page)
        last = json.loads(scaler.get("/debug/state")[1])["workloads"][0]
        (step,) = [s for s in last["decision"]["steps"] if s["stage"] == "place"]
        self.assertIn("slices for 2 of 4 replicas: 3g.20gb does not fit", step["reason"])
        for slice in last["input"]["observation"]["slices"]:
            self.assertTrue(slice["id"].startswith("MIG-"))
        self.config.write_text(self.config.read_text().replace("count: 1", "count: 2"))
        scaler.process.send_signal(signal.SIGHUP)
        wait_for(lambda: "spec.devices changed; restart to apply that" in scaler.text())
        self.assertEqual(scaler.stop(), 0)
        replayed = tidegate("replay", self.journal)
        self.assertEqual(replayed.returncode, 0, replayed.stdout)
        self.assertIn("place", tidegate("explain", self.journal).stdout)

    def test_scales_explains_and_replays(self):
        scaler = self.start()
        wait_for(lambda: self.desired() == 1)
        self.queue.write_text("25")
        wait_for(lambda: self.desired() == 4)
        self.queue.write_text("1")
        wait_for(lambda: self.desired() == 1)
        self.assertEqual(scaler.get("/healthz")[0], 200)
        self.assertEqual(scaler.get("/readyz")[0], 200)
        self.assertIn('tidegate_desired_replicas{workload="web"}', scaler.get("/metrics")[1])
        state = json.loads(scaler.get("/debug/state")[1])
        self.assertEqual(state["workloads"][0]["decision"]["workload"], "web")
        log = scaler.text()
        self.assertEqual(scaler.stop(), 0)

        replayed = tidegate("replay", self.journal)
        self.assertEqual(replayed.returncode, 0, replayed.stdout)
        self.assertRegex(replayed.stdout, r"\d+ ticks replayed, 0 different")
        words = tidegate("explain", self.journal, "--last-change").stdout
        self.assertIn("target value 10", words)
        self.assertIn("pods metric queue", words)
        data = json.loads(tidegate("explain", self.journal, "-o", "json").stdout)
        highest = tidegate("query", "--journal", self.journal, "max_over_time(tidegate_desired_replicas[1h])")
        self.assertEqual(highest.stdout, '{workload="web"}  4\n')
        self.assertIn("highest 25", tidegate("query", "--journal", self.journal, "max(max_over_time(queue[1s]))", "--range", "1m").stdout)
        self.assertEqual(data["decision"]["workload"], "web")
        (groups,) = data["groups"]
        self.assertEqual(groups["metric"], "pods metric queue")
        self.assertEqual(groups["ready"], [replica["name"] for replica in data["input"]["observation"]["replicas"]])

        # A canary that may be nowhere but in the request.
        for text in (log, self.journal.read_text(), json.dumps(state), words):
            self.assertNotIn("canary", text)
        self.assertNotIn("canary", tidegate("validate", "--dump", self.config).stdout)

    def gateway(self):
        """A page of a target that is discovered: its host:port, and how often it was read."""
        page = b"# TYPE load gauge\nload 35\nother 1\nother{x=\"1\"} 2\n"
        reads = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                reads.append(self.path)
                self.send_response(200)
                self.send_header("Content-Type", "text/plain; version=0.0.4")
                self.send_header("Content-Length", str(len(page)))
                self.end_headers()
                self.wfile.write(page)

            def log_message(self, *_):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        return f"127.0.0.1:{server.server_port}", reads

    def discover(self, target, settings=""):
        """The workload scales on what the job `gw` finds."""
        text = re.sub(r"  - type: Pods\n    pods: .*\n", "  - type: External\n    external: {metric: {name: load}, "
                      "target: {type: AverageValue, averageValue: 10}}\n", self.config.read_text())
        text = re.sub(r"  scrape: .*\n", "", text) + settings
        self.config.write_text(text + f"---\nscrape_configs:\n- job_name: gw\n  scrape_interval: 1s\n"
                                      f"  scrape_timeout: 1s\n  static_configs: [{{targets: ['{target}']}}]\n")

    def test_once_decides_on_what_is_discovered(self):
        target, reads = self.gateway()
        self.discover(target)
        done = tidegate("run", "-f", self.config, "--once", "--dry-run")
        self.assertEqual(done.returncode, 0, done.stderr)
        (tick,) = self.ticks()
        self.assertEqual(tick["input"]["workloads"][0]["readings"][0]["milliValues"], [35000])
        self.assertEqual(self.desired(), 4)
        self.assertEqual(reads, ["/metrics"])

    def test_once_does_not_wait_for_what_hangs(self):
        hung = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(hung.close)
        self.discover(f"127.0.0.1:{hung.getsockname()[1]}")
        begin = time.monotonic()
        done = tidegate("run", "-f", self.config, "--once", "--dry-run")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertLess(time.monotonic() - begin, 20)
        (tick,) = self.ticks()
        self.assertIn("error", tick["input"]["workloads"][0]["readings"][0])
        self.assertIn("timed out", done.stderr)

    def test_keeps_what_is_asked_for(self):
        for settings, skipped, series in (("", True, 1), ("  store: {keep: all}\n", False, 3)):
            target, reads = self.gateway()
            self.write()
            self.discover(target, settings)
            scaler = self.start()
            wait_for(lambda: len(reads) > 1)
            page = wait_for(lambda: (text := scaler.get("/metrics")[1]) and "tidegate_job_targets_up{job=\"gw\"} 1" in text and text)
            self.assertEqual(re.search(r"^tidegate_skipped_samples_total (\d+)", page, re.M)[1] != "0", skipped, page)
            self.assertIn(f"tidegate_series {series + 5}\n", page)  # and five that say how it was read
            self.assertIn('tidegate_job_targets{job="gw"} 1\n', page)
            self.assertEqual(scaler.stop(), 0)

    def test_a_reload_stores_what_is_newly_asked_for(self):
        target, _ = self.gateway()
        self.discover(target)
        scaler = self.start()
        wait_for(lambda: self.desired() == 4)
        self.config.write_text(self.config.read_text().replace("name: load}", "name: other}"))
        scaler.process.send_signal(signal.SIGHUP)
        wait_for(lambda: self.ticks()[-1]["input"]["workloads"][0]["readings"][0].get("milliValues") == [1000, 2000])
        before = [tick["input"]["workloads"][0]["readings"][0] for tick in self.ticks()]
        self.assertTrue(all(reading.get("milliValues", [35000])[0] in (1000, 35000) for reading in before), before)

    def test_what_is_listed_and_discovered_is_read_once(self):
        text = self.config.read_text()
        self.config.write_text(text + "---\napiVersion: monitoring.coreos.com/v1\nkind: PodMonitor\nmetadata: {name: web}\n"
                                      "spec:\n  selector: {matchLabels: {app: web}}\n  podMetricsEndpoints: [{port: http, interval: 1s}]\n"
                                      "---\napiVersion: monitoring.coreos.com/v1\nkind: PodMonitor\nmetadata: {name: none}\n"
                                      "spec:\n  selector: {matchLabels: {app: nobody}}\n  podMetricsEndpoints: [{port: http}]\n")
        scaler = self.start()
        wait_for(lambda: self.desired() == 1)
        twice = ' is read already, by the source of workload "web"; one of them has to go'
        nothing = "selects none of the workloads, and no targets are listed"
        targets = wait_for(lambda: [t for t in json.loads(scaler.get("/debug/state")[1])["targets"] if twice in t["error"]] and
                           json.loads(scaler.get("/debug/state")[1])["targets"])
        self.assertEqual({t["job"]: t["error"].split("/metrics")[-1] for t in targets},
                         {"podMonitor/default/web/0": twice, "podMonitor/default/none/0": nothing})
        wait_for(lambda: twice in scaler.text() and nothing in scaler.text())

    def test_a_changed_journal_does_not_replay(self):
        self.start()
        wait_for(lambda: self.desired() == 1)
        self.queue.write_text("25")
        wait_for(lambda: self.desired() == 4)
        lines = self.journal.read_text().splitlines()
        changed = next(i for i, line in enumerate(lines) if '"desired":4' in line)
        lines[changed] = lines[changed].replace('"desired":4', '"desired":3')
        forged = self.dir / "forged.jsonl"
        forged.write_text("\n".join(lines[: changed + 1]) + "\n")
        done = tidegate("replay", forged)
        self.assertEqual(done.returncode, 1)
        self.assertIn("1 different", done.stdout)

    def test_reloads_a_good_file_and_refuses_a_bad_one(self):
        scaler = self.start()
        self.queue.write_text("100")
        wait_for(lambda: self.desired() == 4)
        self.config.write_text(self.config.read_text().replace("maxReplicas", "maxReplica"))
        wait_for(lambda: 'did you mean "maxReplicas"' in scaler.text())
        self.assertIn("tidegate_config_last_reload_successful 0", scaler.get("/metrics")[1])
        time.sleep(0.5)
        self.assertEqual(self.desired(), 4)
        self.write(max_replicas=2)
        scaler.process.send_signal(signal.SIGHUP)
        wait_for(lambda: self.desired() == 2)
        self.assertIn("tidegate_config_last_reload_successful 1", scaler.get("/metrics")[1])

    def test_a_reload_forgets_what_it_removes(self):
        def shown():
            page = json.loads(scaler.get("/debug/state")[1])
            metrics = scaler.get("/metrics")[1]
            names = {each["input"]["spec"]["workload"] for each in page["workloads"]}
            return names, set(re.findall(r'workload="(\w+)"', metrics))

        text = self.config.read_text()
        guest = re.sub(r"  scrape: .*|  backend:\n(    .*\n)*", "", text.split("---")[0]).replace("name: web", "name: guest")
        self.config.write_text(text + "---\n" + guest)
        scaler = self.start()
        wait_for(lambda: shown() == ({"web", "guest"}, {"web", "guest"}))
        self.config.write_text(text)
        scaler.process.send_signal(signal.SIGHUP)
        wait_for(lambda: "reloaded" in scaler.text())
        self.assertEqual(shown(), ({"web"}, {"web"}))
        ticks = len(self.ticks())
        wait_for(lambda: len(self.ticks()) > ticks + 2)
        self.assertEqual(shown(), ({"web"}, {"web"}))
        self.assertIn('"workload":"guest"', self.journal.read_text())

    def test_a_reload_of_no_workload_changes_nothing(self):
        text = self.config.read_text()
        workload, settings = text.split("---\n")
        self.config.write_text(re.sub(r"  scrape: .*|  backend:\n(    .*\n)*", "", workload) + "---\n" + settings)
        scaler = self.start()
        wait_for(self.ticks)
        self.config.write_text(settings)
        wait_for(lambda: f"the configuration stays as it was: {self.config}: describes no workload" in scaler.text())
        ticks = len(self.ticks())
        wait_for(lambda: len(self.ticks()) > ticks + 2)

    def test_a_reload_never_stops_a_process(self):
        scaler = self.start()
        wait_for(lambda: self.desired() == 1)
        self.config.write_text(self.config.read_text().replace("drainTimeout: 1s", "drainTimeout: 3s"))
        wait_for(lambda: "restart to apply that" in scaler.text())
        self.assertIsNone(scaler.process.poll())

    def test_flag_wins_over_environment_wins_over_file(self):
        other = self.dir / "other.jsonl"
        scaler = self.start("--journal", str(other), env={"TIDEGATE_JOURNAL": str(self.dir / "env.jsonl"), "TIDEGATE_LOG_FORMAT": "json"})
        wait_for(other.exists)
        self.assertFalse(self.journal.exists())
        self.assertFalse((self.dir / "env.jsonl").exists())
        first = wait_for(lambda: scaler.text().splitlines())[0]
        self.assertIsInstance(json.loads(first), dict)

    def test_dry_run_changes_nothing(self):
        self.queue.write_text("100")
        self.start("--dry-run")
        wait_for(lambda: self.desired() == 4)
        time.sleep(1)
        current = self.ticks()[-1]["input"]["workloads"][0]["observation"]["specReplicas"]
        self.assertEqual(current, 1)

    def test_a_restart_keeps_its_windows(self):
        text = self.config.read_text().replace("stabilizationWindowSeconds: 0", "stabilizationWindowSeconds: 600")
        self.config.write_text(text)
        scaler = self.start()
        self.queue.write_text("25")
        wait_for(lambda: self.desired() == 4)
        scaler.process.kill()
        scaler.process.wait()
        ticks = self.ticks()
        kept = ticks[-1]["histories"][0]["recommendations"]
        self.start()
        wait_for(lambda: len(self.ticks()) > len(ticks) + 2)
        history = self.ticks()[-1]["histories"][0]["recommendations"]
        self.assertEqual(history[:len(kept)], kept)
        self.assertGreaterEqual(max(each["replicas"] for each in kept), 4)


if __name__ == "__main__":
    unittest.main()
