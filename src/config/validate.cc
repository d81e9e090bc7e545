// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <charconv>
#include <set>
#include <utility>

#include "config/devices.h"
#include "config/documents.h"
#include "config/profiles.h"
#include "config/scalars.h"
#include "hpa/compatibility.h"
#include "tidegate/describe.h"
#include "tidegate/promql.h"

namespace tidegate::config {
namespace {

std::string At(const std::string& path, std::size_t index) {
  return path + "[" + std::to_string(index) + "]";
}

/// The member of a MetricSpec's document that its type has.
std::string MemberOf(MetricSourceType type) {
  switch (type) {
    case MetricSourceType::kResource:
      return "resource";
    case MetricSourceType::kContainerResource:
      return "containerResource";
    case MetricSourceType::kPods:
      return "pods";
    case MetricSourceType::kObject:
      return "object";
    case MetricSourceType::kExternal:
      return "external";
    case MetricSourceType::kUnknown:
      break;
  }
  return {};
}

/// One path is the other, or contains it.
bool Related(std::string_view a, std::string_view b) {
  if (a.size() > b.size()) std::swap(a, b);
  if (b.substr(0, a.size()) != a) return false;
  return a.size() == b.size() || a.empty() || b[a.size()] == '.' || b[a.size()] == '[';
}

/// "" if it is host:port.
std::string AddressProblem(const std::string& address) {
  const std::size_t colon = address.rfind(':');
  if (colon == std::string::npos || colon == 0) {
    return "want host:port, got " + JsonString(address);
  }
  const std::optional<std::int64_t> port = ParseInt(std::string_view(address).substr(colon + 1));
  if (!port || *port < 0 || *port > 65535) {
    return "want a port from 0 to 65535 after the colon, got " + JsonString(address);
  }
  return {};
}

/// "" if it is a URL that a path can be put behind.
std::string UrlProblem(const std::string& url) {
  const std::size_t scheme = url.find("://");
  const std::string_view rest =
      scheme == std::string::npos ? std::string_view() : std::string_view(url).substr(scheme + 3);
  const std::string_view host = rest.substr(0, rest.find('/'));
  if (host.find('@') != std::string_view::npos) {
    return "must not carry a user name or password; there is basicAuth";
  }
  const bool http = url.substr(0, scheme) == "http" || url.substr(0, scheme) == "https";
  if (http && !host.empty() && url.find_first_of("?# \t\r\n") == std::string::npos) return {};
  return "want http://host:port or https://host:port, with a path or without, got " +
         JsonString(url);
}

}  // namespace

std::vector<SourceKey> ReplicaSources(const Autoscaler& autoscaler) {
  std::vector<SourceKey> keys;
  if (const auto& scrape = autoscaler.scrape) {
    keys.push_back({"spec.scrape", scrape->interval, scrape->port});
  }
  if (const auto& stats = autoscaler.triton_stats) {
    keys.push_back({"spec.tritonStats", stats->interval, stats->port});
  }
  if (const auto& process = autoscaler.process) {
    keys.push_back({"spec.process", process->interval, ""});
  }
  return keys;
}

MetricQuery& QueryOf(const std::string& metric, Autoscaler& autoscaler) {
  const auto found = std::find_if(autoscaler.queries.begin(), autoscaler.queries.end(),
                                  [&](const MetricQuery& query) { return query.metric == metric; });
  return found != autoscaler.queries.end() ? *found
                                           : autoscaler.queries.emplace_back(MetricQuery{metric});
}

Status CompileQuery(const std::string& query, const CompileOptions& options) {
  const Result<Query> compiled = Query::Compile(query, options);
  return compiled ? Status() : Status(compiled.error());
}

const Node* NodeAt(const Node* root, std::string_view path, bool* found) {
  if (found != nullptr) *found = false;
  if (root == nullptr) return nullptr;
  const Node* node = root;
  while (!path.empty()) {
    const Node* next = nullptr;
    if (path[0] == '[') {
      const std::size_t close = std::min(path.find(']'), path.size() - 1);
      std::size_t index = 0;
      std::from_chars(path.data() + 1, path.data() + close, index);
      if (node->kind == Node::Kind::kList && index < node->items.size()) {
        next = node->items[index].get();
      }
      path.remove_prefix(close + 1);
    } else {
      const std::size_t end = std::min(path.find_first_of(".["), path.size());
      next = node->Find(path.substr(0, end));
      path.remove_prefix(end);
    }
    if (!path.empty() && path[0] == '.') path.remove_prefix(1);
    if (next == nullptr) return node;
    node = next;
  }
  if (found != nullptr) *found = true;
  return node;
}

Position Locate(const Node* root, std::string_view path, bool* found) {
  const Node* node = NodeAt(root, path, found);
  return node == nullptr ? Position{} : node->at;
}

bool Validator::Given(std::string_view path) const {
  for (const Node* root : {documents_.autoscaler, documents_.hpa}) {
    bool found = false;
    Locate(root, path, &found);
    if (found) return true;
  }
  return false;
}

void Validator::Report(const std::string& path, std::string message) {
  for (std::size_t i = first_; i < problems_.size(); ++i) {
    if (Related(problems_[i].path, path)) return;
  }
  bool found = false;
  Position at = Locate(documents_.autoscaler, path, &found);
  if (documents_.hpa != nullptr && !found) {
    const Position in_hpa = Locate(documents_.hpa, path, &found);
    if (found || documents_.autoscaler == nullptr) at = in_hpa;
  }
  problems_.push_back({at, path, std::move(message)});
}

void Validator::Check(const Autoscaler& autoscaler, bool hpa_checked) {
  const ScalingSpec& spec = autoscaler.spec;
  if (!hpa_checked) {
    CheckBounds(spec);
    CheckScaleTarget(spec);
    CheckMetrics(spec);
    CheckBehavior(spec);
  }
  CheckPolicies(spec);
  CheckFallbacks(spec);
  CheckFeatureGates(spec);
  CheckQueries(autoscaler);
  CheckPrometheus(autoscaler);
  CheckPool(autoscaler);
  CheckProcess(autoscaler);
  CheckRequests(autoscaler);
  if (autoscaler.nginx) CheckNginx(*autoscaler.nginx);
}

void Validator::CheckBounds(const ScalingSpec& spec) {
  if (!Given("spec.maxReplicas")) {
    Report("spec.maxReplicas", "is required");
  } else if (spec.max_replicas < spec.min_replicas) {
    Report("spec.maxReplicas", "must be greater than or equal to minReplicas, got " +
                                   std::to_string(spec.max_replicas) + " and minReplicas " +
                                   std::to_string(spec.min_replicas));
  }
  if (spec.min_replicas == 0 && !hpa::HasGlobalMetric(spec)) {
    Report("spec.metrics",
           "must specify at least one Object or External metric to support scaling to zero "
           "replicas");
  }
}

void Validator::CheckScaleTarget(const ScalingSpec& spec) {
  const ObjectReference& target = spec.scale_target_ref;
  if (std::count(target.api_version.begin(), target.api_version.end(), '/') > 1) {
    Report("spec.scaleTargetRef.apiVersion",
           "unexpected GroupVersion string: " + target.api_version);
  }
}

void Validator::CheckMetrics(const ScalingSpec& spec) {
  if (spec.metrics.empty() && spec.policies.empty()) {
    Report("spec.metrics", "must specify at least one metric");
  }
  for (std::size_t i = 0; i < spec.metrics.size(); ++i) {
    CheckMetric(spec.metrics[i], At("spec.metrics", i));
  }
}

void Validator::CheckMetric(const MetricSpec& metric, const std::string& path) {
  const std::string member = path + "." + MemberOf(metric.type);
  const bool resource = metric.type == MetricSourceType::kResource ||
                        metric.type == MetricSourceType::kContainerResource;
  if (metric.name.empty()) {
    Report(member + (resource ? ".name" : ".metric.name"),
           resource ? "must specify a resource name" : "must specify a metric name");
  }
  CheckTarget(metric, member + ".target");
}

void Validator::CheckTarget(const MetricSpec& metric, const std::string& path) {
  const MetricTarget& target = metric.target;
  if (target.value && *target.value <= 0) {
    Report(path + ".value", "must be positive, got " + FormatMilli(*target.value));
  }
  if (target.average_value && *target.average_value <= 0) {
    Report(path + ".averageValue", "must be positive, got " + FormatMilli(*target.average_value));
  }
  const bool value = target.value.has_value();
  const bool average = target.average_value.has_value();
  const bool utilization = target.average_utilization.has_value();
  switch (metric.type) {
    case MetricSourceType::kObject:
      if (!value && !average) {
        Report(path + ".averageValue", "must set either a target value or averageValue");
      }
      return;
    case MetricSourceType::kExternal:
      if (!value && !average) {
        Report(path + ".averageValue",
               "must set either a target value for metric or a per-pod target");
      } else if (value && average) {
        Report(path + ".value", "may not set both a target value for metric and a per-pod target");
      }
      return;
    case MetricSourceType::kPods:
      if (!average) {
        Report(path + ".averageValue", "must specify a positive target averageValue");
      }
      return;
    case MetricSourceType::kResource:
    case MetricSourceType::kContainerResource:
      if (!average && !utilization) {
        Report(path + ".averageUtilization",
               "must set either a target raw value or a target utilization");
      } else if (average && utilization) {
        Report(path + ".averageValue",
               "may not set both a target raw value and a target utilization");
      }
      return;
    case MetricSourceType::kUnknown:
      return;
  }
}

void Validator::CheckBehavior(const ScalingSpec& spec) {
  if (!spec.behavior) return;
  if (spec.behavior->scale_up.policies.empty()) {
    Report("spec.behavior.scaleUp.policies", "must specify at least one Policy");
  }
  if (spec.behavior->scale_down.policies.empty()) {
    Report("spec.behavior.scaleDown.policies", "must specify at least one Policy");
  }
}

void Validator::CheckPolicies(const ScalingSpec& spec) {
  for (std::size_t i = 0; i < spec.policies.size(); ++i) {
    const PolicySpec& policy = spec.policies[i];
    const std::string path = At("spec.policies", i);
    const Result<std::unique_ptr<Policy>> made = policies_.Make(policy);
    if (made) continue;
    if (made.error().code != ErrorCode::kNotFound) {
      Report(path + ".options", made.error().message);
      continue;
    }
    const std::vector<std::string> names = policies_.names();
    std::string known;
    for (const std::string& name : names) known += (known.empty() ? "" : ", ") + JsonString(name);
    Report(path + ".name", "no policy is called " + JsonString(policy.name) + "; known are " +
                               known + Nearest(policy.name, {names.begin(), names.end()}));
  }
}

void Validator::CheckFallbacks(const ScalingSpec& spec) {
  std::vector<std::string_view> names;
  for (const MetricSpec& metric : spec.metrics) names.push_back(metric.name);
  std::set<std::string_view> seen;
  for (std::size_t i = 0; i < spec.fallbacks.size(); ++i) {
    const Fallback& fallback = spec.fallbacks[i];
    const std::string path = At("spec.fallbacks", i);
    const bool known = std::find(names.begin(), names.end(), fallback.metric) != names.end();
    if (!fallback.metric.empty() && !known) {
      Report(path + ".metric", "no metric of spec.metrics is called " +
                                   JsonString(fallback.metric) + Nearest(fallback.metric, names));
    }
    if (!seen.insert(fallback.metric).second) {
      Report(path + ".metric", fallback.metric.empty()
                                   ? "there is a fallback of all metrics already"
                                   : JsonString(fallback.metric) + " has a fallback already");
    }
    const bool counts = fallback.behavior != FallbackBehavior::kHold &&
                        fallback.behavior != FallbackBehavior::kCurrentReplicas;
    if (counts && Given(path + ".behavior") && !Given(path + ".replicas")) {
      Report(path + ".replicas",
             "is required for behavior " + std::string(NameOf(fallback.behavior)));
    }
  }
}

void Validator::CheckFeatureGates(const ScalingSpec& spec) {
  std::vector<std::string_view> known;
  for (const hpa::FeatureGate& gate : hpa::FeatureGates()) known.push_back(gate.name);
  for (const auto& [name, on] : spec.feature_gates) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    std::string list;
    for (const std::string_view gate : known) list += (list.empty() ? "" : ", ") + JsonString(gate);
    Report("spec.featureGates." + name,
           "no feature gate of this name matters here; known are " + list + Nearest(name, known));
  }
}

void Validator::CheckQueries(const Autoscaler& autoscaler) {
  std::vector<std::string_view> names;
  for (const MetricSpec& metric : autoscaler.spec.metrics) names.push_back(metric.name);
  std::set<std::string_view> seen;
  for (std::size_t i = 0; i < autoscaler.queries.size(); ++i) {
    const MetricQuery& query = autoscaler.queries[i];
    const std::string path = At("spec.queries", i);
    if (std::find(names.begin(), names.end(), query.metric) == names.end()) {
      Report(path + ".metric", "no metric of spec.metrics is called " + JsonString(query.metric) +
                                   Nearest(query.metric, names));
    }
    if (!seen.insert(query.metric).second) {
      Report(path + ".metric", JsonString(query.metric) + " has a query already");
    }
    CheckReading(autoscaler, query, path);
    if (query.query.empty()) continue;
    if (autoscaler.prometheus && !autoscaler.prometheus->check_queries) continue;
    // What feature flags a server has is for it to say.
    const bool any = autoscaler.prometheus.has_value();
    const Status compiled =
        CompileQuery(query.query, {.experimental_functions = any, .fill_modifiers = any});
    if (!compiled) Report(path + ".query", compiled.error().message);
  }
}

void Validator::CheckReading(const Autoscaler& autoscaler, const MetricQuery& query,
                             const std::string& path) {
  const bool answers = !ReplicaSources(autoscaler).empty() || autoscaler.prometheus;
  if (query.empty_as_zero && !answers) {
    Report(path + ".emptyAsZero",
           "needs a source such as spec.scrape or spec.prometheus: of what is pushed nobody knows "
           "whether it is empty or late");
  }
  if (query.window.average == Averaging::kLatest) {
    if (Given(path + ".window") && !Given(path + ".window.average")) {
      Report(path + ".window.average",
             "is required; want one of \"Linear\", \"Exponential\", "
             "\"Bucket\", \"Quantile\"");
    }
    return;
  }
  if (query.window.length < query.window.bucket) {
    Report(path + ".window.length", "must be at least bucket, got " +
                                        FormatDuration(query.window.length) + " and bucket " +
                                        FormatDuration(query.window.bucket));
  }
}

void Validator::ResolveWindows(Autoscaler& autoscaler) {
  Duration between = autoscaler.period;
  for (const SourceKey& source : ReplicaSources(autoscaler)) {
    between = std::max(between, source.interval);
  }
  if (autoscaler.prometheus) between = std::max(between, autoscaler.prometheus->interval);
  for (MetricQuery& query : autoscaler.queries) {
    const bool averages = query.window.average != Averaging::kLatest;
    if (averages && query.window.bucket <= Duration::zero()) query.window.bucket = between;
  }
}

void Validator::ResolveSignals(Autoscaler& autoscaler) {
  for (std::size_t i = 0; i < autoscaler.spec.metrics.size(); ++i) {
    const MetricSpec& metric = autoscaler.spec.metrics[i];
    const bool resource = metric.type == MetricSourceType::kResource ||
                          metric.type == MetricSourceType::kContainerResource;
    const auto asked = [&](const MetricQuery& query) {
      return query.metric == metric.name && !query.query.empty();
    };
    const auto& queries = autoscaler.queries;
    if (std::any_of(queries.begin(), queries.end(), asked)) continue;
    if (resource) {
      if (autoscaler.process && !ProcessQuery(metric.name).empty()) {
        QueryOf(metric.name, autoscaler).query = ProcessQuery(metric.name);
      }
      continue;
    }
    auto query = QueryOfSignal(autoscaler, metric);
    if (!query) {
      const std::string path = At("spec.metrics", i) + "." + MemberOf(metric.type);
      Report(path + ".metric.name", query.error().message);
    } else if (!query->empty()) {
      QueryOf(metric.name, autoscaler).query = *std::move(query);
    }
  }
}

void Validator::CheckPrometheus(const Autoscaler& autoscaler) {
  if (!autoscaler.prometheus) return;
  const PrometheusOptions& options = *autoscaler.prometheus;
  const std::string path = "spec.prometheus";
  for (const SourceKey& source : ReplicaSources(autoscaler)) {
    Report(path, "there is " + source.path + ", too; a Prometheus answers for every metric");
  }
  std::string problem = UrlProblem(options.url);
  if (!problem.empty()) Report(path + ".url", std::move(problem));
  if (options.replica_label.empty()) Report(path + ".replicaLabel", "must not be empty");
  if (options.basic_auth.username.empty() && !options.basic_auth.password_file.empty()) {
    Report(path + ".basicAuth.username", "is required beside passwordFile");
  }
  if (!options.basic_auth.username.empty() && !options.bearer_token_file.empty()) {
    Report(path + ".basicAuth", "may not be given beside bearerTokenFile");
  }
  if (options.tls.certificate_file.empty() != options.tls.key_file.empty()) {
    Report(path + ".tls", "certificateFile and keyFile belong together");
  }
}

void Validator::CheckPort(const std::string& port, const ProcessPoolOptions& pool,
                          const std::string& path) {
  if (std::find(pool.ports.begin(), pool.ports.end(), port) != pool.ports.end()) return;
  Report(path, "no port of spec.backend.processPool.ports is called " + JsonString(port) +
                   Nearest(port, {pool.ports.begin(), pool.ports.end()}));
}

/// The ports that a command or a variable is to be told.
void Validator::CheckPlaceholders(const std::string& text, const ProcessPoolOptions& pool,
                                  const std::string& path) {
  constexpr std::string_view kPort = "{port:";
  for (std::size_t at = text.find(kPort); at != text.npos; at = text.find(kPort, at)) {
    at += kPort.size();
    const std::size_t close = text.find('}', at);
    if (close == text.npos) return;
    CheckPort(text.substr(at, close - at), pool, path);
  }
}

void Validator::CheckProcess(const Autoscaler& autoscaler) {
  if (!autoscaler.process) return;
  const std::string path = "spec.process";
  if (!autoscaler.process_pool) {
    Report(path, "needs spec.backend.processPool, whose processes it looks at");
    return;
  }
  const std::string& cgroup = autoscaler.process->cgroup;
  if (!cgroup.empty() && (cgroup.front() != '/' || cgroup.find("{replica}") == cgroup.npos)) {
    Report(path + ".cgroup",
           "want an absolute path with {replica} in it, got " + JsonString(cgroup));
  }
  if (!cgroup.empty() && autoscaler.process->proportional_memory) {
    Report(path + ".proportionalMemory", "says nothing of a cgroup");
  }
}

/// A percentage has to be one of something.
void Validator::CheckRequests(const Autoscaler& autoscaler) {
  if (!autoscaler.process_pool) return;
  const ProcessPoolOptions& pool = *autoscaler.process_pool;
  for (std::size_t i = 0; i < autoscaler.spec.metrics.size(); ++i) {
    const MetricSpec& metric = autoscaler.spec.metrics[i];
    const bool resource = metric.type == MetricSourceType::kResource ||
                          metric.type == MetricSourceType::kContainerResource;
    if (!resource || !metric.target.average_utilization) continue;
    const bool requested = metric.name == "cpu"      ? pool.cpu_request.has_value()
                           : metric.name == "memory" ? pool.memory_request.has_value()
                                                     : false;
    if (requested) continue;
    Report(At("spec.metrics", i) + "." + MemberOf(metric.type) + ".target.averageUtilization",
           "needs spec.backend.processPool.requests." + metric.name +
               ": it is a percentage of what each replica requests");
  }
}

void Validator::CheckProbe(const HttpProbe& probe, const ProcessPoolOptions& pool,
                           const std::string& path) {
  if (!probe.path.empty()) CheckPort(probe.port, pool, path + ".port");
}

void Validator::CheckPool(const Autoscaler& autoscaler) {
  if (!autoscaler.process_pool) return;
  const ProcessPoolOptions& pool = *autoscaler.process_pool;
  const std::string path = "spec.backend.processPool";
  if (pool.command.empty() || pool.command[0].empty()) {
    Report(path + ".command", "must name a program");
  }
  for (std::size_t i = 0; i < pool.command.size(); ++i) {
    CheckPlaceholders(pool.command[i], pool, At(path + ".command", i));
  }
  for (const auto& [name, value] : pool.environment) {
    CheckPlaceholders(value, pool, path + ".environment." + name);
  }
  std::set<std::string> names;
  for (std::size_t i = 0; i < pool.ports.size(); ++i) {
    if (pool.ports[i].empty()) Report(At(path + ".ports", i), "must not be empty");
    if (names.insert(pool.ports[i]).second) continue;
    Report(At(path + ".ports", i), "port " + JsonString(pool.ports[i]) + " is there already");
  }
  if (pool.port_min > pool.port_max) {
    Report(path + ".portMax", "must be greater than or equal to portMin, got " +
                                  std::to_string(pool.port_max) + " and portMin " +
                                  std::to_string(pool.port_min));
  }
  if (pool.backoff_initial > pool.backoff_max) {
    Report(path + ".backoffMax", "must be at least backoffInitial, got " +
                                     FormatDuration(pool.backoff_max) + " and backoffInitial " +
                                     FormatDuration(pool.backoff_initial));
  }
  CheckProbe(pool.readiness, pool, path + ".readiness");
  CheckProbe(pool.liveness, pool, path + ".liveness");
  if (!pool.drain_port.empty()) CheckPort(pool.drain_port, pool, path + ".drainPort");
  for (const SourceKey& source : ReplicaSources(autoscaler)) {
    if (!source.port.empty()) CheckPort(source.port, pool, source.path + ".port");
  }
  if (autoscaler.nginx) CheckPort(autoscaler.balancer_port, pool, "spec.balancer.port");
}

void Validator::CheckNginx(const NginxOptions& nginx) {
  const std::string path = "spec.balancer.nginx";
  if (nginx.upstream.empty()) Report(path + ".upstream", "must not be empty");
  if (nginx.upstream_file.empty()) Report(path + ".upstreamFile", "must not be empty");
  if (nginx.pid_file.empty()) Report(path + ".pidFile", "must not be empty");
  if (nginx.program.empty()) Report(path + ".program", "must not be empty");
}

void Validator::CheckSlice(const Autoscaler& autoscaler,
                           const std::optional<DevicesOptions>& devices) {
  if (!autoscaler.spec.slice) return;
  const SliceSpec& slice = *autoscaler.spec.slice;
  const bool needs = slice.memory > 0 || slice.sm_count > 0;
  if (slice.moldable()) {
    if (needs || !slice.profile.empty()) {
      Report("spec.slice.sizes", "is given, so profile, memory and smCount say nothing");
    } else if (!devices) {
      Report("spec.slice", "there are no GPUs; spec.devices of a Scaler says which there are");
    } else {
      CheckSizes(slice.sizes, *devices);
    }
    CheckMoldable(autoscaler.spec);
  } else if (slice.profile.empty() && !needs) {
    Report("spec.slice", "want a profile, or memory and smCount, or sizes");
  } else if (!slice.profile.empty() && needs) {
    Report("spec.slice.profile", "is given, so memory and smCount say nothing");
  } else if (!devices) {
    Report("spec.slice", "there are no GPUs; spec.devices of a Scaler says which there are");
  } else if (!slice.profile.empty()) {
    std::string problem = ProfileProblem(*devices, slice.profile);
    if (!problem.empty()) Report("spec.slice.profile", std::move(problem));
  }
  const auto& pool = autoscaler.process_pool;
  if (!pool)
    Report("spec.slice", "needs spec.backend.processPool, which starts replicas on slices");
  if (pool && pool->environment.count("CUDA_VISIBLE_DEVICES") > 0) {
    Report("spec.backend.processPool.environment.CUDA_VISIBLE_DEVICES",
           "is set for each replica, to its slice");
  }
}

void Validator::CheckSizes(const std::vector<SliceSize>& sizes, const DevicesOptions& devices) {
  std::set<std::string> profiles;
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    const std::string path = At("spec.slice.sizes", i) + ".profile";
    std::string problem = ProfileProblem(devices, sizes[i].profile);
    if (problem.empty()) problem = SpellingProblem(devices, sizes[i].profile);
    if (!problem.empty()) Report(path, std::move(problem));
    if (profiles.insert(sizes[i].profile).second) continue;
    Report(path, JsonString(sizes[i].profile) + " is there already");
  }
}

// The load as a whole over what a unit of capacity takes: that is what HPA computes with the
// averageValue of an External or Object metric, and nothing else is.
void Validator::CheckMoldable(const ScalingSpec& spec) {
  for (std::size_t i = 0; i < spec.metrics.size(); ++i) {
    if (!spec.metrics[i].PerReplica() && spec.metrics[i].target.average_value) continue;
    Report(At("spec.metrics", i),
           "want type External or Object with target.averageValue: with spec.slice.sizes a replica "
           "is a unit of capacity, and has no readings of its own");
  }
}

void Validator::CheckDevices(const DevicesOptions& devices) {
  for (std::size_t i = 0; i < devices.simulated.size(); ++i) {
    const std::string& name = devices.simulated[i].model;
    if (FindDeviceModel(name)) continue;
    Report(At("spec.devices.simulated", i) + ".model", UnknownModel(name));
  }
  if (devices.nvml && !devices.simulated.empty()) {
    Report("spec.devices.nvml", "is given, so no GPUs can be simulated");
  }
  for (const auto& [name, count] : devices.budgets) {
    if (!FindDeviceModel(name)) Report("spec.devices.budgets." + name, UnknownModel(name));
  }
}

void Validator::Check(const ScalerOptions& options) {
  if (options.devices) CheckDevices(*options.devices);
  if (options.admin.push && options.admin.push->token_file.empty()) {
    Report("spec.admin.push.tokenFile", "must not be empty");
  }
  if (options.admin.address.empty()) {
    if (options.admin.push) Report("spec.admin.push", "needs an address of the admin server");
    return;
  }
  std::string problem = AddressProblem(options.admin.address);
  if (!problem.empty()) Report("spec.admin.address", std::move(problem));
}

}  // namespace tidegate::config
