# SPDX-License-Identifier: Apache-2.0
"""Rows about whole processes: each scrapes the same pages for a while; its CPU time and its memory are read from outside.

A server of our own (scrape/server.cc) is the targets. It has a small page until the process has settled; then the large one, and
what the process takes from the second read of it on counts.
"""
import contextlib
import dataclasses
import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.request


@dataclasses.dataclass
class Load:
    """What is scraped, and what of it is kept."""
    targets: int
    series: int  # of each target
    interval: int  # seconds
    reads: int  # of each target, that count
    keep: tuple = ()  # names of metrics; none: all
    retention: int = 30  # seconds, Tidegate's; the others keep hours on disk
    settle: int = 0  # seconds more until the first read that counts


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def addresses(load, port):
    return [f"127.0.{i // 200 + 1}.{i % 200 + 1}:{port}" for i in range(load.targets)]


def scrape_config(load, port):
    keep = [{"source_labels": ["__name__"], "regex": "|".join(load.keep), "action": "keep"}] if load.keep else []
    return {"global": {"scrape_interval": f"{load.interval}s", "scrape_timeout": f"{load.interval}s"},
            "scrape_configs": [{"job_name": "web", "static_configs": [{"targets": addresses(load, port)}],
                                **({"metric_relabel_configs": keep} if keep else {})}]}


class Peer:
    """A program that scrapes; `command` starts it in a folder of its own."""

    def __init__(self, name, program, arguments, version):
        self.name, self.program, self.arguments, self.version = name, program, arguments, version

    def command(self, load, port, folder):
        config = pathlib.Path(folder, "scrape.json")  # JSON is YAML
        config.write_text(json.dumps(scrape_config(load, port)), encoding="utf-8")
        listen = f"127.0.0.1:{free_port()}"
        return [self.program, *(a.format(config=config, folder=folder, listen=listen) for a in self.arguments)]


def prometheus():
    program = shutil.which("prometheus")
    text = subprocess.run([program, "--version"], capture_output=True, text=True, check=True)
    version = "v" + re.search(r"version (\S+)", text.stdout + text.stderr)[1]
    return Peer("Prometheus", program, ["--config.file={config}", "--storage.tsdb.path={folder}/data",
                                        "--web.listen-address={listen}"], version)


def victoria_metrics(program, version):
    return Peer("VictoriaMetrics", program, ["-promscrape.config={config}", "-storageDataPath={folder}/data",
                                             "-httpListenAddr={listen}", "-promscrape.maxScrapeSize=256MiB",
                                             "-loggerLevel=ERROR"], version)


class Tidegate:
    def __init__(self, build):
        self.program = build / "benchmarks" / "peer_scrape"

    def command(self, load, port, _folder):
        return [self.program, port, load.targets, load.interval, load.retention, *load.keep]


@contextlib.contextmanager
def running(command, core, **options):
    process = subprocess.Popen(["taskset", "-c", str(core), *map(str, command)], **options)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def cpu_seconds(pid):
    """Of all its threads, those that have ended included (clock_getcpuclockid)."""
    return time.clock_gettime((~pid << 3) | 2)


def resident_bytes(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    return int(re.search(r"VmRSS:\s+(\d+) kB", status)[1]) * 1024


def get(port, path):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
        return answer.read()


def report(port, load):
    return json.loads(get(port, f"/report?{load.interval}"))


def measure(side, load, server, core):
    """What one process takes: CPU seconds of a read of all targets, bytes a series, and how late it was."""
    port = free_port()
    with tempfile.TemporaryDirectory() as folder, \
            running([server, port, load.series], min(os.sched_getaffinity(0)), stdout=subprocess.DEVNULL), \
            open(pathlib.Path(folder, "log"), "w", encoding="utf-8") as log:
        while socket.socket().connect_ex(("127.0.0.1", port)) != 0:
            time.sleep(0.1)
        environment = {**os.environ, "GOMAXPROCS": "1"}
        with running(side.command(load, port, folder), core, stdout=log, stderr=log, env=environment) as process:
            time.sleep(load.interval + 2)
            empty = resident_bytes(process.pid)
            get(port, "/begin")
            time.sleep(2.5 * load.interval + load.settle)
            report(port, load)
            begun, cpu = time.monotonic(), cpu_seconds(process.pid)
            time.sleep(load.reads * load.interval)
            cpu, took, seen = cpu_seconds(process.pid) - cpu, time.monotonic() - begun, report(port, load)
            wanted = load.targets * load.reads  # who is too slow reads less, and is late
            if not 0.5 * wanted <= seen["pages"] <= 1.2 * wanted:
                raise RuntimeError(f"{seen['pages']} pages were read, not {wanted}")
            return {"cpu_s": cpu / seen["pages"] * load.targets, "core_percent": 100 * cpu / took,
                    "bytes_a_series": (resident_bytes(process.pid) - empty) / (load.targets * load.series),
                    "lateness_ms": seen["lateness_ms"], "pages": seen["pages"], "page_bytes": seen["bytes"]}
