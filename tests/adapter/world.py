# SPDX-License-Identifier: Apache-2.0
"""What there is to measure: Kubernetes' objects, and a page of their series; and the proxy that hears the Adapter's questions."""
import contextlib
import http.server
import json
import math
import threading
import time
import urllib.parse

PODS = {"prod": ["db-0", "web-0", "web-1", "web-2"], "dev": ["web-0", "web-1"], "default": ["flower-0", "flower-1", "flower-2"]}
SERVICES = {"prod": ["db", "front"], "dev": ["front"], "default": []}
DEPLOYMENTS = {"prod": ["db", "web"], "dev": ["web"], "default": ["flower"]}
NODES = ["node-a", "node-b"]
KINDS = {"pods": ("v1", "Pod", PODS), "services": ("v1", "Service", SERVICES), "deployments.apps": ("apps/v1", "Deployment", DEPLOYMENTS)}
# How labels name objects: by scheme the label of each resource, and the template that says so.
SCHEMES = {
    "plain": ({"namespaces": "namespace", "pods": "pod", "services": "service", "nodes": "node", "deployments.apps": "deployment"},
              "<<.Resource>>"),
    "long": ({"namespaces": "kubernetes_namespace_name", "pods": "kubernetes_pod_name", "services": "kubernetes_service_name",
              "nodes": "kubernetes_node_name"}, "kubernetes_<<.Resource>>_name"),
    "grouped": ({"namespaces": "kube__namespace", "deployments.apps": "kube_apps_deployment"}, "kube_<<.Group>>_<<.Resource>>"),
    "own": ({"namespaces": "ns", "pods": "workload_pod", "services": "svc", "deployments.apps": "microservice"}, None),
}
# By scheme: names of counters and of gauges.
FAMILIES = {
    "plain": (["http_requests_total", "http_request_errors_total", "http_idle_total", "container_cpu_usage_seconds_total",
               "container_network_receive_bytes_total", "container_fs_reads_total"],
              ["http_inflight", "http_queue_seconds", "container_memory_working_set_bytes", "container_temperature_celsius"]),
    "long": (["app_jobs_total", "app_jobs_failed_total", "app_wait_us_total"], ["app_backlog", "app_drift_ms"]),
    "grouped": (["shop_orders_total", "shop_cancelled_total"], ["shop_carts", "shop_stock_level"]),
    "own": (["rpc_calls_total", "rpc_wait_us"], ["rpc_open_streams", "rpc_skew_ratio"]),
}


def deployment_of(pod):
    return pod.rsplit("-", 1)[0]


def rows(scheme):
    """The labels of each pod, and a number that tells it from the others."""
    labels = SCHEMES[scheme][0]
    number = 0
    for namespace in ("prod", "dev"):
        for pod in PODS[namespace]:
            number += 1
            deployment = deployment_of(pod)
            names = {"namespaces": namespace, "pods": pod, "services": "db" if deployment == "db" else "front",
                     "nodes": NODES[number % 2], "deployments.apps": deployment}
            yield number, {label: names[resource] for resource, label in labels.items()}


def page(seconds):
    """Prometheus's text format, `seconds` after the start: counters grow, each in its own way; gauges swing."""
    lines = []

    def add(name, labels, value):
        lines.append(f"{name}{{{','.join(f'{k}={json.dumps(v)}' for k, v in sorted(labels.items()))}}} {value!r}")

    for scheme, (counters, gauges) in FAMILIES.items():
        for number, labels in rows(scheme):
            if scheme == "grouped":  # two pods of a deployment would be one series
                labels["shard"] = str(number)
            for place, name in enumerate(counters):
                for code, share in (("200", 5.3), ("500", 0.7)):
                    # Never asked for: 0/0 is no number.
                    grown = 0.0 if "idle" in name else math.floor(100 * number + share * (place + number) * seconds)
                    container = {"container": "POD" if code == "500" else "server"} if name.startswith("container_") else {}
                    add(name, {**labels, **container, "code": code}, grown)
            for place, name in enumerate(gauges):
                value = round((number - 3) * 1.7 + place + 4 * math.sin(seconds / 5 + number), 5)
                value = float(math.ceil(abs(value) * 1e6)) if "bytes" in name else value
                add(name, {**labels, "tier": "a" if number % 2 else "b"}, value)
    for number, pod in enumerate(PODS["default"]):
        for model in ("densenet", "bert"):
            of = {"namespace": "default", "pod": pod, "model": model}
            add("nv_inference_queue_duration_us", of, math.floor(1000 + 2000 * seconds * (number + 1)))
            add("nv_inference_request_success", of, math.floor(10 + 3 * seconds * (number + 1)))
            add("nv_inference_pending_request_count", of, float(number))
    for namespace in ("prod", "dev"):
        for topic in ("mail", "audit"):
            of = {"namespace": namespace, "topic": topic, "name": f"{topic}-consumer"}
            add("queue_depth", of, round(7 + len(topic + namespace) * 1.5 + math.sin(seconds), 4))
            add("queue_consumer_lag", of, float(len(topic)))
            add("queue_published_total", of, math.floor(seconds * len(topic)))
    return "\n".join(lines) + "\n"


def create_objects(cluster):
    for namespace in ("prod", "dev"):
        cluster.create("/api/v1/namespaces", {"metadata": {"name": namespace}})
    for node in NODES:
        cluster.create("/api/v1/nodes", {"metadata": {"name": node}})
    for namespace, pods in PODS.items():
        for pod in pods:
            containers = {"containers": [{"name": "server", "image": "none"}]}
            meta = {"name": pod, "labels": {"app": deployment_of(pod)}}
            cluster.create(f"/api/v1/namespaces/{namespace}/pods", {"metadata": meta, "spec": containers})
            running = {"metadata": meta, "spec": containers, "status": {"phase": "Running"}}
            cluster.create(f"/api/v1/namespaces/{namespace}/pods/{pod}/status", running, "PUT")
        for service in SERVICES[namespace]:
            cluster.create(f"/api/v1/namespaces/{namespace}/services", {"metadata": {"name": service}, "spec": {"ports": [{"port": 80}]}})
        for name in DEPLOYMENTS[namespace]:
            template = {"metadata": {"labels": {"app": name}}, "spec": containers}
            cluster.create(f"/apis/apps/v1/namespaces/{namespace}/deployments", {
                "metadata": {"name": name}, "spec": {"selector": {"matchLabels": {"app": name}}, "template": template}})


class Server:
    """An HTTP server of a few threads; `answer(path, query)` gives (status, body)."""

    def __init__(self, answer):
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                url = urllib.parse.urlsplit(self.path)
                status, body = answer(url.path, urllib.parse.parse_qsl(url.query))
                self.send_response(status)
                self.send_header("Content-Type", "text/plain; version=0.0.4" if url.path == "/metrics" else "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_POST(self):
                form = self.rfile.read(int(self.headers["Content-Length"])).decode()
                self.path += "?" + form
                self.do_GET()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()


def stub():
    """The page of everything, as time goes on."""
    start = time.monotonic()
    return Server(lambda _path, _query: (200, page(time.monotonic() - start).encode()))


class Recorder:
    """Stands between the Adapter and Prometheus: notes what is asked, and asks it about one instant, so that answers compare."""

    def __init__(self, prometheus, at_ms):
        self.prometheus, self.at = prometheus, f"{at_ms / 1000:.3f}"
        self.queries, self.found = [], {}
        self.server = Server(self._answer)
        self.port = self.server.port

    def _answer(self, path, query):
        asked = [(key, self.at if key == "time" else value) for key, value in query]
        status, body = self.prometheus.get(path + "?" + urllib.parse.urlencode(asked))
        fields = dict(query)
        if path.endswith("/query"):
            self.queries.append((fields["query"], body))
        elif path.endswith("/series"):
            with contextlib.suppress(KeyError, ValueError):
                self.found[fields["match[]"]] = sorted({s["__name__"] for s in json.loads(body)["data"]})
        return status, body

    def stop(self):
        self.server.stop()
