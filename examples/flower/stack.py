# SPDX-License-Identifier: Apache-2.0
"""A stack to watch: NGINX, Tidegate and the Triton servers it starts, in a run directory.

Everything that belongs to a run carries the run directory in its environment (FLOWER_RUN), so
what a killed run left behind is found and ended by the next one.
"""

import calendar
import dataclasses
import fcntl
import json
import os
import re
import shutil
import signal
import socket
import string
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
EXPRESSION = (
    "avg(delta(nv_inference_queue_duration_us[%(window)s])"
    "/(1+delta(nv_inference_request_success[%(window)s])))"
)
QUESTION = {
    "inputs": [
        {"name": "MEASUREMENTS", "datatype": "FP32", "shape": [4], "data": [5.1, 3.5, 1.4, 0.2]}
    ]
}

NGINX_CONF = """\
# Written by stack.py. Runs without privileges: everything it touches is below its prefix.
daemon off;
pid nginx.pid;
error_log error.log notice;
# One worker, so that least_conn knows every connection, and 7 servers need no more.
worker_processes 1;
# A worker that was replaced by a reload finishes what it has begun.
worker_shutdown_timeout 60s;
events { worker_connections 4096; }
http {
  access_log off;
  client_body_temp_path body;
  proxy_temp_path proxy;
  fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi;
  scgi_temp_path scgi;
  keepalive_requests 100000;
  keepalive_timeout 300s;
  include %(run)s/upstream.conf;
  server {
    listen 127.0.0.1:%(port)d backlog=1024;
    location / {
      proxy_pass http://flower;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      # What could not be sent at all goes to the next server. A request that a server has begun
      # and not answered is not repeated behind the client's back (no `non_idempotent`): requests
      # are not lost because servers leave in order, not because losses are covered up.
      proxy_next_upstream error timeout;
      proxy_connect_timeout 2s;
      proxy_read_timeout 60s;
    }
  }
}
"""


class Problem(Exception):
    """Something that a person has to put right; the text says what."""


@dataclasses.dataclass
class Settings:
    max_replicas: int = 7
    service_ms: float = 20
    target_us: int = 5000
    window: str = "30s"
    up_period_s: int = 5  # one more replica each
    down_window_s: int = 10
    port: int = 0  # of NGINX; 0: any free one


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def claim_port(port):
    """A free loopback port, or the given one if it is free."""
    if port == 0:
        return free_port()
    with socket.socket() as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            s.bind(("127.0.0.1", port))
        except PermissionError:
            raise Problem("port %d needs privileges: choose one above 1023" % port) from None
        except OSError:
            raise Problem(
                "port %d on 127.0.0.1 is in use: choose another, or none to get a free one" % port
            ) from None
    return port


def find_nginx():
    places = os.environ.get("PATH", "") + ":/usr/local/sbin:/usr/sbin:/sbin"
    program = shutil.which("nginx", path=places)
    if program is None:
        raise Problem("nginx is not installed: `make setup`, or apt-get install nginx-light")
    return program


def find_program(name, build):
    program = Path(build) / "bin" / name
    if not os.access(program, os.X_OK):
        raise Problem("%s is missing: `make build` makes it" % program)
    return program


def stat_fields(pid):
    """Fields of /proc/PID/stat from the state on, or None if there is no such process."""
    try:
        text = Path("/proc/%s/stat" % pid).read_text()
    except OSError:
        return None
    fields = text[text.rindex(")") + 2 :].split()
    return None if fields[0] in "ZX" else fields


def marked_processes(run):
    """{pid: command line} of the living processes that belong to a run directory."""
    mark = ("FLOWER_RUN=%s" % run).encode()
    sessions = nginx_sessions(run)
    found = {}
    for entry in os.listdir("/proc"):
        if not entry.isdigit() or int(entry) == os.getpid():
            continue
        fields = stat_fields(entry)
        try:
            environment = Path("/proc/%s/environ" % entry).read_bytes().split(b"\0")
            command = Path("/proc/%s/cmdline" % entry).read_bytes()
            name = Path("/proc/%s/comm" % entry).read_text().strip()
        except OSError:
            continue
        if fields and (mark in environment or (name == "nginx" and fields[3] in sessions)):
            found[int(entry)] = command.replace(b"\0", b" ").decode(errors="replace").strip()
    return found


def nginx_sessions(run):
    """NGINX writes its title over its environment, so its sessions are kept in a file."""
    try:
        return Path(run, "nginx.sessions").read_text().split()
    except OSError:
        return []


def ownerless_memory():
    """Files of this user's Triton servers in /dev/shm whose server is gone."""
    found = []
    for file in Path("/dev/shm").glob("tgflower_*"):
        try:
            if file.stat().st_uid != os.getuid():
                continue
        except FileNotFoundError:
            continue
        match = re.match(r"tgflower_(\d+)_(\d+)_", file.name)
        fields = stat_fields(match[1]) if match else None
        if match and (fields is None or fields[19] != match[2]):
            found.append(file)
    return found


def wait_for(what, seconds, step=0.05):
    """Calls `what` until it answers something true; that, or None when the time is over."""
    deadline = time.monotonic() + seconds
    while True:
        answer = what()
        if answer:
            return answer
        if time.monotonic() > deadline:
            return None
        time.sleep(step)


def end_processes(pids, sig, seconds):
    """Sends a signal and waits; the pids that still live."""
    for pid in pids:
        try:
            os.kill(pid, sig)
        except ProcessLookupError:
            pass
    wait_for(lambda: not any(stat_fields(pid) for pid in pids), seconds)
    return [pid for pid in pids if stat_fields(pid)]


def sweep(run):
    """Ends whatever a run left behind; how many processes and files it was."""
    left = list(marked_processes(run))
    count = len(left)
    if left:
        end_processes(left, signal.SIGCONT, 0)
        left = end_processes(left, signal.SIGKILL, 5)
    time.sleep(0.1 if count else 0)
    files = ownerless_memory()
    for file in files:
        file.unlink(missing_ok=True)
    return count, len(files)


def http(url, body=None, timeout=5):
    """(status, text); status 0: no answer."""
    data = None if body is None else json.dumps(body).encode()
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(urllib.request.Request(url, data), timeout=timeout) as answer:
            return answer.status, answer.read().decode(errors="replace")
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode(errors="replace")
    except (OSError, ValueError) as error:
        return 0, str(error)


def tail(path, lines=15):
    try:
        return "\n".join(Path(path).read_text(errors="replace").splitlines()[-lines:])
    except OSError:
        return ""


class Stack:
    def __init__(self, run, build=ROOT / "build" / "release", settings=None):
        self.run = Path(os.path.abspath(run))
        self.build = Path(os.path.abspath(build))
        self.venv = ROOT / "build" / "triton"
        self.settings = settings or Settings()
        self.journal = self.run / "journal.jsonl"
        self.nginx = None
        self.tidegate = None
        self.lock = None
        self.port = 0
        self.admin_port = 0
        self.environment = {**os.environ, "FLOWER_RUN": str(self.run)}

    @property
    def url(self):
        return "http://127.0.0.1:%d" % self.port

    @property
    def infer_url(self):
        return self.url + "/v2/models/flower/infer"

    # -- before the start

    def prepare(self):
        self.nginx_program = find_nginx()
        self.tidegate_program = find_program("tidegate", self.build)
        self.client_program = find_program("flower_client", self.build)
        self.port = claim_port(self.settings.port)
        self.take_directory()
        self.install_triton()
        self.admin_port = free_port()
        self.write_files()

    def take_directory(self):
        try:
            self.run.mkdir(parents=True, exist_ok=True)
            self.lock = open(str(self.run) + ".lock", "w")
        except OSError as error:
            raise Problem("cannot write to %s: %s" % (self.run, error.strerror)) from None
        try:
            fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self.lock.close()
            self.lock = None
            raise Problem("another run is using %s" % self.run) from None
        processes, files = sweep(self.run)
        if processes or files:
            print(
                "ended what an earlier run left behind: %d processes, %d files in /dev/shm"
                % (processes, files)
            )
        try:
            shutil.rmtree(self.run)
            self.run.mkdir()
        except OSError as error:
            raise Problem("cannot empty %s: %s" % (self.run, error)) from None

    def install_triton(self):
        # Not in the run's environment: nothing to end there, and it may serve several runs.
        done = subprocess.run([str(HERE / "triton" / "install.sh"), str(self.venv)])
        if done.returncode != 0:
            raise Problem("Triton could not be installed, see above")

    def write_files(self):
        run, s = self.run, self.settings
        shutil.copytree(
            HERE / "models", run / "models", ignore=shutil.ignore_patterns("__pycache__")
        )
        (run / "nginx").mkdir()
        (run / "replicas").mkdir()
        (run / "nginx.conf").write_text(NGINX_CONF % {"run": run, "port": self.port})
        # NGINX wants a server in every upstream; Tidegate replaces this one.
        (run / "upstream.conf").write_text("upstream flower { server 127.0.0.1:9 down; }\n")
        template = string.Template((HERE / "flower.yaml").read_text())
        self.config = run / "flower.yaml"
        self.config.write_text(
            template.substitute(
                dataclasses.asdict(s),
                expression=EXPRESSION % {"window": s.window},
                here=HERE,
                venv=self.venv,
                run=run,
                nginx=self.nginx_program,
                admin_port=self.admin_port,
            )
        )

    # -- the parts

    def spawn(self, arguments, log):
        with open(log, "ab") as out:
            return subprocess.Popen(
                [str(a) for a in arguments],
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,  # Ctrl-C is for us alone: we stop the rest in order
            )

    def start_nginx(self):
        prefix = self.run / "nginx"
        self.nginx = self.spawn(
            [self.nginx_program, "-p", prefix, "-e", "error.log", "-c", self.run / "nginx.conf"],
            self.run / "nginx.log",
        )
        with open(self.run / "nginx.sessions", "a") as sessions:
            sessions.write("%d\n" % self.nginx.pid)
        pid_file = prefix / "nginx.pid"
        wait_for(lambda: self.nginx.poll() is not None or http(self.url)[0], 10)
        if self.nginx.poll() is not None or not pid_file.exists():
            raise Problem(
                "nginx did not start:\n" + tail(self.run / "nginx.log") + tail(prefix / "error.log")
            )

    def stop_nginx(self):
        if self.nginx and self.nginx.poll() is None:
            self.nginx.send_signal(signal.SIGTERM)
            self.nginx.wait(10)

    def kill_nginx(self):
        """The workers too: they would go on without their master."""
        os.killpg(self.nginx.pid, signal.SIGKILL)
        self.nginx.wait()

    def start_tidegate(self):
        self.tidegate = self.spawn(
            [self.tidegate_program, "run", "-f", self.config], self.run / "tidegate.log"
        )

    def start(self, seconds=30):
        """Starts everything; returns when flowers are classified through NGINX.

        Ten in a row: the worker that a reload replaces knows no server, and still takes some
        requests while the new one already answers others.
        """
        self.start_nginx()
        self.start_tidegate()
        in_a_row = 0

        def serves():
            nonlocal in_a_row
            answered = http(self.infer_url, QUESTION, timeout=2)[0] == 200
            in_a_row = in_a_row + 1 if answered else 0
            return in_a_row == 10

        ready = wait_for(lambda: self.tidegate.poll() is not None or serves(), seconds)
        if self.tidegate.poll() is not None:
            raise Problem(
                "tidegate ended with status %s:\n%s"
                % (self.tidegate.returncode, tail(self.run / "tidegate.log"))
            )
        if not ready:
            logs = sorted((self.run / "replicas").glob("*"))
            raise Problem(
                "no server was ready within %d s. Tidegate's log:\n%s\nA server's log:\n%s"
                % (seconds, tail(self.run / "tidegate.log"), tail(logs[0]) if logs else "none")
            )

    def start_client(self, profile, name="client", seed=1):
        arguments = [
            self.client_program,
            self.infer_url,
            "--profile",
            profile,
            "--questions",
            HERE / "training" / "answers.csv",
            "--seed",
            seed,
            "--progress-json",
            self.run / (name + ".progress.jsonl"),
            "--summary",
            self.run / (name + ".json"),
            "--quiet",
        ]
        return self.spawn(arguments, self.run / (name + ".log"))

    def client_summary(self, name="client"):
        path = self.run / (name + ".json")
        if not path.exists():
            raise Problem("the load client failed:\n" + tail(self.run / (name + ".log")))
        return json.loads(path.read_text())

    def replay(self):
        """None if a replay of the journal is identical, else what it says."""
        done = subprocess.run(
            [str(self.tidegate_program), "replay", str(self.journal)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        return None if done.returncode == 0 else done.stdout[-2000:] or "status %d" % done.returncode

    # -- the end

    def stop(self, seconds=45):
        """Stops everything in order; what had to be ended by force counts as left over."""
        if not self.lock:  # never ours
            return {"processes": [], "shm": []}
        # NGINX first: nobody sends any more, and its kept connections would hold up the servers.
        try:
            self.stop_nginx()
        except subprocess.TimeoutExpired:
            pass
        if self.tidegate and self.tidegate.poll() is None:
            self.tidegate.send_signal(signal.SIGTERM)
            try:
                self.tidegate.wait(seconds)
            except subprocess.TimeoutExpired:
                print("tidegate did not stop within %d s" % seconds, file=sys.stderr)
        left = wait_for(lambda: not marked_processes(self.run), 3)
        processes = {} if left else marked_processes(self.run)
        memory = wait_for(lambda: not ownerless_memory(), 2)
        files = [] if memory else [file.name for file in ownerless_memory()]
        sweep(self.run)
        if self.lock:
            self.lock.close()
            self.lock = None
        return {"processes": sorted(processes.values()), "shm": files}


class Journal:
    """Follows a journal file: one tick a line, over restarts of its writer."""

    def __init__(self, path):
        self.path = Path(path)
        self.offset = 0
        self.ticks = []

    def read(self):
        """The ticks that are new since the last call."""
        try:
            with open(self.path, "rb") as file:
                file.seek(self.offset)
                data = file.read()
        except OSError:
            return []
        end = data.rfind(b"\n") + 1
        self.offset += end
        new = []
        for line in data[:end].splitlines():
            try:
                record = json.loads(line)
            except ValueError:
                continue  # torn by kill -9; its writer cuts it off
            new.append(Tick(record))
        self.ticks += new
        return new


def parse_time(text):
    """Seconds since 1970 of an instant in RFC 3339 with any number of digits."""
    match = re.fullmatch(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?Z", text)
    whole = calendar.timegm(time.strptime(match[1], "%Y-%m-%dT%H:%M:%S"))
    return whole + float(match[2] or 0)


def serving(replica):
    return (
        str(replica.get("phase", "")).lower() == "running"
        and str(replica.get("ready", "")).lower() == "true"
        and not replica.get("terminating")
    )


class Tick:
    """What the demonstration shows of one line of the journal."""

    def __init__(self, record):
        seen = record["input"]["workloads"][0]
        out = record["output"]["workloads"][0]
        self.time = parse_time(record["input"]["now"])
        self.decision = out["decision"]
        self.replicas = seen["observation"].get("replicas") or []
        self.readings = seen.get("readings") or []
        self.history = seen.get("history") or {}
        self.current = self.decision["current"]
        self.wanted = self.decision["desired"]
        self.ready = sum(serving(r) for r in self.replicas)
        self.running = len(self.replicas)
        applied = (record.get("applied") or [{}])[0] or {}
        self.scaled = bool(applied.get("scaled"))
        self.error = (applied.get("error") or {}).get("message", "")
        metrics = self.decision.get("metrics") or []
        usage = metrics[0].get("milliUsage") if metrics and metrics[0].get("ready") else None
        self.metric_us = None if usage is None else usage / 1000

    @property
    def steps(self):
        return self.decision.get("steps") or []

    @property
    def doubts(self):
        return [doubt for reading in self.readings for doubt in reading.get("doubts") or []]

    def why(self):
        return "; ".join("%s: %s" % (s["stage"], s["reason"]) for s in self.steps)
