# SPDX-License-Identifier: Apache-2.0
"""The real systems: etcd, kube-apiserver, Prometheus and Prometheus Adapter, on loopback ports, in one folder."""
import contextlib
import http.client
import json
import pathlib
import socket
import ssl
import subprocess
import time
import urllib.parse

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PROGRAMS = ROOT / "build" / "adapter"
# The Adapter has Kubernetes libraries of its own time, so it is a module of its own.
MODULES = {"apiserver": (HERE / "apiserver", "."),
           "adapter": (ROOT / "tests" / "golden" / "adapter", "sigs.k8s.io/prometheus-adapter/cmd/adapter")}


def build():
    """Builds the programs, from Go modules; quick where Go has built them before."""
    go = subprocess.run([ROOT / ".ci" / "find-go"], stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
    for name, (folder, package) in MODULES.items():
        subprocess.run([go, "build", "-buildvcs=false", "-ldflags=-w", "-o", PROGRAMS / name, package], cwd=folder, check=True)


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def wait_for(what, condition, seconds=60):
    """The first true value of `condition()`; exceptions mean not yet."""
    end = time.monotonic() + seconds
    while True:
        with contextlib.suppress(OSError, http.client.HTTPException):
            if value := condition():
                return value
        if time.monotonic() > end:
            raise TimeoutError(f"not within {seconds} s: {what}")
        time.sleep(0.05)


class Process:
    """A child; what it says is in FOLDER/NAME.log."""

    started = []

    def __init__(self, folder, name, arguments):
        self.name, self.log = name, folder / f"{name}.log"
        with open(self.log, "ab") as log:
            self.child = subprocess.Popen(arguments, cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        Process.started.append(self)

    def stop(self):
        self.child.kill()  # nothing here outlives the folder
        self.child.wait()

    def said(self):
        return self.log.read_text(errors="replace")[-2000:]


def stop_all():
    for process in Process.started:
        process.stop()


class Keys:
    """A certificate authority, and the certificates that the parts show each other."""

    def __init__(self, folder):
        self.folder = folder / "pki"
        self.folder.mkdir()
        self._make("ca", "/CN=ca", ["-addext", "basicConstraints=critical,CA:TRUE"])
        self._signed("server", "/CN=server", "subjectAltName=IP:127.0.0.1,DNS:localhost,DNS:kubernetes.default.svc")
        self._signed("admin", "/O=system:masters/CN=admin", "extendedKeyUsage=clientAuth")
        self._run("genpkey", "-algorithm", "RSA", "-out", self / "accounts.key")
        self._run("pkey", "-in", self / "accounts.key", "-pubout", "-out", self / "accounts.pub")

    def __truediv__(self, name):
        return str(self.folder / name)

    def _run(self, *arguments):
        subprocess.run(["openssl", *arguments], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def _make(self, name, subject, more):
        self._run("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30",
                  "-keyout", self / f"{name}.key", "-out", self / f"{name}.crt", "-subj", subject, *more)

    def _signed(self, name, subject, extension):
        self._make(name, subject, ["-CA", self / "ca.crt", "-CAkey", self / "ca.key", "-addext", extension,
                                   "-addext", "basicConstraints=critical,CA:FALSE"])

    def tls(self):
        context = ssl.create_default_context(cafile=self / "ca.crt")
        context.load_cert_chain(self / "admin.crt", self / "admin.key")
        return context


class Api:
    """JSON over TLS, as the administrator."""

    def __init__(self, keys, port):
        self.keys, self.port, self.connection = keys, port, None

    def call(self, path, body=None, method=None):
        """(status, what the body says); the connection is kept."""
        if self.connection is None:
            self.connection = http.client.HTTPSConnection("127.0.0.1", self.port, context=self.keys.tls(), timeout=30)
        try:
            self.connection.request(method or ("POST" if body else "GET"), path, json.dumps(body) if body else None,
                                    {"Content-Type": "application/json"})
            answer = self.connection.getresponse()
            text = answer.read()
        except (OSError, http.client.HTTPException):
            self.connection = None
            raise
        return answer.status, json.loads(text) if text.startswith(b"{") else text.decode()


class Cluster:
    """etcd and kube-apiserver: what there is of Kubernetes."""

    def __init__(self, folder):
        self.folder, self.keys, self.port = folder, Keys(folder), free_port()
        self.api = Api(self.keys, self.port)
        program = PROGRAMS / "apiserver"
        Process(folder, "etcd", [
            program, "etcd", "--data-dir=etcd", "--unsafe-no-fsync", "--log-level=error",
            "--listen-client-urls=unix://etcd.sock", "--advertise-client-urls=unix://etcd.sock",
            "--listen-peer-urls=unix://peer.sock", "--initial-advertise-peer-urls=unix://peer.sock",
            "--initial-cluster=default=unix://peer.sock"])
        key = self.keys
        Process(folder, "apiserver", [
            program, "--etcd-servers=unix://etcd.sock", "--bind-address=127.0.0.1", f"--secure-port={self.port}",
            "--advertise-address=192.0.2.1", "--endpoint-reconciler-type=none", "--authorization-mode=RBAC",
            "--disable-admission-plugins=ServiceAccount", "--service-cluster-ip-range=10.96.0.0/16",
            f"--tls-cert-file={key / 'server.crt'}", f"--tls-private-key-file={key / 'server.key'}",
            f"--client-ca-file={key / 'ca.crt'}", f"--requestheader-client-ca-file={key / 'ca.crt'}",
            "--requestheader-allowed-names=nobody", "--requestheader-username-headers=X-Remote-User",
            "--requestheader-group-headers=X-Remote-Group", "--requestheader-extra-headers-prefix=X-Remote-Extra-",
            "--service-account-issuer=https://kubernetes.default.svc",
            f"--service-account-key-file={key / 'accounts.pub'}", f"--service-account-signing-key-file={key / 'accounts.key'}"])
        wait_for("kube-apiserver", lambda: self.api.call("/readyz")[0] == 200, 120)
        self.kubeconfig = str(folder / "kubeconfig")
        pathlib.Path(self.kubeconfig).write_text(json.dumps({
            "apiVersion": "v1", "kind": "Config", "current-context": "c",
            "clusters": [{"name": "c", "cluster": {"server": f"https://127.0.0.1:{self.port}", "certificate-authority": key / "ca.crt"}}],
            "users": [{"name": "c", "user": {"client-certificate": key / "admin.crt", "client-key": key / "admin.key"}}],
            "contexts": [{"name": "c", "context": {"cluster": "c", "user": "c"}}]}))

    def create(self, path, body, method="POST"):
        status, answer = self.api.call(path, body, method)
        if status not in (200, 201):
            raise RuntimeError(f"{path}: {status} {answer}")


class Prometheus:
    """Scrapes one target, each second, and keeps the labels that it has."""

    def __init__(self, folder, target_port):
        self.port = free_port()
        (folder / "prometheus.yml").write_text(json.dumps({
            "global": {"scrape_interval": "1s", "scrape_timeout": "900ms"},
            "scrape_configs": [{"job_name": "stub", "honor_labels": True,
                                "static_configs": [{"targets": [f"127.0.0.1:{target_port}"]}]}]}))
        self.process = Process(folder, "prometheus", [
            "prometheus", "--config.file=prometheus.yml", "--storage.tsdb.path=tsdb", f"--web.listen-address=127.0.0.1:{self.port}"])
        wait_for("Prometheus", lambda: self.get("/-/ready")[0] == 200)

    def get(self, path):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        with contextlib.closing(connection):
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read()

    def number(self, query):
        """The value of one series of the answer; 0 if there is none."""
        result = json.loads(self.get("/api/v1/query?" + urllib.parse.urlencode({"query": query}))[1])["data"]["result"]
        return float(result[0]["value"][1]) if result else 0.0


class Adapter:
    """Prometheus Adapter with one file of rules. `lists`: the APIs that it is to serve."""

    def __init__(self, folder, cluster, prometheus_port, rules, lists):
        (folder / "rules.yaml").write_text(rules)
        self.api = Api(cluster.keys, free_port())
        self.process = Process(folder, "adapter", [
            PROGRAMS / "adapter", "--config=rules.yaml", f"--prometheus-url=http://127.0.0.1:{prometheus_port}",
            "--metrics-relist-interval=1h", "--bind-address=127.0.0.1", f"--secure-port={self.api.port}",
            f"--tls-cert-file={cluster.keys / 'server.crt'}", f"--tls-private-key-file={cluster.keys / 'server.key'}",
            *(f"--{use}kubeconfig={cluster.kubeconfig}" for use in ("lister-", "authentication-", "authorization-"))])
        try:
            for path in lists:
                wait_for(f"the Adapter: {path}", lambda path=path: self._running() and self.resources(path), 60)
        except TimeoutError as error:
            self.stop()
            raise RuntimeError(f"{error}\n{self.process.said()}") from error

    def _running(self):
        if self.process.child.poll() is not None:
            raise RuntimeError("the Adapter has ended:\n" + self.process.said())
        return True

    def resources(self, path):
        status, answer = self.api.call(path)
        return sorted(r["name"] for r in answer["resources"]) if status == 200 else []

    def stop(self):
        self.process.stop()
