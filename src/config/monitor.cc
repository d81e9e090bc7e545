// SPDX-License-Identifier: Apache-2.0
#include "config/monitor.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "config/documents.h"
#include "config/prometheus_units.h"
#include "config/relabel_entry.h"
#include "config/scalars.h"
#include "hpa/compatibility.h"
#include "hpa/label_selector.h"
#include "tidegate/describe.h"

namespace tidegate::config {
namespace {

using RelabelEntries = std::vector<RelabelEntry<KeyStyle::kCamel>>;

constexpr std::string_view kNoSecrets =
    "has no counterpart: secrets of Kubernetes are not read; give a job of scrape_configs with a "
    "file";
constexpr std::string_view kNoPodLabels = "has no counterpart: labels of pods are not known";

/// Of podMetricsEndpoints or of a ServiceMonitor's endpoints.
struct Endpoint {
  ScrapeConfig job;  ///< what needs no translation
  std::string port;
  std::string target_port;
  std::int32_t port_number = 0;
  std::string interval;
  std::string timeout;
  bool filter_running = true;
  bool follow_redirects = false;
  bool track_timestamps = false;
  std::string token_secret;
  RelabelEntries relabel;
  RelabelEntries metric_relabel;
};

struct Monitor {
  std::string name;
  std::string name_space;
  LabelSelector selector;
  bool any_namespace = false;
  std::vector<std::string> namespaces;
  std::vector<Endpoint> endpoints;
  std::string body_size;
  ScrapeConfig limits;
};

void DescribeTls(FieldVisitor& v, Endpoint& s) {
  v.Field("caFile", s.job.access.tls.ca_file);
  v.Field("certFile", s.job.access.tls.certificate_file);
  v.Field("keyFile", s.job.access.tls.key_file);
  v.Field("insecureSkipVerify", s.job.access.insecure_skip_verify);
  for (const char* key : {"ca", "cert", "keySecret"}) v.Refused(key, kNoSecrets);
  v.Refused("serverName",
            "has no counterpart: the certificate has to be of the address that is talked to");
  v.Refused("maxVersion", "has no counterpart");
  v.Ignored("minVersion");  // TLS 1.2 is the least here
}

void Describe(FieldVisitor& v, Endpoint& s) {
  v.Field("port", s.port);
  v.Field("targetPort", s.target_port);
  v.Field("portNumber", s.port_number, {.min = 1, .max = 65535});
  v.Field("path", s.job.metrics_path);
  v.Field("scheme", s.job.scheme);
  v.Field("params", s.job.params);
  v.Field("interval", s.interval);
  v.Field("scrapeTimeout", s.timeout);
  v.Field("honorLabels", s.job.honor_labels);
  v.Field("honorTimestamps", s.job.honor_timestamps);
  v.Field("trackTimestampsStaleness", s.track_timestamps);
  v.Field("relabelings", s.relabel);
  v.Field("metricRelabelings", s.metric_relabel);
  v.Field("filterRunning", s.filter_running);
  v.Field("followRedirects", s.follow_redirects);
  v.Field("bearerTokenFile", s.job.access.credentials_file);
  v.Nested("tlsConfig", [&] { DescribeTls(v, s); });
  v.Nested("bearerTokenSecret", [&] {
    std::string name;
    v.Field("key", s.token_secret);
    v.Field("name", name);
    v.Ignored("optional");
  });
  v.Ignored("enableHttp2");
  for (const char* key : {"basicAuth", "authorization", "oauth2"}) v.Refused(key, kNoSecrets);
  for (const char* key : {"proxyUrl", "noProxy", "proxyFromEnvironment", "proxyConnectHeader"}) {
    v.Refused(key, "has no counterpart: targets are talked to without a proxy");
  }
}

void DescribeSpec(FieldVisitor& v, Monitor& s, bool pods) {
  v.Field("selector", s.selector, {.required = true});
  v.Nested("namespaceSelector", [&] {
    v.Field("any", s.any_namespace);
    v.Field("matchNames", s.namespaces);
  });
  v.Field(pods ? "podMetricsEndpoints" : "endpoints", s.endpoints, {.required = true});
  v.Field("sampleLimit", s.limits.sample_limit);
  v.Field("targetLimit", s.limits.target_limit);
  v.Field("labelLimit", s.limits.label_limit);
  v.Field("labelNameLengthLimit", s.limits.label_name_length_limit);
  v.Field("labelValueLengthLimit", s.limits.label_value_length_limit);
  v.Field("bodySizeLimit", s.body_size);
  for (const char* key : {"jobLabel", "podTargetLabels", "targetLabels"}) {
    v.Refused(key, kNoPodLabels);
  }
  v.Refused("attachMetadata", "has no counterpart: labels of nodes are not known");
  for (const char* key :
       {"keepDroppedTargets", "scrapeProtocols", "fallbackScrapeProtocol", "scrapeClass",
        "selectorMechanism", "serviceDiscoveryRole", "scrapeClassicHistograms",
        "scrapeNativeHistograms", "nativeHistogramBucketLimit", "nativeHistogramMinBucketFactor"}) {
    v.Ignored(key);
  }
}

class Translator {
 public:
  Translator(const Node& root, std::span<const MonitoredWorkload> workloads,
             std::vector<Problem>& problems)
      : root_(root), workloads_(workloads), problems_(problems) {}

  std::vector<ScrapeConfig> Translate() {
    const Node* kind = root_.Find("kind");
    pods_ = kind != nullptr && kind->text == "PodMonitor";
    Reader(&root_, "", ReadMode::kForeign, problems_).Struct([&](FieldVisitor& v) {
      for (const char* key : {"apiVersion", "kind", "status"}) v.Ignored(key);
      v.Nested("metadata", [&] {
        v.Field("name", monitor_.name, {.required = true});
        v.Field("namespace", monitor_.name_space);
        for (const char* key : {"labels", "annotations", "generation", "uid", "resourceVersion",
                                "creationTimestamp", "managedFields", "ownerReferences"}) {
          v.Ignored(key);
        }
      });
      v.Nested("spec", [&] { DescribeSpec(v, monitor_, pods_); }, {.required = true});
    });
    if (!monitor_.body_size.empty()) {
      const auto bytes = ParsePrometheusBytes(monitor_.body_size);
      if (!bytes) Report("spec.bodySizeLimit", bytes.error().message);
      if (bytes) monitor_.limits.body_size_limit = *bytes;
    }
    const std::vector<const MonitoredWorkload*> selected = Selected();
    std::vector<ScrapeConfig> jobs;
    for (std::size_t i = 0; i < monitor_.endpoints.size(); ++i) {
      path_ = std::string(pods_ ? "spec.podMetricsEndpoints[" : "spec.endpoints[") +
              std::to_string(i) + "]";
      jobs.push_back(JobOf(monitor_.endpoints[i], i, selected));
    }
    return jobs;
  }

 private:
  void Report(const std::string& path, std::string message) {
    problems_.push_back({Locate(&root_, path), path, std::move(message)});
  }

  std::vector<const MonitoredWorkload*> Selected() {
    std::vector<const MonitoredWorkload*> out;
    const auto selector = hpa::Selector::From(monitor_.selector, hpa::Compatibility{});
    if (!selector) Report("spec.selector", selector.error().message);
    if (!selector) return out;
    for (const MonitoredWorkload& workload : workloads_) {
      if (LooksInto(workload.name_space) && selector->Matches(workload.labels)) {
        out.push_back(&workload);
      }
    }
    return out;
  }

  bool LooksInto(const std::string& name_space) const {
    if (monitor_.any_namespace || name_space.empty()) return true;
    const auto& names = monitor_.namespaces;
    if (!names.empty()) return std::find(names.begin(), names.end(), name_space) != names.end();
    return monitor_.name_space.empty() || monitor_.name_space == name_space;
  }

  ScrapeConfig JobOf(const Endpoint& endpoint, std::size_t index,
                     const std::vector<const MonitoredWorkload*>& selected) {
    ScrapeConfig job = endpoint.job;
    const std::string object =
        (monitor_.name_space.empty() ? "default" : monitor_.name_space) + "/" + monitor_.name;
    job.job_name =
        (pods_ ? "podMonitor/" : "serviceMonitor/") + object + "/" + std::to_string(index);
    SetTimes(endpoint, job);
    CheckCounterparts(endpoint);
    const ScrapeConfig& limits = monitor_.limits;
    job.body_size_limit = limits.body_size_limit;
    job.sample_limit = limits.sample_limit;
    job.target_limit = limits.target_limit;
    job.label_limit = limits.label_limit;
    job.label_name_length_limit = limits.label_name_length_limit;
    job.label_value_length_limit = limits.label_value_length_limit;
    const std::string port = PortOf(endpoint);
    job.relabel_configs = OperatorsRules(endpoint, port, object);
    for (RelabelConfig& rule :
         RelabelConfigsOf(endpoint.relabel, root_, path_ + ".relabelings", problems_)) {
      job.relabel_configs.push_back(std::move(rule));
    }
    job.metric_relabel_configs =
        RelabelConfigsOf(endpoint.metric_relabel, root_, path_ + ".metricRelabelings", problems_);
    for (const MonitoredWorkload* workload : selected) {
      job.replicas.push_back({workload->workload, port, workload->name_space});
    }
    return job;
  }

  /// The name of the replicas' port; empty: it is told by its number.
  std::string PortOf(const Endpoint& endpoint) {
    const bool number = endpoint.port_number > 0 || ParseInt(endpoint.target_port).has_value();
    if (endpoint.port.empty() && endpoint.target_port.empty() && !number) {
      Report(path_, "must have a port");
    }
    if (!endpoint.port.empty()) return endpoint.port;
    return number ? "" : endpoint.target_port;
  }

  void SetTimes(const Endpoint& endpoint, ScrapeConfig& job) {
    const auto read = [&](const std::string& text, const std::string& key) -> Duration {
      if (text.empty()) return {};
      const Result<Duration> duration = ParsePrometheusDuration(text);
      if (!duration) Report(path_ + key, duration.error().message);
      return duration ? *duration : Duration{};
    };
    const Duration interval = read(endpoint.interval, ".interval");
    const Duration timeout = read(endpoint.timeout, ".scrapeTimeout");
    job.scrape_interval = interval > Duration::zero() ? interval : std::chrono::seconds(30);
    if (timeout > job.scrape_interval) {
      Report(path_ + ".scrapeTimeout",
             "scrapeTimeout " + JsonString(endpoint.timeout) + " greater than scrapeInterval " +
                 JsonString(FormatPrometheusDuration(job.scrape_interval)));
    }
    job.scrape_timeout =
        timeout > Duration::zero() ? timeout : std::min(job.scrape_timeout, job.scrape_interval);
  }

  void CheckCounterparts(const Endpoint& endpoint) {
    if (endpoint.job.scheme != "http" && endpoint.job.scheme != "https") {
      Report(path_ + ".scheme",
             "want \"http\" or \"https\", got " + JsonString(endpoint.job.scheme));
    }
    if (endpoint.follow_redirects) {
      Report(path_ + ".followRedirects", "has no counterpart: redirects are not followed");
    }
    if (endpoint.track_timestamps) {
      Report(path_ + ".trackTimestampsStaleness",
             "has no counterpart: series with times of their own end when they do");
    }
    if (!endpoint.token_secret.empty()) {
      Report(path_ + ".bearerTokenSecret", std::string(kNoSecrets));
    }
  }

  /// What Prometheus Operator puts in front of the monitor's own rules, as far as it is known here.
  std::vector<RelabelConfig> OperatorsRules(const Endpoint& endpoint, const std::string& port,
                                            const std::string& object) const {
    std::vector<RelabelConfig> rules;
    const auto copy = [&](const char* from, const char* to) {
      rules.push_back({.source_labels = {from}, .target_label = to});
    };
    const std::string number =
        endpoint.port_number > 0 ? std::to_string(endpoint.port_number) : endpoint.target_port;
    if (endpoint.filter_running) {
      rules.push_back({.source_labels = {"__meta_kubernetes_pod_phase"},
                       .regex = "(Failed|Succeeded)",
                       .action = RelabelAction::kDrop});
    }
    if (port.empty()) {
      rules.push_back({.source_labels = {"__meta_kubernetes_pod_container_port_number"},
                       .regex = number,
                       .action = RelabelAction::kKeep});
    }
    copy("__meta_kubernetes_namespace", "namespace");
    copy("__meta_kubernetes_pod_name", "pod");
    rules.push_back({.target_label = "job", .replacement = object});
    rules.push_back({.target_label = "endpoint", .replacement = port.empty() ? number : port});
    return rules;
  }

  const Node& root_;
  const std::span<const MonitoredWorkload> workloads_;
  std::vector<Problem>& problems_;
  Monitor monitor_;
  bool pods_ = false;
  std::string path_;  ///< of the endpoint
};

}  // namespace

std::vector<ScrapeConfig> ReadMonitor(const Node& root,
                                      std::span<const MonitoredWorkload> workloads,
                                      std::vector<Problem>& problems) {
  return Translator(root, workloads, problems).Translate();
}

}  // namespace tidegate::config
